"""What is left of the window, less what a rollback would take, is always told; so is a step that no longer fits."""

from datetime import UTC, datetime, timedelta

import pytest
import tomli
from msgspec import convert

from tests.support.runbooks.runbooks import SMALL
from tui.runbook.model import Issue, Runbook
from tui.screens.troubleshoot import head_rows, with_time
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.outcome import Outcome
from tui.session.state import SessionState
from tui.session.views.symptoms import Match
from tui.widgets.head.progress_text import progress_row
from tui.widgets.moment import Moment

OPENS = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WINDOW = """
[window]
days = ["tue"]
starts = "02:00"
ends = "04:00"
"""


def state_after(*events: ev.AnyEvent, text: str = SMALL) -> SessionState:
    runbook = convert(tomli.loads(text.replace("[hosts.web]", WINDOW + "[hosts.web]", 1)), Runbook)
    begun = ev.SessionStarted(
        session="s", flow="deploy", method="docker", operator="ana", title="Shop", runbook_hash="", variables={}
    )
    return fold(runbook, [ev.Entry(seq, OPENS, 0.0, event) for seq, event in enumerate((begun, *events))])


def words(state: SessionState, after: timedelta, width: int = 200) -> str:
    return "".join(text for end in progress_row(Moment(state=state, now=OPENS + after), width) for text, _ in end)


def ran(step: str, number: int) -> list[ev.AnyEvent]:
    return [
        ev.StepOpened(step=step, operator="ana"),
        ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command="x", mutates=True),
        ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=1.0),
        ev.AttemptChecked(attempt=number, checks=()),
        ev.StepSigned(step=step, operator="ana"),
    ]


def settled(*steps: str) -> list[ev.AnyEvent]:
    return [ev.StepSkipped(step=step, operator="ana", reason="x") for step in steps]


BUDGETED = SMALL.replace('id = "switch-docker"', 'id = "switch-docker"\nbudget = "10m"').replace(
    'id = "switch-back"', 'id = "switch-back"\nbudget = "5m"'
)


def test_before_a_change_the_next_one_is_counted_with_its_rollback() -> None:
    state = state_after(*settled("look", "backup", "announce"), text=BUDGETED)
    told = words(state, timedelta(minutes=5))
    assert "window 1 h 55 m" in told
    assert "rollback fits until 03:55" in told


def test_after_the_change_what_was_changed_is_counted() -> None:
    state = state_after(*settled("look", "backup", "announce"), *ran("switch-docker", 1), text=BUDGETED)
    assert "rollback fits until 03:55" in words(state, timedelta(minutes=5))


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (104, "rollback fits until 03:55"),
        (106, "the next step and a rollback no longer fit"),
        (116, "too late to roll back inside it"),
        (121, "closed"),
    ],
)
def test_a_step_that_no_longer_fits_is_told(minutes: int, said: str) -> None:
    state = state_after(*settled("look", "backup", "announce"), text=BUDGETED)
    assert said in words(state, timedelta(minutes=minutes))
    if "rollback fits" not in said:
        assert said in words(state, timedelta(minutes=minutes), 80)


@pytest.mark.parametrize("width", [50, 60, 80, 120])
@pytest.mark.parametrize(
    "because", [None, Match(Issue(id="x", title="X", symptoms=()), 1, 1.0, "out of memory", "killed: out of memory", 7)]
)
def test_a_trouble_says_how_long_there_is_to_decide(width: int, because: Match | None) -> None:
    state = state_after(*settled("look", "backup", "announce"), text=BUDGETED)
    issue = Issue(id="load", title="Load", symptoms=("The answers are slow",))

    def told(minutes: int) -> list[str]:
        moment = Moment(state=state, now=OPENS + timedelta(minutes=minutes))
        return ["".join(text for text, _ in row) for row in with_time(head_rows(issue, because, width), moment, width)]

    for minutes, said in ((5, "rollback fits until 03:55"), (116, "too late to roll back inside it")):
        rows = told(minutes)
        assert sum(said in row for row in rows) == 1, rows
        assert all(len(row) <= width for row in rows)
        assert sum("The answers are slow" in row for row in rows) == 1
    if width >= 80:
        assert "rollback fits" in told(5)[0], "beside what stands there already"
        assert "window 1 h 55 m" in told(5)[0] or because is not None


def test_a_trouble_of_a_rollback_has_its_clock() -> None:
    turned = ev.RollbackStarted(flow="rollback", operator="ana", reason="it fails")
    state = state_after(*settled("look"), *ran("backup", 1), turned, text=BUDGETED)
    moment = Moment(state=state, now=OPENS + timedelta(minutes=3))
    (row,) = with_time([], moment, 80)
    assert "".join(text for text, _ in row).strip().startswith("rollback 3:00")
