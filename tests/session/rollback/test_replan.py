"""Which settled steps another answer, another value or a step done again opens again, in order."""

from msgspec.structs import replace

from tests.support.sessions.rolled_back import (
    BACK,
    PLANNED,
    START,
    after,
    changed,
    decided,
    done,
    looked,
    need,
    reopened,
    replanned,
    signed,
)
from tui.session import events as ev
from tui.session.folding.fold import apply
from tui.session.views.rollback import Need

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
    other = changed(('when = { method = "b" }, undo = ["back-units"', 'when = { size = "big" }, undo = ["back-units"'))
    small = ev.ValueCaptured(step="code", name="size", value="small")
    out = ev.StepNotNeeded(step="units", reason="size is small, not big")
    state = replace(after(done("code", 1), small, done("migrate", 2), out), runbook=other)
    assert replanned(state)[1] == []
    corrected = ev.ValueCorrected(name="size", value="big", before="small", operator="ana", reason="counted")
    assert replanned(apply(state, ev.Entry(state.seq + 1, START, 0.0, corrected)))[1] == ["units"]
