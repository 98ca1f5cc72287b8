"""Which of a monitor's samples count where several commands ran at once."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.support.runbooks import small
from tui.execution.watch import undisturbed
from tui.session.state import Attempt, SessionState, initial
from tui.session.watching import Sample

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
