"""Writes a runbook as plain text: flows, sections, steps, and each command with its host and its danger."""

import textwrap
from collections.abc import Iterator

from tui.runbook.described.environments_told import environment_lines
from tui.runbook.described.expectations import expectations
from tui.runbook.described.probes import asked_words
from tui.runbook.facts import host_named
from tui.runbook.groups.host_by_host import goes_over
from tui.runbook.groups.members import target_words, written
from tui.runbook.model import Action, Danger, Issue, Runbook, Section, Signoff, Step, runbook_id
from tui.runbook.shell.script import script_of
from tui.text.command import command_lines

WIDTH = 100


def show(runbook: Runbook) -> str:
    """The whole runbook; its texts are the author's and are not safe for a terminal before they are sanitised."""
    return "\n".join(_lines(runbook)) + "\n"


def _lines(runbook: Runbook) -> Iterator[str]:
    about = runbook.runbook
    yield " · ".join(part for part in (about.title, about.release, about.environment) if part)
    state = (f"version {about.document_version}" if about.document_version else "", about.updated)
    document = ", ".join(part for part in (about.document, *state) if part)
    said = {"id": runbook_id(runbook), "owner": about.owner, "contact": about.contact, "document": document}
    yield from (f"{label}: {text}" for label, text in said.items() if text)
    if runbook.window is not None:
        window = runbook.window
        yield f"window: {', '.join(window.days)} {window.starts}–{window.ends} {window.timezone}"
    yield from _names(runbook)
    yield ""
    for name, flow in runbook.flows.items():
        yield f"flow {name} ({flow.kind}): {flow.title}"
        if flow.methods:
            yield f"  methods: {', '.join(flow.methods)}"
        yield from _wrapped(f"sections: {' → '.join(flow.sections)}", 2)
    for section in runbook.sections:
        yield from _section(runbook, section)
    for issue in runbook.troubleshooting:
        yield from _issue(runbook, issue)
    yield from _lists(runbook)


def _names(runbook: Runbook) -> Iterator[str]:
    for name, host in written(runbook).items():
        where = target_words(host) or (f"over {host.connection}" if host.connection else "this machine")
        by = ", by OpenSSH" if host.connect_with == "openssh" else ""
        by = ", by AWS Systems Manager" if host.engine == "ssm" else by
        sudo = ", sudo asks for a password" if host.sudo else ""
        yield f"host {name}: {where}{by}{f', in {host.directory}' if host.directory else ''}{sudo}"
    yield from (f"environment {name}: {words}" for name, words in environment_lines(runbook))
    for name, variable in runbook.variables.items():
        yield f"variable {name}: {variable.prompt}{f' [{variable.default}]' if variable.default else ''}"
    for name, secret in runbook.secrets.items():
        place = secret.file or secret.command or ", ".join(filter(None, (secret.service, secret.username)))
        yield f"secret {name}: ${secret.variable} from {secret.source}{f' {place}' if place else ''}"


def _section(runbook: Runbook, section: Section) -> Iterator[str]:
    yield ""
    yield f"== {section.title} [{section.id}]{_when(section.when)}"
    yield from _wrapped(section.text, 0)
    for step in section.steps:
        yield from _step(runbook, step, 0)


def _step(runbook: Runbook, step: Step, indent: int) -> Iterator[str]:
    margin = " " * indent
    marks = [
        "changes" if step.mutates else "",
        str(step.danger) if step.danger is not Danger.NONE else "",
        "point of no return" if step.point_of_no_return else "",
        goes_over(step),
        step.approve.described,
        f"{step.signoff} sign-off" if step.signoff is not Signoff.AUTO else "",
        f"budget {step.budget}{' for each host' if step.each else ''}",
    ]
    yield ""
    yield f"{margin}- {step.title} [{step.id}] ({', '.join(mark for mark in marks if mark)}){_when(step.when)}"
    if step.needed_if:
        yield f"{margin}  needed if{_when(step.needed_if).removeprefix(' when')}"
    yield from _wrapped(step.text, indent + 2)
    yield from _wrapped(f"note: {step.note}" if step.note else "", indent + 2)
    for action in step.actions:
        yield from _action(runbook, action, indent + 2)
    if step.undo:
        yield f"{margin}  undone by: {', '.join(step.undo)}"
    if step.checklist:
        yield f"{margin}  ticks: {', '.join(step.checklist)}"


def _action(runbook: Runbook, action: Action, indent: int) -> Iterator[str]:
    margin = " " * indent
    if action.title:
        yield f"{margin}# {action.title}"
    if action.run is not None:
        host = host_named(runbook, action.on)
        first, *rest = command_lines(script_of(action))
        yield f"{margin}{host}$ {first}"
        yield from (f"{margin}{' ' * len(host)}> {line}" for line in rest)
        yield from (f"{margin}{' ' * len(host)}< {line}" for line in command_lines(action.stdin) if action.stdin)
    elif action.watch is not None:
        yield f"{margin}watch {action.watch.monitor}: {action.watch.samples} samples"
    elif action.probe is not None:
        yield f"{margin}{asked_words(runbook, action)}"
        if action.original:
            yield from _wrapped(f"document: {action.original}", indent + 2)
    elif action.ask is not None:
        choices = f" ({' / '.join(action.choices)})" if action.choices else f" ({action.answer})"
        yield from _wrapped(f"ask: {action.ask}{choices}", indent)
    elif action.interactive is not None:
        yield from _wrapped(f"terminal: {action.interactive}", indent)
    elif action.manual is not None:
        yield from _wrapped(f"by hand: {action.manual}", indent)
    else:
        yield f"{margin}{action.kind}: {action.send or action.open or ''}"
    for line in expectations(action.expect):
        yield from _wrapped(f"expect: {line}", indent + 2)
    if action.capture:
        yield f"{margin}  capture: {', '.join(action.capture)}"


def _issue(runbook: Runbook, issue: Issue) -> Iterator[str]:
    yield ""
    yield f"== Trouble: {issue.title} [{issue.id}]"
    for symptom in issue.symptoms:
        yield f"  symptom: {symptom}"
    for step in issue.diagnosis:
        yield from _step(runbook, step, 2)
    for solution in issue.solutions:
        yield ""
        yield f"  solution: {solution.title} [{solution.id}]{f' when {solution.when}' if solution.when else ''}"
        yield from _wrapped(f"forbidden: {solution.forbidden}" if solution.forbidden else "", 4)
        for step in solution.steps:
            yield from _step(runbook, step, 4)


def _lists(runbook: Runbook) -> Iterator[str]:
    lists = (
        ("Messages", [f"{name}: {message.title}" for name, message in runbook.messages.items()]),
        ("Dashboards", [f"{link.title}: {link.url}" for link in runbook.dashboards]),
        ("Endpoints", [f"{end.method} {end.path}: {end.title}" for end in runbook.endpoints]),
        ("Reasons to roll back", [reason.title for reason in runbook.rollback_reasons]),
        ("Follow-ups", [f"within {task.within}: {task.title}" for task in runbook.followups]),
        ("Checklist", [item.title for item in runbook.checklist]),
    )
    for title, items in lists:
        if items:
            yield ""
            yield f"== {title}"
            yield from (f"- {item}" for item in items)


def _when(facts: object) -> str:
    if not isinstance(facts, dict) or not facts:
        return ""
    wanted = (f"{name} is {value if isinstance(value, str) else ' or '.join(value)}" for name, value in facts.items())
    return f" when {' and '.join(wanted)}"


def _wrapped(text: str, indent: int) -> Iterator[str]:
    for line in text.strip().splitlines():
        yield from textwrap.wrap(
            line, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_long_words=False
        ) or [""]
