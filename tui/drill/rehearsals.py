"""Holds a rehearsal beside the earlier ones of its scenario, and says which scenarios were rehearsed lately."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

import tomli
from msgspec import Struct

from tui.drill.debrief import Debrief, debrief
from tui.drill.scenario_files import scenario_files, title_of
from tui.drill.session_scenario import scenario_of
from tui.errors import RunbookError
from tui.resources import NAME, bundled
from tui.session import events as ev
from tui.session.archive.indexes.session_index import stamp_of
from tui.session.archive.known import KnownSession, KnownSessions
from tui.session.archive.store import RUNBOOK, SCENARIO, SessionDirectory, Store
from tui.session.journal.journal import read
from tui.session.views.called import ABANDONED
from tui.text.amounts import duration

MOST = 10
"""Earlier rehearsals that are read, at most; how it went a year ago says little."""

FRESH = timedelta(days=60)
"""A scenario that was rehearsed longer ago is to be rehearsed again."""


class Beside(Struct, frozen=True):
    """One figure of a rehearsal beside earlier ones, in seconds or as a count; None is never.

    `before` is the figure of the last earlier rehearsal, `best` the least of the `count` that had one.
    """

    name: str
    now: float | None
    before: float | None
    best: float
    count: int
    seconds: bool = True

    def __str__(self) -> str:
        first = f"never {self.name.partition(' ')[0]}" if self.now is None else f"{self.name} {self._words(self.now)}"
        return f"{first}; the time before: {self._words(self.before)}; best of {self.count}: {self._words(self.best)}"

    def _words(self, value: float | None) -> str:
        if value is None:
            return "never"
        return duration(value) if self.seconds else f"{value:g}"


def beside_lines(rehearsal: Debrief, earlier: Sequence[Debrief]) -> Iterator[str]:
    """The same in lines; none where there is nothing to stand beside."""
    found = beside(rehearsal, earlier)
    if found:
        yield "Beside earlier rehearsals of this scenario"
    for one in found:
        yield f"  {one}"


def beside(rehearsal: Debrief, earlier: Sequence[Debrief]) -> tuple[Beside, ...]:
    """The figures that this rehearsal and at least one earlier one have; `earlier` has the newest first."""
    found = []
    for name, seconds in (
        ("noticed", True),
        ("decided", True),
        ("recovered", True),
        ("rollback", True),
        ("vain", False),
    ):
        values = [_figure(one, name) for one in earlier if one.stories or name == "rollback"]
        known = [value for value in values if value is not None]
        mine = _figure(rehearsal, name)
        if known and (mine is not None or (rehearsal.stories and name != "rollback")):
            words = {"rollback": "rolled back in", "vain": "wrong turns"}.get(name, f"{name} after")
            found.append(Beside(words, mine, values[0], min(known), len(known), seconds))
    return tuple(found)


def _figure(one: Debrief, name: str) -> float | None:
    match name:
        case "rollback":
            return one.rollback
        case "vain":
            return float(sum(len(story.vain) for story in one.stories)) if one.stories else None
        case _:
            return one.worst(name)


def debrief_of(directory: SessionDirectory) -> Debrief:
    """The debrief of one session.

    Raises:
        SessionError: it is not a drill, or cannot be read.
        UsageError: its scenario is not there any more.
    """
    _, state = directory.load()
    return debrief(state, tuple(read(directory.journal)), scenario_of(directory, state))


def known_debrief(known: KnownSessions, directory: SessionDirectory) -> Debrief:
    """The same, from the index where the files have not changed since it was read.

    Raises:
        SessionError, UsageError: as `debrief_of` does.
    """
    return known.kept(directory, Debrief, debrief_of, _stamp_of)


def _stamp_of(directory: SessionDirectory) -> bytes:
    """What is the same as long as a drill's files are; empty where the scenario is not with them."""
    return stamp_of(directory.path, RUNBOOK, SCENARIO)


def earlier_drills(store: Store, directory: SessionDirectory, most: int = MOST) -> list[Debrief]:
    """What the finished rehearsals of the same scenario taught that were before this one, the newest first.

    Those that cannot be read are left out. Blocks: each takes some hundredths of a second the first time.
    """
    known = KnownSessions(store)
    found = list(islice(_earlier(known, directory), most))
    known.flush()
    return found


def _earlier(known: KnownSessions, directory: SessionDirectory) -> Iterator[Debrief]:
    title = _scenario(directory)
    for name in known.names() if title else []:
        other = SessionDirectory(known.store.root / name)
        if name < directory.id and _scenario(other) == title and known.get(name).finished:
            with suppress(RunbookError):
                yield known_debrief(known, other)


def _scenario(directory: SessionDirectory) -> str:
    """The title of the scenario that a session rehearses, by its first event; empty where it is none."""
    with suppress(RunbookError):
        first = next(iter(read(directory.journal)), None)
        if first is not None and isinstance(first.event, ev.SessionStarted):
            return first.event.drill
    return ""


class Practised(Struct, frozen=True, kw_only=True):
    """A scenario with its rehearsals: the `newest` of them, and the last that was gone through, which is what counts.

    `name` is what `runbook drill` takes; empty where there is no such file.
    """

    title: str
    name: str = ""
    newest: KnownSession | None = None
    last: KnownSession | None = None

    def fresh(self, now: datetime) -> bool:
        """Whether it was rehearsed lately."""
        return self.last is not None and now - self.last.began <= FRESH

    @property
    def unfinished(self) -> bool:
        """Whether the newest rehearsal is still open."""
        return self.newest is not None and not self.newest.finished


def practised(titles: Iterable[tuple[str, str]], found: Sequence[KnownSession], now: datetime) -> list[Practised]:
    """Each scenario once: those never rehearsed first, then those of long ago, then by time.

    Args:
        titles: the titles of the scenarios there are, and their names.
        found: sessions, the newest first; those that are not rehearsals are left out.
    """
    rows = {title: Practised(title=title, name=name) for title, name in titles}
    for one in found:
        if not one.scenario:
            continue
        row = rows.get(one.scenario) or Practised(title=one.scenario)
        counts = one.finished and one.called.words != ABANDONED
        rows[one.scenario] = Practised(
            title=row.title, name=row.name, newest=row.newest or one, last=row.last or (one if counts else None)
        )
    return sorted(rows.values(), key=lambda row: _order(row, now))


def _order(row: Practised, now: datetime) -> tuple[int, float]:
    if row.last is None:
        return 0, 0.0
    return (2 if row.fresh(now) else 1), -row.last.began.timestamp()


def scenarios_for(text: str) -> tuple[tuple[str, str], ...]:
    """The titles and names of the scenarios that come with the program, where this is the text of its own runbook."""
    return _bundled() if _about(text) == _about(bundled(NAME).read_text(encoding="utf-8")) else ()


@lru_cache(maxsize=1)
def _bundled() -> tuple[tuple[str, str], ...]:
    return tuple((title_of(path), path.stem) for path in scenario_files())


def _about(text: str) -> str:
    """The title of a runbook, by its first table."""
    found = re.search(r"^\s*\[runbook\]\s*$(.*?)(?=^\s*\[|\Z)", text, re.MULTILINE | re.DOTALL)
    try:
        return str(tomli.loads(found.group(1)).get("title", "")) if found else ""
    except tomli.TOMLDecodeError:
        return ""


def decided_in(known: KnownSessions, one: KnownSession) -> float | None:
    """After how many seconds it was decided what to do about the fault that took longest; None where none struck.

    Blocks: the journal is read, the first time. What cannot be read says nothing.
    """
    try:
        return known_debrief(known, SessionDirectory(one.path)).worst("decided")
    except RunbookError:
        return None
