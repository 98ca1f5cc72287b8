"""The session as Markdown, the text a post-mortem starts from."""

from collections.abc import Iterator, Mapping

from tui.exports.card_rows import deviation_words, owed_words, rows, slower_words, when_words
from tui.exports.lessons import lessons, lessons_beside
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
from tui.session.report_card.report_card import ReportCard
from tui.session.state import Attempt, StepState
from tui.text.amounts import duration_spelled, took_spelled
from tui.text.command import command_lines
from tui.text.markdown_text import fenced, markdown_cell, markdown_text

OUTPUT_LINES = 40


def render(source: Source) -> bytes:
    """The whole document, UTF-8."""
    return "\n".join(_lines(source)).encode() + b"\n"


def _lines(source: Source) -> Iterator[str]:
    yield from _card(source)
    yield from _debrief(source)
    yield from _rollback(source)
    yield from _overruns(source)
    yield from _checklist(source)
    yield from _followups(source)
    yield from _timeline(source)
    yield from _measured(source)
    yield from _people(source)
    yield from _steps(source)
    yield from _session(source)
    yield from _to_be_written(source)


def _card(source: Source) -> Iterator[str]:
    """The report card: what it came to, how long it took, how long users were cut off, what was not as planned."""
    card = source.card()
    yield f"# {markdown_text(source.runbook.runbook.title)}: {markdown_text(card.what or 'session')}"
    if card.drill:
        yield from ("", f"**DRILL** – a rehearsal of scenario “{markdown_text(card.drill)}”; no real host was touched.")
    about = " · ".join(markdown_text(one) for one in (card.environment, card.people, when_words(card)) if one)
    yield from ("", f"**{card.badge.sign} {markdown_text(card.badge.words.upper())}**{f' – {about}' if about else ''}")
    if card.rollback is not None:
        yield from ("", f"Rolled back because: {markdown_text(card.rollback.reason)}")
    found = [(row.name, row.words) for row in rows(card)]
    found += [("Follow-ups", owed)] if (owed := owed_words(card)) else []
    yield from ("", *_facts({name: markdown_cell(words) for name, words in found}))
    yield from _deviations(card)
    yield from _sections(card)


def _facts(cells: Mapping[str, str]) -> Iterator[str]:
    """A table of names and values, aligned so that it also reads well as it is."""
    name, value = (max((len(one) for one in column), default=0) for column in (cells, cells.values()))
    yield f"| {'':{name}} | {'':{value}} |"
    yield f"|{'-' * (name + 2)}|{'-' * (value + 2)}|"
    for one, cell in cells.items():
        yield f"| {one:{name}} | {cell:{value}} |"


def _deviations(card: ReportCard) -> Iterator[str]:
    yield from ("", "## Deviations", "")
    if not card.deviations:
        yield "None: every step went as the runbook has it."
        return
    yield from ("| UTC | Step | What |", "|---|---|---|")
    for deviation in card.deviations:
        words = f"{deviation.sign} {markdown_cell(deviation_words(deviation))}"
        yield f"| {deviation.first:%H:%M:%S} | {markdown_cell(deviation.title)} | {words} |"


def _sections(card: ReportCard) -> Iterator[str]:
    """The time of each section beside what is usual."""
    if not card.sections:
        return
    yield from ("", "## Time by section", "", "| Section | Took | Usually | |", "|---|--:|--:|---|")
    for section in card.sections:
        usual = took_spelled(section.usual.median) if section.usual else ""
        took = took_spelled(section.took) if section.took >= 1 else ""
        title = f"– {section.title}" if section.part else section.title
        yield f"| {markdown_cell(title)} | {took} | {usual} | {slower_words(section)} |"


def _session(source: Source) -> Iterator[str]:
    """Which session it was, when exactly, on which hosts and with which values."""
    found = head(source)
    given = values(source)
    if given:
        found["Values"] = ", ".join(f"{name}={value}" for name, value in given.items())
    yield from ("", "## Session", "", *_facts({name: markdown_cell(value) for name, value in found.items()}))


def _debrief(source: Source) -> Iterator[str]:
    """What a rehearsal taught."""
    if source.debrief is None:
        return
    yield from ("", "## Debrief", "", lessons_beside(source.debrief))
    rows = lessons(source.debrief)
    if rows:
        yield from (
            "",
            "| UTC | What went wrong | Noticed | Decided | Recovered | Did not help |",
            "|---|---|---|---|---|---|",
        )
        for row in rows:
            cells = (row.at, row.what, row.noticed, row.decided, row.recovered, row.vain)
            yield f"| {' | '.join(map(markdown_cell, cells))} |"


def _rollback(source: Source) -> Iterator[str]:
    """The rollback in figures: why, how long against what is allowed, and what was needed and what was not."""
    found = rollback(source)
    if found is None:
        return
    yield from ("", "## Rollback", "", "| | |", "|---|---|")
    yield f"| Because | {markdown_cell(found.reason)} |"
    yield f"| Decided (UTC) | {found.at:%H:%M:%S} by {markdown_cell(found.operator)} |"
    yield f"| Took | {found.words} |"
    yield from ("", "| Step | Plan | Came to | Why |", "|---|---|---|---|")
    for step in found.steps:
        yield f"| {markdown_cell(step.title)} | {step.plan} | {step.came_to} | {markdown_cell(step.why)} |"


def _overruns(source: Source) -> Iterator[str]:
    found = source.overruns()
    if found:
        yield from ("", "## Over budget", "", "| Step | Budget | Took |", "|---|--:|--:|")
        for one in found:
            yield f"| {markdown_cell(one.title)} | {duration_spelled(one.budget)} | {duration_spelled(one.took)} |"


def _people(source: Source) -> Iterator[str]:
    yield from ("", "## Who did what", "")
    for person in people(source):
        yield f"- **{markdown_text(person.name)}** {markdown_text(person.did)}"


def _checklist(source: Source) -> Iterator[str]:
    if source.runbook.checklist:
        yield from ("", "## Checklist", "")
        for item in checklist(source):
            yield f"- [{'x' if item.done else ' '}] {markdown_text(item.title)}"


def _followups(source: Source) -> Iterator[str]:
    found = followups(source)
    if found:
        yield from ("", "## Follow-ups", "")
        for one in found:
            yield f"- [{'x' if one.done else ' '}] {markdown_text(one.title)} – {markdown_text(one.words)}"


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
            service, what = markdown_cell(one.service), markdown_cell(one.what)
            yield f"| {service} | {what} | {one.before} | {one.after} | {one.moved} |"
    watched = courses(source)
    if watched:
        yield from ("", "## Monitors", "")
        for course in watched:
            beside = f" ({markdown_text(course.beside)})" if course.beside else ""
            yield f"- {markdown_text(course.title)}: {markdown_text(course.words)}{beside}"


def _timeline(source: Source) -> Iterator[str]:
    yield from ("", "## Timeline", "", "| UTC | Who | Step | What |", "|---|---|---|---|")
    for line in timeline(source):
        cells = " | ".join(map(markdown_cell, (line.who, line.title, line.what)))
        yield f"| {line.at:%H:%M:%S} | {cells} |"


def _steps(source: Source) -> Iterator[str]:
    yield from ("", "## Steps")
    heading = ""
    for section, step, step_state in source.steps():
        if section.title != heading:
            heading = section.title
            yield from ("", f"### {markdown_text(heading)}")
        yield from _step(source, step, step_state)


def _step(source: Source, step: Step, step_state: StepState) -> Iterator[str]:
    yield from ("", f"#### {markdown_text(step.title)}", "")
    yield f"`{step.id}` – {markdown_text(settled_words(source, step, step_state))}"
    if step_state.reason:
        yield from ("", f"Reason: {markdown_text(step_state.reason)}")
    for note in step_state.notes:
        yield from ("", f"Note: {markdown_text(note)}")
    for answered in answers(step, step_state):
        yield from (
            "",
            f"{markdown_text(answered.question)} **{markdown_text(answered.answer)}**",
            *(markdown_text(check_words(bad)) for bad in answered.bad),
        )
    for attempt in attempts_of(source.state, step_state):
        yield from _attempt(source, attempt)


def _attempt(source: Source, attempt: Attempt) -> Iterator[str]:
    yield from ("", markdown_text(attempt_words(attempt)), "")
    yield from fenced(command_lines(attempt.whole), "sh")
    lines, before = source.output(attempt.number, OUTPUT_LINES)
    if before:
        yield from ("", before_words(before), "")
    if lines:
        yield from fenced([line.text for line in lines], "text")
    for check in attempt.checks:
        yield f"- {markdown_text(check_words(check))}"


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
