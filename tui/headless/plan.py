"""What a run would do, without doing it: every command as it would run, where, and why it would be left out."""

from collections.abc import Iterator

from tui.execution.commands import host_of, shown_whole
from tui.execution.measuring.watch import words_of_watch
from tui.execution.workspace import Setup, Workspace
from tui.runbook.described.conditions import why_not
from tui.runbook.described.probes import words_of
from tui.runbook.groups.members import each_host, group_named, target_words
from tui.runbook.model import Section, Step
from tui.runbook.pointing import chosen_fact
from tui.runbook.templates.told_titles import titled
from tui.runbook.templates.variables import worded
from tui.session.state import SessionState
from tui.text.command import command_lines


def dry_run(workspace: Workspace, setup: Setup) -> Iterator[str]:
    """The lines of a dry run; a value that only the run captures says so in words, one that each host has as HOST."""
    workspace.check(setup, begin=False)
    runbook = workspace.runbook
    values = workspace.values(setup)
    facts = {**values, "method": setup.method, "flow": setup.flow, **chosen_fact(workspace.environment)}
    runbook = titled(runbook, facts)
    values = {**each_host(runbook), **values}
    state = SessionState(runbook=runbook, facts=facts)
    heading = ""
    for section_id in runbook.flows[setup.flow].sections:
        section = runbook.section(section_id)
        for step in section.steps:
            if section.title != heading:
                heading = section.title
                yield f"\n{heading}"
            yield from _step(workspace, state, section, step, values)


def _step(
    workspace: Workspace, state: SessionState, section: Section, step: Step, values: dict[str, str]
) -> Iterator[str]:
    runbook = workspace.runbook
    when = {**section.when, **step.when}
    if not state.applies(section, step) and not (step.needed_if and not when):
        yield f"  – {step.id}: {step.title} (skipped: {why_not(state.runbook, section, step, state.facts)})"
        return
    marks = [word for word, on in (("changes", step.mutates), (step.danger.value, step.danger != "none")) if on]
    yield f"  ○ {step.id}: {step.title}" + (f" [{', '.join(marks)}]" if marks else "")
    if step.needed_if:
        wanted = ", ".join(f"{name} = {value}" for name, value in step.needed_if.items())
        yield f"      only if {wanted}"
    for action in step.actions:
        if action.probe is not None:
            group = group_named(runbook, action)
            on = f"on {group} ({target_words(runbook.hosts[group])}): " if group else ""
            yield f"      {on}{words_of(runbook, action.probe, values)}"
            continue
        if action.watch is not None:
            yield f"      {words_of_watch(action, values)}"
            continue
        if action.run is None:
            text = action.ask or action.manual or action.interactive or action.send or action.open or ""
            yield f"      {action.kind}: {worded(text, values)}"
            continue
        name, host = host_of(runbook, action)
        yield f"      on {name} ({target_words(host) or host.connection or 'this machine'}):"
        yield from (f"        {line}" for line in command_lines(shown_whole(action, values)))
