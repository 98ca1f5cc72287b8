"""How long users were cut off: from the command that does it to the first good answer, and where nobody knows."""

from datetime import UTC, datetime, timedelta

import pytest
import tomli
from msgspec import convert

from tests.support.runbooks.runbooks import SMALL, small
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.report_card.downtime import Downtime, downtime
from tui.session.state import OUTSIDE

BEGAN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
MARKED = """
[[sections]]
id = "down"
title = "Down"
[[sections.steps]]
id = "page"
title = "Show the page"
mutates = true
[[sections.steps.actions]]
run = "page on"
downtime = "begins"
[[sections.steps]]
id = "answers"
title = "It answers"
[[sections.steps.actions]]
run = "curl site"
downtime = "ends"
"""
GOOD, BAD, UNKNOWN = Outcome.exited(0), Outcome.exited(1), Outcome(OutcomeKind.UNKNOWN)


def marked() -> Runbook:
    flows = 'sections = ["before", "change"]', 'sections = ["before", "down", "change"]\ndowntime = "5m"'
    return convert(tomli.loads(SMALL.replace(*flows) + MARKED), Runbook)


def told(
    *ran: tuple[str, float, float, Outcome],
    flow: str = "deploy",
    runbook: Runbook | None = None,
    own: tuple[int, ...] = (),
) -> Downtime:
    """The downtime after these attempts: of which step, begun how long after the beginning, how long, and its end.

    Args:
        own: the numbers of those that are the operator's own commands.
    """
    events: list[tuple[float, ev.AnyEvent]] = [
        (0, ev.SessionStarted(session="one", flow=flow, operator="ana", title="Shop", runbook_hash=""))
    ]
    for number, (step, at, length, outcome) in enumerate(ran, 1):
        check = ev.Check("exit status 0", "exit status 0", ok=outcome.exit_status == 0)
        events += [
            (at, ev.StepOpened(step=step, operator="ana")),
            (
                at,
                ev.AttemptStarted(
                    attempt=number,
                    step=step,
                    action=OUTSIDE if number in own else 0,
                    host="web",
                    command="x",
                    mutates=True,
                ),
            ),
            (at + length, ev.AttemptFinished(attempt=number, outcome=outcome, seconds=length)),
        ]
        if outcome.ended_by_itself:
            events.append((at + length, ev.AttemptChecked(attempt=number, checks=(check,))))
    entries = [ev.Entry(seq, BEGAN + timedelta(seconds=at), at, event) for seq, (at, event) in enumerate(events)]
    return downtime(fold(runbook or marked(), entries), BEGAN + timedelta(seconds=1000))


def test_it_runs_from_the_command_that_cuts_users_off_to_the_end_of_the_first_good_answer() -> None:
    found = told(
        ("look", 5, 1, GOOD),
        ("page", 10, 2, GOOD),
        ("answers", 50, 3, BAD),
        ("answers", 100, 2, GOOD),
        ("answers", 300, 2, GOOD),
    )
    assert (found.seconds, found.words, found.sure, found.since) == (92, "1:32", True, None)
    assert (found.planned, found.over) == (300, False)


def test_the_operators_own_command_at_a_step_cuts_nobody_off() -> None:
    found = told(("page", 1, 1, GOOD), ("page", 10, 2, GOOD), ("answers", 50, 3, GOOD), own=(1, 3))
    assert (found.since, found.outages[0].began) == (BEGAN + timedelta(seconds=10), BEGAN + timedelta(seconds=10))


def test_several_outages_are_added_up() -> None:
    found = told(("page", 0, 1, GOOD), ("answers", 10, 0, GOOD), ("page", 500, 1, GOOD), ("answers", 800, 0, GOOD))
    assert [one.began.second for one in found.outages] == [0, 20]
    assert (found.seconds, found.over) == (310, True)


def test_one_that_nothing_has_ended_lasts_until_now() -> None:
    found = told(("page", 400, 1, GOOD), ("answers", 500, 1, BAD))
    assert found.words == "10:00 and not over"
    assert found.since == BEGAN + timedelta(seconds=400)


@pytest.mark.parametrize("outcome", [BAD, UNKNOWN])
def test_a_command_that_may_have_cut_users_off_counts_as_up_to(outcome: Outcome) -> None:
    found = told(("page", 10, 2, outcome), ("page", 60, 1, GOOD), ("answers", 100, 0, GOOD))
    assert found.words == "up to 1:30"


def test_a_command_that_was_never_started_cut_nobody_off() -> None:
    assert told(("page", 10, 2, Outcome(OutcomeKind.UNREACHABLE))).words == "none"


def test_where_nothing_marked_ran_there_was_none() -> None:
    assert told(("look", 5, 1, GOOD), ("answers", 9, 1, GOOD)).words == "none"


def test_a_runbook_that_marks_nothing_does_not_say_none() -> None:
    assert told(("look", 5, 1, GOOD), runbook=small()).words == "not known"


def test_a_rollback_that_stands_alone_does_not_know_since_when_it_is_down() -> None:
    assert told(("switch-back", 5, 1, GOOD), flow="rollback").words == "not known"
