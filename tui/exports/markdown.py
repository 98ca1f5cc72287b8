"""The session as Markdown, the text a post-mortem starts from."""

import re
from collections.abc import Iterator

from tui.exports.learnt import learnt, learnt_beside
from tui.exports.measured import changes, courses
from tui.exports.report import (
    answers,
    attempt_words,
    before_words,
    check_words,
    checklist,
    followups,
    head,
    people,
    rollback,
    settled_words,
    timeline,
    values,
)
from tui.exports.source import Source, attempts_of
from tui.runbook.model import Step
from tui.session.state import Attempt, StepState
from tui.text.amounts import duration
from tui.text.command import command_lines
from tui.text.sanitise import sanitise

OUTPUT_LINES = 40


def render(source: Source) -> bytes:
    """The whole document, UTF-8."""
    return "\n".join(_lines(source)).encode() + b"\n"


def _lines(source: Source) -> Iterator[str]:
    yield from _head(source)
    yield from _debrief(source)
    yield from _rollback(source)
    yield from _deviations(source)
    yield from _overruns(source)
    yield from _people(source)
    yield from _checklist(source)
    yield from _followups(source)
    yield from _measured(source)
    yield from _timeline(source)
    yield from _steps(source)
    yield from _to_be_written(source)


def _head(source: Source) -> Iterator[str]:
    started = source.state.started
    yield f"# {_text(source.runbook.runbook.title)}: {_text(started.flow if started else 'session')}"
    if source.state.drill and started:
        yield from ("", f"**DRILL** – a rehearsal of scenario “{_text(started.drill)}”; no real host was touched.")
    yield from ("", "| | |", "|---|---|")
    for name, value in head(source).items():
        yield f"| {name} | {_cell(value)} |"
    given = values(source)
    if given:
        yield f"| Values | {_cell(', '.join(f'{name}={value}' for name, value in given.items()))} |"


def _debrief(source: Source) -> Iterator[str]:
    """What a rehearsal taught."""
    if source.debrief is None:
        return
    yield from ("", "## Debrief", "", learnt_beside(source.debrief))
    rows = learnt(source.debrief)
    if rows:
        yield from (
            "",
            "| UTC | What went wrong | Noticed | Decided | Recovered | Did not help |",
            "|---|---|---|---|---|---|",
        )
        for one in rows:
            cells = (one.at, one.what, one.noticed, one.decided, one.recovered, one.vain)
            yield f"| {' | '.join(map(_cell, cells))} |"


def _rollback(source: Source) -> Iterator[str]:
    """The rollback in figures: why, how long against what is allowed, and what was needed and what was not."""
    found = rollback(source)
    if found is None:
        return
    yield from ("", "## Rollback", "", "| | |", "|---|---|")
    yield f"| Because | {_cell(found.reason)} |"
    yield f"| Decided (UTC) | {found.at:%H:%M:%S} by {_cell(found.operator)} |"
    yield f"| Took | {found.words} |"
    yield from ("", "| Step | Plan | Came to | Why |", "|---|---|---|---|")
    for one in found.steps:
        yield f"| {_cell(one.title)} | {one.plan} | {one.came_to} | {_cell(one.why)} |"


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


def _people(source: Source) -> Iterator[str]:
    yield from ("", "## Who did what", "")
    for one in people(source):
        yield f"- **{_text(one.name)}** {_text(one.did)}"


def _checklist(source: Source) -> Iterator[str]:
    if source.runbook.checklist:
        yield from ("", "## Checklist", "")
        for item in checklist(source):
            yield f"- [{'x' if item.done else ' '}] {_text(item.title)}"


def _followups(source: Source) -> Iterator[str]:
    found = followups(source)
    if found:
        yield from ("", "## Follow-ups", "")
        for one in found:
            yield f"- [{'x' if one.done else ' '}] {_text(one.title)} – {_text(one.words)}"


def _measured(source: Source) -> Iterator[str]:
    """What moved between before the first change and the end, and how each monitor went."""
    moved = changes(source)
    if moved:
        yield from (
            "",
            "## Before and after",
            "",
            "| Service | Figure | Before | After | Moved |",
            "|---|---|--:|--:|--:|",
        )
        for one in moved:
            yield f"| {_cell(one.service)} | {_cell(one.what)} | {one.before} | {one.after} | {one.moved} |"
    watched = courses(source)
    if watched:
        yield from ("", "## Monitors", "")
        for course in watched:
            yield f"- {_text(course.title)}: {_text(course.words)}"


def _timeline(source: Source) -> Iterator[str]:
    yield from ("", "## Timeline", "", "| UTC | Who | Step | What |", "|---|---|---|---|")
    for one in timeline(source):
        yield f"| {one.at:%H:%M:%S} | {_cell(one.who)} | {_cell(one.title)} | {_cell(one.what)} |"


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
    yield f"`{step.id}` – {_text(settled_words(source, step, now))}"
    if now.reason:
        yield from ("", f"Reason: {_text(now.reason)}")
    for note in now.notes:
        yield from ("", f"Note: {_text(note)}")
    for one in answers(step, now):
        yield from ("", f"{_text(one.question)} **{_text(one.answer)}**", *(_text(check_words(bad)) for bad in one.bad))
    for attempt in attempts_of(source.state, now):
        yield from _attempt(source, attempt)


def _attempt(source: Source, attempt: Attempt) -> Iterator[str]:
    yield from ("", _text(attempt_words(attempt)), "")
    yield from _fenced(command_lines(attempt.whole), "sh")
    lines, before = source.output(attempt.number, OUTPUT_LINES)
    if before:
        yield from ("", before_words(before), "")
    if lines:
        yield from _fenced(lines, "text")
    for check in attempt.checks:
        yield f"- {_text(check_words(check))}"


def _to_be_written(source: Source) -> Iterator[str]:
    """What the session cannot know: only where something went otherwise than the runbook has it."""
    if source.deviations():
        yield from ("", "## To be written", "")
        yield from (
            "- Who noticed what, and since when:",
            "- Cause:",
            "- What helped, what was missing:",
            "- What changes:",
        )


def _fenced(lines: list[str], language: str) -> Iterator[str]:
    """A code block whose fence is longer than any row of backticks that is shown inside it."""
    shown = [sanitise(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield from shown
    yield fence


_MARKUP = re.compile(r"[\\`*_\[\]<>|#~$]|&(?=[#a-z])|:(?=//)|(?<=www)\.|^[-+=]|^\d+(?=[.)])", re.IGNORECASE)


def _text(text: str) -> str:
    """Text that cannot become markup: of links, emphasis, HTML and control characters only the words stay."""
    return _MARKUP.sub(_escaped, sanitise(" ".join(text.split())).strip())


def _escaped(found: re.Match[str]) -> str:
    """What is matched, so that it means itself; a list's number is escaped at the sign behind it."""
    return found[0] + "\\" if found[0].isdigit() else "\\" + found[0]


def _cell(text: str) -> str:
    return _text(text) if len(text) <= 300 else _text(text[:299] + "…")
