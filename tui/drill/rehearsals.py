"""Holds a rehearsal beside the earlier ones of its scenario, so that practice shows."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from msgspec import Struct

from tui.drill.debrief import Debrief, debrief
from tui.drill.session_scenario import scenario_of
from tui.errors import RunbookError
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.journal import read
from tui.session.views.called import over
from tui.text.amounts import duration

MOST = 10
"""So many earlier rehearsals are read; how it went a year ago says little."""


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


def earlier_drills(store: Store, directory: SessionDirectory, most: int = MOST) -> list[Debrief]:
    """What the finished rehearsals of the same scenario taught that were before this one, the newest first.

    Those that cannot be read are left out. Blocks: each takes some hundredths of a second.
    """
    return list(islice(_earlier(store, directory), most))


def _earlier(store: Store, directory: SessionDirectory) -> Iterator[Debrief]:
    title = _scenario(directory)
    for name in reversed(store.names() if title else []):
        other = SessionDirectory(store.root / name)
        if name >= directory.id or _scenario(other) != title:
            continue
        with suppress(RunbookError):
            _, state = other.load()
            if over(state):
                yield debrief(state, tuple(read(other.journal)), scenario_of(other, state))


def _scenario(directory: SessionDirectory) -> str:
    """The title of the scenario that a session rehearses, by its first event; empty where it is none."""
    with suppress(RunbookError):
        first = next(iter(read(directory.journal)), None)
        if first is not None and isinstance(first.event, ev.SessionStarted):
            return first.event.drill
    return ""
