"""A session on one card: its figures from events alone, sections that add up, the same deviation once."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.report_card.report_card import ReportCard, report_card
from tui.session.views.usual import Usual, WholeUsual
from tui.text.amounts import within_words

BEGAN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
At = tuple[float, ev.AnyEvent]


def card(*events: At, usual: WholeUsual | None = None, now: float | None = None) -> ReportCard:
    """The card of the session of these events, each with its seconds after the beginning."""
    begun = ev.SessionStarted(
        session="one",
        flow="deploy",
        method="docker",
        operator="ana",
        second_operator="ben",
        title="Shop",
        runbook_hash="",
        variables={"release": "v2"},
    )
    entries = [
        ev.Entry(seq, BEGAN + timedelta(seconds=at), at, event) for seq, (at, event) in enumerate(((0, begun), *events))
    ]
    return report_card(fold(small(), entries), entries, BEGAN + timedelta(seconds=now) if now else None, usual)


def tried(number: int, at: float, length: float, came: str, ok: bool = False, retrying: bool = False) -> list[At]:
    """An attempt at the first step that was begun so long after the beginning."""
    check = ev.Check("HTTP 200", came, ok=ok)
    return [
        (at, ev.AttemptStarted(attempt=number, step="look", action=0, host="web", command="x")),
        (at + length, ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=length)),
        (at + length, ev.AttemptChecked(attempt=number, checks=(check,), retrying=retrying)),
    ]


def step(name: str, opened: float, settled: float) -> list[At]:
    return [(opened, ev.StepOpened(step=name, operator="ana")), (settled, ev.StepSigned(step=name, operator="ana"))]


WHOLE = (
    *step("look", 10, 60),
    *step("backup", 70, 100),
    *step("announce", 110, 130),
    *step("switch-docker", 200, 290),
    (300.0, ev.SessionFinished(result="completed", operator="ana")),
)


def test_a_deployment_as_it_should_be() -> None:
    found = card(*WHOLE)
    assert (str(found.badge), found.what, found.people) == ("✔ deployed", "Deploy v2, Docker", "ana and ben")
    assert (found.took, found.signed, found.steps, found.skipped, found.failed) == (290, 4, 4, 0, 0)
    assert (found.ticked, found.items) == (2, 2)
    assert (found.deviations, found.rollback, found.usual) == ((), None, None)
    assert found.downtime.words == "not known"


HOURS = 6 * 3600.0


def test_a_deployment_does_not_last_until_it_is_recorded_as_finished() -> None:
    recorded = card(*WHOLE[:-1], (HOURS, ev.SessionFinished(result="completed", operator="ana")), now=2 * HOURS)
    before = card(*WHOLE[:-1], now=HOURS)
    assert (recorded.took, recorded.ended) == (before.took, before.ended) == (290, BEGAN + timedelta(seconds=290))
    assert recorded.sections == before.sections


def test_a_step_outside_the_plan_that_was_done_after_it_as_of_troubleshooting_counts() -> None:
    found = card(
        *WHOLE[:-1], *step("switch-manual", 400, 450), (HOURS, ev.SessionFinished(result="completed", operator="ana"))
    )
    assert found.took == 450


def test_what_was_left_undone_ends_with_the_record_that_it_is_abandoned() -> None:
    found = card(*step("look", 10, 60), (HOURS, ev.SessionFinished(result="abandoned", operator="ana")))
    assert found.took == HOURS


def test_the_times_of_the_sections_add_up_to_the_whole_with_the_time_of_people() -> None:
    found = card(*WHOLE)
    assert [(one.title, one.took) for one in found.sections] == [("Before", 130), ("Change", 160)]
    assert sum(one.took for one in found.sections) == found.took


def test_a_section_stands_beside_what_is_usual() -> None:
    usual = WholeUsual(Usual(200, 190, 210, 3), {"before": Usual(60, 50, 70, 3), "change": Usual(160, 150, 180, 3)})
    found = card(*WHOLE, usual=usual)
    assert [one.slower for one in found.sections] == [True, False]
    assert found.usual is not None


def test_what_came_again_and_again_is_one_line_with_how_often_and_the_last() -> None:
    tries = [
        event
        for number in range(1, 15)
        for event in tried(number, number * 10, 5, "HTTP 503" if number == 14 else "HTTP 502", retrying=True)
    ]
    found = card((5, ev.StepOpened(step="look", operator="ana")), *tries, *tried(15, 200, 5, "HTTP 503"))
    assert [(one.sign, one.title, one.words) for one in found.deviations] == [
        ("↻", "Look around", "not yet, run again: expected HTTP 200, got HTTP 503 at last ×14"),
        ("✖", "Look around", "failed: expected HTTP 200, got HTTP 503"),
    ]
    assert found.deviated == 2
    assert (found.deviations[0].first, found.deviations[0].last) == (
        BEGAN + timedelta(seconds=15),
        BEGAN + timedelta(seconds=145),
    )


def test_each_kind_of_deviation_has_its_sign() -> None:
    lost = Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost")
    found = card(
        (1, ev.StepOpened(step="look", operator="ana")),
        (2, ev.AttemptStarted(attempt=1, step="look", action=0, host="web", command="x")),
        (3, ev.LinkChanged(host="web", link="connection lost")),
        (4, ev.AttemptFinished(attempt=1, outcome=lost, seconds=2)),
        (5, ev.OutcomeResolved(attempt=1, operator="ana", succeeded=False, reason="looked")),
        (6, ev.StepSkipped(step="look", operator="ana", reason="known")),
        (7, ev.RollbackStarted(flow="rollback", operator="ana", reason="errors")),
    )
    assert [(one.sign, one.title) for one in found.deviations] == [
        ("✖", ""),
        ("?", "Look around"),
        ("✎", "Look around"),
        ("↷", "Look around"),
        ("↺", ""),
    ]


def test_after_a_rollback_what_was_left_of_the_deployment_is_not_counted() -> None:
    found = card(
        *step("look", 10, 60),
        (70, ev.StepOpened(step="backup", operator="ana")),
        (100, ev.RollbackStarted(flow="rollback", operator="ana", reason="errors")),
        (110, ev.StepNotNeeded(step="restart-units", reason="manual only")),
        (120, ev.StepSkipped(step="switch-back", operator="ana", reason="not deployed")),
        (130, ev.RollbackFinished(operator="ana")),
        (150, ev.SessionFinished(result="rolled back", operator="ana")),
    )
    assert str(found.badge) == "↺ rolled back"
    assert found.rollback is not None
    assert (found.rollback.reason, found.rollback.took) == ("errors", 30)
    assert (found.signed, found.skipped, found.steps) == (1, 1, 3)
    times = [(one.title, one.took) for one in found.sections]
    assert times == [("Before", 100), ("Rollback", 30)], "as long here as anywhere"
    assert sum(one.took for one in found.sections) == found.took


def test_an_open_session_lasts_until_now() -> None:
    found = card(*step("look", 10, 60), now=90)
    assert (str(found.badge), found.took, found.ended) == ("◆ unfinished", 90, None)
    assert [one.took for one in found.sections] == [90]


def test_an_abandoned_session_is_not_called_good() -> None:
    assert str(card((5, ev.SessionFinished(result="abandoned", operator="ana"))).badge) == "– abandoned"


@pytest.mark.parametrize(
    ("length", "words"),
    [(3600, "1 hour"), (86400, "24 hours"), (432000, "5 days"), (604800, "1 week"), (90, "1:30"), (900, "15 minutes")],
)
def test_round_times_are_said_as_people_say_them(length: float, words: str) -> None:
    assert within_words(length) == words


def test_a_failure_has_the_error_that_its_output_told_as_its_reason() -> None:
    said = "ERROR 1062: Duplicate entry"
    missing = ev.Check('contains "done"', "no output", ok=False)
    exited = ev.Check("exit status 0", f"exit status 1: {said}", ok=False)
    warned = ev.Check("disk below 80 %", "91 %", ok=False, warning=True)
    begun = ev.AttemptStarted(attempt=1, step="look", action=0, host="web", command="x")
    found = card(
        (1, ev.StepOpened(step="look", operator="ana")),
        (2, begun),
        (3, ev.AttemptFinished(attempt=1, outcome=Outcome.exited(0), seconds=1)),
        (3, ev.AttemptChecked(attempt=1, checks=(warned, missing), said=said)),
        (4, replace(begun, attempt=2)),
        (5, ev.AttemptFinished(attempt=2, outcome=Outcome.exited(1), seconds=1)),
        (5, ev.AttemptChecked(attempt=2, checks=(exited,), said=said)),
        (6, replace(begun, attempt=3)),
        (
            7,
            ev.AttemptFinished(attempt=3, outcome=Outcome(OutcomeKind.TIMED_OUT), seconds=1, said="waiting for a lock"),
        ),
        (8, ev.StepSkipped(step="look", operator="ana", reason="done by hand")),
    )
    assert [one.words for one in found.deviations] == [
        "warning: expected disk below 80 %, got 91 %",
        f'failed: expected text that contains "done", but the output says: {said}',
        f"failed: exit status 1: {said}",
        "timed out: waiting for a lock",
        "skipped by ana: done by hand",
    ]


def test_a_command_with_two_expectations_that_failed_is_one_deviation_that_names_both() -> None:
    said = "OperationalError: duplicate column"
    exited = ev.Check("exit status 0", f"exit status 1: {said}", ok=False)
    missing = ev.Check('contains "Applying"', "not found; the last line is: Running migrations:", ok=False)
    warned = ev.Check("disk below 80 %", "91 %", ok=False, warning=True)
    found = card(
        (1, ev.StepOpened(step="look", operator="ana")),
        (2, ev.AttemptStarted(attempt=1, step="look", action=0, host="web", command="x")),
        (3, ev.AttemptFinished(attempt=1, outcome=Outcome.exited(1), seconds=1)),
        (3, ev.AttemptChecked(attempt=1, checks=(exited, missing, warned), said=said)),
    )
    both = f'failed: exit status 1: {said}; expected text that contains "Applying", but it was not found'
    assert [one.words for one in found.deviations] == [both, "warning: expected disk below 80 %, got 91 %"]
    assert found.deviated == 2
