"""What was measured before the first change is compared with what was measured last."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import SMALL, small
from tui.runbook.described.probes import measured_words
from tui.runbook.reading.load import load_text
from tui.runbook.services import Service
from tui.session import events as ev
from tui.session.baseline import Difference, differences
from tui.session.folding.fold import fold
from tui.session.outcome import Outcome
from tui.session.state import OUTSIDE, SessionState

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def after(*events: ev.AnyEvent) -> SessionState:
    begun = ev.SessionStarted(session="s", flow="deploy", method="docker", operator="ana", title="", runbook_hash="")
    return fold(small(), [ev.Entry(seq, AT, 0.0, event) for seq, event in enumerate((begun, *events))])


def measured(number: int, step: str, mutates: bool = False, about: str = "", **figures: float) -> list[ev.AnyEvent]:
    return [
        ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command="probe", mutates=mutates),
        ev.ProbeMeasured(attempt=number, service="db", check="threads", about=about, figures=figures),
        ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=0.1),
    ]


def change(number: int) -> list[ev.AnyEvent]:
    return [
        ev.AttemptStarted(attempt=number, step="switch-docker", action=0, host="web", command="compose", mutates=True),
        ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=0.1),
    ]


def test_a_figure_before_and_after_the_first_change() -> None:
    state = after(
        *measured(1, "look", used=10), *measured(2, "look", used=12), *change(3), *measured(4, "look", used=18)
    )
    found = differences(state)
    assert [(one.figure, one.before, one.now) for one in found] == [("used", 12, 18)]
    assert found[0].change == pytest.approx(0.5)


def own(number: int, mutates: bool) -> list[ev.AnyEvent]:
    """A command of the operator's own."""
    return [
        ev.AttemptStarted(
            attempt=number, step="look", action=OUTSIDE, host="web", command="x", mutates=mutates, operator="ana"
        ),
        ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=0.1),
    ]


@pytest.mark.parametrize(("mutates", "before"), [(True, 10), (False, 12)])
def test_what_the_operator_changed_outside_the_runbook_is_a_change_too(mutates: bool, before: int) -> None:
    state = after(
        *measured(1, "look", used=10),
        *own(2, mutates),
        *measured(3, "look", used=12),
        *change(4),
        *measured(5, "look", used=18),
    )
    assert [(one.before, one.now) for one in differences(state)] == [(before, 18)]


@pytest.mark.parametrize(("mutates", "usual"), [(True, 1.0), (False, 3.0)])
def test_what_monitors_measured_after_such_a_change_is_not_what_is_usual(mutates: bool, usual: float) -> None:
    def sampled(value: float, clock: float) -> list[ev.AnyEvent]:
        return [ev.MonitorSampled(monitor="load", value=value, clock=clock + place) for place in range(3)]

    runbook = load_text(SMALL + '[monitors.load]\ntitle = "Load"\nrun = "cat /proc/loadavg"\n', "r")
    begun = ev.SessionStarted(session="s", flow="deploy", method="docker", operator="ana", title="", runbook_hash="")
    events = (begun, *sampled(1.0, 0), *own(1, mutates), *[one for at in (10, 20, 30) for one in sampled(3.0, at)])
    events = (*events, *change(2), *sampled(9.0, 40))
    state = fold(runbook, [ev.Entry(seq, AT, 0.0, event) for seq, event in enumerate(events)])
    assert state.monitors["load"].baseline == usual


def test_without_a_change_or_without_a_figure_before_there_is_nothing_to_compare() -> None:
    assert differences(after(*measured(1, "look", used=10), *measured(2, "look", used=12))) == []
    assert differences(after(*change(1), *measured(2, "look", used=12))) == []


def test_checks_with_other_parameters_are_other_measurements() -> None:
    state = after(*measured(1, "look", about="path=/a", ms=1), *change(2), *measured(3, "look", about="path=/b", ms=2))
    assert differences(state) == []


def test_of_one_step_alone() -> None:
    state = after(
        *measured(1, "look", used=10), *change(2), *measured(3, "look", used=11), *measured(4, "announce", used=30)
    )
    assert [one.now for one in differences(state, "look")] == [11]
    assert [one.now for one in differences(state)] == [30]


@pytest.mark.parametrize(("before", "now", "moved"), [(0, 0, 0.0), (0, 5, float("inf")), (10, 5, -0.5), (-4, -2, 0.5)])
def test_how_much_it_moved(before: float, now: float, moved: float) -> None:
    state = after(*measured(1, "look", used=before), *change(2), *measured(3, "look", used=now))
    assert differences(state)[0].change == moved


def test_a_figure_has_the_unit_that_its_check_gives_it() -> None:
    book = replace(small(), services={"cache": Service(kind="redis")})
    figures = {"used_memory": 2.24395e7, "hit_rate": 99.2, "clients": 1204, "gone": 1}
    words = measured_words(book, "cache", "info", figures)
    assert words == "used memory 21.4 MiB, hit rate 99.2 %, clients 1,204, gone 1"
    assert measured_words(book, "nothing", "info", {"used_memory": 5}) == "used memory 5"
    moved = Difference(service="cache", check="info", about="", figure="used_memory", unit="B", before=2.24395e7, now=0)
    assert moved.words == "21.4 MiB → 0 B"
