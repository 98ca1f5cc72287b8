"""Prints what was found in sessions, and how two of them differ."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from tui.errors import UsageError
from tui.headless.columns import table
from tui.session.archive.comparing import Compared, ComparedSession, Side, compare, difference
from tui.session.archive.searching import ArchiveHit, Unread
from tui.text.amounts import SHORTEST, duration, took_words
from tui.text.json_text import json_text
from tui.text.sanitise import sanitise

Say = Callable[[str], None]
TEXT = 160
"""Characters to which a line is cut in the table; --json has it whole."""

NOT_FOUND, UNREAD = 1, 6
"""Exit statuses: as grep's where nothing is found; as elsewhere where a session cannot be read."""

SIGNS = {"slower": "▲", "faster": "▼", "differs": "≠", "only before": "−", "only after": "+", "": " "}


def time_of(text: str) -> datetime | None:
    """A date or a time as ISO 8601 has it; without a zone it is UTC.

    Raises:
        UsageError: it is none.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date", "2026-11-24, or 2026-11-24T02:31") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def search_report(found: Iterable[ArchiveHit | Unread], as_json: bool, say: Say) -> int:
    """One line for each place as it is found, or JSON lines; returns the exit status."""
    places, unread = 0, []
    for one in found:
        if isinstance(one, Unread):
            unread.append(one)
            continue
        places += 1
        say(json_text(one, 0) if as_json else _place(one))
    for problem in unread:
        say(sanitise(f"? {problem.session} cannot be read: {problem.problem}"))
    if unread:
        return UNREAD
    return 0 if places else NOT_FOUND


def _place(one: ArchiveHit) -> str:
    at = f"{one.at:%Y-%m-%d %H:%M:%S}"
    where = f"{one.step} #{one.attempt}" if one.attempt else one.step
    line = f":{one.line}" if one.line else f" {one.where.value}"
    outcome = f" ({one.outcome})" if one.outcome else ""
    host = f" on {one.host}" if one.host else ""
    return sanitise(f"{one.session} {at} {where}{host}{line}{outcome}: {one.text.strip()[:TEXT]}")


def compare_report(before: ComparedSession, after: ComparedSession, as_json: bool, say: Say) -> None:
    """A table of the steps, the totals below."""
    found = list(compare(before, after))
    if as_json:
        record = {
            "before": before.directory.id,
            "after": after.directory.id,
            "steps": [{**msgspec.to_builtins(one), "mark": one.mark, "difference": one.difference} for one in found],
        }
        say(json_text(record))
        return
    say(sanitise(f"before {before.directory.id}"))
    say(sanitise(f"after  {after.directory.id}"))
    say(table([("", "STEP", "BEFORE", "AFTER", "LONGER BY", "OUTPUT", ""), *map(_row, found)]))
    totals = [sum(side.seconds for side in sides if side) for sides in zip(*map(_sides, found), strict=True)] or [0, 0]
    say(f"commands took {duration(totals[0])} before, {duration(totals[1])} after")


def _sides(one: Compared) -> tuple[Side | None, Side | None]:
    return one.before, one.after


def _row(one: Compared) -> tuple[str, ...]:
    changed = f"+{one.added} −{one.removed}" if one.added or one.removed else "same"
    longer = _longer(one.difference) if one.before and one.after else ""
    words = one.mark if one.mark != "differs" else _differs(one)
    return SIGNS[one.mark], sanitise(one.title), _cell(one.before), _cell(one.after), longer, changed, words


def _longer(seconds: float) -> str:
    """How much longer something took; nothing where it took as long."""
    return ("+" if seconds > 0 else "−") + duration(abs(seconds)) if abs(seconds) >= SHORTEST else ""


def _cell(side: Side | None) -> str:
    if side is None:
        return ""
    return side.status + took_words(side.seconds) if side.attempts else side.status


def _differs(one: Compared) -> str:
    assert one.before is not None
    assert one.after is not None
    if one.before.status != one.after.status:
        return f"{one.before.status} → {one.after.status}"
    return f"{one.before.outcome} → {one.after.outcome}"


def step_report(before: ComparedSession, after: ComparedSession, step: str, say: Say) -> None:
    """How a step's output differs, line by line.

    Raises:
        UsageError: neither session has the step.
    """
    if not any(step == one.id for session in (before, after) for _, one in session.state.plan()):
        raise UsageError(f"no step {step!r} in these sessions", "`runbook compare` without --step lists them")
    lines: Iterator[str] = iter(difference(before, after, step))
    first = next(lines, None)
    if first is None:
        say("the output is the same")
        return
    for line in (first, *lines):
        say(sanitise(line))
