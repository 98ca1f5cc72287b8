"""A hundred monitors beside what a person runs: they take the channels that are left over, and nothing else."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.servers.sshd import Sshd
from tui.execution.conductor.conductor import Conductor
from tui.execution.measuring import monitors
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import SessionState, StepStatus
from tui.transports.base import CancelToken, Command, GivingWay, OutputSink, Transport

Kind = TypeVar("Kind", bound=ev.Event)
MONITORS = 100
STEPS = """
[[sections.steps]]
id = "change"
title = "Change"
mutates = true
signoff = "operator"
[[sections.steps.actions]]
run = "{change}"
[[sections.steps]]
id = "check"
title = "Check"
signoff = "operator"
[[sections.steps.actions]]
run = "echo active"
"""
MONITOR = """
[monitors.m{place}]
title = "Monitor {place}"
every = "{every}"
run = "{run}"
reads = true
number = {{ name = "load", pattern = "([0-9.]+)" }}
"""


class Heard:
    """The events of a session, to be waited for."""

    def __init__(self) -> None:
        self.events: list[ev.AnyEvent] = []
        self._news = threading.Condition()

    def __call__(self, entry: ev.Entry, state: SessionState) -> None:
        with self._news:
            self.events.append(entry.event)
            self._news.notify_all()

    def of(self, kind: type[ev.Event]) -> list[ev.AnyEvent]:
        return [one for one in self.events if isinstance(one, kind)]

    def first(self, kind: type[Kind]) -> Kind:
        """The first event of a kind, once there is one."""
        with self._news:
            self._news.wait_for(lambda: self.of(kind))
        return next(one for one in self.events if isinstance(one, kind))

    def samples(self, count: int) -> list[ev.MonitorSampled]:
        """The samples, once there are `count` of them."""
        with self._news:
            self._news.wait_for(lambda: len(self.of(ev.MonitorSampled)) >= count)
        return [one for one in self.events if isinstance(one, ev.MonitorSampled)]

    def still_waiting(self) -> set[str]:
        """The monitors that were said to wait and were not measured since."""
        found: set[str] = set()
        for one in self.events:
            if isinstance(one, ev.MonitorsWaiting):
                found.update(one.monitors)
            elif isinstance(one, ev.MonitorSampled):
                found.discard(one.monitor)
        return found


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Conductor, Heard]]]:
    monkeypatch.setattr(monitors, "STAGGER", 0.01)
    monkeypatch.setattr(monitors, "WAITS", 0.1)
    monkeypatch.setattr(monitors, "TOLD", 0.1)
    opened: list[tuple[Conductor, Workspace]] = []

    def begin(transport: Transport, change: str, run: str, every: str = "1s") -> tuple[Conductor, Heard]:
        text = one_section(STEPS.format(change=change), "box")
        text += "".join(MONITOR.format(place=place, run=run, every=every) for place in range(MONITORS))
        workspace = Workspace(load_text(text, "x"), text, Store(tmp_path / "s"), {"box": transport}, SystemClock())
        transport.connect()
        heard = Heard()
        workspace.opened = lambda conductor, directory: conductor.subscribe(heard)
        conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
        opened.append((conductor, workspace))
        return conductor, heard

    yield begin
    for conductor, workspace in opened:
        conductor.close()
        workspace.close()


@pytest.mark.parametrize("sessions", [1, 2, 10])
def test_a_hundred_monitors_take_nothing_from_a_change_whatever_maxsessions_is(
    sessions: int, tmp_path: Path, begun: Callable[..., tuple[Conductor, Heard]]
) -> None:
    server = Sshd(tmp_path / "sshd", f"MaxSessions {sessions}")
    try:
        go = tmp_path / "go"
        conductor, heard = begun(server.transport(), f"until [ -e {go} ]; do sleep 0.02; done", "echo 1.5")
        conductor.start("change")
        before = len(heard.of(ev.MonitorSampled))
        if sessions > 1:
            heard.samples(before + 3)
        else:
            told = heard.first(ev.MonitorsWaiting)
            assert (told.host, set(told.monitors) <= set(conductor.state.runbook.monitors)) == ("box", True)
            assert {conductor.state.monitors[name].waiting.host for name in told.monitors} == {"box"}
        go.touch()
        conductor.wait()
        conductor.sign("change")
        conductor.start("check")
        conductor.wait()
        heard.samples(before + 6)
        assert [one.outcome for one in conductor.state.attempts.values()] == [Outcome.exited(0)] * 2
        assert not heard.of(ev.LinkChanged)
        assert all(sample.value == 1.5 for sample in heard.samples(1)), "one was counted as failed"
        conductor.close()  # what is due again may wait again meanwhile
        assert {name for name, one in conductor.state.monitors.items() if one.waiting} == heard.still_waiting()
    finally:
        server.stop()


def test_a_monitor_that_holds_the_only_channel_gives_way_to_a_person(
    tmp_path: Path, begun: Callable[..., tuple[Conductor, Heard]]
) -> None:
    server = Sshd(tmp_path / "sshd", "MaxSessions 1")
    try:
        begins = tmp_path / "begins"
        conductor, heard = begun(server.transport(patience=0.3), "echo changed", f"echo >>{begins}; sleep 600")
        while not begins.exists():
            threading.Event().wait(0.02)
        conductor.start("change")
        conductor.wait()
        assert conductor.state.attempts[1].outcome == Outcome.exited(0)
        assert conductor.state.step("change").status is StepStatus.PASSED
        assert not heard.of(ev.LinkChanged)
        assert not heard.of(ev.MonitorSampled), "a sample that gave way says nothing of what is measured"
    finally:
        server.stop()


class Crowded(FakeTransport):
    """Has no channel left over until `free` is set."""

    def __init__(self) -> None:
        super().__init__({"figure": Reply(b"2\n"), "": Reply()}, name="box")
        self.free = threading.Event()
        self.turned_away = 0
        self.enough = threading.Event()

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        if isinstance(cancel, GivingWay) and not self.free.is_set():
            cancel.give_way()
            self.turned_away += 1
            if self.turned_away >= MONITORS:
                self.enough.set()
            return Outcome(OutcomeKind.CANCELLED)
        return super().run(command, sink, cancel)


def test_monitors_that_gave_way_are_asked_again_soon_and_each_once(
    begun: Callable[..., tuple[Conductor, Heard]],
) -> None:
    host = Crowded()
    _, heard = begun(host, "echo changed", "figure", every="10m")
    assert host.enough.wait()
    assert not heard.of(ev.MonitorSampled)
    host.free.set()
    assert len({one.monitor for one in heard.samples(MONITORS)}) == MONITORS
    waited = [name for one in heard.of(ev.MonitorsWaiting) for name in one.monitors]
    assert len(waited) == len(set(waited)), "each is said to wait once until it is measured"
