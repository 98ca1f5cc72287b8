"""Keeps how long each step took in earlier sessions, so that "is it stuck?" has an answer.

What is kept in `history.json`, beside the sessions, is derived from their journals: deleting it costs seconds.
"""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.errors import RunbookError
from tui.session.archive.store import SessionDirectory, Store
from tui.session.events import Place
from tui.session.places import runbook_id, session_places
from tui.session.report_card.section_times import section_times
from tui.session.state import Attempt, SessionState, StepStatus, step_by_id
from tui.session.tries import took as took_together
from tui.session.views.called import COMPLETED, over, over_at, result_of
from tui.session.views.usual import Usual, WholeUsual, on_host, usual_of

FILE = "history.json"
FORMAT = 7
KNOWN = 3
"""How often a step must have been done before anything is called usual."""

NEWEST = 60
"""Sessions that are looked at; what was usual a hundred deployments ago is not usual now."""


class Alike(Struct, frozen=True):
    """What sessions have in common of which one tells what is usual for another.

    The id of their runbook, the environment (empty for the runbook's own), the scenario of a rehearsal, and which
    machines its hosts are: what took long on a staging host, or in a drill, says nothing of production, however it was
    pointed there.
    """

    runbook: str
    environment: str = ""
    drill: str = ""
    machines: tuple[str, ...] = ()


class Took(Struct, frozen=True):
    """What the steps of one finished session took, in seconds; `size` is that of its journal when it was read.

    `of` says of what it is a session: only others of the same are like it.
    `flow` is what was gone through, with its method. `sections` and the `whole` (people's time included) are there
    where it was completed without a rollback, as is what was left `to_come` when it came to each step.
    """

    size: int
    of: "Alike"
    steps: Mapping[str, float]
    flow: str = ""
    whole: float = 0.0
    sections: Mapping[str, float] = {}
    to_come: Mapping[str, float] = {}


class History(Struct, frozen=True):
    """Finished sessions by their ids."""

    sessions: Mapping[str, Took] = {}
    format: int = FORMAT

    def whole(self, state: SessionState) -> WholeUsual:
        """What is usual for a whole session like this one and its sections, by those before it."""
        if state.started is None:
            return WholeUsual()
        lengths: list[float] = []
        sections: dict[str, list[float]] = {}
        to_come: dict[str, list[float]] = {}
        like = alike(state), way_of(state)
        for session, took in self.sessions.items():
            if (took.of, took.flow) == like and took.whole and session < state.started.session:
                lengths.append(took.whole)
                for kept, found in ((took.sections, sections), (took.to_come, to_come)):
                    for name, length in kept.items():
                        found.setdefault(name, []).append(length)
        return WholeUsual(usual_of(lengths) if len(lengths) >= KNOWN else None, _known_of(sections), _known_of(to_come))

    def planned(self, of: Alike, flow: str, method: str) -> Usual | None:
        """What is usual for a whole session that is to be begun, where enough like it were completed."""
        like = of, _way(flow, method)
        lengths = [took.whole for took in self.sessions.values() if (took.of, took.flow) == like and took.whole]
        return usual_of(lengths) if len(lengths) >= KNOWN else None

    def usual(self, of: Alike, before: str = "") -> dict[str, Usual]:
        """What is usual for the steps of a runbook; each environment, and each scenario, has a history of its own.

        Args:
            before: the id of a session; only what was earlier counts.
        """
        found: dict[str, list[float]] = {}
        for session, took in sorted(self.sessions.items()):
            if took.of == of and (not before or session < before):
                for step, length in took.steps.items():
                    found.setdefault(step, []).append(length)
        return _known_of(found)


def _known_of(found: Mapping[str, list[float]]) -> dict[str, Usual]:
    """What is usual of each that there was often enough."""
    return {name: usual_of(lengths) for name, lengths in found.items() if len(lengths) >= KNOWN}


def took(state: SessionState) -> dict[str, float]:
    """What the commands of each step took that went well at once: signed, and nothing of it failed or was repeated.

    On a group of hosts it is the time in which any of them ran, and beside it what each host took (`on_host`).
    """
    found: dict[str, float] = {}
    for step in state.steps.values():
        if step.status is not StepStatus.SIGNED:
            continue
        attempts = [state.attempts[number] for number in step.attempts if not state.attempts[number].aside]
        if _at_once(attempts):
            together = took_together(state, step_by_id(state.runbook, step.id)) if step.cells else _sum(attempts)
            found[step.id] = round(together, 3)
        if not step.cells:
            continue
        cells = {host for known in step.cells.values() for host in known}
        by_host: dict[str, list[Attempt]] = {}
        for attempt in attempts:
            by_host.setdefault(attempt.host, []).append(attempt)
        for host, own in by_host.items():
            if host in cells and _at_once(own):
                found[on_host(step.id, host)] = round(_sum(own), 3)
    return found


def _at_once(attempts: Sequence[Attempt]) -> bool:
    """Whether everything that was tried went well at the first try."""
    tried = {(attempt.action, attempt.host) for attempt in attempts}
    return bool(attempts) and len(tried) == len(attempts) and all(attempt.good for attempt in attempts)


def _sum(attempts: Sequence[Attempt]) -> float:
    return sum(attempt.seconds or 0.0 for attempt in attempts)


def alike(state: SessionState) -> Alike:
    """Of what a session is one."""
    started = state.started
    runbook = runbook_id(state.runbook)
    if started is None:
        return Alike(runbook)
    return Alike(runbook, started.environment, started.drill, machines_of(session_places(state), started.drill))


def machines_of(places: Mapping[str, Place], drill: str) -> tuple[str, ...]:
    """The machines that hosts are, each with its name; a drill's are all one."""
    own = {name: "here" if place.local else place.target for name, place in places.items() if not place.connection}
    return () if drill else tuple(f"{name}={machine}" for name, machine in sorted(own.items()))


def way_of(state: SessionState) -> str:
    """What a session goes through: its flow, and by which method."""
    started = state.started
    return _way(started.flow, started.method) if started else ""


def _way(flow: str, method: str) -> str:
    return f"{flow}/{method}"


def _whole(state: SessionState) -> tuple[float, dict[str, float], dict[str, float]]:
    """What a session and its sections took, and what was to come at each step; nothing where it was not completed."""
    end = over_at(state)
    if state.started_at is None or end is None or state.rollback is not None or result_of(state) != COMPLETED:
        return 0.0, {}, {}
    times = {section_time.section: section_time.seconds for section_time in section_times(state, end)}
    return max(0.0, (end - state.started_at).total_seconds()), times, to_come_at(state, state.started_at, end)


def to_come_at(state: SessionState, come: datetime, end: datetime) -> dict[str, float]:
    """What was left until the end, in seconds, when the session came to each step: all before it were settled then."""
    found: dict[str, float] = {}
    for _, step in state.plan():
        settled = state.step(step.id).settled
        if settled is not None:
            found[step.id] = round(max(0.0, (end - come).total_seconds()), 3)
            come = max(come, settled)
    return found


def read_history(store: Store, stopped: Callable[[], bool] = lambda: False) -> History:
    """The history of the newest finished sessions; reads those whose journals it does not know yet, and keeps it.

    Those that were fetched from the team count as well. Sessions that cannot be read are not history. Blocks: a session
    takes some hundredths of a second the first time.
    """
    known = _kept(store.root / FILE).sessions
    found: dict[str, Took] = {}
    for name in sorted({*store.names(), *store.of_team().names()}, reverse=True):
        if stopped() or len(found) >= NEWEST:
            break
        directory = store.directory_of(name)
        with suppress(OSError, RunbookError):
            size = directory.journal.stat().st_size
            one = known.get(name)
            one = one if one is not None and one.size == size else _read(directory, size)
            if one is not None:
                found[name] = one
    history = History(found)
    if found != known and store.ours and not stopped():
        _keep(store.root / FILE, history)
    return history


def history_of_all(store: Store, stopped: Callable[[], bool] = lambda: False) -> History:
    """The same once what others of the team have finished was fetched; blocks while it is."""
    if store.fetch_others is not None:
        store.fetch_others(stopped)
    return read_history(store, stopped)


def _read(directory: SessionDirectory, size: int) -> Took | None:
    _, state = directory.load()
    if state.started is None or not over(state):
        return None
    return Took(size, alike(state), took(state), way_of(state), *_whole(state))


def _kept(path: Path) -> History:
    """What was kept; nothing where it is damaged or of another version."""
    try:
        history = msgspec.json.decode(path.read_bytes(), type=History)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return History()
    return history if history.format == FORMAT else History()


def _keep(path: Path, history: History) -> None:
    """Write it whole or not at all; another program that does so at the same time does no harm."""
    with suppress(OSError):
        fd, beside = tempfile.mkstemp(prefix=".history-", dir=path.parent)
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.encode(history))
        Path(beside).replace(path)
