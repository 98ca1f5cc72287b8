"""Samples in a row are folded at once, and the state is the one that each of them by itself would give."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert

from tests.support.runbooks.runbooks import SMALL
from tui.errors import JournalDamaged
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.samples import KEPT, Sample
from tui.session.state import initial

MONITORS = """
[monitors.errors]
title = "Error rate"
run = "count"
every = "30s"
[monitors.load]
title = "Load"
run = "load"
[triggers.errors]
monitor = "errors"
above = 10.0
for = "1m"
reason = "errors"
"""
RUNBOOK = convert(tomli.loads(SMALL + MONITORS), Runbook)
AT = datetime(2026, 11, 29, tzinfo=UTC)
sample = st.builds(
    ev.MonitorSampled,
    monitor=st.sampled_from(["errors", "load"]),
    value=st.sampled_from([None, 1.0, 40.0]),
    clock=st.integers(0, 400).map(float),
    failed=st.booleans(),
    of=st.sampled_from([0.0, 20.0]),
)
other = st.sampled_from(
    [
        ev.NoteAdded(text="x", operator="ana"),
        ev.MonitorsWaiting(monitors=("load",), host="web"),
        ev.BaselineTaken(operator="ana"),
        ev.SessionResumed(operator="ben"),
        ev.AttemptStarted(attempt=1, step="switch-docker", action=0, host="web", command="up", mutates=True),
    ]
)
BEGUN = ev.SessionStarted(session="s", flow="deploy", method="docker", operator="ana", title="x", runbook_hash="0")


def entries(events: list[ev.AnyEvent]) -> list[ev.Entry]:
    return [ev.Entry(seq, AT + timedelta(seconds=seq), float(seq), event) for seq, event in enumerate(events)]


@pytest.mark.parametrize("together", [3, 4096])
@given(events=st.lists(sample | sample | sample | other, max_size=30))
def test_the_state_is_as_after_one_at_a_time(together: int, events: list[ev.AnyEvent]) -> None:
    happened = entries([BEGUN, *events])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui.session.folding.sample_runs.TOGETHER", together)
        patch.setattr("tui.session.folding.sample_runs.KEPT", 4)
        patch.setattr("tui.session.samples.KEPT", 4)
        assert fold(RUNBOOK, happened) == reduce(apply, happened, initial(RUNBOOK))


@pytest.mark.parametrize("kept", [4, 240])
def test_samples_between_other_events_are_worked_out_late_and_alike(kept: int) -> None:
    events: list[ev.AnyEvent] = []
    for number in range(60):
        events += [
            ev.MonitorSampled(
                monitor="load" if number % 3 else "errors", value=number % 7 or None, clock=30.0 * number
            ),
            ev.BaselineTaken(operator="ana") if number == 40 else ev.NoteAdded(text="x", operator="ana"),
        ]
    happened = entries([BEGUN, *events])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui.session.folding.sample_runs.KEPT", kept)
        patch.setattr("tui.session.samples.KEPT", kept)
        state = fold(RUNBOOK, happened)
        assert state == reduce(apply, happened, initial(RUNBOOK))
    assert type(state.monitors) is dict, "nothing is held for later"


def test_of_samples_that_nobody_asked_for_none_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr("tui.session.folding.sample_runs.Sample", lambda *parts: made.append(parts) or Sample(*parts))
    measured = ev.MonitorSampled(monitor="load", value=1.0)
    noted = ev.NoteAdded(text="x", operator="ana")
    state = fold(RUNBOOK, entries([BEGUN, *[measured, measured, noted] * 500]))
    assert len(state.monitors["load"].samples) == len(made) == KEPT


def test_a_sample_of_a_monitor_that_the_runbook_has_not_is_damage_at_its_own_line() -> None:
    samples = [ev.MonitorSampled(monitor=name, value=1.0) for name in ("load", "load", "gone", "load")]
    with pytest.raises(JournalDamaged, match="line 4 of the journal"):
        fold(RUNBOOK, entries([BEGUN, *samples]))
