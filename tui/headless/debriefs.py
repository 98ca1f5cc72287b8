"""Prints what rehearsals taught: one of them whole, or all of them beside each other."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import asdict

from tui.drill.debrief import Debrief, story_lines
from tui.drill.rehearsals import beside_lines, known_debrief
from tui.errors import RunbookError
from tui.headless.columns import table
from tui.session.archive.known import KnownSessions
from tui.session.archive.store import SessionDirectory, Store, started_at
from tui.session.views.called import outcome_signed
from tui.text.amounts import counted, duration
from tui.text.json_text import json_text
from tui.text.sanitise import sanitise

Say = Callable[[str], None]


def debrief_report(one: Debrief, as_json: bool, say: Say, earlier: Sequence[Debrief] = ()) -> None:
    """One rehearsal, in lines, beside `earlier` ones of its scenario."""
    if as_json:
        say(json_text(one))
        return
    say(sanitise(f"{one.session}: {one.scenario}"))
    counts = f"{counted(one.failed, 'failed attempt')}, {counted(one.confirmed, 'confirmed change')}"
    say(f"{outcome_signed(one.result)} after {duration(one.lasted)}; {counts}")
    if one.rollback is not None:
        say(f"rolled back in {duration(one.rollback)}")
    for story in one.stories:
        for line in story_lines(story):
            say(sanitise(line))
    if not one.stories:
        say("no fault struck in it")
    for title in one.skipped:
        say(sanitise(f"skipped: {title}"))
    for line in beside_lines(one, earlier):
        say(line)


class Rehearsed(Debrief, frozen=True, kw_only=True):
    """A rehearsal, and who went through it."""

    operator: str = ""


def drills_report(store: Store, as_json: bool, say: Say, team: bool = False) -> None:
    """Every rehearsal on this machine, with `team` also those of others that were fetched; the newest first."""
    found: dict[str, Rehearsed] = {}
    problems: list[str] = []
    for known in (KnownSessions(store), *([KnownSessions(store.of_team())] if team else [])):
        for one in known.listed():
            if not one.scenario or one.id in found:
                continue
            try:
                debrief = known_debrief(known, SessionDirectory(one.path))
            except RunbookError as error:
                problems.append(f"? {one.id}: {error.message}")
            else:
                found[one.id] = Rehearsed(**asdict(debrief), operator=one.operator)
    rehearsals = [found[name] for name in sorted(found, reverse=True)]
    if as_json:
        say(json_text(rehearsals))
        return
    head = ("WHEN (UTC)", "SCENARIO", "RESULT", "FAULTS", "NOTICED", "DECIDED", "RECOVERED", "DID NOT HELP", "SESSION")
    rows = [head, *(_row(started_at(one.session), one) for one in rehearsals)]
    if team:
        rows = [(*row[:1], who, *row[1:]) for row, who in zip(rows, ("BY", *_operators(rehearsals)), strict=True)]
    say(table(rows) if found else "no drills yet: `runbook drill`")
    for problem in problems:
        say(sanitise(problem))


def _operators(rehearsals: Sequence[Rehearsed]) -> list[str]:
    return [sanitise(one.operator) for one in rehearsals]


def _row(at: datetime, one: Debrief) -> tuple[str, ...]:
    worst = [one.worst(name) for name in ("noticed", "decided", "recovered")]
    figures = [duration(length) if length is not None else "never" if one.stories else "" for length in worst]
    vain = str(sum(len(story.vain) for story in one.stories)) if one.stories else ""
    cells = (
        f"{at:%Y-%m-%d %H:%M}",
        one.scenario,
        outcome_signed(one.result),
        str(len(one.stories)),
        *figures,
        vain,
        one.session,
    )
    return tuple(sanitise(cell) for cell in cells)
