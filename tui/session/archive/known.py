"""What lists show of each session, kept in an index beside them: a journal that has not changed is read once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from tui.errors import RunbookError
from tui.runbook.model import FlowKind, seconds
from tui.session.archive.indexes.session_index import TOGETHER, SessionIndex, stamp_of
from tui.session.archive.store import RUNBOOK, SessionDirectory, Store, started_at
from tui.session.event_base import Place
from tui.session.places import environment_of, runbook_id, session_places
from tui.session.report_card.downtime import Downtime, downtime
from tui.session.report_card.report_card import what_words
from tui.session.state import SessionState, StepStatus
from tui.session.tries import stands
from tui.session.views.called import (
    ABANDONED,
    COMPLETED,
    ROLLED_BACK,
    Called,
    Tone,
    failed_attempts,
    over,
    over_at,
    people_words,
    result_of,
    session_called,
)
from tui.session.views.followups import Due, followups, left
from tui.text.amounts import counted

UNREADABLE = Called("cannot be read", Tone.BAD)
Kept = TypeVar("Kept", bound=Struct)
Listed = TypeVar("Listed", "ListedSession", "KnownSession")


class ListedSession(Struct, frozen=True, kw_only=True):
    """One session as most lists show it; times in UTC, lengths in seconds; `problem` says why it cannot be read.

    `runbook` is the id of its runbook, `recorded` the title that its journal has, `environment` what the one it was in
    is called, `apart` the same where it is not the runbook's own. `flow_id` and `method_id` are those of the runbook.
    `scenario` is what a drill rehearsed, `what` what was done, `reason` why it came to that. `started` and `closed` are
    when its first and its last event said so. `took` grows until it has `ended`, and is then what it took. `at` is the
    step it is at, `running` where a command of it was running when its last event was written; `counts` are the steps
    by their status, `places` those of the hosts that it reached. `open` is one that can still be gone back from.
    `owing` is how many of its follow-ups nobody has done yet.
    """

    id: str
    path: Path
    problem: str = ""
    called: Called = UNREADABLE
    finished: bool = True
    runbook: str = ""
    title: str = ""
    recorded: str = ""
    environment: str = ""
    apart: str = ""
    scenario: str = ""
    flow: str = ""
    flow_id: str = ""
    kind: FlowKind | None = None
    what: str = ""
    method: str = ""
    method_id: str = ""
    operator: str = ""
    version: str = ""
    people: str = ""
    began: datetime
    started: datetime | None = None
    closed: datetime | None = None
    open: bool = False
    last: datetime | None = None
    ended: datetime | None = None
    took: float = 0.0
    budget: float = 0.0
    downtime: Downtime = Downtime(known=False)
    reason: str = ""
    settled: int = 0
    steps: int = 0
    counts: Mapping[str, int] = {}
    at: str = ""
    running: str = ""
    places: Mapping[str, Place] = {}
    owing: int = 0

    @property
    def readable(self) -> bool:
        """Whether it could be read."""
        return not self.problem

    @property
    def sign(self) -> str:
        """The sign of what it came to."""
        return self.called.sign if self.readable else "?"

    @property
    def deploys(self) -> bool:
        """Whether it is a deployment, or a change that goes as one does."""
        return self.kind is not None and self.kind.offered_as is FlowKind.DEPLOY

    @property
    def completed(self) -> bool:
        """Whether it was a deployment and went to its end as it was begun; what is usual is known by such."""
        return self.deploys and self.called.tone is Tone.GOOD and self.took > 0


class KnownSession(ListedSession, frozen=True, kw_only=True):
    """One session with its follow-ups, which are most of what is kept of it."""

    followups: tuple[Due, ...] = ()

    @property
    def owes(self) -> tuple[Due, ...]:
        """The follow-ups that nobody has done yet."""
        return tuple(due for due in self.followups if due.done is None)


class KnownSessions:
    """Reads sessions once, and again where their files have changed; threads may ask at the same time.

    What was read is kept in the index of the store, where it is ours.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._known: dict[str, tuple[bytes, KnownSession]] = {}
        self.index = SessionIndex(store.root) if store.ours else None

    def names(self) -> list[str]:
        """The ids of all sessions, the newest first; what is known of others is forgotten.

        Raises:
            SessionError: the folder cannot be read, or somebody else could put sessions there.
        """
        names = self.store.names()[::-1]
        there = set(names)
        with self._lock:
            self._known = {name: one for name, one in self._known.items() if name in there}
        return names

    def get(self, name: str) -> KnownSession:
        """A session as it is on the disk now; blocks for some hundredths of a second where it has to be read."""
        directory = SessionDirectory(self.store.root / name)
        stamp = _stamp_of(directory)
        with self._lock:
            before = self._known.get(name)
        if before is not None and stamp and before[0] == stamp:
            return before[1]
        one = self.kept(directory, KnownSession, read_session, _stamp_of, stamp)
        with self._lock:
            self._known[name] = stamp, one
        return one

    def all(self) -> Iterator[KnownSession]:
        """Every session, the newest first; one that cannot be read says why instead of hiding.

        Raises:
            SessionError: as `names` does.
        """
        return self._all(KnownSession)

    def listed(self) -> Iterator[ListedSession]:
        """The same without their follow-ups, which take longer than all the rest.

        Raises:
            SessionError: as `names` does.
        """
        return self._all(ListedSession)

    def _all(self, kind: type[Listed]) -> Iterator[Listed]:
        """Every session; the index is asked for many at once."""
        names = self.names()
        for at in range(0, len(names), TOGETHER):
            some = names[at : at + TOGETHER]
            kept = self.index.kept_of(KnownSession.__name__, some) if self.index is not None else {}
            for name in some:
                yield self._kept_as(name, kind, kept.get(name)) or self.get(name)
        self.done(names)

    def _kept_as(self, name: str, kind: type[Listed], kept: tuple[bytes, bytes] | None) -> Listed | None:
        """What the index has of a session, where its files have not changed since; None where it has to be read."""
        if kept is None or name in self._known:
            return None
        directory = SessionDirectory(self.store.root / name)
        stamp = _stamp_of(directory)
        one = _decoded(kept[1], kind, directory) if stamp and stamp == kept[0] else None
        if isinstance(one, KnownSession):
            with self._lock:
                self._known[name] = stamp, one
        return one

    def done(self, names: list[str]) -> None:
        """All of `names` were asked for: what was read is written to the index, and what it has of others forgotten."""
        if self.index is not None:
            self.index.flush(names)

    def flush(self) -> None:
        """Write to the index what was read since."""
        if self.index is not None:
            self.index.flush()

    def kept(
        self,
        directory: SessionDirectory,
        kind: type[Kept],
        read: Callable[[SessionDirectory], Kept],
        stamp_of: Callable[[SessionDirectory], bytes],
        stamp: bytes | None = None,
    ) -> Kept:
        """What is read of a session, taken from the index where its files have not changed since, and kept there.

        Args:
            stamp: what `stamp_of` says now, where that is known.
        """
        if self.index is None:
            return read(directory)
        stamp = stamp_of(directory) if stamp is None else stamp
        if not stamp:
            return read(directory)
        data = self.index.get(kind.__name__, directory.id, stamp)
        if data is not None and (found := _decoded(data, kind, directory)) is not None:
            return found
        one = read(directory)
        if stamp == stamp_of(directory) and not getattr(one, "problem", ""):
            self.index.put(kind.__name__, directory.id, stamp, msgspec.json.encode(one, enc_hook=str))
        return one


def _decoded(data: bytes, kind: type[Kept], directory: SessionDirectory) -> Kept | None:
    """What was kept, with its folder where that is now; None where it is damaged: it is read again."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=lambda kind, value: directory.path)
    except (msgspec.MsgspecError, ValueError):
        return None


def read_session(directory: SessionDirectory) -> KnownSession:
    """A session, by its files; one that cannot be read says why."""
    try:
        _, state = directory.load()
        return known_session(directory, state)
    except RunbookError as error:
        return KnownSession(id=directory.id, path=directory.path, problem=error.message, began=started_at(directory.id))


def known_session(directory: SessionDirectory, state: SessionState) -> KnownSession:
    """What lists show of a session in this state."""
    started, ended = state.started, over_at(state)
    flow = state.runbook.flows.get(started.flow) if started else None
    method = state.runbook.methods.get(started.method) if started else None
    began = state.started_at or started_at(directory.id)
    plan = state.plan()
    following, running = state.next_step(), state.running()
    return KnownSession(
        id=directory.id,
        path=directory.path,
        called=session_called(state),
        finished=over(state),
        runbook=runbook_id(state.runbook),
        title=state.runbook.runbook.title,
        recorded=started.title if started else "",
        environment=environment_of(state),
        apart=started.environment if started else "",
        scenario=started.drill if started else "",
        flow=flow.title if flow else "",
        flow_id=started.flow if started else "",
        kind=flow.kind if flow else None,
        what=what_words(state),
        method=method.title if method else "",
        method_id=started.method if started else "",
        operator=state.operator,
        version=state.fixed_facts().get("release", "") if started else "",
        people=people_words(state.operator, started.second_operator if started else ""),
        began=began,
        started=state.started_at,
        closed=state.finished_at,
        open=started is not None and state.finished is None and state.rollback is None,
        last=state.at,
        ended=ended,
        took=max(0.0, ((ended or state.at or began) - began).total_seconds()),
        budget=seconds(flow.budget) if flow else 0.0,
        downtime=downtime(state, ended or state.at),
        reason=reason_of(state),
        settled=sum(state.step(step.id).status.settled for _, step in plan),
        steps=len(plan),
        counts=dict(Counter(stands(state, state.step(step.id)).value for _, step in plan)),
        at=following.title if following and not over(state) else "",
        running=running.host or "this machine" if running else "",
        places={name: place for name, place in session_places(state).items() if name in state.hosts},
        owing=len(left(state)),
        followups=tuple(followups(state)) if over(state) else (),
    )


def reason_of(state: SessionState) -> str:
    """Why a session came to what it came to: its rollback's reason, what it failed at, what was left out of it."""
    if state.started is None:
        return ""
    if state.rollback is not None:
        return state.rollback.reason
    statuses = [(state.step(step.id).status, step) for _, step in state.plan()]
    result = state.finished.result if state.finished else result_of(state)
    if result == ABANDONED and over(state):
        if state.finished is not None and state.finished.note:
            return state.finished.note
        wrong = next((step for status, step in statuses if status in (StepStatus.FAILED, StepStatus.UNKNOWN)), None)
        if wrong is not None:
            return f"failed: {wrong.title}"
        following = state.next_step()
        return f"at {following.title}" if following else ""
    if result not in (COMPLETED, ROLLED_BACK):
        return ""
    skipped = sum(status is StepStatus.SKIPPED for status, _ in statuses)
    failed = failed_attempts(state)
    parts = [f"{skipped} skipped"] if skipped else []
    parts += [counted(failed, "failed attempt")] if failed else []
    return ", ".join(parts)


def _stamp_of(directory: SessionDirectory) -> bytes:
    """What is the same as long as a session's files are; empty where that cannot be known."""
    return stamp_of(directory.path, RUNBOOK)
