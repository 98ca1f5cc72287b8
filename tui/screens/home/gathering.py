"""Reads the sessions on disk beside the first screen, and tells it of what was read so far, at most once at a time."""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from tui.drill.rehearsals import decided_in, scenarios_for
from tui.errors import RunbookError
from tui.runbook.problem import Problem
from tui.session.archive.known import KnownSession, KnownSessions
from tui.session.archive.store import Store
from tui.transports.base import Answering, Transport

REST = 2.0
"""Seconds for which the first screen is seen before sessions are put into the index of searches."""
PATIENCE = 4.0
"""Seconds in which a host that can be reached answers."""
Tell = Callable[[], object]
"""Called on the reading thread: something was found. It is not called again before it was looked at (`look`)."""


def answered(place: Transport) -> Answering:
    """Whether a place answers; UNKNOWN where nobody knows how to reach it."""
    try:
        return place.answers(PATIENCE)
    except RunbookError:
        return Answering.UNKNOWN


def _by_them(one: KnownSession) -> KnownSession:
    """Somebody else's session as this machine lists it."""
    return replace(one, followups=(), reason=" · ".join(filter(None, (f"by {one.operator}", one.reason))))


class Gathered:
    """What was read so far, the newest session first; kept from one visit of the first screen to the next."""

    def __init__(self, store: Store, text: str) -> None:
        self.sessions = KnownSessions(store)
        self._team = KnownSessions(store.of_team())
        self._fetched = 0
        self.found: tuple[KnownSession, ...] | None = None
        self.count = 0
        self.total = 0
        self.scenarios: tuple[tuple[str, str], ...] = ()
        self.decided: dict[str, float | None] = {}
        self.problems: list[Problem] | None = None
        self.reading = 0
        self.seen = False
        """Whether the first screen is what is seen: only then sessions are put into the index of searches."""
        self.learning = (0, 0)
        """Which one of how many is put into it; noughts where none is."""
        self._store = store
        self._text = text
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._one_learns = threading.Lock()
        self._told = False

    @property
    def whole(self) -> bool:
        """Whether every session was read."""
        return self.found is not None and self.count >= self.total

    def look(self) -> None:
        """What was found is being shown: later finds are told again."""
        with self._lock:
            self._told = False

    def read(self, reading: int, tell: Tell) -> None:
        """Read every session, those known already at once, then what else is shown; blocks.

        Args:
            reading: which reading this is; an older one ends as soon as a newer one has begun.

        Raises:
            SessionError: the folder of the sessions cannot be read.
        """
        with self._one_at_a_time:
            if reading != self.reading or not self._read_sessions(reading, tell):
                return
        self._rest(reading, tell)

    def _read_sessions(self, reading: int, tell: Tell) -> bool:
        """Read every session; what an earlier reading found is shown until it is read again. False if a newer began."""
        names = self.sessions.names()
        there = set(names)
        before = deque(one for one in self.found or () if one.id in there)
        found: list[KnownSession] = []
        for place, one in enumerate(self.sessions.each(names), 1):
            if reading != self.reading:
                return False
            found.append(one)
            if before and before[0].id == one.id:
                before.popleft()
            if self.found is None or not self.whole or place == len(names):
                self._have((*found, *before), len(found) + len(before), len(names))
                self._tell(tell)
        self.sessions.done(names)
        self._add_team(tell)
        if not names and not self.found:
            self._have((), 0, 0)
            self._tell(tell)
        return True

    def _add_team(self, tell: Tell) -> None:
        """Put what others of the team have finished among the sessions; what they owe is theirs to tick off."""
        own = {one.id: one for one in self.found or ()}
        with suppress(RunbookError):
            theirs = [_by_them(one) for one in self._team.all() if one.id not in own]
            if theirs:
                found = sorted((*own.values(), *theirs), key=lambda one: one.id, reverse=True)
                self._have(tuple(found), len(found), len(found))
                self._tell(tell)

    def _have(self, found: tuple[KnownSession, ...], count: int, total: int) -> None:
        self.found, self.count, self.total = found, count, total

    def _rest(self, reading: int, tell: Tell) -> None:
        """What nobody waits for: how soon was decided in drills, and what is wrong with the runbook."""
        self.scenarios = scenarios_for(self._text)
        self._tell(tell)
        scenarios: set[str] = set()
        for one in self.found or ():
            if reading != self.reading:
                return
            if one.scenario and one.finished and one.scenario not in scenarios:
                scenarios.add(one.scenario)
                if one.id not in self.decided:
                    self.decided[one.id] = decided_in(self.sessions, one)
                    self._tell(tell)
        self.sessions.flush()
        if (fetch := self.sessions.store.fetch_others) is not None:
            fetched = fetch(lambda: reading != self.reading)
            if fetched != self._fetched and reading == self.reading:
                self._fetched = fetched
                self._add_team(tell)
        if self.problems is None:
            from tui.runbook.reading.lint import lint_text  # the first frame needs no lint

            try:
                self.problems = lint_text(self._text, "runbook.toml")
            except RunbookError:
                self.problems = []
            self._tell(tell)
        self._learn(reading, tell)

    def _learn(self, reading: int, tell: Tell) -> None:
        """Put what is over into the index of searches, while nothing else is done."""
        until = time.monotonic() + REST

        def stopped() -> bool:
            return reading != self.reading or not self.seen

        while time.monotonic() < until:
            if stopped():
                return
            time.sleep(REST / 20)
        with self._one_learns:
            if stopped() or not self._store.ours:
                return
            from tui.session.archive.searching import learn  # seldom needed, and not before anything is seen

            def told(place: int, of: int) -> None:
                self.learning = (place, of)
                self._tell(tell)

            try:
                learn(self._store, [one.id for one in self.found or () if one.finished], stopped, told)
            finally:
                self.learning = (0, 0)
                self._tell(tell)

    def _tell(self, tell: Tell) -> None:
        with self._lock:
            told, self._told = self._told, True
        if not told:
            tell()
