"""Finds a text in all sessions: in what was run, in what that printed, and in what people wrote."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from tui.errors import RunbookError
from tui.session.archive.store import SessionDirectory, Store, started_at
from tui.session.journal.journal import read
from tui.session.output.output import OutputReader
from tui.session.state import Attempt, SessionState
from tui.session.views.called import attempt_called, outcome_word
from tui.text.search import pattern

MOST_IN_ONE = 200
"""Lines of one attempt's output that are told at most."""


class Where(StrEnum):
    """What is searched."""

    OUTPUT = "output"
    COMMANDS = "commands"
    NOTES = "notes"


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for; an empty `text` is in everything, the other fields narrow it down.

    `outcome` is a word of the attempt's outcome: succeeded, failed, UNKNOWN, cancelled. Times are UTC.
    """

    text: str = ""
    step: str = ""
    outcome: str = ""
    host: str = ""
    since: datetime | None = None
    until: datetime | None = None
    where: frozenset[Where] = frozenset(Where)


class ArchiveHit(Struct, frozen=True, kw_only=True):
    """A place: the session, when it was (UTC), the step, the attempt and its outcome, and the line with the text.

    `line` counts from 1 in the attempt's output; it is 0 for a command and for what people wrote.
    """

    session: str
    at: datetime
    where: Where
    step: str = ""
    attempt: int = 0
    outcome: str = ""
    host: str = ""
    line: int = 0
    text: str = ""


class Unread(Struct, frozen=True):
    """A session that could not be read, and why."""

    session: str
    problem: str


def search(store: Store, wanted: Wanted, stopped: Callable[[], bool] = lambda: False) -> Iterator[ArchiveHit | Unread]:
    """Every place, the newest session first; blocks. Secrets are hidden, and so are never found."""
    for name in reversed(store.names()):
        if stopped():
            return
        if wanted.until is not None and started_at(name) > wanted.until:
            continue
        try:
            yield from _in_session(SessionDirectory(store.root / name), wanted, stopped)
        except RunbookError as error:
            yield Unread(name, error.message)


def _in_session(directory: SessionDirectory, wanted: Wanted, stopped: Callable[[], bool]) -> Iterator[ArchiveHit]:
    _, state = directory.load()
    if wanted.since is not None and state.at is not None and state.at < wanted.since:
        return
    for attempt in state.attempts.values():
        if stopped():
            return
        if _fits(attempt, wanted):
            yield from (one for one in _in_attempt(directory, attempt, wanted, stopped) if _in_time(one.at, wanted))
    if Where.NOTES in wanted.where and not wanted.outcome and not wanted.host:
        yield from (one for one in _notes(directory, state, wanted) if _in_time(one.at, wanted))


def _fits(attempt: Attempt, wanted: Wanted) -> bool:
    outcome = outcome_word(attempt)
    return (
        (not wanted.step or wanted.step == attempt.step)
        and (not wanted.host or wanted.host == attempt.host)
        and (not wanted.outcome or wanted.outcome.casefold() == outcome.casefold())
    )


def _in_attempt(
    directory: SessionDirectory, attempt: Attempt, wanted: Wanted, stopped: Callable[[], bool]
) -> Iterator[ArchiveHit]:
    here = ArchiveHit(
        session=directory.id,
        at=attempt.started,
        where=Where.COMMANDS,
        step=attempt.step,
        attempt=attempt.number,
        outcome=attempt_called(attempt),
        host=attempt.host,
    )
    if Where.COMMANDS in wanted.where:
        yield from (replace(here, text=line) for line in _lines(attempt.whole, wanted.text))
    if Where.OUTPUT not in wanted.where or not wanted.text:
        return
    reader = OutputReader(directory.attempts, attempt.number)
    try:
        for place in islice(reader.search(wanted.text, stopped=stopped), MOST_IN_ONE):
            came = reader.times_of(place, 1)
            at = attempt.started + timedelta(seconds=came[0] if came else 0.0)
            text = "".join(line.text for line in reader.shown_lines(place, 1))
            yield replace(here, at=at, where=Where.OUTPUT, line=place + 1, text=text)
    finally:
        reader.close()


def _notes(directory: SessionDirectory, state: SessionState, wanted: Wanted) -> Iterator[ArchiveHit]:
    """What people wrote: notes, reasons, answers."""
    for entry in read(directory.journal):
        step = getattr(entry.event, "step", "")
        if wanted.step and step != wanted.step:
            continue
        for name in ("text", "reason", "note", "answer"):
            said = getattr(entry.event, name, "")
            for line in _lines(said, wanted.text) if isinstance(said, str) else ():
                yield ArchiveHit(session=directory.id, at=entry.at, where=Where.NOTES, step=step, text=line)


def _lines(text: str, wanted: str) -> Iterable[str]:
    """The lines with the text, found in either case where it has no capital letter; of an empty text the first."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not wanted:
        return lines[:1]
    found = pattern(wanted)
    return [line for line in lines if found.search(line)]


def _in_time(at: datetime, wanted: Wanted) -> bool:
    return (wanted.since is None or at >= wanted.since) and (wanted.until is None or at <= wanted.until)
