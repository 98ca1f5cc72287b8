"""What stands above a rollback: what is left of its time, where it will end, why, and when people hear of it."""

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import replace

from tui.runbook.model import Runbook
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.outcome import Outcome
from tui.text.amounts import took_clock
from tui.text.block import Piece
from tui.widgets.looks.fitting import width_of
from tui.widgets.moment import Moment
from tui.widgets.rollback.head_text import Pace, head_rows, pace_of, update_rows
from tui.widgets.rollback.text import elapsed_words

BEGIN = datetime(2026, 11, 24, 2, tzinfo=UTC)
REASON = "Error rate above 10%"


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(Path(__file__).parents[1] / "drawn" / "runbook.toml")


def rolling_back(runbook: Runbook, gone: float, reason: str = REASON, *more: ev.AnyEvent) -> Moment:
    """A rollback of one change, `seconds` after it was decided."""
    events: list[ev.AnyEvent] = [
        ev.SessionStarted(
            session="s", flow="deploy", method="docker", operator="ana", title="x", runbook_hash="", variables={}
        ),
        ev.StepOpened(step="switch-docker", operator="ana"),
        ev.AttemptStarted(attempt=1, step="switch-docker", action=0, host="web", command="x", mutates=True),
        ev.AttemptFinished(attempt=1, outcome=Outcome.exited(0), seconds=3.0),
        ev.StepSigned(step="switch-docker", operator="ana"),
        ev.RollbackStarted(flow="rollback", reason=reason, operator="ana"),
        *more,
    ]
    state = fold(runbook, [ev.Entry(seq, BEGIN, float(seq), event) for seq, event in enumerate(events)])
    return Moment(state=state, now=BEGIN + timedelta(seconds=gone))


def test_what_it_took_in_the_end_is_what_the_summary_says(runbook: Runbook) -> None:
    moment = rolling_back(runbook, 60)
    began = moment.state.rollback_at
    assert began is not None
    late = replace(moment.state, rollback_finished_at=began + timedelta(seconds=153.7))
    assert elapsed_words(replace(moment, state=late)) == took_clock(153.7) == "2:34"
    assert elapsed_words(replace(moment, now=began + timedelta(seconds=153.7))) == "2:33", "a clock that ticks"


def said(rows: list[list[Piece]]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def test_early_it_says_what_is_left_where_it_will_end_and_why(runbook: Runbook) -> None:
    moment = rolling_back(runbook, 60)
    time, bar, why = said(head_rows(moment, 60))
    assert time.startswith("9:00 left of 10:00 ")
    assert time.endswith(" to go ✔ fits")
    assert 6 < bar.index("┼") < 30
    assert bar.startswith("━━━━━━─")
    assert why == f"0 of 3 done{' ' * 29}{REASON}"
    assert pace_of(moment) is Pace.EARLY


def test_what_was_done_counts_although_it_is_not_needed_any_more(runbook: Runbook) -> None:
    step = "restart-units"
    moment = rolling_back(
        runbook, 60, REASON, ev.StepOpened(step=step, operator="ana"), ev.StepSigned(step=step, operator="ana")
    )
    assert said(head_rows(moment, 60))[2].startswith("1 of 4 done "), "as the list below counts it"


def test_from_the_half_it_is_amber_and_says_by_how_much_the_rest_is_too_long(runbook: Runbook) -> None:
    moment = rolling_back(runbook, 540)
    time, bar, _ = said(head_rows(moment, 60))
    assert time.startswith("1:00 left of 10:00 ")
    assert time.endswith(" ▲ 1:50 too long")
    assert bar.endswith("┼")
    assert pace_of(moment) is Pace.HALF
    assert pace_of(rolling_back(runbook, 299)) is Pace.EARLY


def test_over_it_is_red_and_says_so_once(runbook: Runbook) -> None:
    moment = rolling_back(runbook, 680)
    time, bar, _ = said(head_rows(moment, 60))
    assert time.startswith("▲ 1:20 over 10:00 ")
    assert "too long" not in time
    assert bar == "━" * 60
    assert pace_of(moment) is Pace.OVER


def test_what_a_running_step_has_taken_is_no_longer_to_go(runbook: Runbook) -> None:
    running: list[ev.AnyEvent] = [
        ev.StepOpened(step="maintenance", operator="ana"),
        ev.AttemptStarted(attempt=2, step="maintenance", action=0, host="web", command="x", mutates=True),
    ]
    before = said(head_rows(rolling_back(runbook, 0, REASON, *running), 60))[0]
    after = said(head_rows(rolling_back(runbook, 20, REASON, *running), 60))[0]
    assert "≈ 2:50 to go" in before
    assert "≈ 2:30 to go" in after


def test_it_ends_with_what_it_came_to(runbook: Runbook) -> None:
    ended = rolling_back(runbook, 900, REASON, ev.RollbackFinished(operator="ana"))
    assert said(head_rows(ended, 60))[0] == "✔ rolled back within 10:00"
    assert update_rows(ended, 18, framed=True) == []


def test_a_long_reason_is_whole_where_there_is_a_row_for_it(runbook: Runbook) -> None:
    reason = "Orders fail since the migration: support has nine tickets"
    moment = rolling_back(runbook, 60, reason)
    assert said(head_rows(moment, 60, 5))[3:] == ["0 of 3 done", reason]
    assert said(head_rows(moment, 43, 5)) == [
        *said(head_rows(moment, 43, 5))[:2],
        "0 of 3 done",
        "Orders fail since the migration: support",
        "has nine tickets",
    ]
    assert said(head_rows(moment, 60, 3))[2].endswith("…")
    assert said(head_rows(rolling_back(runbook, 60), 100, 5))[3].endswith(f"because {REASON}")


def test_of_a_reason_that_is_too_long_the_beginning_and_the_end_are_kept(runbook: Runbook) -> None:
    reason = (
        "Run the database migrations failed: exit status 1: django.db.utils.OperationalError: "
        "(1060, \"Duplicate column name 'tags'\")"
    )
    for width in (41, 43, 46):  # what the status update leaves at 80 columns
        rows = said(head_rows(rolling_back(runbook, 60, reason), width, 5))
        assert len(rows) == 5
        assert rows[2].startswith("0 of 3 done  Run the database")
        assert " ".join(rows[3:]).endswith("(1060, \"Duplicate column name 'tags'\")"), rows
    whole = "Orders fail since the migration: support has nine tickets and calls come in"
    beside = said(head_rows(rolling_back(runbook, 60, whole), 36, 5))[2:]
    assert " ".join(" ".join(beside).split()) == f"0 of 3 done {whole}"


def test_the_next_news_is_told_of_and_asked_for(runbook: Runbook) -> None:
    def news(gone: float) -> list[str]:
        return said(update_rows(rolling_back(runbook, gone), 18, framed=True))

    assert news(30) == ["next in 1:30", "━━━━╸─────────────", "u write it"]
    assert news(95)[0] == "! due in 0:25"
    assert news(135)[:2] == ["▲ 0:15 overdue", "━" * 18]
    assert said(update_rows(rolling_back(runbook, 30), 18, framed=False))[0] == "news next in 1:30"
    assert said(update_rows(replace(rolling_back(runbook, 30), replayed=True), 18, framed=True))[2] == ""


@pytest.mark.parametrize("gone", [0, 60, 540, 680, 90_000])
def test_no_row_is_wider_than_its_place(runbook: Runbook, gone: int) -> None:
    for reason in (REASON, "a reason that nobody has shortened " * 9):
        moment = rolling_back(runbook, gone, reason)
        for width, height in product(range(24, 240, 7), (3, 5)):
            rows = head_rows(moment, width, height)
            assert len(rows) <= height
            assert max(map(width_of, rows)) <= width
    assert max(map(width_of, update_rows(rolling_back(runbook, gone), 18, framed=False))) <= 18
