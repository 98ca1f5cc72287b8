"""What must not grow with a runbook: counted in functions called, since a busy machine changes no count."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from tests.support.runbooks.large import CHANGES, SECTION, large, large_text
from tests.support.source.counted_calls import calls_counted
from tui.errors import RunbookInvalid
from tui.keys import Keys
from tui.runbook.index import index_of
from tui.runbook.model import Runbook
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.folding.fold import apply
from tui.session.outcome import Outcome
from tui.session.state import SessionState, initial, plan_of
from tui.session.views.doubts import changed_after, last_change
from tui.session.views.replan import next_reopening
from tui.session.views.rollback import not_needed_next, rollback_plan
from tui.widgets.checklist.folding import FoldedList, opened
from tui.widgets.checklist.outline import outline
from tui.widgets.checklist.plan_text import RowShape, step_row
from tui.widgets.foot.text import vitals_line
from tui.widgets.head.progress_text import progress_row
from tui.widgets.moment import Moment
from tui.widgets.step.text import card

FEW, MANY = 100, 1_000
BEGIN = datetime(2026, 11, 24, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def runbooks() -> dict[int, Runbook]:
    return {steps: large(steps) for steps in (FEW, MANY)}


class Session:
    """A session folded from its events, one at a time."""

    def __init__(self, runbook: Runbook) -> None:
        self.state: SessionState = initial(runbook)
        self._seq = count()
        self._attempts = count(1)
        started = ev.SessionStarted(
            session="s", flow="deploy", method="", operator="ana", title="x", runbook_hash="", variables={}
        )
        self.put(started)

    def put(self, event: ev.AnyEvent) -> None:
        seq = next(self._seq)
        self.state = apply(self.state, ev.Entry(seq, BEGIN + timedelta(seconds=seq), float(seq), event))

    def do(self, place: int) -> None:
        step, number = f"step-{place}", next(self._attempts)
        mutates = place % CHANGES == CHANGES - 1
        self.put(ev.StepOpened(step=step, operator="ana"))
        self.put(ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command="x", mutates=mutates))
        self.put(ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=0.1))
        self.put(ev.AttemptChecked(attempt=number, checks=(ev.Check("exit status 0", "exit status 0", ok=True),)))
        self.put(ev.StepSigned(step=step, operator="ana"))


def after(runbook: Runbook, done: int) -> Session:
    session = Session(runbook)
    for place in range(done):
        session.do(place)
    return session


def test_folding_a_step_calls_as_much_in_a_large_runbook_as_in_a_small_one(runbooks: dict[int, Runbook]) -> None:
    calls = {}
    for steps, runbook in runbooks.items():
        session = after(runbook, steps // 2)
        with calls_counted() as found:
            session.do(steps // 2)
        calls[steps] = found.total()
    assert calls[MANY] <= calls[FEW] + 20


def test_what_is_worked_out_after_a_step_grows_no_faster_than_the_runbook(runbooks: dict[int, Runbook]) -> None:
    calls = {}
    for steps, runbook in runbooks.items():
        session = after(runbook, steps // 2)
        with calls_counted() as found:
            next_reopening(session.state)
            not_needed_next(session.state)
            rollback_plan(session.state)
        calls[steps] = found.total()
    assert calls[MANY] <= calls[FEW] * (MANY / FEW) * 1.2


def test_only_steps_of_which_something_is_recorded_are_looked_at_for_what_they_leave_to_undo(
    runbooks: dict[int, Runbook],
) -> None:
    looked = {}
    for steps, runbook in runbooks.items():
        session = after(runbook, 20)
        with calls_counted() as found:
            rollback_plan(session.state)
        looked[steps] = found["session/views/marks.py:_trace"]
    assert looked[MANY] == looked[FEW] > 0


def test_what_a_check_and_a_signature_ask_grows_with_what_was_done_and_not_with_the_runbook(
    runbooks: dict[int, Runbook],
) -> None:
    calls = {}
    for steps, runbook in runbooks.items():
        session = after(runbook, 20)
        with calls_counted() as found:
            next_reopening(session.state)
            last_change(session.state)
            changed_after(session.state, index_of(runbook).steps["step-2"])
        calls[steps] = found.total()
    assert calls[MANY] == calls[FEW]


def test_a_key_and_a_tick_work_out_the_lines_on_the_screen_and_no_more(runbooks: dict[int, Runbook]) -> None:
    calls = {}
    for steps, runbook in runbooks.items():
        state = after(runbook, 10).state
        moment = Moment(state=state, now=BEGIN + timedelta(hours=1), keys=Keys())

        def painted(state: SessionState = state, moment: Moment = moment) -> None:
            lines = outline(state)
            chosen = lines.neighbour("step-10", 5, lambda place: False)
            rows = FoldedList(lines, opened(lines, 0, lines.part_of(chosen), {}, 40))
            for number in range(rows.row_of(chosen), rows.row_of(chosen) + 30):
                found = rows.at(number)
                if found.step is not None:
                    step_row(moment, found.step, RowShape(width=48))
            card(moment, chosen)
            vitals_line(moment, 120)
            progress_row(moment, 120)

        painted()
        with calls_counted() as found:
            painted()
        calls[steps] = found.total()
    assert calls[MANY] <= calls[FEW] + 20 + 10 * (MANY - FEW) // SECTION, "some calls for each section, none for a step"


def test_a_plan_is_made_once_for_all_events(runbooks: dict[int, Runbook]) -> None:
    session = after(runbooks[FEW], 3)
    plan, lines = plan_of(session.state), outline(session.state)
    session.do(3)
    assert plan_of(session.state) is plan
    assert outline(session.state) is lines


def test_reading_a_runbook_grows_no_faster_than_the_runbook() -> None:
    calls = {}
    for steps in (FEW, MANY):
        text = large_text(steps)
        with calls_counted() as found:
            load_text(text, "large.toml")
        calls[steps] = found.total()
    assert calls[MANY] <= calls[FEW] * (MANY / FEW) * 1.2


def test_lint_grows_no_faster_than_the_runbook() -> None:
    calls = {}
    for steps in (FEW, MANY):
        text = large_text(steps).replace("systemctl status", "docker rm")
        with calls_counted() as found:
            doubts = lint_text(text, "large.toml")
        calls[steps] = found.total()
        assert len(doubts) == steps * (CHANGES - 1) // CHANGES
    assert calls[MANY] <= calls[FEW] * (MANY / FEW) * 1.2


def test_reading_and_lint_look_once_at_each_text_and_each_command() -> None:
    text = large_text(FEW)
    for read in (load_text, lint_text):
        with calls_counted() as found:
            read(text, "large.toml")
        steps = FEW + FEW // CHANGES
        assert found["runbook/shell/lexer.py:read"] == 0, "nothing has a placeholder, a comment or a here-document"
        assert found["runbook/shell/programs.py:_simple_commands"] <= steps
        assert found["runbook/walk.py:_texts"] <= 30 * steps, "a step has about twenty, and its expectations are asked"


CAPTURES = """
[[sections.steps]]
id = "get-{place}"
title = "Get {place}"
[[sections.steps.actions]]
run = "cat {{{{ {before} }}}}"
capture = {{ value_{place} = {{}} }}
[[sections.steps.actions]]
run = "cat {{{{ value_{place} }}}}"
"""


def capturing(steps: int) -> str:
    """A runbook whose every step captures a value and reads the one before."""
    names = ["release", *(f"value_{place}" for place in range(steps))]
    return large_text(1) + "".join(CAPTURES.format(place=place, before=names[place]) for place in range(steps))


def test_values_are_known_from_where_they_are_captured_whatever_number_of_steps_does() -> None:
    calls = {}
    for steps in (FEW, MANY):
        text = capturing(steps)
        with calls_counted() as found:
            load_text(text, "large.toml")
        calls[steps] = found.total()
    assert calls[MANY] <= calls[FEW] * (MANY / FEW) * 1.2


def test_a_value_that_is_captured_later_is_still_refused() -> None:
    text = capturing(3).replace("cat {{ release }}", "cat {{ value_2 }}")
    with pytest.raises(RunbookInvalid) as refused:
        load_text(text, "large.toml")
    assert [problem.message for problem in refused.value.problems] == ["no value for {{ value_2 }} yet"]
