"""Each rule by which a rollback is computed, on a runbook small enough to see the whole of it."""

from datetime import UTC, datetime, timedelta

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from msgspec.structs import replace

from tui.runbook.model import Runbook, Step
from tui.session import events as ev
from tui.session.fold import apply, fold
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.replan import next_reopening
from tui.session.rollback import (
    Need,
    PlannedStep,
    assuming_done,
    expected_seconds,
    look_wanted,
    made_elsewhere,
    not_needed,
    rollback_plan,
)
from tui.session.state import AUTO, LOOK, SessionState

TEXT = """
format = 1
[runbook]
title = "Shop"
default_host = "web"
[hosts.web]
target = "web"
[methods.a]
title = "A"
[methods.b]
title = "B"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["go"]
methods = ["a", "b"]
[flows.rollback]
title = "Roll back"
kind = "rollback"
sections = ["back"]
methods = ["a", "b"]
[[sections]]
id = "go"
title = "Go"
steps = [
  { id = "code", title = "Code", mutates = true, undo = ["back-code", "both"], actions = [{ run = "x" }, { run = "y" }] },
  { id = "migrate", title = "Migrate", mutates = true, undo = ["page-on", "reverse", "restore"], actions = [{ run = "x" }] },
  { id = "units", title = "Units", mutates = true, when = { method = "b" }, undo = ["back-units", "both"], actions = [{ run = "x" }] },
  { id = "by-hand", title = "By hand", mutates = true, undo = ["back-hand"], actions = [{ ask = "Done?", answer = "yes-no" }] },
]
[[sections]]
id = "back"
title = "Back"
steps = [
  { id = "tell", title = "Tell", budget = "1s", actions = [{ run = "x" }] },
  { id = "decide", title = "Decide", budget = "2s", actions = [{ ask = "?", answer = "choice", choices = ["reverse", "restore"], capture = { database = {} } }] },
  { id = "page-on", title = "Page on", budget = "4s", mutates = true, undo = ["page-off"], look = { run = "x" }, actions = [{ run = "x" }] },
  { id = "shown", title = "Shown", budget = "8s", needed_with = ["page-on"], actions = [{ run = "x" }] },
  { id = "reverse", title = "Reverse", budget = "16s", mutates = true, needed_if = { planned = "yes", database = "reverse" }, look = { run = "x" }, actions = [{ run = "x" }] },
  { id = "restore", title = "Restore", budget = "500s", mutates = true, needed_if = { database = "restore" }, actions = [{ run = "x" }] },
  { id = "back-code", title = "Back code", budget = "32s", mutates = true, look = { run = "x" }, actions = [{ run = "x" }] },
  { id = "back-units", title = "Back units", budget = "64s", mutates = true, when = { method = "b" }, actions = [{ run = "x" }] },
  { id = "both", title = "Both", budget = "0s", mutates = true, needed_if = { kept = "yes" }, actions = [{ run = "x" }] },
  { id = "back-hand", title = "Back by hand", budget = "128s", mutates = true, actions = [{ run = "x" }] },
  { id = "page-off", title = "Page off", budget = "256s", mutates = true, look = { run = "x" }, actions = [{ run = "x" }] },
]
"""  # noqa: E501 - one step a line is what can be read
RUNBOOK = convert(tomli.loads(TEXT), Runbook)
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PLANNED = ev.ValueCaptured(step="code", name="planned", value="yes")
BACK = ev.RollbackStarted(flow="rollback", operator="ana", reason="x")
LOST = Outcome(OutcomeKind.UNKNOWN)
UNREACHABLE = Outcome(OutcomeKind.UNREACHABLE)


def after(*parts: ev.AnyEvent | list[ev.AnyEvent], flow: str = "deploy", method: str = "a") -> SessionState:
    """The state after these events; attempts are numbered in the order they come."""
    begun = ev.SessionStarted(session="s", flow=flow, method=method, operator="ana", title="", runbook_hash="")
    events: list[ev.AnyEvent] = [begun]
    for part in parts:
        events.extend(part if isinstance(part, list) else [part])
    entries = [ev.Entry(seq, START + timedelta(seconds=seq), float(seq), one) for seq, one in enumerate(events)]
    return fold(RUNBOOK, entries)


def ran(step: str, number: int, outcome: Outcome | None, action: int = 0) -> list[ev.AnyEvent]:
    """One attempt; without an outcome it still runs."""
    begun = ev.AttemptStarted(attempt=number, step=step, action=action, host="web", command="x")
    events: list[ev.AnyEvent] = [begun]
    if outcome is not None:
        events.append(ev.AttemptFinished(attempt=number, outcome=outcome, seconds=1.0))
        if outcome.ended_by_itself and action != LOOK:
            check = ev.Check("exit status 0", "", ok=outcome.exit_status == 0)
            events.append(ev.AttemptChecked(attempt=number, checks=(check,)))
    return events


def signed(step: str) -> ev.StepSigned:
    return ev.StepSigned(step=step, operator="ana")


def done(step: str, number: int) -> list[ev.AnyEvent]:
    return [*ran(step, number, Outcome.exited(0)), signed(step)]


def looked(step: str, number: int, needed: bool | None) -> list[ev.AnyEvent]:
    status = {True: 0, False: 1, None: 2}[needed]
    found = ev.StepLooked(step=step, attempt=number, needed=needed)
    return [*ran(step, number, Outcome.exited(status), LOOK), found]


def reopened(step: str) -> ev.StepReopened:
    return ev.StepReopened(step=step, operator="ana", reason="again")


def decided(database: str) -> list[ev.AnyEvent]:
    return [ev.ValueCaptured(step="decide", name="database", value=database), signed("decide")]


def planned(state: SessionState, step: str) -> PlannedStep:
    return next(one for one in rollback_plan(state) if one.step.id == step)


def need(state: SessionState, step: str) -> Need:
    return planned(state, step).need


def step_of(step: str) -> Step:
    return next(one for section in RUNBOOK.sections for one in section.steps if one.id == step)


def test_where_nothing_ran_nothing_is_needed_and_each_row_says_why() -> None:
    plan = rollback_plan(after())
    assert {one.need for one in plan} == {Need.NOT_NEEDED}
    assert all(one.why for one in plan)
    assert planned(after(), "back-code").why == "not done: Code"


def test_a_step_that_ran_is_undone_and_no_other() -> None:
    state = after(done("code", 1))
    assert {one.step.id for one in rollback_plan(state) if one.need is not Need.NOT_NEEDED} == {
        "tell",
        "decide",
        "back-code",
        "both",
    }
    assert need(state, "back-code") is Need.NEEDED


def test_a_rollback_flow_has_no_step_of_another_method() -> None:
    assert "back-units" not in {one.step.id for one in rollback_plan(after())}
    assert need(after(done("units", 1), method="b"), "back-units") is Need.NEEDED
    assert planned(after(), "both").why == "not done: Code"


def test_what_the_rollback_puts_up_it_takes_down_again() -> None:
    state = after(done("migrate", 1))
    assert need(state, "page-off") is Need.NEEDED
    assert planned(state, "page-off").why == "the rollback does: Page on"


def test_what_the_rollback_left_out_is_not_taken_down() -> None:
    skipped = ev.StepSkipped(step="page-on", operator="ana", reason="x")
    assert need(after(done("migrate", 1), BACK, skipped), "page-off") is Need.NOT_NEEDED


def test_what_was_found_as_it_should_be_is_looked_at_before_it_is_taken_down() -> None:
    state = after(done("migrate", 1), BACK, looked("page-on", 2, needed=False))
    assert need(state, "page-off") is Need.LOOK
    assert need(after(done("migrate", 1), BACK, ran("page-on", 2, LOST)), "page-off") is Need.LOOK


def test_a_step_goes_with_those_that_it_is_needed_with() -> None:
    assert need(after(done("code", 1)), "shown") is Need.NOT_NEEDED
    assert planned(after(done("code", 1)), "shown").why == "it goes with: Page on"
    assert need(after(done("migrate", 1)), "shown") is Need.NEEDED


def test_what_goes_with_a_step_is_left_out_with_it() -> None:
    looked = ev.StepNotNeeded(step="page-on", reason="looked: there is nothing to undo")
    assert need(after(done("migrate", 1), BACK, looked), "shown") is Need.NOT_NEEDED


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.exited(1),
        Outcome(OutcomeKind.SIGNALLED, signal="SIGKILL"),
        Outcome(OutcomeKind.TIMED_OUT),
        Outcome(OutcomeKind.CANCELLED),
        LOST,
        None,
        Outcome.exited(0),  # the first of two commands
    ],
)
def test_what_may_have_run_is_looked_at_first(outcome: Outcome | None) -> None:
    assert need(after(ran("code", 1, outcome)), "back-code") is Need.LOOK


def test_without_a_look_what_may_have_run_is_undone() -> None:
    assert need(after(ran("units", 1, LOST), method="b"), "back-units") is Need.NEEDED


def test_what_never_started_is_not_undone() -> None:
    assert need(after(ran("code", 1, UNREACHABLE)), "back-code") is Need.NOT_NEEDED
    assert need(after(ran("code", 1, LOST), ran("code", 2, UNREACHABLE)), "back-code") is Need.LOOK


def test_a_step_that_was_skipped_is_undone_only_where_it_had_begun() -> None:
    skipped = ev.StepSkipped(step="code", operator="ana", reason="x")
    assert need(after(skipped), "back-code") is Need.NOT_NEEDED
    assert need(after(ran("code", 1, Outcome.exited(1)), skipped), "back-code") is Need.LOOK


def test_a_step_that_failed_and_was_done_again_is_surely_undone() -> None:
    state = after(ran("code", 1, Outcome.exited(1)), ran("code", 2, Outcome.exited(0)), done("code", 3))
    assert need(state, "back-code") is Need.NEEDED


def test_a_step_that_is_opened_again_may_still_have_left_something() -> None:
    assert need(after(done("code", 1), reopened("code")), "back-code") is Need.LOOK


def test_what_a_person_did_by_hand_and_signed_is_undone() -> None:
    assert need(after(signed("by-hand")), "back-hand") is Need.NEEDED


@pytest.mark.parametrize(("found", "wanted"), [(True, Need.NEEDED), (False, Need.NOT_NEEDED), (None, Need.NEEDED)])
def test_a_look_decides_and_one_that_cannot_tell_decides_for_undoing(found: bool | None, wanted: Need) -> None:
    state = after(ran("code", 1, LOST), BACK, looked("back-code", 2, found))
    assert need(state, "back-code") is wanted
    assert bool(not_needed(state, step_of("back-code"))) is (wanted is Need.NOT_NEEDED)
    assert not look_wanted(state, step_of("back-code"))


def test_a_look_that_could_not_start_decides_for_undoing() -> None:
    found = [*ran("back-code", 2, UNREACHABLE, LOOK), ev.StepLooked(step="back-code", attempt=2, needed=None)]
    assert planned(after(ran("code", 1, LOST), BACK, found), "back-code").why.startswith("the look could not tell")


def test_a_look_that_was_cut_off_is_made_again() -> None:
    state = after(ran("code", 1, LOST), BACK, ran("back-code", 2, LOST, LOOK))
    assert need(state, "back-code") is Need.LOOK
    assert look_wanted(state, step_of("back-code"))


def test_a_person_who_opens_a_rollback_step_again_has_the_last_word_over_its_look() -> None:
    found = [*looked("back-code", 2, needed=False), ev.StepNotNeeded(step="back-code", reason="x")]
    assert need(after(ran("code", 1, LOST), BACK, found, reopened("back-code")), "back-code") is Need.NEEDED


def test_a_rollback_step_that_has_begun_is_finished_without_a_look() -> None:
    state = after(ran("code", 1, LOST), BACK, looked("back-code", 2, needed=True), ran("back-code", 3, LOST))
    assert need(state, "back-code") is Need.NEEDED


def test_a_fact_decided_in_the_rollback_is_waited_for() -> None:
    state = after(PLANNED, done("migrate", 1), BACK)
    assert [planned(state, name).depends_on for name in ("reverse", "restore")] == ["database", "database"]
    assert need(state, "reverse") is need(state, "restore") is Need.DEPENDS
    assert not_needed(state, step_of("reverse")) == "database was not decided"


def test_a_fact_once_decided_chooses() -> None:
    state = after(PLANNED, done("migrate", 1), BACK, decided("reverse"))
    assert (need(state, "reverse"), need(state, "restore")) == (Need.NEEDED, Need.NOT_NEEDED)
    assert planned(state, "restore").why == "database is reverse, not restore"


def test_a_fact_that_says_no_beats_what_ran() -> None:
    state = after(ev.ValueCaptured(step="code", name="planned", value="no"), done("migrate", 1), BACK)
    assert need(state, "reverse") is Need.NOT_NEEDED


def test_a_fact_that_nobody_will_say_asks_for_a_look() -> None:
    assert need(after(done("migrate", 1), BACK, decided("reverse")), "reverse") is Need.LOOK


def test_a_rollback_of_what_was_done_elsewhere_looks_at_everything_that_can_be_looked_at() -> None:
    state = after(BACK, flow="rollback")
    assert made_elsewhere(state)
    assert not made_elsewhere(after(BACK))
    assert [need(state, name) for name in ("page-on", "back-code", "page-off")] == [Need.LOOK] * 3
    assert need(state, "back-hand") is Need.NEEDED


def test_nothing_is_looked_at_before_the_rollback_begins() -> None:
    state = after(ran("code", 1, LOST))
    assert not look_wanted(state, step_of("back-code"))
    assert look_wanted(after(ran("code", 1, LOST), BACK), step_of("back-code"))


def test_what_was_said_not_to_be_needed_stays_so_with_its_reason() -> None:
    said = ev.StepNotNeeded(step="back-code", reason="it never began")
    assert planned(after(done("code", 1), BACK, said), "back-code").why == "it never began"


def test_the_time_it_takes_counts_one_alternative_and_nothing_that_is_settled() -> None:
    state = after(PLANNED, done("migrate", 1), BACK)
    assert expected_seconds(rollback_plan(state), state) == 1 + 2 + 4 + 8 + 16 + 256
    state = after(PLANNED, done("migrate", 1), BACK, signed("tell"), decided("restore"))
    assert expected_seconds(rollback_plan(state), state) == 4 + 8 + 500 + 256


def test_assuming_a_step_done_needs_what_undoes_it() -> None:
    assert need(assuming_done(after(), step_of("code")), "back-code") is Need.NEEDED


def wanted(events: list[ev.AnyEvent], flow: str) -> set[str]:
    return {one.step.id for one in rollback_plan(after(events, flow=flow)) if one.need is not Need.NOT_NEEDED}


ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from(["code", "migrate", "by-hand", "page-on", "back-code", "page-off"]),
        st.sampled_from([Outcome.exited(0), Outcome.exited(1), LOST, UNREACHABLE, Outcome(OutcomeKind.CANCELLED)]),
        st.booleans(),
    ),
    max_size=6,
)


@given(ATTEMPTS, st.booleans(), st.booleans())
def test_one_more_attempt_never_makes_a_needed_step_not_needed(
    attempts: list[tuple[str, Outcome, bool]], known: bool, elsewhere: bool
) -> None:
    events: list[ev.AnyEvent] = [PLANNED] if known else []
    flow = "rollback" if elsewhere else "deploy"
    before: set[str] = set()
    for number, (step, outcome, sign) in enumerate(attempts, 1):
        events += ran(step, number, outcome)
        assert before <= wanted(events, flow)
        if sign and outcome.ended_by_itself and outcome.exit_status == 0:
            events.append(signed(step))  # what is done needs no step before it to be done again
        before = wanted(events, flow)


def test_what_a_step_that_this_session_leaves_out_would_need_is_not_needed() -> None:
    """Method A leaves "units" out; the step that undoes it alone is of both methods here."""
    text = TEXT.replace('budget = "64s", mutates = true, when = { method = "b" }', 'budget = "64s", mutates = true')
    other = convert(tomli.loads(text), Runbook)
    state = replace(after(done("code", 1)), runbook=other)
    assert need(state, "back-units") is Need.NOT_NEEDED
    assert planned(state, "back-units").why == "not done: Units"


def test_what_ran_is_undone_also_where_a_corrected_value_leaves_it_out_now() -> None:
    text = TEXT.replace('undo = ["back-hand"]', 'when = { size = "big" }, undo = ["back-hand"]')
    state = replace(after(signed("by-hand")), runbook=convert(tomli.loads(text), Runbook))
    assert need(replace(state, corrected={"size": "small"}), "back-hand") is Need.NEEDED


def test_what_a_person_began_by_hand_may_have_been_done() -> None:
    opened = ev.StepOpened(step="by-hand", operator="ana")
    assert need(after(opened), "back-hand") is Need.NEEDED
    assert need(after(signed("by-hand"), reopened("by-hand")), "back-hand") is Need.NEEDED
    skipped = ev.StepSkipped(step="by-hand", operator="ana", reason="x")
    assert need(after(opened, skipped), "back-hand") is Need.NOT_NEEDED


def replanned(state: SessionState) -> tuple[SessionState, list[str]]:
    """The state with everything reopened that became wrong, and what was."""
    names = []
    while (wrong := next_reopening(state)) is not None:
        event = ev.StepReopened(step=wrong.step, operator=AUTO, reason=wrong.reason)
        state = apply(state, ev.Entry(state.seq + 1, START + timedelta(hours=1), 0.0, event))
        names.append(wrong.step)
    return state, names


BACK_TO_THE_END = [
    *[signed("tell"), *decided("reverse"), *done("page-on", 2), signed("shown"), *done("reverse", 3)],
    *[ev.StepNotNeeded(step="restore", reason="database is reverse, not restore"), *done("page-off", 4)],
]


def test_another_answer_reopens_what_applies_now_and_what_was_taken_back_before_it() -> None:
    state = after(PLANNED, done("migrate", 1), BACK, BACK_TO_THE_END, reopened("decide"))
    assert replanned(state)[1] == []
    state, names = replanned(after(PLANNED, done("migrate", 1), BACK, BACK_TO_THE_END, decided("restore")))
    assert names == ["restore", "page-on", "shown", "page-off"]
    assert Need.NOT_NEEDED not in {need(state, name) for name in ("page-on", "restore", "page-off")}
    following = state.next_step()
    assert following is not None
    assert following.id == "page-on"


def test_what_a_person_skipped_and_what_was_done_already_stay_as_they_are() -> None:
    skipped = ev.StepSkipped(step="restore", operator="ana", reason="x")
    assert replanned(after(PLANNED, done("migrate", 1), BACK, BACK_TO_THE_END, skipped, decided("restore")))[1] == []


def test_a_step_of_the_rollback_that_is_done_again_is_taken_back_again() -> None:
    state = after(PLANNED, done("migrate", 1), BACK, BACK_TO_THE_END, reopened("page-on"))
    assert replanned(state)[1] == ["shown", "page-off"]
    state = after(PLANNED, done("migrate", 1), BACK, BACK_TO_THE_END, done("page-on", 5))
    assert replanned(state)[1] == ["page-off"]


def test_what_was_looked_at_is_looked_at_again_after_what_it_undoes_was_done_again() -> None:
    found = [*looked("page-off", 3, needed=False), ev.StepNotNeeded(step="page-off", reason="looked")]
    state = after(done("migrate", 1), BACK, done("page-on", 2), found)
    assert replanned(state)[1] == []
    assert replanned(after(done("migrate", 1), BACK, done("page-on", 2), found, done("page-on", 4)))[1] == ["page-off"]


def test_in_a_deployment_too_another_value_reopens_what_it_had_left_out() -> None:
    text = TEXT.replace(
        'when = { method = "b" }, undo = ["back-units"', 'when = { size = "big" }, undo = ["back-units"'
    )
    small = ev.ValueCaptured(step="code", name="size", value="small")
    out = ev.StepNotNeeded(step="units", reason="size is small, not big")
    state = replace(after(done("code", 1), small, done("migrate", 2), out), runbook=convert(tomli.loads(text), Runbook))
    assert replanned(state)[1] == []
    corrected = ev.ValueCorrected(name="size", value="big", before="small", operator="ana", reason="counted")
    assert replanned(apply(state, ev.Entry(state.seq + 1, START, 0.0, corrected)))[1] == ["units"]
