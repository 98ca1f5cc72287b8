"""A rehearsal beside earlier ones of its scenario."""

from datetime import UTC, datetime

import pytest

from tui.drill.debrief import Debrief, Story
from tui.drill.rehearsals import beside

NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)


def night(
    noticed: float | None = None, recovered: float | None = None, vain: int = 0, rollback: float | None = None
) -> Debrief:
    story = Story(
        fault="f", title="F", how="timed", struck=NOON, noticed=noticed, recovered=recovered, vain=("x",) * vain
    )
    return Debrief(
        session="s",
        scenario="S",
        result="",
        lasted=1,
        stories=(story,),
        skipped=(),
        failed=0,
        confirmed=0,
        rollback=rollback,
    )


CALM = Debrief(session="s", scenario="S", result="", lasted=1, stories=(), skipped=(), failed=0, confirmed=0)


@pytest.mark.parametrize(
    ("now", "earlier", "said"),
    [
        (night(12), [], []),
        (night(12), [night(31), night(9)], ["noticed after 0:12; the time before: 0:31; best of 2: 9 s"]),
        (night(None), [night(31)], ["never noticed; the time before: 0:31; best of 1: 0:31"]),
        (night(12), [night(None), night(9)], ["noticed after 0:12; the time before: never; best of 1: 9 s"]),
        (night(12), [CALM, night(9)], ["noticed after 0:12; the time before: 9 s; best of 1: 9 s"]),
        (CALM, [night(31, 40, 2)], []),
        (night(rollback=50), [night(rollback=40)], ["rolled back in 0:50; the time before: 0:40; best of 1: 0:40"]),
        (night(), [night(rollback=40)], []),
    ],
)
def test_each_figure_stands_beside_the_last_and_the_best(now: Debrief, earlier: list[Debrief], said: list[str]) -> None:
    found = [str(one) for one in beside(now, earlier) if one.name != "wrong turns"]
    assert found == said


def test_wrong_turns_are_counted() -> None:
    (turns,) = [one for one in beside(night(vain=1), [night(vain=3), night()]) if one.name == "wrong turns"]
    assert str(turns) == "wrong turns 1; the time before: 3; best of 2: 0"
