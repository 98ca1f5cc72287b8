"""A group gone over host by host, in batches, under random faults, decisions and kills: compared with what hosts did.

By turns the check is a command and a probe.

The model knows nothing of cells and batches: each host keeps what truly began on it and how that ended, and the fleet
keeps in which order hosts were begun.
"""

import os
import random
import threading
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport
from tests.support.machines.fleet import ASKS, PROBE, SERVICE, TURNS, disk
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.groups.left_open import left_open
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import Attempt, StepStatus
from tui.transports.base import CancelToken, Command, Detached, Left, OutputSink, Stream

LONG = os.environ.get("RUNBOOK_GROUPS") == "long"
RUNS, HOSTS = (500, 40) if LONG else (6, 12)
PARTS = ("drain", "install", "check", "undrain")
CHECK = 'run = "curl -fs http://localhost/health"\nreads = true\n'
FAULTS = ("failed", "unreachable", "lost and done", "lost and failed", "killed")
ASKED = ("failed", "unreachable", "lost and failed", "killed", "too full")
"""What can go wrong with a probe: it may have its answer, and that is not good."""
FAULTY = (0.1, 0.2, 0.04, 0.3, 0.0, 0.15)
"""The share of commands that go wrong, by turns."""
SIZES = (["1", "25%", "100%"], ["2", "50%"], ["10%"], ["100%"])


class Fleet:
    """What truly happens on all hosts together: who is at work, and in which order hosts were begun."""

    def __init__(self, batches: list[list[str]]) -> None:
        self.lock = threading.Lock()
        self.at_work: set[str] = set()
        self.most = 0
        self.wrong: list[str] = []
        self.batches = batches
        self.hosts: dict[str, TurnHost] = {}
        self.may_begin = False
        """Whether a person has said that the next batch begins."""

    def began(self, name: str) -> None:
        """A host begins: the batches before its own have come to an end, and a person has begun this one."""
        place = next(at for at, batch in enumerate(self.batches) if name in batch)
        if not any(self.hosts[other].tried for other in self.batches[place]):
            if not self.may_begin:
                self.wrong.append(f"{name} began in batch {place + 1}, which nobody had begun")
            self.may_begin = False
        self.hosts[name].tried = True
        for other in (one for batch in self.batches[:place] for one in batch):
            if not (self.hosts[other].through or self.hosts[other].bad):
                self.wrong.append(f"{name} began before {other} had come to an end")


class TurnHost(FakeTransport):
    """A host that keeps which commands began on it, and how they truly ended; `held` until one may end."""

    def __init__(self, name: str, fleet: Fleet, chance: random.Random, faulty: float) -> None:
        super().__init__(name=name)
        self.fleet = fleet
        self.chance = chance
        self.faulty = faulty
        self.known_keys: set[str] = set()
        self.finished: list[str] = []
        self.began_here: set[str] = set()
        self.undone: list[str] = []
        self.bad = self.tried = False
        self.went: dict[str, Outcome] = {}
        self.held: threading.Event | None = None
        self.here = threading.Event()

    @property
    def through(self) -> bool:
        """Whether all that is done on a host is done."""
        return self.finished == list(PARTS)

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        probe = ASKS in command.script
        word = "check" if probe or command.script.startswith("curl") else command.script.split()[0]
        if word in ("downgrade", "fill"):
            self.undone.append(word)
            return Outcome.exited(0)
        if word not in PARTS:
            return super().run(command, sink, cancel)
        fault = self.chance.choice(ASKED if probe else FAULTS) if self.chance.random() < self.faulty else ""
        with self.fleet.lock:
            self.bad = False
            if word == "drain":
                self.fleet.began(self.name)
            self.fleet.at_work.add(self.name)
            self.fleet.most = max(self.fleet.most, len(self.fleet.at_work))
            if fault == "unreachable":
                return self.ended(fault, word, Outcome(OutcomeKind.UNREACHABLE, detail="no answer"))
            if not probe and command.key in self.known_keys:
                self.fleet.wrong.append(f"{command.key} began twice on {self.name}")
            if self.finished != list(PARTS[: PARTS.index(word)]):
                self.fleet.wrong.append(f"{word} began on {self.name} after {self.finished}")
            self.known_keys.add(command.key)
            self.began_here.add(word)
        printed = f"{self.name} {word}\n".encode()
        sink(Stream.OUT, disk(97 if fault == "too full" else 40) if probe and fault in ("", "too full") else printed)
        done = fault in ("", "lost and done")
        end = Outcome.exited(0) if done or fault == "too full" else Outcome.exited(1)
        if fault == "killed":
            end = Outcome(OutcomeKind.SIGNALLED, signal="KILL")
        if self.held is not None:
            self.went[command.key] = end
            self.here.set()
            while not self.held.is_set():
                if cancel.wait(0.002):
                    if probe:
                        with self.fleet.lock:
                            return self.ended("ended with the program", word, Outcome(OutcomeKind.CANCELLED))
                    with self.fleet.lock:
                        self.ended("" if done else "failed", word, end)
                    raise Detached
            fault = "" if done else "failed"  # its connection holds
        said = Outcome(OutcomeKind.UNKNOWN, detail="connection lost") if fault.startswith("lost") else end
        with self.fleet.lock:
            return self.ended(fault, word, said)

    def ended(self, fault: str, word: str, said: Outcome) -> Outcome:
        """A command came to its end."""
        if fault in ("", "lost and done"):
            self.finished.append(word)
        self.bad = fault != ""
        if self.bad or self.through:
            self.fleet.at_work.discard(self.name)
        return said

    def rejoin(self, left: Left, sink: OutputSink, cancel: CancelToken) -> Outcome:
        return self.went.get(left.key, Outcome(OutcomeKind.UNKNOWN, detail="no trace"))


def unknown(conductor: Conductor) -> list[Attempt]:
    """The attempts whose end nobody knows, and about which nobody has decided."""
    ends = [one for one in conductor.state.attempts.values() if one.resolved_seq < 0 and one.outcome is not None]
    return [one for one in ends if one.outcome is not None and one.outcome.kind is OutcomeKind.UNKNOWN]


def decided(conductor: Conductor, fleet: Fleet, chance: random.Random) -> bool:
    """The operator's next decision; False once there is none to make."""
    status = conductor.state.step("roll").status
    if status is StepStatus.SIGNED or (status is StepStatus.FAILED and chance.random() < 0.3):
        return False
    if status is StepStatus.UNKNOWN:
        fleet.may_begin = False
        first = min(unknown(conductor), key=lambda one: one.host)
        word = PARTS[first.action]
        conductor.resolve("roll", word in fleet.hosts[first.host].finished, "looked there")
        return True
    fleet.may_begin = True
    (conductor.retry if status is StepStatus.FAILED else conductor.start)("roll")
    return True


@pytest.mark.parametrize("seed", range(RUNS))
def test_every_host_is_gone_over_once_in_its_batch_and_what_is_said_is_true(seed: int, tmp_path: Path) -> None:
    chance = random.Random(f"turns {seed}")
    at_once, stop_after = chance.randint(1, HOSTS // 4), chance.randint(1, HOSTS // 4)
    sizes = chance.choice(SIZES)
    text = TURNS.replace("stop_after = 6", "stop_after = 1000").replace("01:06", f"01:{HOSTS}")
    text = text.replace("AT_ONCE", str(at_once)).replace("STOP_AFTER", str(stop_after))
    text = text.replace('["1", "40%", "100%"]', str(sizes).replace("'", '"'))
    if seed % 2:
        text = text.replace(CHECK, PROBE).replace("[hosts.lb]", f"{SERVICE}[hosts.lb]")
        assert PROBE in text
        assert SERVICE in text
    runbook, store = load_text(text, "fleet"), Store(tmp_path / "sessions")
    names = [f"web{number:02}" for number in range(1, HOSTS + 1)]
    fleet = Fleet(split(names, sizes))
    faulty = FAULTY[seed % len(FAULTY)]
    fleet.hosts = {name: TurnHost(name, fleet, random.Random(f"{seed} {name}"), faulty) for name in names}
    ways = {**fleet.hosts, "lb": FakeTransport(name="lb")}

    def workspace() -> Workspace:
        return Workspace(runbook, text, store, dict(ways), SystemClock())

    here, setup = workspace(), Setup(flow="deploy", operator="ana")
    here.preflight(setup, lambda row: None)
    conductor = here.begin(setup)
    assert conductor.state.started is not None
    session, since = conductor.state.started.session, 0
    while True:
        if conductor.state.step("roll").status is StepStatus.FAILED:  # who says retry begins the count again
            since = max(conductor.state.attempts, default=0)
        held = chance.choice(names) if chance.random() < 0.3 else ""
        if held:
            fleet.hosts[held].held, fleet.hosts[held].here = threading.Event(), threading.Event()
        more = decided(conductor, fleet, chance)
        if held:
            while conductor.busy and not fleet.hosts[held].here.wait(0.005):
                pass
            if fleet.hosts[held].here.is_set() and more:  # the program ends while a command runs there
                conductor.close()
                here = workspace()
                conductor = here.resume(session, "ana")
            event = fleet.hosts[held].held
            assert event is not None
            event.set()
        conductor.wait()
        fleet.hosts[held or names[0]].held = None
        fleet.at_work.clear()
        bad = [one.host for one in conductor.state.attempts.values() if one.number > since and not one.good]
        assert len(bad) <= stop_after - 1 + at_once, (bad, stop_after, at_once)
        assert fleet.most <= at_once
        assert fleet.wrong == []
        left = {one.host for one in left_open(conductor.state)}
        unsure = {one.host for one in unknown(conductor)}  # they may be through, and nobody has looked
        assert left - unsure == {n for n, host in fleet.hosts.items() if host.began_here and not host.through} - unsure
        assert unsure <= left
        if not more:
            break
    for name, host in fleet.hosts.items():
        good = [PARTS[one.action] for one in conductor.state.attempts.values() if one.host == name and one.good]
        assert good == host.finished, name
    every = all(host.through for host in fleet.hosts.values())
    assert (conductor.state.step("roll").status is StepStatus.SIGNED) == every
    if any(host.began_here for host in fleet.hosts.values()):
        conductor.roll_back("back", "errors")
        while (step := conductor.state.next_step()) is not None:
            conductor.start(step.id)
            conductor.wait()
        for host in fleet.hosts.values():
            wanted = ["downgrade"] * ("install" in host.began_here) + ["fill"] * ("drain" in host.began_here)
            assert host.undone == wanted, host.name
        assert left_open(conductor.state) == ()
    conductor.close()
    here.close()


def split(names: list[str], sizes: list[str]) -> list[list[str]]:
    """The hosts in their batches, as a person would count them off."""
    left = list(names)
    found: list[list[str]] = []
    while left:
        size = sizes[len(found)] if len(found) < len(sizes) else sizes[-1]
        count = -(-len(names) * int(size[:-1]) // 100) if "%" in size else int(size)
        found.append([left.pop(0) for _ in range(min(count, len(left)))])
    return found
