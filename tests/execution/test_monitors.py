"""Monitors measure beside the session: one at a time each, never in its way, and what fails is no data."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from tests.support.fake_clock import FakeClock
from tests.support.fake_transport import FakeTransport, Reply
from tests.support.runbooks import one_section, small
from tui.errors import JournalUnwritable
from tui.execution import probing
from tui.execution.conductor import Conductor
from tui.execution.monitors import AT_ONCE, Measurement, cut_off
from tui.execution.workspace import Setup, Workspace
from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.runbook.load import load
from tui.runbook.model import Host, Monitor, Number, Probe, Service
from tui.session import events as ev
from tui.session.fold import fold
from tui.session.journal import read
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import SessionState, StepStatus, initial
from tui.session.store import Store
from tui.transports.base import Link

ERRORS = """
[monitors.errors]
title = "Error rate"
run = "count errors"
number = { pattern = '([0-9.]+)%', unit = "%" }
"""
TRIGGER = """
[[rollback_reasons]]
id = "errors"
title = "Errors"
[triggers.errors]
monitor = "errors"
above = 10
for = "1m"
reason = "errors"
"""
LOOK = """
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "uptime"
"""
WATCH = (
    LOOK
    + """
[[sections.steps]]
id = "watch"
title = "Watch"
[[sections.steps.actions]]
watch = { monitor = "errors", samples = "3", since = "look" }
timeout = "TIMEOUT"
expect = { numbers = [{ name = "errors", of = "average", below = 5, unit = "%" }] }
"""
)
SITE = """
[services.site]
kind = "http"
through = "web"
settings = { url = "https://shop.example" }
[monitors.speed]
title = "Response time"
probe = { service = "site", check = "get", with = { path = "/" } }
number = { name = "seconds", unit = "s" }
"""
BAD, GOOD = Reply(b"40.0%\n"), Reply(b"0.5%\n")


def until(true: Callable[[], Any]) -> None:
    """Wait for another thread to have done something; the limit is for a test that fails."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it never came"
        threading.Event().wait(0.005)


class Session:
    """One session on a host by script, with a clock that the test moves."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = FakeClock()
        self.host = FakeTransport({"count errors": GOOD}, name="web")
        self.conductor: Conductor = None  # type: ignore[assignment]

    def begin(self, monitors: str = ERRORS, steps: str = LOOK, speed: float = 1.0) -> Conductor:
        path = self.directory / "runbook.toml"
        path.write_text(one_section(steps, "web").replace("[flows.deploy]", f"{monitors}[flows.deploy]"))
        store = Store(self.directory / "sessions")
        self.workspace = Workspace(load(path), path.read_text(), store, {"web": self.host}, self.clock, speed=speed)
        self.conductor = self.workspace.begin(Setup(flow="deploy", operator="ana"))
        return self.conductor

    @property
    def state(self) -> SessionState:
        return self.conductor.state

    def values(self, name: str = "errors") -> list[float | None]:
        monitored = self.state.monitors.get(name)
        return [one.value for one in monitored.samples] if monitored else []

    def measured(self) -> int:
        return sum("count errors" in command.script for command in self.host.ran)

    def next(self, seconds: float = 30.0) -> float | None:
        """Let time pass and wait for the sample that is due by then."""
        count = len(self.values())
        self.clock.advance(seconds)
        until(lambda: len(self.values()) > count)
        return self.values()[-1]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(tmp_path)
    yield made
    if made.conductor is not None:
        made.conductor.close()


@pytest.mark.parametrize(
    ("reply", "value", "detail"),
    [
        (Reply(b"12.5%\n"), 12.5, ""),
        (Reply(b"nothing here\n"), None, "no number in what it printed: nothing here"),
        (Reply(b""), None, "no number in what it printed: nothing"),
        (Reply(b"1.0%\n", Outcome.exited(3), b"first\nmaintenance mode is on\n"), None, "maintenance mode is on"),
        (Reply(outcome=Outcome(OutcomeKind.TIMED_OUT, detail="no end in 20 s")), None, "no end in 20 s"),
        (Reply(outcome=Outcome(OutcomeKind.UNREACHABLE, detail="no route")), None, "no route"),
        (Reply(b"", Outcome.exited(1), b"\x1b[2J\x1b]0;owned\x07denied\n"), None, "denied"),
    ],
)
def test_a_measurement(session: Session, reply: Reply, value: float | None, detail: str) -> None:
    session.host.replies["count errors"] = reply
    conductor = session.begin()
    made = conductor.monitors.measure(conductor.runbook.monitors["errors"])
    assert (made.value, made.failed) == (value, False)
    assert detail in made.detail
    assert "\x1b" not in made.detail


def test_what_it_prints_without_end_is_not_kept(session: Session) -> None:
    session.host.replies["count errors"] = Reply(b"5%\n" + b"x" * (1 << 20))
    conductor = session.begin()
    assert conductor.monitors.measure(conductor.runbook.monitors["errors"]) == Measurement(5.0)


def test_a_share_says_of_how_many_requests_it_is(session: Session) -> None:
    session.host.replies["count errors"] = Reply(b"Error rate: 12.00% (6 of 50 requests)\n")
    conductor = session.begin(ERRORS + "share_of = 'of (\\d+) requests'\n")
    assert conductor.monitors.measure(conductor.runbook.monitors["errors"]) == Measurement(12.0, of=50.0)


@pytest.mark.parametrize(
    ("status", "seconds", "value", "why"),
    [(200, 0.2, 0.2, ""), (503, 0.01, None, "HTTP 503"), (502, 0.01, None, "HTTP 502")],
)
def test_how_fast_a_maintenance_page_comes_is_no_figure_of_the_release(
    session: Session, monkeypatch: pytest.MonkeyPatch, status: int, seconds: float, value: float | None, why: str
) -> None:
    class Answers:
        kind = "http"

        def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> Reading:
            came = ev.Check(expected="HTTP 200 to 299", came=f"HTTP {status}", ok=status == 200)
            return Reading(document={"status": status, "seconds": seconds}, summary="", checks=(came,))

        def interpret(self, check: str, given: Given, raw: Reading) -> Reading:
            return raw

    monkeypatch.setattr(probing, "probe_of", lambda kind: Answers())
    conductor = session.begin(SITE)
    assert conductor.monitors.measure(conductor.runbook.monitors["speed"]) == Measurement(value, why, value is None)


@pytest.mark.parametrize(
    ("error", "made"),
    [
        (ProbeFailed("it does not answer within 20 s", "why?"), Measurement(20.0, "", True)),
        (ProbeFailed("it refuses the connection", "is it running?"), Measurement(20.0, "", True)),
        (NoData("the file cannot be read", "look at it"), Measurement(None, "", False)),
    ],
)
def test_no_answer_is_an_answer_slower_than_any_bound_and_what_cannot_be_asked_is_no_data(
    session: Session, monkeypatch: pytest.MonkeyPatch, error: ProbeFailed, made: Measurement
) -> None:
    class Refuses:
        kind = "http"

        def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> Reading:
            raise error

        def interpret(self, check: str, given: Given, raw: Reading) -> Reading:
            return raw

    monkeypatch.setattr(probing, "probe_of", lambda kind: Refuses())
    conductor = session.begin(SITE)
    found = conductor.monitors.measure(conductor.runbook.monitors["speed"])
    assert structs.replace(found, detail="") == made
    assert error.message in found.detail


def test_a_sample_taken_while_its_connection_was_down_is_no_data(session: Session) -> None:
    session.begin()
    until(lambda: session.values() == [0.5])
    session.host.listener(Link.STALLED, "no sign of life")
    assert session.next() is None
    assert session.state.monitors["errors"].detail == "the connection to web was down meanwhile"
    session.host.listener(Link.UP, "")
    assert session.next() == 0.5


@pytest.mark.parametrize(
    ("way", "lost", "cut"),
    [
        ({"run": "count"}, {"web"}, "web"),
        ({"run": "count"}, {"other"}, ""),
        ({"run": "count", "on": "other"}, {"other"}, "other"),
        ({"probe": Probe(service="site", check="get")}, {"web"}, "web"),
        ({"probe": Probe(service="outside", check="get")}, {"web"}, ""),
        ({"probe": Probe(service="outside", check="get")}, {"web", "other"}, "web, other"),
    ],
)
def test_the_way_to_what_a_monitor_measures(way: dict[str, Any], lost: set[str], cut: str) -> None:
    site = Service(kind="http", settings={"url": "https://shop.example"})
    runbook = structs.replace(
        small(),
        hosts={"web": Host(target="web"), "other": Host(target="other")},
        services={"site": structs.replace(site, through="web"), "outside": site},
    )
    monitor = Monitor(title="m", number=Number(), **way)
    met = {name: ev.HostConnected(host=name, target=name) for name in ("web", "other")}
    up = structs.replace(initial(runbook), hosts=met)
    then = datetime(2026, 1, 7, 12, tzinfo=UTC)
    down = structs.replace(up, links=dict.fromkeys(lost, "connection lost"), links_at=dict.fromkeys(lost, then))
    back = structs.replace(up, links=dict.fromkeys(lost, "connected"), links_at=dict.fromkeys(lost, then))
    assert [cut_off(*pair, monitor) for pair in ((down, down), (up, down), (down, back), (up, back))] == [cut] * 4
    assert cut_off(back, back, monitor) == ""


def test_every_so_often_on_the_monotonic_clock(session: Session) -> None:
    session.begin()
    until(lambda: session.values() == [0.5])
    session.host.replies["count errors"] = BAD
    session.clock.start = session.clock.start.replace(year=2030)  # somebody sets the clock
    assert session.next() == 40.0
    assert session.next() == 40.0
    assert session.measured() == 3


def test_a_hanging_measurement_gets_no_second_and_holds_up_nothing(session: Session) -> None:
    never = threading.Event()
    session.host.replies["count errors"] = Reply(b"1%\n", until=never)
    conductor = session.begin(ERRORS + ERRORS.replace("monitors.errors", "monitors.other").replace("count", "see"))
    until(lambda: session.measured() == 1)
    for _ in range(5):
        seen = len(session.values("other"))
        session.clock.advance(30)
        until(lambda: len(session.values("other")) > seen)  # noqa: B023
    assert session.measured() == 1
    conductor.start("look")
    conductor.wait(10)
    assert session.state.step("look").status is StepStatus.SIGNED
    conductor.close()
    assert session.values() == []


def test_only_so_many_at_once(session: Session) -> None:
    go, most, now, lock = threading.Event(), 0, 0, threading.Lock()
    names = [f"m{place}" for place in range(5)]

    def count(command: Any) -> None:
        nonlocal most, now
        if "count" not in command.script:
            return
        with lock:
            now += 1
            most = max(most, now)
        go.wait(10)
        with lock:
            now -= 1

    session.host.before_run = count
    session.begin("".join(ERRORS.replace("monitors.errors", f"monitors.{name}") for name in names))
    session.clock.advance(10)
    until(lambda: most == AT_ONCE)
    go.set()
    until(lambda: all(session.values(name) for name in names))
    assert most == AT_ONCE


def test_it_trips_is_journalled_and_starts_nothing(session: Session) -> None:
    session.host.replies["count errors"] = BAD
    session.begin(ERRORS + TRIGGER)
    until(lambda: session.values() == [40.0])
    assert session.state.dwells["errors"].armed
    session.next()
    assert not session.state.tripped
    session.next()
    until(lambda: session.state.tripped)
    assert session.state.rollback is None
    session.host.replies["count errors"] = GOOD
    session.next()
    until(lambda: not session.state.tripped)
    entries = list(read(Store(session.directory / "sessions").find("last").journal))
    told = [type(entry.event).__name__ for entry in entries if isinstance(entry.event, _TOLD)]
    assert told == ["TriggerArmed", "TriggerTripped", "TriggerCleared"]
    assert fold(session.conductor.runbook, entries) == session.state


_TOLD = (ev.TriggerArmed, ev.TriggerTripped, ev.TriggerCleared)


def test_a_drill_lives_faster(session: Session) -> None:
    session.host.replies["count errors"] = BAD
    session.begin(ERRORS + TRIGGER, speed=15.0)
    until(lambda: session.values() == [40.0])
    session.next(2.0)
    session.next(2.0)
    until(lambda: session.state.tripped)


def test_where_its_facts_do_not_hold_it_does_not_measure(session: Session) -> None:
    methods = '[methods.docker]\ntitle = "Docker"\n[methods.manual]\ntitle = "Manual"\n'
    other = ERRORS.replace("monitors.errors", "monitors.manual").replace("count", "see")
    session.begin(methods + ERRORS + other + 'when = { flow = "elsewhere" }\n')
    until(lambda: session.values() == [0.5])
    session.next()
    assert session.values("manual") == []


def test_a_finished_session_is_measured_no_more(session: Session) -> None:
    conductor = session.begin()
    until(lambda: session.values())
    conductor.finish("abandoned")
    session.host.replies["count errors"] = Reply(until=threading.Event())
    conductor.monitors._begin("errors", conductor.runbook.monitors["errors"])
    assert not conductor.monitors._under_way


def test_an_onlooker_measures_nothing(session: Session) -> None:
    session.begin()
    until(lambda: session.values())
    onlooker = session.workspace.look_on("last", "ana")
    assert not onlooker.monitors._thread.is_alive()
    onlooker.close()


def test_a_journal_that_cannot_be_written_is_said_and_measuring_goes_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    conductor = session.begin()
    until(lambda: session.values())
    record = conductor.record
    refused = threading.Event()

    def full(event: ev.AnyEvent) -> None:
        if isinstance(event, ev.MonitorSampled) and not refused.is_set():
            refused.set()
            raise JournalUnwritable("the disk is full", "make room")
        record(event)

    monkeypatch.setattr(conductor, "record", full)
    session.clock.advance(30)
    until(lambda: refused.is_set() and conductor.trouble is not None)
    assert session.next() == 0.5


def test_a_watch_counts_what_came_since_and_waits_for_the_rest(session: Session) -> None:
    conductor = session.begin(steps=WATCH.replace("TIMEOUT", "1h"))
    until(lambda: session.values() == [0.5])
    session.clock.advance(1)
    conductor.start("look")
    conductor.wait(10)
    for reply in (b"1%\n", b"2%\n"):
        session.host.replies["count errors"] = Reply(reply)
        session.next()
    conductor.start("watch")
    session.host.replies["count errors"] = Reply(b"3%\n")
    session.next()
    conductor.wait(20)
    assert session.state.step("watch").status is StepStatus.SIGNED
    text = (conductor.executor.directory / "0002.out").read_text()
    assert [line.split()[1:] for line in text.splitlines()] == [["1", "%"], ["2", "%"], ["3", "%"]]
    assert ("2 %", True) in [(check.came, check.ok) for check in session.state.step("watch").checks[0]]


def test_a_watch_whose_average_is_beyond_its_bound_fails(session: Session) -> None:
    conductor = session.begin(steps=WATCH.replace("TIMEOUT", "1h"))
    until(lambda: session.values())
    session.clock.advance(1)
    conductor.start("look")
    conductor.wait(10)
    session.host.replies["count errors"] = Reply(b"9%\n")
    for _ in range(3):
        session.next()
    conductor.start("watch")
    conductor.wait(20)
    assert session.state.step("watch").status is StepStatus.FAILED
    session.host.replies["count errors"] = Reply(b"1%\n")  # it was mended: what was judged before does not count again
    conductor.retry("watch")
    for _ in range(3):
        session.next()
    conductor.wait(20)
    assert session.state.step("watch").status is StepStatus.SIGNED


def test_a_watch_without_samples_gives_up(session: Session) -> None:
    session.host.replies["count errors"] = Reply(b"", Outcome.exited(3), b"maintenance mode is on\n")
    conductor = session.begin(steps=WATCH.replace("TIMEOUT", "1s"))
    conductor.start("look")
    conductor.wait(10)
    conductor.start("watch")
    conductor.wait(20)
    assert session.state.attempts[2].outcome.kind is OutcomeKind.TIMED_OUT  # type: ignore[union-attr]


def test_a_watch_is_cancelled(session: Session) -> None:
    conductor = session.begin(steps=WATCH.replace("TIMEOUT", "1h"))
    conductor.start("look")
    conductor.wait(10)
    conductor.start("watch")
    until(lambda: 2 in session.state.attempts)
    conductor.cancel()
    conductor.wait(20)
    assert session.state.attempts[2].outcome.kind is OutcomeKind.CANCELLED  # type: ignore[union-attr]
