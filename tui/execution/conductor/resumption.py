"""Takes a session up where an earlier process left it: what ran then is followed, judged, or given up as unknown."""

from msgspec.structs import replace

from tui.errors import NotNow
from tui.execution.conductor.attempts.attempt_runner import AttemptRunner
from tui.execution.conductor.executor import Executor
from tui.execution.conductor.gate import Gate
from tui.execution.conductor.progress import Progress
from tui.execution.conductor.worker import Worker
from tui.execution.epochs.holding import Holding
from tui.execution.epochs.overtaken import Overtaken
from tui.execution.recorder import Recorder
from tui.people import same_person
from tui.session import events as ev
from tui.session.groups.cells import unknown_attempts
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import Attempt, StepStatus, action_at, step_by_id


class Resumption:
    """What there is to be done about the attempts of a process that has ended."""

    def __init__(
        self,
        recorder: Recorder,
        gate: Gate,
        progress: Progress,
        executor: Executor,
        attempts: AttemptRunner,
        worker: Worker,
        holding: Holding,
    ) -> None:
        self._worker = worker
        self._holding = holding
        self._recorder = recorder
        self._gate = gate
        self._progress = progress
        self._executor = executor
        self._attempts = attempts

    def take_up(self, operator: str, machine: str, summary: str) -> None:
        """Resume a session: a durable command left running is followed, any other's outcome is unknown.

        Args:
            summary: how it stands, which is recorded where somebody else takes it over.
        """
        recorder = self._recorder
        previous, before, epoch = recorder.state.operator, recorder.state.epoch, self._holding.fence.epoch
        if operator and not same_person(operator, previous):
            event = ev.SessionHandedOver(previous=previous, operator=operator, machine=machine, summary=summary)
            recorder.record(replace(event, epoch=epoch))
        else:
            recorder.record(ev.SessionResumed(operator=previous, machine=machine, epoch=epoch))
        found = Overtaken(recorder, self._executor.transports, self._holding).fence_off() if epoch > before else None
        left = recorder.state.all_running()
        durable = [one for one in left if one.durable]
        for one in left:
            if not one.durable:
                self._give_up(one)
        if durable:
            self._judge_ended()
            self._progress.follow_again(*durable)
            if found is not None:  # what the one before started after this is recorded after its end
                self._worker.submit_beside(lambda cancel: found.record())
            return
        if found is not None:
            found.record()
        self._judge_ended()
        current = recorder.state.current
        if current and recorder.state.step(current).status is StepStatus.PASSED:
            self._progress.advance(step_by_id(recorder.runbook, current))

    def _judge_ended(self) -> None:
        """Judge what ended before anybody could."""
        for one in self._recorder.state.unjudged():
            self._progress.judge(one)

    def mask_left(self) -> None:
        """Look for secrets in the output that was left without, now that they are known; blocks while it reads."""
        for left in self._recorder.state.attempts.values():
            if left.outcome is not None and self._can_mask(left):
                self._executor.mask_left(left.number)

    def rejoin(self, step_id: str) -> None:
        """Follow durable commands of unknown outcome again: they may run still, or have left their exit status."""
        with self._recorder.lock:
            self._gate.idle_step(step_id)
            unknown = unknown_attempts(self._recorder.state, step_id)
            durable = [one for one in map(self._recorder.state.attempts.__getitem__, unknown) if one.durable]
            if not durable:
                raise NotNow("there is nothing to follow", "only a durable command of unknown outcome can be followed")
            self._progress.follow_again(*durable)

    def look(self, attempt: Attempt) -> str:
        """What there is of an attempt on its host, in words; blocks while it asks.

        Raises:
            RunbookError: the host cannot be asked.
        """
        if not attempt.durable:
            return "It ran without protection: the host knows nothing of it."
        return self._executor.transports[attempt.host].look(self._attempts.key(attempt.step, attempt.number))

    def _give_up(self, left: Attempt) -> None:
        """Record the end of an attempt that ended with the program, or that ran on unseen."""
        if self._can_mask(left):
            self._executor.mask(left.number)
        step = step_by_id(self._recorder.runbook, left.step)
        action = action_at(step, left.action)
        changing = step.mutates and (action.run is not None or action.interactive is not None)
        kind = OutcomeKind.UNKNOWN if changing else OutcomeKind.CANCELLED
        detail = "the program ended while it ran" + ("" if changing else "; it changes nothing")
        self._recorder.record(
            ev.AttemptFinished(attempt=left.number, outcome=Outcome(kind, detail=detail), seconds=0.0)
        )

    def _can_mask(self, left: Attempt) -> bool:
        return self._attempts.can_mask(step_by_id(self._recorder.runbook, left.step), left.action)
