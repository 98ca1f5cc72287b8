"""A monitor of a group of hosts: each of them is measured, and the figure of the worst counts."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.fleet import SIX, of_group
from tests.support.sessions.fake_clock import FakeClock
from tui.drill.made_up.always_answered import standing
from tui.execution.conductor.conductor import Conductor
from tui.execution.measuring.worst_host import AT_ONCE, Measurement, measured_on, worst_of
from tui.execution.workspace import Setup, Workspace
from tui.exports.event_words import event_words
from tui.runbook.reading.load import load_text
from tui.screens.watch.listed import listed
from tui.screens.watch.text import Sight, card_head
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.outcome import Outcome
from tui.session.samples import Limit
from tui.transports.base import CancelToken, GivingWay

LIMIT = Limit(value=90, high=True)
LOWER = Limit(value=10, high=False)
TEXT = of_group(
    SIX,
    """title = "Look"
[[sections.steps]]
id = "look"
title = "Look"
run = "uptime"
[[sections.steps]]
id = "watch"
title = "Watch"
[[sections.steps.actions]]
watch = { monitor = "room", samples = "1" }
expect = { numbers = [{ name = "room", of = "largest", below = 50 }] }
""",
    "[[sections.steps]]\nid = 'back'\ntitle = 'Back'\nrun = 'true'\n",
    more="""[monitors.room]
title = "Room"
run = "full {{ host }}"
on = "web"
number = { pattern = '(\\d+)%', below = 80, unit = "%" }
[[rollback_reasons]]
id = "full"
title = "Full"
[triggers.room]
monitor = "room"
above = 90
for = "1m"
reason = "full"
""",
)


def figures(**values: float | None) -> dict[str, Measurement]:
    return {host: Measurement(value, "" if value is not None else "no route") for host, value in values.items()}


@pytest.mark.parametrize(
    ("found", "limits", "value", "detail"),
    [
        (figures(a=1, b=3, c=2), (), 3, "worst of 3: b"),
        (figures(a=1, b=3, c=2), (LOWER,), 1, "worst of 3: a; 3 are beyond the limit"),
        (figures(a=50, b=5, c=60), (LIMIT, LOWER), 5, "worst of 3: b"),
        (figures(a=50, b=95, c=97), (LIMIT,), 97, "worst of 3: c; 2 are beyond the limit"),
        (figures(a=1, b=None), (LIMIT,), 1, "worst of 2: a; no figure from b"),
        (figures(a=1, b=None, c=None, d=None, e=None), (), 1, "worst of 5: a; no figure from 4 hosts"),
        (figures(a=None, b=None), (LIMIT,), None, "none of 2 hosts: a: no route"),
        (
            {**figures(a=97), "b": Measurement(20, "HTTP 502", failed=True)},
            (LIMIT,),
            20,
            "worst of 2: b, HTTP 502; 2 are beyond",
        ),
    ],
)
def test_the_worst(found: dict[str, Measurement], limits: tuple[Limit, ...], value: float | None, detail: str) -> None:
    worst = worst_of(found, limits)
    assert worst.value == value
    assert worst.detail.startswith(detail)
    assert worst.failed is any(one.failed for one in found.values())


def test_some_at_a_time_and_a_silent_one_is_not_waited_for_any_longer() -> None:
    lock, running, most, ended = threading.Lock(), 0, 0, threading.Event()

    def measure(host: str, cancel: CancelToken) -> Measurement:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if host == "h03":
            cancel.wait(60)
            ended.set()
        with lock:
            running -= 1
        return Measurement(1.0)

    hosts = [f"h{number:02d}" for number in range(50)]
    found = measured_on(hosts, 1.0, measure, GivingWay())
    assert list(found) == hosts
    assert found.pop("h03") == Measurement(None, "no answer within 1 s")
    assert set(found.values()) == {Measurement(1.0)}
    assert most <= AT_ONCE
    assert ended.wait(30)


def test_what_a_person_needs_comes_first() -> None:
    def busy(*hosts: str) -> tuple[dict[str, Measurement], bool]:
        def measure(host: str, cancel: CancelToken) -> Measurement:
            assert isinstance(cancel, GivingWay)
            if host in hosts:
                cancel.give_way()
            return Measurement(1.0)

        asker = GivingWay()
        return measured_on(["a", "b"], 10.0, measure, asker), asker.gave_way

    assert busy("a") == ({"b": Measurement(1.0)}, False)
    assert busy("a", "b") == ({}, True)


def test_it_ends_as_soon_as_it_is_not_wanted() -> None:
    cancel, begun = GivingWay(), threading.Event()

    def measure(host: str, of_host: CancelToken) -> Measurement:
        begun.set()
        of_host.wait(60)
        return Measurement(1.0)

    thread = threading.Thread(target=measured_on, args=(["a"], 60.0, measure, cancel))
    thread.start()
    assert begun.wait(30)
    cancel.cancel()
    thread.join(30)
    assert not thread.is_alive()


class Group:
    """A session with a monitor of six hosts, each of which has room as the test says."""

    def __init__(self, directory: Path) -> None:
        self.clock, runbook = FakeClock(), load_text(TEXT, "r.toml")
        self.hosts = {name: FakeTransport(name=name) for name in ("lb", *(f"web0{number}" for number in range(1, 7)))}
        for name in list(self.hosts)[1:]:
            self.has(name, 40)
        self.store = Store(directory / "sessions")
        workspace = Workspace(runbook, TEXT, self.store, self.hosts, self.clock)
        self.conductor: Conductor = workspace.begin(Setup(flow="deploy", operator="ana"))

    def has(self, host: str, full: int) -> None:
        self.hosts[host].replies[f"full {host}"] = Reply(b"%d%%\n" % full)

    def next(self, seconds: float = 30.0) -> tuple[float | None, str]:
        count = self.count()
        self.clock.advance(seconds)
        until(lambda: self.count() > count)
        last = self.conductor.state.monitors["room"].samples[-1]
        return last.value, last.detail

    def count(self) -> int:
        monitored = self.conductor.state.monitors.get("room")
        return len(monitored.samples) if monitored else 0


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    made = Group(tmp_path)
    yield made
    made.conductor.close()


def test_a_trigger_watches_the_worst_whichever_host_it_is(group: Group) -> None:
    until(lambda: group.count() == 1)
    assert group.conductor.state.monitors["room"].samples[0].value == 40.0
    group.has("web03", 95)
    assert group.next() == (95.0, "worst of 6: web03")
    assert group.conductor.state.triggers["room"].armed
    group.has("web03", 40)
    group.has("web05", 97)
    assert group.next() == (97.0, "worst of 6: web05")
    group.hosts["web01"].replies["full web01"] = Reply(outcome=Outcome.exited(1), err=b"denied\n")
    group.has("web06", 85)
    assert group.next() == (97.0, "worst of 6: web05; 2 are beyond the limit; no figure from web01")
    until(lambda: group.conductor.state.tripped)
    conductor = group.conductor
    conductor.close()
    entries = list(read(group.store.find("last").journal))
    assert fold(conductor.runbook, entries) == conductor.state
    sampled = [entry.event for entry in entries if isinstance(entry.event, ev.MonitorSampled)]
    assert event_words(sampled[1], conductor.state)[2] == "Room: 95 % (worst of 6: web03)"
    tripped = next(entry.event for entry in entries if isinstance(entry.event, ev.TriggerTripped))
    assert tripped.detail == "worst of 6: web05; 2 are beyond the limit; no figure from web01"
    assert event_words(tripped, conductor.state)[2].endswith(f", 97 % at last ({tripped.detail})")


def test_a_host_whose_connection_is_down_is_not_asked(group: Group) -> None:
    until(lambda: group.count() == 1)
    group.conductor.record(ev.LinkChanged(host="web02", link="reconnecting"))
    ran = len(group.hosts["web02"].ran)
    assert group.next()[1].endswith("no figure from web02")
    assert len(group.hosts["web02"].ran) == ran


def test_a_step_judges_its_samples(group: Group) -> None:
    until(lambda: group.count() == 1)
    group.conductor.start("look")
    group.conductor.wait()
    group.has("web04", 60)
    group.conductor.start("watch")
    group.next()
    group.conductor.wait()
    step = group.conductor.state.step("watch")
    attempt = group.conductor.state.attempts[step.attempts[-1]]
    assert not attempt.checks[-1].ok
    output = group.conductor.outputs.reader(attempt.number)
    assert b"60 %: worst of 6: web04" in b"\n".join(output.read_lines(0, 3))


def test_the_screen_names_the_host(group: Group) -> None:
    until(lambda: group.count() == 1)
    group.has("web03", 95)
    group.next()
    state, look = group.conductor.state, Sight(now=group.clock.now(), span=600.0)
    card = ["".join(text for text, _ in line) for line in card_head(state, "room", look, 60)]
    assert card[0].startswith("95 %  above 80 %")
    assert card[1] == "worst of 6: web03"
    rows = ["".join(text for text, _ in line) for line in listed(state, ["room"], look, 78).lines]
    assert "Room" in rows[1]
    assert rows[2].strip() == "worst of 6: web03"


def test_a_drill_makes_up_a_figure_of_each_host() -> None:
    made = [one.host for one in standing(load_text(TEXT, "r.toml"))]
    assert made == [f"web0{number}" for number in range(1, 7)]
