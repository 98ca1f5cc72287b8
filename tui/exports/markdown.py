"""The session as Markdown, the text a post-mortem starts from."""

import re
from collections.abc import Iterator

from tui.execution.text import sanitise
from tui.exports.source import Source, attempts_of
from tui.exports.words import duration, event_words
from tui.runbook.model import Step, seconds
from tui.session import events as ev
from tui.session.rollback import rollback_plan
from tui.session.state import Attempt, StepState, StepStatus

OUTPUT_LINES = 40


def render(source: Source) -> bytes:
    """The whole document, UTF-8."""
    return "\n".join(_lines(source)).encode() + b"\n"


def _lines(source: Source) -> Iterator[str]:
    yield from _head(source)
    yield from _rollback(source)
    yield from _deviations(source)
    yield from _overruns(source)
    yield from _checklist(source)
    yield from _timeline(source)
    yield from _steps(source)


def _head(source: Source) -> Iterator[str]:
    state, about = source.state, source.runbook.runbook
    started = state.started
    yield f"# {_text(about.title)}: {_text(started.flow if started else 'session')}"
    if state.drill and started:
        yield from ("", f"**DRILL** – a rehearsal of scenario “{_text(started.drill)}”; no real host was touched.")
    yield from ("", "| | |", "|---|---|")
    took = state.finished_at - state.started_at if state.finished_at and state.started_at else None
    result = state.finished.result if state.finished else "not finished"
    rows = {
        "Session": source.id,
        "Result": f"{result}; rolled back" if state.rollback and result != "rolled back" else result,
        "Started (UTC)": f"{state.started_at:%Y-%m-%d %H:%M:%S}" if state.started_at else "",
        "Finished (UTC)": f"{state.finished_at:%Y-%m-%d %H:%M:%S}" if state.finished_at else "",
        "Duration": duration(took),
        "Operator": state.operator
        + (f" with {started.second_operator}" if started and started.second_operator else ""),
        "Method": started.method if started else "",
        "Change": started.change if started else "",
        "Hosts": ", ".join(f"{host.host}: {host.user}@{host.target}" for host in state.hosts.values()),
        "Steps": ", ".join(f"{source.count(status)} {status.value}" for status in StepStatus if source.count(status)),
    }
    for name, value in rows.items():
        if value:
            yield f"| {name} | {_cell(value)} |"
    if started and started.variables:
        yield f"| Values | {_cell(', '.join(f'{name}={value}' for name, value in started.variables.items()))} |"


def _rollback(source: Source) -> Iterator[str]:
    """The rollback in figures: why, how long against what is allowed, and what was needed and what was not."""
    state = source.state
    if state.rollback is None or state.rollback_at is None:
        return
    yield from ("", "## Rollback", "", "| | |", "|---|---|")
    end = state.rollback_finished_at
    allowed = state.runbook.flows[state.rollback.flow].budget
    took = f"{duration(end - state.rollback_at)}" if end else "not finished"
    yield f"| Because | {_cell(state.rollback.reason)} |"
    yield f"| Decided (UTC) | {state.rollback_at:%H:%M:%S} by {_cell(state.rollback.operator)} |"
    yield f"| Took | {took}{f' of {duration(seconds(allowed))}' if allowed else ''} |"
    yield from ("", "| Step | Plan | Came to | Why |", "|---|---|---|---|")
    for one in rollback_plan(state):
        status = state.step(one.step.id).status.value
        yield f"| {_cell(one.step.title)} | {one.need.value} | {status} | {_cell(one.why)} |"


def _deviations(source: Source) -> Iterator[str]:
    yield from ("", "## Deviations", "")
    found = source.deviations()
    if not found:
        yield "None: every step went as the runbook has it."
        return
    yield from ("| UTC | Step | What |", "|---|---|---|")
    for one in found:
        yield f"| {one.at:%H:%M:%S} | {_cell(one.step)} | {_cell(one.what)} |"


def _overruns(source: Source) -> Iterator[str]:
    found = source.overruns()
    if found:
        yield from ("", "## Over budget", "", "| Step | Budget | Took |", "|---|--:|--:|")
        for one in found:
            yield f"| {_cell(one.title)} | {duration(one.budget)} | {duration(one.took)} |"


def _checklist(source: Source) -> Iterator[str]:
    if source.runbook.checklist:
        ticked = source.state.ticked()
        yield from ("", "## Checklist", "")
        for item in source.runbook.checklist:
            yield f"- [{'x' if item.id in ticked else ' '}] {_text(item.title)}"


def _timeline(source: Source) -> Iterator[str]:
    yield from ("", "## Timeline", "", "| UTC | Who | Step | What |", "|---|---|---|---|")
    for entry in source.entries:
        if not _in_brief(entry.event, source):
            who, step, what = event_words(entry.event, source.state)
            yield f"| {entry.at:%H:%M:%S} | {_cell(who)} | {_cell(step)} | {_cell(what)} |"


def _in_brief(event: ev.AnyEvent, source: Source) -> bool:
    """Whether another row says it: a command's start is in the row of its end, and that all was well goes unsaid."""
    match event:
        case ev.AttemptStarted():
            return source.state.attempts[event.attempt].outcome is not None
        case ev.AttemptChecked():
            return all(check.ok for check in event.checks)
        case _:
            return False


def _steps(source: Source) -> Iterator[str]:
    yield from ("", "## Steps")
    heading = ""
    for section, step, now in source.steps():
        if section.title != heading:
            heading = section.title
            yield from ("", f"### {_text(heading)}")
        yield from _step(source, step, now)


def _step(source: Source, step: Step, now: StepState) -> Iterator[str]:
    yield from ("", f"#### {_text(step.title)}", "")
    took = duration(source.took(now))
    who = f" by {_text(now.operator)}" if now.operator and now.status.settled else ""
    second = f" and {_text(now.second_operator)}" if now.second_operator else ""
    at = f" at {now.settled:%H:%M:%S} UTC" if now.settled else ""
    yield f"`{step.id}` – **{now.status.value}**{who}{second}{at}, took {took} of {duration(seconds(step.budget))}"
    if now.reason:
        yield from ("", f"Reason: {_text(now.reason)}")
    for note in now.notes:
        yield from ("", f"Note: {_text(note)}")
    for index, answer in now.answers.items():
        yield from ("", f"{_text(step.actions[index].ask or '')} **{_text(answer)}**")
    for attempt in attempts_of(source.state, now):
        yield from _attempt(source, attempt)


def _attempt(source: Source, attempt: Attempt) -> Iterator[str]:
    outcome = attempt.outcome or "still running"
    head = f"Attempt {attempt.number} on {_text(attempt.host)} at {attempt.started:%H:%M:%S} UTC"
    yield from ("", f"{head}: {_text(str(outcome))}, {duration(attempt.seconds)}", "")
    yield from _fenced(attempt.command.splitlines(), "sh")
    lines, before = source.output(attempt.number, OUTPUT_LINES)
    if before:
        yield from ("", f"… {before} lines before these", "")
    if lines:
        yield from _fenced(lines, "text")
    for check in attempt.checks:
        mark = "✔" if check.ok else "⚠" if check.warning else "✖"
        yield f"- {mark} expected {_text(check.expected)}, came {_text(check.came)}"


def _fenced(lines: list[str], language: str) -> Iterator[str]:
    """A code block whose fence is longer than any row of backticks inside it."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield from (sanitise(line) for line in lines)
    yield fence


def _text(text: str) -> str:
    """Text that cannot become markup: of links, emphasis, HTML and control characters only the words stay."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", sanitise(" ".join(text.split())))


def _cell(text: str) -> str:
    return _text(text) if len(text) <= 300 else _text(text[:299] + "…")
