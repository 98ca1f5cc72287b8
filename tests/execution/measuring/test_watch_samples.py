"""Which of a monitor's samples count where several commands ran at once."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tui.execution.measuring.watch import SamplesWanted, follow, since, undisturbed
from tui.runbook.model import Monitor, Number, Watched
from tui.session.outcome import OutcomeKind
from tui.session.samples import Monitored, Sample
from tui.session.state import Attempt, SessionState, initial
from tui.transports.base import CancelToken

NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)


def ran(number: int, start: float, seconds: float | None) -> Attempt:
    started = NOON + timedelta(seconds=start)
    return Attempt(number=number, step="s", action=0, host="web", command="w", started=started, seconds=seconds)


def session(*attempts: Attempt) -> SessionState:
    return replace(initial(small()), attempts={one.number: one for one in attempts})


@pytest.mark.parametrize(
    ("attempts", "counts"),
    [
        ((), True),
        ((ran(1, 0, 20),), True),
        ((ran(1, 0, 20), ran(2, 5, 20)), False),
        ((ran(1, 0, 9), ran(2, 11, 20)), True),
        ((ran(1, 0, None), ran(2, 5, None)), False),
        ((ran(1, 0, 20), ran(2, 11, None)), True),
    ],
)
def test_a_sample_counts_while_at_most_one_command_runs(attempts: tuple[Attempt, ...], counts: bool) -> None:
    sample = Sample(NOON + timedelta(seconds=10), 0.2)
    assert undisturbed(session(*attempts), sample) is counts


@pytest.mark.parametrize(
    ("attempts", "at"),
    [
        ((), 0),
        (
            (replace(ran(1, 5, 2), step="other", mutates=True),),
            0,
        ),  # a first look takes what there is since the session began
        ((ran(1, 5, 2), replace(ran(2, 10, 4), step="other")), 7),
        ((ran(1, 5, 2), replace(ran(2, 10, 4), step="other", mutates=True)), 14),
        ((replace(ran(1, 5, 2), action=1), replace(ran(2, 10, 4), step="other", mutates=True)), 0),
    ],
)
def test_samples_that_were_judged_do_not_count_again_nor_those_before_the_last_change(
    attempts: tuple[Attempt, ...], at: float
) -> None:
    now = replace(session(*attempts), started_at=NOON)
    begun = since(now, Watched(monitor="errors", samples="3"), NOON + timedelta(seconds=60), "s", 0)
    assert begun == NOON + timedelta(seconds=at)


def test_a_sample_that_was_begun_before_the_change_says_nothing_of_it() -> None:
    """A slow answer that was waited for while the site was fixed is not an answer of the fixed site."""
    slow = Sample(NOON + timedelta(seconds=4), 6.2, took=6.2)
    quick = Sample(NOON + timedelta(seconds=9), 0.2, took=0.2)
    state = replace(session(), monitors={"time": Monitored(samples=(slow, quick))})
    monitor = Monitor(title="Time", number=Number(name="time"), run="x", every="1s")
    lines: list[bytes] = []
    wanted = SamplesWanted(name="time", monitor=monitor, count=1, begun=NOON, within=1.0)
    outcome = follow(lambda: state, wanted, lambda stream, data: lines.append(data), CancelToken())
    assert outcome.kind is OutcomeKind.SUCCEEDED
    assert lines == [b"12:00:09 0.2\n"]
