"""Groups of hosts under random faults, an operator's random decisions and kills: compared with what the hosts did.

The model knows nothing of cells: each host keeps what truly began on it, and how that ended. Half of the runs ask the
hosts by a probe, which changes nothing: what was asked as the program ended is asked again.
"""

import os
import random
import threading
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport
from tests.support.machines.fleet import ASKS, PROBE, SERVICE, disk, of_group
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus
from tui.transports.base import CancelToken, Command, Detached, Left, OutputSink, Stream

LONG = os.environ.get("RUNBOOK_GROUPS") == "long"
RUNS, HOSTS = (500, 40) if LONG else (6, 12)

TEXT = of_group(
    [f"web[01:{HOSTS}]"],
    """title = "S"
[[sections.steps]]
id = "update"
title = "Update"
undo = ["downgrade"]
[[sections.steps.actions]]
run = "install {{ host }}"
on = "web"
at_once = AT_ONCE
stop_after = STOP_AFTER
""",
    """[[sections.steps]]
id = "downgrade"
title = "Downgrade"
[[sections.steps.actions]]
run = "downgrade {{ host }}"
on = "web"
at_once = 8
stop_after = 1000
""",
)
FAULTY = (0.3, 0.6, 0.1, 0.6, 0.0, 0.3)
"""The share of commands that go wrong, by turns."""
FAULTS = ("failed", "unreachable", "lost and done", "lost and failed", "killed", "full")
ASKED = ("failed", "unreachable", "lost and failed", "killed", "full", "too full")
RUN = 'run = "install {{ host }}"\non = "web"\n'


class TrueHost(FakeTransport):
    """A host that keeps what began on it and how it truly ended; `held` until it may end."""

    def __init__(self, name: str, chance: random.Random, faulty: float) -> None:
        super().__init__(name=name)
        self.chance = chance
        self.faulty = faulty
        self.began: list[str] = []
        self.undone = 0
        self.good = False
        self.went: dict[str, Outcome] = {}
        self.lock = threading.Lock()
        self.held: threading.Event | None = None
        self.here = threading.Event()
        self.wrong: list[str] = []

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        if command.script.startswith("downgrade"):
            self.undone += 1
            return Outcome.exited(0)
        probe = ASKS in command.script
        if not (probe or command.script.startswith("install")):
            return super().run(command, sink, cancel)
        fault = self.chance.choice(ASKED if probe else FAULTS) if self.chance.random() < self.faulty else ""
        if fault == "unreachable":
            return Outcome(OutcomeKind.UNREACHABLE, detail="no answer")
        with self.lock:
            if not probe and command.key in self.began:
                self.wrong.append(f"{command.key} began twice")
            if self.good:
                self.wrong.append(f"{command.key} began on a host that is good")
            self.began.append(command.key)
        printed = f"{self.name} says {command.key}\n".encode()
        sink(Stream.OUT, disk(97 if fault == "too full" else 40) if probe and fault in ("", "too full") else printed)
        done = fault in ("", "lost and done")
        ends = {"killed": Outcome(OutcomeKind.SIGNALLED, signal="KILL"), "full": Outcome.exited(28)}
        ends["too full"] = Outcome.exited(0)
        end = Outcome.exited(0) if done else ends.get(fault, Outcome.exited(1))
        if self.held is not None:
            self.went[command.key] = end
            self.good = done and not probe
            self.here.set()
            while not self.held.is_set():
                if cancel.wait(0.002) and probe:
                    return Outcome(OutcomeKind.CANCELLED)
                if cancel.wait(0.0):
                    raise Detached
        self.good = done
        return Outcome(OutcomeKind.UNKNOWN, detail="connection lost") if fault.startswith("lost") else end

    def rejoin(self, left: Left, sink: OutputSink, cancel: CancelToken) -> Outcome:
        return self.went.get(left.key, Outcome(OutcomeKind.UNKNOWN, detail="no trace"))


def decided(conductor: Conductor, hosts: dict[str, TrueHost], chance: random.Random) -> bool:
    """The operator's next decision about the update; False once there is none to make."""
    state = conductor.state.step("update")
    if state.status is StepStatus.SIGNED or (state.status is StepStatus.FAILED and chance.random() < 0.5):
        return False
    if state.status is StepStatus.UNKNOWN:
        unknown = [one for one in conductor.state.attempts.values() if one.resolved_seq < 0 and not one.good]
        first = min(
            (one for one in unknown if one.outcome is not None and one.outcome.kind is OutcomeKind.UNKNOWN),
            key=lambda one: one.host,
        )
        conductor.resolve("update", hosts[first.host].good, "looked there")
    elif state.status is StepStatus.FAILED:
        conductor.retry("update")
    else:
        conductor.start("update")
    return True


@pytest.mark.parametrize("seed", range(RUNS))
@pytest.mark.parametrize("probe", [False, True], ids=["command", "probe"])
def test_no_host_runs_twice_and_what_is_said_is_true(seed: int, probe: bool, tmp_path: Path) -> None:
    chance = random.Random(f"group {seed}")
    at_once, stop_after = chance.randint(1, HOSTS // 4), chance.randint(1, HOSTS // 4)
    text = TEXT.replace("AT_ONCE", str(at_once)).replace("STOP_AFTER", str(stop_after))
    if probe:
        text = text.replace(RUN, PROBE).replace("[hosts.lb]", f"{SERVICE}[hosts.lb]")
    assert (PROBE in text) is (SERVICE in text) is probe
    runbook, store = load_text(text, "fleet"), Store(tmp_path / "sessions")
    faulty = FAULTY[seed % len(FAULTY)]
    names = [name for name in runbook.hosts if name.startswith("web") and name != "web"]
    hosts = {name: TrueHost(name, random.Random(f"{seed} {name}"), faulty) for name in names}
    ways = {**hosts, "lb": FakeTransport(name="lb")}

    def workspace() -> Workspace:
        return Workspace(runbook, text, store, dict(ways), SystemClock())

    here, setup = workspace(), Setup(flow="deploy", operator="ana")
    here.preflight(setup, lambda row: None)
    conductor = here.begin(setup)
    assert conductor.state.started is not None
    session = conductor.state.started.session
    while True:
        before = {name: len(host.began) for name, host in hosts.items()}
        known = {one.number for one in conductor.state.attempts.values()}
        held = chance.choice(names) if chance.random() < 0.3 else ""
        if held:
            hosts[held].held, hosts[held].here = threading.Event(), threading.Event()
        more = decided(conductor, hosts, chance)
        if held:
            while conductor.busy and not hosts[held].here.wait(0.005):
                pass
            if hosts[held].here.is_set() and more:  # the program ends while a command runs there
                conductor.close()
                here = workspace()
                conductor = here.resume(session, "ana")
            event = hosts[held].held
            assert event is not None
            event.set()
        conductor.wait()
        hosts[held or names[0]].held = None
        ended = [one for one in conductor.state.attempts.values() if one.number not in known]
        bad = sum(not one.good for one in ended)
        assert bad <= stop_after - 1 + at_once
        assert all(len(host.began) - before[name] <= 1 for name, host in hosts.items())
        assert [wrong for host in hosts.values() for wrong in host.wrong] == []
        if not more:
            break
    step = conductor.state.step("update")
    for name, host in hosts.items():
        theirs = [one for one in conductor.state.attempts.values() if one.host == name]
        last = theirs[-1] if theirs else None
        assert (last is not None and last.good) == host.good, name
    assert (step.status is StepStatus.SIGNED) == all(host.good for host in hosts.values())
    if not probe and any(host.began for host in hosts.values()):
        conductor.roll_back("back", "errors")
        conductor.start("downgrade")
        conductor.wait()
        assert {name for name, host in hosts.items() if host.undone} == {n for n, host in hosts.items() if host.began}
        assert all(host.undone <= 1 for host in hosts.values())
    conductor.close()
    here.close()
