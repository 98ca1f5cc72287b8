"""Lets a drill's faults strike when their time has come, or when a facilitator asks for them."""

import random
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from tui import threads
from tui.drill.scenario import Fault, Scenario
from tui.errors import RunbookError, SessionError, UsageError
from tui.execution.recorder import Recorder
from tui.runbook.model import seconds
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.clock import Clock
from tui.session.state import SessionState, StepStatus

LOOK = 0.2
INBOX = "drill-inbox.jsonl"


class FaultRequest(Struct, frozen=True):
    """A line of the inbox: somebody at another terminal asks for a fault."""

    fault: str
    by: str


class FaultRunner:
    """Follows one session of a drill and strikes, on a thread of its own.

    `speed` is how much faster than life the drill's time runs.
    """

    def __init__(
        self,
        scenario: Scenario,
        recorder: Recorder,
        inbox: Path,
        strike: Callable[[Mapping[str, str]], None],
        clock: Clock,
        speed: float = 1.0,
    ) -> None:
        self._scenario = scenario
        self._recorder = recorder
        self._inbox = inbox
        self._strike = strike
        self._clock = clock
        self._speed = speed
        self._since: dict[str, float] = {}
        self._read = inbox.stat().st_size if inbox.exists() else 0
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin; what is due at once strikes before this returns."""
        self.look()
        threads.start("drill faults", self._follow)

    def stop(self) -> None:
        """End; nothing strikes any more."""
        self._stop.set()

    def look(self) -> None:
        """Strike what is due now."""
        state = self._recorder.state
        if state.finished is not None:
            return
        now = self._clock.monotonic()
        for fault in self._scenario.faults:
            if fault.id not in state.faults and fault.by_itself and self._due(fault, state, now):
                self._struck(fault, "timed", "")
        for asked in self._asked():
            fault_asked = next((fault for fault in self._scenario.faults if fault.id == asked.fault), None)
            if fault_asked is not None:
                self._struck(fault_asked, "injected", asked.by)

    def _due(self, fault: Fault, state: SessionState, now: float) -> bool:
        if fault.after and state.step(fault.after).status is not StepStatus.SIGNED:
            self._since.pop(fault.id, None)
            return False
        since = self._since.setdefault(fault.id, now)
        return (now - since) * self._speed >= seconds(fault.delay)

    def _struck(self, fault: Fault, how: str, by: str) -> None:
        self._recorder.record(ev.FaultStruck(fault=fault.id, title=fault.title, how=how, by=by))
        self._strike(fault.set)

    def _asked(self) -> list[FaultRequest]:
        """What was asked for since the last look; a line that is still being written waits."""
        if not self._inbox.exists():
            return []
        with self._inbox.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        found = []
        for line in whole.splitlines():
            try:
                found.append(msgspec.json.decode(line, type=FaultRequest))
            except msgspec.MsgspecError:
                continue  # not ours
        return found

    def _follow(self) -> None:
        while not self._stop.wait(LOOK):
            try:
                self.look()
            except RunbookError as error:
                self._recorder.trouble = error
                return


def by_chance(scenario: Scenario, steps: list[str], seed: int) -> Scenario:
    """The scenario in which one of the faults that wait to be asked for strikes by itself, somewhere.

    Raises:
        UsageError: it has none.
    """
    waiting = [fault for fault in scenario.faults if not (fault.by_itself or fault.helps)]
    if not waiting:
        raise UsageError(f"scenario {scenario.title!r} has no fault that chance could choose", "leave --seed out")
    luck = random.Random(seed)  # noqa: S311 (nobody must be unable to guess it)
    chosen = luck.choice(waiting)
    struck = msgspec.structs.replace(
        chosen, by_itself=True, after=luck.choice(steps) if steps else "", delay=f"{luck.randrange(240)}s"
    )
    return msgspec.structs.replace(
        scenario, faults=tuple(struck if fault.id == chosen.id else fault for fault in scenario.faults)
    )


def ask_for(directory: SessionDirectory, scenario: Scenario, fault: str, by: str) -> Fault:
    """Have a fault strike in a drill that runs in another terminal.

    Raises:
        SessionError: the session is not a drill, or is over.
        UsageError: its scenario has no such fault.
    """
    _, state = directory.load()
    if not state.drill:
        raise SessionError(
            f"{directory.id} is not a drill: nothing is ever broken in it", "`runbook drills` lists them"
        )
    if state.finished is not None:
        raise SessionError(f"{directory.id} is over", "begin another drill")
    found = next((known_fault for known_fault in scenario.faults if known_fault.id == fault), None)
    if found is None:
        known = ", ".join(fault.id for fault in scenario.faults) or "none at all"
        raise UsageError(f"no fault {fault!r} in {scenario.title}", f"there are: {known}")
    with (directory.path / INBOX).open("ab") as file:
        file.write(msgspec.json.encode(FaultRequest(fault, by)) + b"\n")
    return found


@lru_cache(maxsize=2)
def _kept(scenario_text: str) -> Scenario:
    return msgspec.json.decode(scenario_text, type=Scenario)


def help_left(scenario_text: str, state: SessionState) -> tuple[Fault, ...]:
    """The help that the operator of a drill can still call for, by the text that the session keeps of its scenario."""
    if not scenario_text:
        return ()
    return tuple(fault for fault in _kept(scenario_text).faults if fault.helps and fault.id not in state.faults)


def call_for(directory: SessionDirectory, scenario_text: str, fault: str, by: str) -> Fault:
    """Have the help come that the operator calls for; see `ask_for` for the errors."""
    return ask_for(directory, _kept(scenario_text), fault, by)
