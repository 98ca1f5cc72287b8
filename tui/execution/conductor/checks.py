"""Looks at what is there and changes nothing: checks made at once or again, and changes that a restart put in doubt."""

from collections.abc import Sequence

from tui.errors import NotNow
from tui.execution.conductor.gate import Gate
from tui.execution.conductor.planner import Planner
from tui.execution.conductor.steps import StepRunner, StillHolds
from tui.execution.conductor.worker import Worker
from tui.execution.recorder import Recorder
from tui.runbook.model import Step
from tui.session import events as ev
from tui.session.state import AUTO, StepStatus
from tui.transports.base import CancelToken


class Checks:
    """The checks of one session that are made beside the order of its plan."""

    def __init__(self, recorder: Recorder, gate: Gate, worker: Worker, steps: StepRunner, planner: Planner) -> None:
        self._recorder = recorder
        self._gate = gate
        self._worker = worker
        self._steps = steps
        self._planner = planner

    def recheck(self, steps: Sequence[Step]) -> None:
        """Make the checks of settled steps again; what they are does not change."""
        with self._recorder.lock:
            for step in steps:
                self._gate.idle_step(step.id)
            self._worker.submit(lambda cancel: self._steps.check_again(steps, cancel))

    def together(self, steps: Sequence[Step]) -> None:
        """Begin steps that change nothing and ask nobody, all at once; those that fail wait for the operator."""
        recorder = self._recorder
        with recorder.lock:
            for step in steps:
                self._gate.idle_step(step.id)
                if step.mutates or not all(action.automatic for action in step.actions):
                    raise NotNow(
                        f"{step.title} is not a check", "only what changes nothing and asks nobody runs at once"
                    )
            for step in steps:
                confirmed = "retry" if recorder.state.step(step.id).status is StepStatus.FAILED else ""
                recorder.record(ev.StepOpened(step=step.id, operator=recorder.state.operator, confirmed=confirmed))
            self._worker.submit(lambda cancel: self._steps.together(steps, cancel, self._planner.settle_beside))

    def look_first(self, step_id: str) -> None:
        """Look whether a rollback step has anything to undo; it is marked not needed where it has not."""
        with self._recorder.lock:
            step = self._gate.idle_step(step_id)
            if step.look is None or self._recorder.state.step(step_id).status is not StepStatus.PENDING:
                raise NotNow(f"there is nothing to look at before {step.title}", "start it, or skip it with a reason")

            def look(cancel: CancelToken) -> None:
                self._steps.look(step, cancel)
                self._planner.settle()

            self._worker.submit(look)

    def look_again(self, steps: Sequence[Step]) -> None:
        """Ask the hosts whether these changes still hold after a restart; one that does not is to be done again."""
        with self._recorder.lock:
            for step in steps:
                self._gate.idle_step(step.id)

            def look(cancel: CancelToken) -> None:
                for step in steps:
                    if not cancel.cancelled:
                        self._look_again(step, cancel)
                self._planner.settle()

            self._worker.submit(look)

    def vouch(self, steps: Sequence[Step], reason: str) -> None:
        """Record that the operator has looked, and that these changes still hold."""
        recorder = self._recorder
        with recorder.lock:
            if not reason.strip():
                raise NotNow("say how you know that it still holds", "it is recorded")
            for step in steps:
                self._gate.idle_step(step.id)
                recorder.record(ev.StepHeld(step=step.id, operator=recorder.state.operator, reason=reason.strip()))
            self._planner.settle()

    def _look_again(self, step: Step, cancel: CancelToken) -> None:
        holds = self._steps.still_holds(step, cancel)
        if holds is StillHolds.YES:
            self._recorder.record(ev.StepHeld(step=step.id, operator=AUTO, reason="the host was asked again"))
        elif holds is StillHolds.NO:
            reason = "looked after the restart of its host: it does not hold any more"
            self._recorder.record(ev.StepReopened(step=step.id, operator=AUTO, reason=reason))
