"""After a restart of a host what was signed about it is doubtful until somebody has looked; nothing builds on it."""

from tests.support.sessions.rolled_back import (
    BACK,
    LOST,
    PLANNED,
    after,
    decided,
    done,
    looked,
    need,
    ran,
    replanned,
    signed,
    step_of,
)
from tui.execution.rechecking import still_to_hold
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.state import SessionState
from tui.session.views.doubts import begins_anew, doubt_words, doubtful
from tui.session.views.rollback import Need, look_wanted


def boot(number: int, host: str = "web") -> ev.HostConnected:
    return ev.HostConnected(host=host, target="web:22", boot_id=f"boot-{number}")


def worked(step: str, number: int, action: int = 0, *, again: bool = False) -> list[ev.AnyEvent]:
    """A change that ran to a good end, and that nobody has signed."""
    begun = ev.AttemptStarted(
        attempt=number, step=step, action=action, host="web", command="x", mutates=True, again=again
    )
    check = ev.Check("exit status 0", "", ok=True)
    ended = ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=1.0)
    return [begun, ended, ev.AttemptChecked(attempt=number, checks=(check,))]


def changed(step: str, number: int) -> list[ev.AnyEvent]:
    return [*worked(step, number), signed(step)]


def names(state: SessionState) -> list[str]:
    return [step.id for step in doubtful(state)]


def test_a_restart_puts_in_doubt_what_was_signed_before_it_and_nothing_else() -> None:
    assert names(after(boot(1), changed("code", 1), boot(1))) == []
    state = after(boot(1), changed("code", 1), boot(2), changed("migrate", 2))
    assert names(state) == ["code"]
    assert doubt_words(state) == "web restarted by 02:00:06 UTC: look again at 1 step"
    assert names(after(boot(1), changed("code", 1), boot(1, "other"), boot(2, "other"))) == []


def test_a_step_that_comes_before_it_does_not_wait_for_what_is_in_doubt() -> None:
    state = after(boot(1), changed("migrate", 1), boot(2))
    assert [step.id for step in doubtful(state, step_of("code"))] == []
    assert [step.id for step in doubtful(state, step_of("units"))] == ["migrate"]


def test_what_was_looked_at_or_done_again_is_in_doubt_no_longer() -> None:
    held = ev.StepHeld(step="code", operator="ana", reason="looked")
    assert names(after(boot(1), changed("code", 1), boot(2), held)) == []
    assert names(after(boot(1), changed("code", 1), boot(2), held, boot(3))) == ["code"]
    assert names(after(boot(1), changed("code", 1), boot(2), changed("code", 2))) == []


def test_a_drill_that_is_resumed_has_a_host_of_its_own_that_was_not_restarted() -> None:
    again = ev.SessionResumed(operator="ana")
    begun = after(boot(1), changed("code", 1), again, boot(2))
    assert names(begun) == ["code"]
    drill = ev.SessionStarted(
        session="s", flow="deploy", method="a", operator="ana", title="", runbook_hash="", drill="Calm"
    )
    assert names(after(drill, boot(1), changed("code", 1), again, boot(2))) == []


def test_a_rollback_looks_at_what_came_up_by_itself_instead_of_trusting_that_nobody_started_it() -> None:
    state = after(boot(1), changed("migrate", 1))
    assert need(state, "back-code") is Need.NOT_NEEDED
    assert need(after(boot(1), changed("migrate", 1), boot(2)), "back-code") is Need.LOOK
    assert need(after(boot(1), boot(2), changed("migrate", 1)), "back-code") is Need.NOT_NEEDED
    assert need(after(boot(1), boot(2)), "back-code") is Need.NOT_NEEDED
    state = after(boot(1), changed("migrate", 1), boot(2), BACK, looked("back-code", 2, needed=False))
    assert need(state, "back-code") is Need.NOT_NEEDED


def test_what_a_look_found_before_the_restart_is_looked_at_again() -> None:
    found = [*looked("back-code", 2, needed=False), ev.StepNotNeeded(step="back-code", reason="looked")]
    before = [boot(1), *ran("code", 1, Outcome.exited(1)), *changed("migrate", 5), BACK, *found]
    assert replanned(after(before))[1] == []
    state, reopened = replanned(after(before, boot(2)))
    assert "back-code" in reopened
    assert look_wanted(state, step_of("back-code"))


def test_a_step_that_was_done_and_found_to_hold_is_needed_and_done_not_one_that_is_not_needed() -> None:
    before = [
        boot(1),
        *changed("migrate", 1),
        BACK,
        *changed("page-on", 2),
        boot(2),
        *looked("page-on", 3, needed=False),
    ]
    state = after(before, ev.StepHeld(step="page-on", operator="auto", reason="the host was asked again"))
    assert need(state, "page-on") is Need.NEEDED
    assert need(state, "shown") is Need.NEEDED


def test_the_host_that_is_named_is_one_that_the_doubtful_steps_ran_on() -> None:
    state = after(boot(1), boot(1, "other"), changed("code", 1), boot(2), boot(2, "other"))
    assert doubt_words(state).startswith("web restarted by")
    both = after(boot(1), changed("code", 1), changed("migrate", 2), boot(2))
    assert doubt_words(both, doubtful(both, step_of("migrate"))).endswith("look again at 1 step")


def test_a_check_made_after_the_first_change_and_before_the_restart_is_made_again() -> None:
    before = [boot(1), *changed("migrate", 1), BACK, *changed("page-on", 2), *done("shown", 3)]
    assert replanned(after(before))[1] == []
    assert "shown" in replanned(after(before, boot(2)))[1]
    baseline = [boot(1), *done("shown", 1), *changed("migrate", 2), BACK, *changed("page-on", 3)]
    assert "shown" not in replanned(after(baseline, boot(2)))[1]


def test_a_check_that_was_followed_by_a_change_is_not_made_again_by_itself() -> None:
    """The application answered before it was stopped: that it does not answer now is meant so."""
    before = [boot(1), *changed("migrate", 1), BACK, *done("shown", 3), *changed("page-on", 4)]
    assert "shown" not in replanned(after(before, boot(2)))[1]


def test_work_that_ran_before_a_restart_is_in_doubt_however_late_it_was_signed() -> None:
    before = [boot(1), *worked("migrate", 1), boot(2)]
    assert names(after(before)) == ["migrate"]
    assert names(after(before, signed("migrate"))) == ["migrate"]
    assert names(after(before, signed("migrate"), boot(2))) == ["migrate"]
    held = ev.StepHeld(step="migrate", operator="ana", reason="looked")
    assert names(after(before, held, signed("migrate"))) == []


def test_a_step_is_in_doubt_where_one_of_its_commands_ran_before_the_restart() -> None:
    second = worked("code", 2, action=1)
    assert names(after(boot(1), worked("code", 1), boot(2), second, signed("code"))) == ["code"]
    assert names(after(boot(1), worked("code", 1), second, boot(2), signed("code"))) == ["code"]
    assert names(after(boot(1), boot(2), worked("code", 1), second, signed("code"))) == []


def test_who_decides_an_unknown_outcome_after_the_restart_has_looked() -> None:
    resolved = ev.OutcomeResolved(attempt=1, operator="ana", succeeded=True, reason="looked")
    assert names(after(boot(1), ran("migrate", 1, LOST), boot(2), resolved, signed("migrate"))) == []
    assert names(after(boot(1), ran("migrate", 1, LOST), resolved, boot(2), signed("migrate"))) == ["migrate"]
    cut = after(boot(1), ran("code", 1, LOST), boot(2), resolved)
    assert begins_anew(cut, step_of("code")) == ""
    cut = after(boot(1), ran("code", 1, LOST), resolved, boot(2))
    assert "was restarted in the middle of it" in begins_anew(cut, step_of("code"))


def test_a_step_that_was_only_looked_at_was_not_cut_by_a_restart() -> None:
    state = after(boot(1), changed("migrate", 1), BACK, looked("page-on", 2, needed=True), boot(2))
    assert begins_anew(state, step_of("page-on")) == ""


def test_a_change_by_hand_is_one_after_which_a_restart_may_have_started_anything() -> None:
    answered = ev.QuestionAnswered(step="by-hand", action=0, operator="ana", answer="yes")
    assert need(after(boot(1), answered), "back-code") is Need.NOT_NEEDED
    assert need(after(boot(1), answered, boot(2)), "back-code") is Need.LOOK
    assert need(after(boot(1), boot(2), answered), "back-code") is Need.NOT_NEEDED


def test_a_check_is_as_old_as_its_run_and_a_change_as_its_work_whenever_they_were_signed() -> None:
    late_change = [*worked("page-on", 2), *ran("shown", 3, Outcome.exited(0)), signed("shown"), signed("page-on")]
    assert "shown" in replanned(after(boot(1), changed("migrate", 1), BACK, late_change, boot(2)))[1]
    late_check = [*ran("shown", 3, Outcome.exited(0)), *changed("page-on", 4), signed("shown")]
    assert "shown" not in replanned(after(boot(1), changed("migrate", 1), BACK, late_check, boot(2)))[1]


def test_the_order_in_which_two_steps_were_signed_is_not_that_in_which_they_were_done() -> None:
    back = [*ran("migrate", 1, Outcome.exited(0)), signed("migrate"), BACK]
    both = [*worked("page-on", 2), *worked("page-off", 3)]
    assert replanned(after(back, both, signed("page-off"), signed("page-on")))[1] == []
    assert replanned(after(back, both, signed("page-on"), signed("page-off")))[1] == []


def test_a_step_that_was_done_again_is_not_reopened_because_it_is_not_signed_again_yet() -> None:
    back = [PLANNED, *changed("migrate", 1), BACK, *changed("page-on", 2), *changed("page-off", 3)]
    state, opened = replanned(after(back, decided("restore")))
    assert opened == ["page-on", "page-off"]
    again: list[ev.AnyEvent] = [
        ev.StepReopened(step=name, operator="auto", reason=state.step(name).reason) for name in opened
    ]
    assert replanned(after(back, decided("restore"), again, worked("page-on", 4)))[1] == []


def test_a_check_ought_to_hold_still_where_nothing_was_changed_after_it_ran() -> None:
    def held(*parts: ev.AnyEvent | list[ev.AnyEvent]) -> list[str]:
        return [step.id for step in still_to_hold(after(changed("migrate", 1), BACK, *parts))]

    assert held(done("shown", 2)) == ["shown"]
    assert held(ran("shown", 2, Outcome.exited(0)), changed("page-on", 3), signed("shown")) == []
    assert held(done("shown", 2), worked("migrate", 3, again=True)) == ["shown"], "asked again, not done again"
