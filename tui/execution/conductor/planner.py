"""Computes a session's plan again: reopens what became wrong, marks what does not apply, signs what needs nobody."""

from tui.execution.recorder import Recorder
from tui.runbook.model import Signoff, Step
from tui.session import events as ev
from tui.session.state import AUTO, StepStatus
from tui.session.views.doubts import doubtful
from tui.session.views.replan import next_reopening
from tui.session.views.rollback import not_needed_next


class Planner:
    """Records what follows from what is known, without a person."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def replan(self) -> None:
        """Reopen, in order, the steps that have become wrong by what is known now."""
        while (wrong := next_reopening(self._recorder.state)) is not None:
            self._recorder.record(ev.StepReopened(step=wrong.step, operator=AUTO, reason=wrong.reason))

    def settle(self) -> None:
        """Compute the plan again: reopen what became wrong, then mark what comes next and does not apply."""
        recorder = self._recorder
        self.replan()
        while found := not_needed_next(recorder.state):
            for step, reason in found:
                recorder.record(ev.StepNotNeeded(step=step.id, reason=reason))
        rolling_back = recorder.state.rollback and recorder.state.rollback_finished_at is None
        if rolling_back and recorder.state.next_step() is None and not doubtful(recorder.state):
            recorder.record(ev.RollbackFinished(operator=recorder.state.operator))

    def settle_passed(self, step: Step) -> None:
        """Sign a step if it has passed and no person is asked for."""
        step_state = self._recorder.state.step(step.id)
        if step_state.status is not StepStatus.PASSED:
            return
        quiet = not any(check.warning and not check.ok for checks in step_state.checks.values() for check in checks)
        if step.signoff is Signoff.AUTO or step.signoff is Signoff.ON_WARNING and quiet:
            self._recorder.record(self.sign_off(step, AUTO))
            self.settle()

    def settle_beside(self, step: Step) -> None:
        """The same for a step that came to rest beside others, each on a thread of its own."""
        with self._recorder.lock:
            self.settle_passed(step)

    def sign_off(self, step: Step, operator: str, note: str = "", second_operator: str = "") -> ev.StepSigned:
        """The sign-off of a step, at this place in the journal."""
        count, head = self._recorder.position()
        return ev.StepSigned(
            step=step.id, operator=operator, second_operator=second_operator, note=note, count=count, head=head
        )
