"""A trigger counts time only while it is known to be beyond its bound, by a clock that nobody sets."""

import math
from datetime import UTC, datetime, timedelta

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from msgspec.structs import replace

from tests.support.runbooks.runbooks import SMALL
from tui.execution.measuring.monitors import crossings
from tui.runbook.model import Monitor, Runbook, Trigger
from tui.session import events as ev
from tui.session.folding.fold import MEASURING, apply, fold
from tui.session.samples import KEPT, TriggerState, advance, finite
from tui.session.state import SessionState, initial

MONITOR = Monitor(title="Error rate", run="count", every="30s")
TRIGGER = Trigger(monitor="errors", above=10.0, lasting="5m", reason="errors")
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
BAD, GOOD, NONE = 40.0, 1.0, None
Samples = list[tuple[float, float | None]]


def dwelt(samples: Samples, trigger: Trigger = TRIGGER) -> TriggerState:
    dwell = TriggerState()
    for clock, value in samples:
        sampled = ev.MonitorSampled(monitor="errors", value=value, clock=clock)
        dwell = advance(trigger, MONITOR, dwell, sampled)
    return dwell


def every(seconds: float, *values: float | None, start: float = 1000.0) -> Samples:
    return [(start + place * seconds, value) for place, value in enumerate(values)]


def steady(until: float) -> Samples:
    """Beyond the bound every 30 seconds, and again at `until`."""
    return [*((float(at), BAD) for at in range(0, int(until), 30)), (until, BAD)]


@pytest.mark.parametrize(
    ("samples", "beyond", "tripped"),
    [
        pytest.param(steady(299), 299, False, id="4:59 is not five minutes"),
        pytest.param(steady(300), 300, True, id="5:00 is"),
        pytest.param(every(30, *[BAD] * 10), 270, False, id="ten samples span nine intervals"),
        pytest.param(every(30, *[BAD] * 11), 300, True, id="eleven span ten"),
        pytest.param(every(30, *[BAD] * 9, GOOD, *[BAD] * 9), 240, False, id="one dip begins it anew"),
        pytest.param(every(30, *[BAD, GOOD] * 40), 0, False, id="flapping"),
        pytest.param(every(30, *[BAD, BAD, GOOD] * 40), 0, False, id="slower flapping"),
        pytest.param(every(30, *[10.0] * 40), 0, False, id="the bound itself is not beyond it"),
        pytest.param(every(30, *[math.nextafter(10.0, 11)] * 11), 300, True, id="the least beyond is"),
        pytest.param(every(30, *[BAD] * 6, NONE, *[BAD] * 5), 270, False, id="no data neither counts"),
        pytest.param(every(30, *[BAD] * 6, NONE, *[BAD] * 6), 300, True, id="nor begins it anew"),
        pytest.param(every(30, *[NONE] * 60), 0, False, id="no data at all"),
        pytest.param(every(30, *[BAD, NONE] * 40), 0, False, id="no data in between every time"),
        pytest.param([(0, BAD), (90, BAD)], 90, False, id="three intervals"),
        pytest.param([(0, BAD), (91, BAD)], 0, False, id="longer than that nobody knows"),
        pytest.param([*every(30, *[BAD] * 6, start=0), (4000, BAD)], 150, False, id="asleep for an hour"),
        pytest.param([*every(30, *[BAD] * 6, start=9000), (30, BAD)], 150, False, id="a clock that goes back"),
    ],
)
def test_the_time_beyond_a_bound(samples: Samples, beyond: float, tripped: bool) -> None:
    dwell = dwelt(samples)
    assert dwell.beyond == pytest.approx(beyond)
    assert dwell.tripped is tripped


def test_below_is_the_other_way_round() -> None:
    trigger = Trigger(monitor="workers", below=1.0, lasting="1m", reason="errors")
    assert dwelt(every(30, 0.0, 0.0, 0.0), trigger).tripped
    assert not dwelt(every(30, 1.0, 1.0, 1.0), trigger).armed


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_what_is_no_number_is_no_data(value: float | None) -> None:
    assert finite(value) is None


@given(st.lists(st.tuples(st.floats(0, 200), st.sampled_from([BAD, GOOD, NONE, 10.0])), max_size=60))
def test_it_trips_exactly_where_an_account_written_otherwise_does(steps: list[tuple[float, float | None]]) -> None:
    samples: Samples = []
    clock = 0.0
    for gap, value in steps:
        clock += gap
        samples.append((clock, value))
    run = samples[max((place for place, (_, value) in enumerate(samples) if value in (GOOD, 10.0)), default=-1) + 1 :]
    pairs = zip(run, run[1:], strict=False)
    total = sum(b[0] - a[0] for a, b in pairs if a[1] is not None and b[1] is not None and b[0] - a[0] <= 90)
    dwell = dwelt(samples)
    assert dwell.beyond == pytest.approx(total)
    assert dwell.tripped is (dwell.beyond >= 300)


class Watching:
    """A session whose one monitor is sampled, with the wall clock apart from the monotonic one."""

    def __init__(self) -> None:
        self.entries: list[ev.Entry] = []
        self.state = fold(watched(), [])
        self.wall = AT
        self.take(ev.SessionStarted(session="s", flow="deploy", operator="ana", title="", runbook_hash=""))

    def take(self, event: ev.AnyEvent) -> None:
        entry = ev.Entry(len(self.entries), self.wall, 0.0, event)
        self.entries.append(entry)
        self.state = apply(self.state, entry)

    def sample(self, clock: float, value: float | None, detail: str = "") -> list[str]:
        before = self.state
        self.take(ev.MonitorSampled(monitor="errors", value=value, clock=clock, detail=detail))
        found = crossings(before, self.state, "errors")
        for event in found:
            self.take(event)
        return [type(event).__name__ for event in found]

    def samples(self, start: float, *values: float | None) -> list[str]:
        return [name for clock, value in every(30, *values, start=start) for name in self.sample(clock, value)]


def watched() -> Runbook:
    text = """
[monitors.errors]
title = "Error rate"
run = "count errors"
number = { pattern = '([0-9.]+)%' }
[triggers.errors]
monitor = "errors"
above = 10
for = "5m"
reason = "errors"
"""
    return convert(tomli.loads(SMALL + text), Runbook)


def test_it_proposes_once_and_again_after_it_cleared() -> None:
    watching = Watching()
    assert watching.samples(0, *[BAD] * 30) == ["TriggerArmed", "TriggerTripped"]
    assert list(watching.state.tripped) == ["errors"]
    assert watching.sample(900, NONE) == []
    assert list(watching.state.tripped) == ["errors"]
    assert watching.sample(930, GOOD) == ["TriggerCleared"]
    assert watching.state.tripped == {}
    assert watching.samples(960, *[BAD] * 11) == ["TriggerArmed", "TriggerTripped"]


@pytest.mark.parametrize("jump", [timedelta(days=2), timedelta(hours=-3)])
def test_setting_the_clock_changes_nothing(jump: timedelta) -> None:
    watching = Watching()
    watching.samples(0, *[BAD] * 5)
    watching.wall += jump
    assert watching.samples(150, *[BAD] * 5) == []
    assert watching.state.triggers["errors"].beyond == 270
    assert watching.sample(300, BAD) == ["TriggerTripped"]


def test_another_process_counts_again_and_still_clears_what_proposed() -> None:
    watching = Watching()
    watching.samples(5000, *[BAD] * 11)
    watching.take(ev.SessionResumed(operator="ana"))
    assert list(watching.state.tripped) == ["errors"]
    assert watching.samples(0, *[BAD] * 11) == ["TriggerArmed"], "it proposes already"
    watching.take(ev.SessionResumed(operator="ana"))
    assert watching.sample(0, GOOD) == ["TriggerCleared"]


def test_time_beyond_the_bound_before_a_resume_does_not_count() -> None:
    watching = Watching()
    watching.samples(0, *[BAD] * 10)
    watching.take(ev.SessionResumed(operator="ana"))
    assert watching.samples(300, *[BAD] * 10) == ["TriggerArmed"]


def test_no_data_says_since_when_and_why() -> None:
    watching = Watching()
    watching.sample(0, GOOD)
    watching.wall = since = AT + timedelta(minutes=1)
    watching.sample(60, NONE, "maintenance mode is on")
    watching.wall += timedelta(minutes=1)
    watching.sample(120, NONE, "maintenance mode is on")
    monitored = watching.state.monitors["errors"]
    assert (monitored.value, monitored.lost_since, monitored.detail) == (None, since, "maintenance mode is on")
    watching.sample(150, GOOD)
    assert watching.state.monitors["errors"].lost_since is None


def test_the_last_samples_are_kept_and_a_replay_is_the_same() -> None:
    watching = Watching()
    for place in range(KEPT + 5):
        watching.sample(30.0 * place, float(place))
    assert [one.value for one in watching.state.monitors["errors"].samples] == [float(n) for n in range(5, KEPT + 5)]
    replayed: SessionState = fold(watched(), watching.entries)
    assert (replayed.monitors, replayed.triggers, replayed.tripped) == (
        watching.state.monitors,
        watching.state.triggers,
        watching.state.tripped,
    )


def test_the_baseline_is_the_median_before_the_first_change_and_stays() -> None:
    watching = Watching()
    for place, value in enumerate([0.4, 9.0, NONE, 0.6]):
        watching.sample(30.0 * place, value)
    watching.take(ev.AttemptStarted(attempt=1, step="look", action=0, host="web", command="uptime"))
    assert watching.state.monitors["errors"].baseline is None
    switch = ev.AttemptStarted(attempt=2, step="switch-docker", action=0, host="web", command="up", mutates=True)
    watching.take(switch)
    assert watching.state.monitors["errors"].baseline == 0.6
    watching.sample(200, 50.0)
    watching.take(ev.AttemptStarted(attempt=3, step="switch-docker", action=0, host="web", command="up", mutates=True))
    assert watching.state.monitors["errors"].baseline == 0.6


def test_what_comes_by_itself_changes_nothing_but_what_is_measured() -> None:
    """Screens work nothing else out again for it: `changed_seq` stays; anything else moves it."""
    runbook = convert(tomli.loads(SMALL), Runbook)
    runbook = replace(runbook, monitors={"errors": MONITOR}, triggers={"errors": TRIGGER})
    sampled = ev.MonitorSampled(monitor="errors", value=BAD, clock=1000.0)
    of_kind = {
        ev.MonitorSampled: sampled,
        ev.MonitorsWaiting: ev.MonitorsWaiting(host="web", monitors=("errors",)),
        ev.TriggerArmed: ev.TriggerArmed(trigger="errors", monitor="errors", value=BAD),
    }
    begun = apply(initial(runbook), ev.Entry(1000, AT, 0.0, sampled))
    assert begun.changed_seq == -1
    measured = {"seq", "at", "monitors", "triggers"}
    for kind in MEASURING:
        after = apply(begun, ev.Entry(1001, AT, 0.0, of_kind[kind]))
        changed = {name for name in after.__struct_fields__ if getattr(after, name) is not getattr(begun, name)}
        assert changed <= measured, kind
    tripped = ev.TriggerTripped(trigger="errors", monitor="errors", value=BAD, dwell=300.0)
    assert apply(begun, ev.Entry(1001, AT, 0.0, tripped)).changed_seq == 1001
