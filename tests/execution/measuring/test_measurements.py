"""What a monitor makes of what it is answered: a figure, or no data, and never a wrong figure."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import Reply
from tests.support.runbooks.monitored import ERRORS, SITE, Monitored
from tests.support.runbooks.runbooks import small
from tui.execution.measuring import prober
from tui.execution.measuring.monitors import Measurement, cut_off
from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.runbook.model import Host, Monitor, Number, Probe, Service
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import initial
from tui.transports.base import LinkState


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
def test_a_measurement(monitored: Monitored, reply: Reply, value: float | None, detail: str) -> None:
    monitored.host.replies["count errors"] = reply
    conductor = monitored.begin()
    made = conductor.monitors.measure("errors")
    assert (made.value, made.failed) == (value, False)
    assert detail in made.detail
    assert "\x1b" not in made.detail


def test_what_it_prints_without_end_is_not_kept(monitored: Monitored) -> None:
    monitored.host.replies["count errors"] = Reply(b"5%\n" + b"x" * (1 << 20))
    conductor = monitored.begin()
    assert conductor.monitors.measure("errors") == Measurement(5.0)


def test_a_share_says_of_how_many_requests_it_is(monitored: Monitored) -> None:
    monitored.host.replies["count errors"] = Reply(b"Error rate: 12.00% (6 of 50 requests)\n")
    conductor = monitored.begin(ERRORS + "share_of = 'of (\\d+) requests'\n")
    assert conductor.monitors.measure("errors") == Measurement(12.0, of=50.0)


@pytest.mark.parametrize(
    ("status", "seconds", "value", "why"),
    [(200, 0.2, 0.2, ""), (503, 0.01, None, "HTTP 503"), (502, 0.01, None, "HTTP 502")],
)
def test_how_fast_a_maintenance_page_comes_is_no_figure_of_the_release(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch, status: int, seconds: float, value: float | None, why: str
) -> None:
    class Answers:
        kind = "http"

        def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> Reading:
            came = ev.Check(expected="HTTP 200 to 299", came=f"HTTP {status}", ok=status == 200)
            return Reading(document={"status": status, "seconds": seconds}, summary="", checks=(came,))

        def interpret(self, check: str, given: Given, raw: Reading) -> Reading:
            return raw

    monkeypatch.setattr(prober, "probe_of", lambda kind: Answers())
    conductor = monitored.begin(SITE)
    assert conductor.monitors.measure("speed") == Measurement(value, why, value is None)


@pytest.mark.parametrize(
    ("error", "made"),
    [
        (ProbeFailed("it does not answer within 20 s", "why?"), Measurement(20.0, "", True)),
        (ProbeFailed("it refuses the connection", "is it running?"), Measurement(20.0, "", True)),
        (NoData("the file cannot be read", "look at it"), Measurement(None, "", False)),
    ],
)
def test_no_answer_is_an_answer_slower_than_any_bound_and_what_cannot_be_asked_is_no_data(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch, error: ProbeFailed, made: Measurement
) -> None:
    class Refuses:
        kind = "http"

        def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> Reading:
            raise error

        def interpret(self, check: str, given: Given, raw: Reading) -> Reading:
            return raw

    monkeypatch.setattr(prober, "probe_of", lambda kind: Refuses())
    conductor = monitored.begin(SITE)
    found = conductor.monitors.measure("speed")
    assert structs.replace(found, detail="") == made
    assert error.message in found.detail


def test_a_sample_taken_while_its_connection_was_down_is_no_data(monitored: Monitored) -> None:
    monitored.begin()
    until(lambda: monitored.values() == [0.5])
    monitored.host.listener(LinkState.STALLED, "no sign of life")
    assert monitored.next() is None
    assert monitored.state.monitors["errors"].detail == "the connection to web was down meanwhile"
    monitored.host.listener(LinkState.UP, "")
    assert monitored.next() == 0.5


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
