"""Each rule by which a rollback is computed, on a runbook small enough to see the whole of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.sessions.rolled_back import (
    BACK,
    LOST,
    PLANNED,
    UNREACHABLE,
    after,
    changed,
    decided,
    done,
    looked,
    need,
    planned,
    ran,
    reopened,
    signed,
    step_of,
)
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import LOOK, made_elsewhere
from tui.session.views.rollback import (
    Need,
    assuming_done,
    expected_seconds,
    look_wanted,
    not_needed,
    rollback_plan,
)


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
    asked = "“What happens to the database?” is decided in the rollback; "
    assert planned(state, "reverse").why.startswith(asked)
    assert not_needed(state, step_of("reverse")) == "“What happens to the database?” was not decided"


def test_a_fact_once_decided_chooses() -> None:
    state = after(PLANNED, done("migrate", 1), BACK, decided("reverse"))
    assert (need(state, "reverse"), need(state, "restore")) == (Need.NEEDED, Need.NOT_NEEDED)
    assert planned(state, "restore").why == "“What happens to the database?”: reverse, not restore"


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
    other = changed(('budget = "64s", mutates = true, when = { method = "b" }', 'budget = "64s", mutates = true'))
    state = replace(after(done("code", 1)), runbook=other)
    assert need(state, "back-units") is Need.NOT_NEEDED
    assert planned(state, "back-units").why == "not done: Units"


def test_what_ran_is_undone_also_where_a_corrected_value_leaves_it_out_now() -> None:
    other = changed(('undo = ["back-hand"]', 'when = { size = "big" }, undo = ["back-hand"]'))
    state = replace(after(signed("by-hand")), runbook=other)
    assert need(replace(state, corrected={"size": "small"}), "back-hand") is Need.NEEDED


def test_what_a_person_began_by_hand_may_have_been_done() -> None:
    opened = ev.StepOpened(step="by-hand", operator="ana")
    assert need(after(opened), "back-hand") is Need.NEEDED
    assert need(after(signed("by-hand"), reopened("by-hand")), "back-hand") is Need.NEEDED
    skipped = ev.StepSkipped(step="by-hand", operator="ana", reason="x")
    assert need(after(opened, skipped), "back-hand") is Need.NOT_NEEDED
