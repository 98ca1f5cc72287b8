"""Writes a runbook as a Markdown page for the wiki: what a person reads who has not got the program."""

from collections.abc import Iterator

from tui.runbook.described.environments_told import environment_lines
from tui.runbook.described.expectations import expectations
from tui.runbook.described.probes import asked_words
from tui.runbook.facts import host_named
from tui.runbook.groups.host_by_host import goes_over
from tui.runbook.groups.members import target_words, written
from tui.runbook.model import Action, Danger, Flow, Issue, Runbook, Section, Signoff, Step
from tui.runbook.shell.script import script_of
from tui.text.command import command_lines
from tui.text.markdown_text import fenced, markdown_cell, markdown_text


def wiki_page(runbook: Runbook) -> str:
    """The whole runbook; nothing of its author's texts becomes markup, and every command is as it runs."""
    return "\n".join(_lines(runbook)) + "\n"


def _lines(runbook: Runbook) -> Iterator[str]:
    yield f"# {markdown_text(runbook.runbook.title)}"
    yield from _about(runbook)
    yield from _names(runbook)
    for flow in runbook.flows.values():
        yield from _flow(runbook, flow)
    for section in runbook.sections:
        yield from _section(runbook, section)
    if runbook.troubleshooting:
        yield from ("", "## Troubleshooting")
    for issue in runbook.troubleshooting:
        yield from _issue(runbook, issue)
    yield from _lists(runbook)


def _about(runbook: Runbook) -> Iterator[str]:
    about = runbook.runbook
    said = {
        "Release": about.release,
        "Environment": about.environment,
        "Owner": about.owner,
        "Contact": about.contact,
        "Last Updated": about.updated,
        "Version": about.document_version,
        "Made from": about.document,
    }
    if any(said.values()):
        yield ""
        yield from (f"- **{label}**: {markdown_text(text)}" for label, text in said.items() if text)
    if runbook.window is not None:
        window = runbook.window
        days = ", ".join(window.days)
        yield from ("", f"**Window**: {days} {window.starts}–{window.ends} {markdown_text(window.timezone)}")
    if about.architecture:
        yield ""
        yield from (f"> {markdown_text(line)}  " for line in about.architecture)


def _names(runbook: Runbook) -> Iterator[str]:
    yield from ("", "## Hosts and values", "", "| Name | Is |", "|---|---|")
    for name, host in written(runbook).items():
        where = target_words(host) or (f"over {host.connection}" if host.connection else "the operator's own machine")
        folder = f", in {host.directory}" if host.directory else ""
        yield f"| host {markdown_cell(name)} | {markdown_cell(where + folder)} |"
    for name, words in environment_lines(runbook):
        yield f"| environment {markdown_cell(name)} | {markdown_cell(words)} |"
    for name, variable in runbook.variables.items():
        default = f" (usually {variable.default})" if variable.default else ""
        yield f"| {markdown_cell(name)} | {markdown_cell(variable.prompt + default)} |"
    for name, secret in runbook.secrets.items():
        yield f"| secret {markdown_cell(name)} | ${secret.variable}, from {secret.source} |"


def _flow(runbook: Runbook, flow: Flow) -> Iterator[str]:
    titles = {section.id: section.title for section in runbook.sections}
    yield from ("", f"**{markdown_text(flow.title)}** ({flow.kind}):", "")
    yield from (f"{at}. {markdown_text(titles[name])}" for at, name in enumerate(flow.sections, 1))
    if flow.methods:
        methods = " or ".join(runbook.methods[name].title for name in flow.methods)
        yield from ("", f"By {markdown_text(methods)}.")


def _section(runbook: Runbook, section: Section) -> Iterator[str]:
    yield from ("", f"## {markdown_text(section.title)}")
    yield from _when(section.when)
    yield from _paragraphs(section.text)
    for step in section.steps:
        yield from _step(runbook, step, "###")


def _step(runbook: Runbook, step: Step, heading: str) -> Iterator[str]:
    yield from ("", f"{heading} {markdown_text(step.title)}")
    yield from _when(step.when)
    marks = [
        "changes production" if step.mutates else "",
        str(step.danger) if step.danger is not Danger.NONE else "",
        "point of no return" if step.point_of_no_return else "",
        goes_over(step),
        step.approve.described,
        f"signed by: {step.signoff}" if step.signoff is not Signoff.AUTO else "",
    ]
    if any(marks):
        yield from ("", f"**{', '.join(filter(None, marks))}**")
    yield from _paragraphs(step.text)
    for action in step.actions:
        yield from _action(runbook, action)
    if step.undo:
        yield from ("", f"Undone by: {markdown_text(', '.join(step.undo))}")


def _action(runbook: Runbook, action: Action) -> Iterator[str]:
    yield ""
    title = f"{markdown_text(action.title)}, on" if action.title else "On"
    if action.run is not None:
        yield f"{title} {markdown_text(host_named(runbook, action.on))}:"
        yield ""
        yield from fenced(command_lines(script_of(action)), "bash")
        if action.stdin:
            yield from ("", "with this on standard input:", "", *fenced(command_lines(action.stdin), "text"))
    elif action.probe is not None:
        yield markdown_text(asked_words(runbook, action))
    elif action.watch is not None:
        yield f"Watch {markdown_text(action.watch.monitor)} for {markdown_text(str(action.watch.samples))} samples."
    else:
        said = (
            action.ask or action.manual or (f"Open {action.open}" if action.open else f"Send the message {action.send}")
        )
        yield from (f"- {markdown_text(line)}" for line in said.splitlines() if line.strip())
    told = list(expectations(action.expect))
    if told:
        yield ""
        yield from (f"- expected: {markdown_text(line)}" for line in told)


def _issue(runbook: Runbook, issue: Issue) -> Iterator[str]:
    yield from ("", f"### {markdown_text(issue.title)}", "", "**Symptoms**:", "")
    yield from (f"- {markdown_text(symptom)}" for symptom in issue.symptoms)
    if issue.diagnosis:
        yield from ("", "**Diagnosis**:")
    for step in issue.diagnosis:
        yield from _step(runbook, step, "####")
    if issue.solutions:
        yield from ("", "**Solutions**:")
    for solution in issue.solutions:
        yield from ("", f"#### {markdown_text(solution.title)}")
        yield from _paragraphs(f"When {solution.when}" if solution.when else "")
        yield from _paragraphs(f"Not here: {solution.forbidden}" if solution.forbidden else "")
        for step in solution.steps:
            yield from _step(runbook, step, "#####")


def _lists(runbook: Runbook) -> Iterator[str]:
    lists = (
        ("When to roll back", [f"- {markdown_text(reason.title)}" for reason in runbook.rollback_reasons]),
        ("Follow-ups", [f"- [ ] within {task.within}: {markdown_text(task.title)}" for task in runbook.followups]),
        ("Checklist", [f"- [ ] {markdown_text(item.title)}" for item in runbook.checklist]),
        ("Dashboards", [f"- {markdown_text(link.title)}: {markdown_text(link.url)}" for link in runbook.dashboards]),
    )
    for title, items in lists:
        if items:
            yield from ("", f"## {title}", "", *items)


def _when(facts: object) -> Iterator[str]:
    if isinstance(facts, dict) and facts:
        wanted = (
            f"{name} is {value if isinstance(value, str) else ' or '.join(value)}" for name, value in facts.items()
        )
        yield from ("", f"Only when {markdown_text(' and '.join(wanted))}.")


def _paragraphs(text: str) -> Iterator[str]:
    if text.strip():
        yield ""
        yield from (f"{markdown_text(line)}  " for line in text.strip().splitlines() if line.strip())
