"""Finds a text in all sessions: in what was run, in what that printed, and in what people wrote."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from tui.errors import RunbookError
from tui.session.archive.indexes.search_index import LARGEST, SAID, SaidThen, SearchedSession, SearchIndex
from tui.session.archive.indexes.session_index import stamp_of
from tui.session.archive.store import ATTEMPTS, RUNBOOK, SessionDirectory, Store, started_at
from tui.session.journal.journal import read
from tui.session.output.output import OutputReader
from tui.session.state import SessionState
from tui.session.subject import step_of
from tui.session.views.called import attempt_called, outcome_word, over
from tui.text.drawn import as_shown
from tui.text.search import pattern

BREATH = 0.5
"""Seconds of rest after a session was put into the index beforehand, at most; as a rule as long as that took."""

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


def search(
    store: Store,
    wanted: Wanted,
    stopped: Callable[[], bool] = lambda: False,
    learning: Callable[[int, int], None] = lambda number, of: None,
) -> Iterator[ArchiveHit | Unread]:
    """Every place, the newest session first; blocks. Secrets are hidden, and so are never found.

    What is over is put into the index of the store on the way, where it is ours: the next search reads only those
    sessions that may have the text.

    Args:
        learning: told before each session that is not in the index yet: which one of how many sessions it is.
    """
    names = store.names()[::-1]
    index = SearchIndex(store.root) if store.ours else None
    known = index.known() if index else {}
    may_have = index.may_have(wanted.text) if index and wanted.text else None
    for place, name in enumerate(names, 1):
        if stopped():
            return
        if wanted.until is not None and started_at(name) > wanted.until:
            continue
        directory = SessionDirectory(store.root / name)
        try:
            stamp = _stamp_of(directory)
            before, large = known.get(name, (b"", False))
            current = bool(stamp) and before == stamp
            may = may_have.get(name, frozenset()) if current and may_have is not None else None
            if may is not None and not may and not large:
                continue
            session = index.said(name) if index and current else None
            if session is None:
                learning(place, len(names))
                session, may = _read(directory, stamp, index), None
            yield from _in_session(directory, session, may, wanted, stopped)
        except RunbookError as error:
            yield Unread(name, error.message)
    if index is not None:
        index.tidy(names)
        index.close()


def learn(
    store: Store,
    names: Sequence[str],
    stopped: Callable[[], bool],
    learning: Callable[[int, int], None],
) -> None:
    """Put sessions that are over into the index, so that the first search need not; blocks, and leaves others time.

    Args:
        names: of sessions that are over; those that are in the index already are left alone.
        learning: told before each session which one of how many it is.
    """
    index = SearchIndex(store.root)
    try:
        known = index.known()
        found = ((SessionDirectory(store.root / name), known.get(name, (b"", False))[0]) for name in names)
        missing = [directory for directory, stamp in found if stamp != (_stamp_of(directory) or stamp)]
        for place, directory in enumerate(missing, 1):
            if stopped():
                return
            learning(place, len(missing))
            began = time.monotonic()
            with suppress(RunbookError):  # a search says why
                _read(directory, _stamp_of(directory), index)
            time.sleep(min(time.monotonic() - began, BREATH))
    finally:
        index.close()


def _read(directory: SessionDirectory, stamp: bytes, index: SearchIndex | None) -> SearchedSession:
    """What was said in a session, from its journal; one that is over is put into the index."""
    _, state = directory.load()
    if index is None or not stamp or not over(state):
        return SearchedSession(state.at, [*_commands(state, frozenset()), *_written(directory, state)])
    outputs = dict(_outputs(directory, state))
    large = frozenset(number for number, text in outputs.items() if text is None)
    session = SearchedSession(state.at, [*_commands(state, large), *_written(directory, state)])
    if stamp == _stamp_of(directory):
        index.put(directory.id, stamp, session, ((number, text) for number, text in outputs.items() if text))
    return session


def _stamp_of(directory: SessionDirectory) -> bytes:
    return stamp_of(directory.path, RUNBOOK, ATTEMPTS)


def _commands(state: SessionState, large: Set[int]) -> Iterator[SaidThen]:
    for attempt in state.attempts.values():
        yield SaidThen(
            at=attempt.started,
            text=attempt.whole,
            step=attempt.step,
            attempt=attempt.number,
            outcome=attempt_called(attempt),
            word=outcome_word(attempt),
            host=attempt.host,
            large=attempt.number in large,
        )


def _written(directory: SessionDirectory, state: SessionState) -> Iterator[SaidThen]:
    """What people wrote: notes, reasons, answers."""
    for entry in read(directory.journal):
        for name in ("text", "reason", "note", "answer"):
            said = getattr(entry.event, name, "")
            if isinstance(said, str) and said.strip():
                yield SaidThen(at=entry.at, text=said, step=step_of(entry.event, state.attempts))


def _outputs(directory: SessionDirectory, state: SessionState) -> Iterator[tuple[int, str | None]]:
    """What is seen of each attempt's output; None of one that is too long for the index."""
    for attempt in state.attempts.values():
        reader = OutputReader(directory.attempts, attempt.number)
        try:
            if reader.size > LARGEST:
                yield attempt.number, None
            elif reader.size:
                lines = reader.read_lines(0, reader.lines_total())
                yield attempt.number, b"\n".join(map(as_shown, lines)).decode(errors="replace")
        finally:
            reader.close()


def _in_session(
    directory: SessionDirectory,
    session: SearchedSession,
    may: Set[int] | None,
    wanted: Wanted,
    stopped: Callable[[], bool],
) -> Iterator[ArchiveHit]:
    """The places in one session.

    Args:
        may: the outputs that may have the text, and `SAID` where what was said may; None where all may.
    """
    if wanted.since is not None and session.last is not None and session.last < wanted.since:
        return
    for said in session.said:
        if stopped():
            return
        if said.attempt and _fits(said, wanted):
            yield from (one for one in _in_attempt(directory, said, may, wanted, stopped) if _in_time(one.at, wanted))
    if Where.NOTES in wanted.where and not wanted.outcome and not wanted.host and (may is None or SAID in may):
        for said in session.said:
            if not said.attempt and (not wanted.step or wanted.step == said.step) and _in_time(said.at, wanted):
                here = ArchiveHit(session=directory.id, at=said.at, where=Where.NOTES, step=said.step)
                yield from (replace(here, text=line) for line in _lines(said.text, wanted.text))


def _fits(said: SaidThen, wanted: Wanted) -> bool:
    return (
        (not wanted.step or wanted.step == said.step)
        and (not wanted.host or wanted.host == said.host)
        and (not wanted.outcome or wanted.outcome.casefold() == said.word.casefold())
    )


def _in_attempt(
    directory: SessionDirectory, said: SaidThen, may: Set[int] | None, wanted: Wanted, stopped: Callable[[], bool]
) -> Iterator[ArchiveHit]:
    here = ArchiveHit(
        session=directory.id,
        at=said.at,
        where=Where.COMMANDS,
        step=said.step,
        attempt=said.attempt,
        outcome=said.outcome,
        host=said.host,
    )
    if Where.COMMANDS in wanted.where and (may is None or SAID in may):
        yield from (replace(here, text=line) for line in _lines(said.text, wanted.text))
    if Where.OUTPUT not in wanted.where or not wanted.text:
        return
    if not (may is None or said.large or said.attempt in may):
        return
    reader = OutputReader(directory.attempts, said.attempt)
    try:
        for place in islice(reader.search(wanted.text, stopped=stopped), MOST_IN_ONE):
            came = reader.times_of(place, 1)
            at = said.at + timedelta(seconds=came[0] if came else 0.0)
            text = "".join(line.text for line in reader.shown_lines(place, 1))
            yield replace(here, at=at, where=Where.OUTPUT, line=place + 1, text=text)
    finally:
        reader.close()


def _lines(text: str, wanted: str) -> Iterable[str]:
    """The lines with the text, found in either case where it has no capital letter; of an empty text the first."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not wanted:
        return lines[:1]
    found = pattern(wanted)
    return [line for line in lines if found.search(line)]


def _in_time(at: datetime, wanted: Wanted) -> bool:
    return (wanted.since is None or at >= wanted.since) and (wanted.until is None or at <= wanted.until)
