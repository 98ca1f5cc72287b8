"""Runs a step's actions one after the other, until a person is needed, one is not good, or none is left."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum

from msgspec.structs import replace

from tui import threads
from tui.execution.conductor.attempts.attempt_runner import AttemptRunner
from tui.execution.conductor.executor import Executor, Finished
from tui.execution.conductor.on_group import HostsInTurn, on_all
from tui.execution.judging.captures import captures_secret
from tui.execution.judging.expectations import Verdict
from tui.execution.recorder import Recorder
from tui.runbook.groups.members import group_named, hosts_named
from tui.runbook.model import Action, Step, seconds
from tui.runbook.shell.counting import may_change
from tui.runbook.waves import waves
from tui.session import events as ev
from tui.session.groups.batches import waits_for_soak
from tui.session.groups.cells import Cell
from tui.session.outcome import LookResult, Outcome, OutcomeKind
from tui.session.output.output import OutputUnwritable
from tui.session.state import Attempt, StepStatus
from tui.session.tries import at_work
from tui.session.views.called import trying_again
from tui.session.views.doubts import checks_of
from tui.transports.base import CancelToken, Left, TerminalEnd

AT_ONCE = 10
"""Checks run at once: sshd's MaxSessions for one connection (sshd_config(5)); a refused one waits for a free one."""


class StillHolds(Enum):
    """Whether a change is still there after a restart of its host."""

    YES = "yes"
    NO = "no"
    UNTOLD = "nothing tells"


_BY_LOOK = {
    LookResult.TO_UNDO: StillHolds.NO,
    LookResult.NOTHING: StillHolds.YES,
    LookResult.UNTOLD: StillHolds.UNTOLD,
}


def always(step: Step, action: Action) -> bool:
    """Nothing keeps an action from being run."""
    return True


class StepRunner:
    """Runs the steps of one session, one step on a thread at a time."""

    def __init__(self, recorder: Recorder, executor: Executor, attempts: AttemptRunner, speed: float = 1.0) -> None:
        """Args: speed: how much faster than the clock the time of a soak goes by."""
        self._speed = speed
        self._recorder = recorder
        self._executor = executor
        self._attempts = attempts

    def run(self, step: Step, cancel: CancelToken, may_go_on: Callable[[Step, Action], bool] = always) -> None:
        """Run the step's commands from where it stands until a person is needed, one is not good, or none is left."""
        self._to_a_rest(step, cancel, may_go_on)
        if cancel.cancelled:
            self._record_stop(step, cancel)

    def _record_stop(self, step: Step, cancel: CancelToken) -> None:
        """Record that what is left of a step waits for a person, where no command's end tells it."""
        with self._recorder.lock:
            state = self._recorder.state
            standing = state.step(step.id)
            if standing.status is not StepStatus.RUNNING or standing.paused or at_work(state, step.id):
                return
            batch = waits_for_soak(state, step)
            soaks = f"in the soak before {batch.words}" if batch is not None else ""
            where = soaks or ("between two tries" if trying_again(state, standing) else "between two commands")
            words = f"{'left' if cancel.left else 'stopped'} {where}; what is left waits for a person"
            self._recorder.record(ev.NoteAdded(text=words, operator=state.operator, step=step.id, pauses=True))

    def _to_a_rest(self, step: Step, cancel: CancelToken, may_go_on: Callable[[Step, Action], bool]) -> None:
        while not cancel.cancelled:
            index = self._recorder.state.step(step.id).action
            if index >= len(step.actions) or not step.actions[index].automatic:
                return
            if step.each:
                self._in_turn(step, cancel, may_go_on)
                return
            if group_named(self._recorder.runbook, step.actions[index]):
                if not self._on_group(step, index, cancel, may_go_on):
                    return
                continue
            if not may_go_on(step, step.actions[index]):
                return
            if self._until_final(step, index, cancel) is not Verdict.GOOD:
                return

    def _on_group(self, step: Step, index: int, cancel: CancelToken, may_go_on: Callable[[Step, Action], bool]) -> bool:
        """Run an action on the hosts of its group; whether the step continues with the next one."""

        def one(cell: Cell) -> bool:
            return self._on_member(step, index, cell.host, cancel, may_go_on)

        on_all(self._recorder, step, index, cancel).run(one)
        return self._recorder.state.step(step.id).action > index

    def _in_turn(self, step: Step, cancel: CancelToken, may_go_on: Callable[[Step, Action], bool]) -> None:
        """Run a step that goes over a group host by host."""

        def one(host: str, index: int) -> bool:
            return self._on_member(step, index, host, cancel, may_go_on)

        HostsInTurn(self._recorder, step, cancel, self._speed).run(one)

    def _on_member(
        self, step: Step, index: int, host: str, cancel: CancelToken, may_go_on: Callable[[Step, Action], bool]
    ) -> bool:
        """Run an action on a host of its group; False where nothing may continue, there or elsewhere."""
        if not may_go_on(step, replace(step.actions[index], on=host)):
            return False
        self._until_final(step, index, cancel, host)
        return True

    def hand_over(self, step: Step, index: int, end: TerminalEnd, cancel: CancelToken) -> bool:
        """Hand the operator's terminal over to a step's program; whether the step continues."""
        return self._attempts.hand_over(step, index, end, cancel) is Verdict.GOOD

    def together(self, steps: Sequence[Step], cancel: CancelToken, settled: Callable[[Step], None]) -> None:
        """Run the commands and probes of steps that change nothing at once, at most `AT_ONCE` of them at a time.

        Args:
            settled: told of each step as it comes to rest, on the thread that ran it.
        """

        def one(step: Step) -> None:
            if not cancel.cancelled:
                self.run(step, cancel)
                settled(step)

        with threads.pool("check", AT_ONCE) as pool:
            for wave in waves(steps):
                for done in [pool.submit(one, step) for step in wave]:
                    done.result()

    def rejoin(self, step: Step, left: Attempt, cancel: CancelToken) -> Verdict:
        """Follow a durable attempt that was left to its end, judge it and record it.

        Raises:
            Detached: it continues to run without us.
        """
        action, attempts = step.actions[left.action], self._attempts
        timeout = seconds(action.timeout or self._recorder.runbook.runbook.default_timeout)
        since = max(0.0, (self._recorder.now() - left.started).total_seconds())
        remaining = max(0.0, timeout - since) if timeout is not None else None
        hidden = captures_secret(action) or not attempts.can_mask(step, left.action)
        wanted = Left(key=attempts.key(step.id, left.number), timeout=remaining, epoch=attempts.epoch)
        try:
            finished = self._executor.rejoin(left.number, left.host, wanted, since, cancel, secret=hidden)
        except OutputUnwritable as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, detail=f"its output cannot be kept: {error.message}")
            finished = Finished(outcome, since, 0, "")
        if hidden and not captures_secret(action) and attempts.can_mask(step, left.action):
            with suppress(OutputUnwritable):  # its secrets became known while it ran
                self._executor.mask(left.number)
        return attempts.judge_left(step, left, finished)

    def judge(self, step: Step, left: Attempt) -> Verdict:
        """Hold the expectations against an attempt that ended before anybody could."""
        assert left.outcome is not None
        finished = Finished(left.outcome, left.seconds or 0.0, left.size, left.sha256, left.lost)
        return self._attempts.judge_left(step, left, finished, recorded=True)

    def check_again(self, steps: Sequence[Step], cancel: CancelToken) -> None:
        """Make the checks of settled steps again, one after the other."""
        for step in steps:
            for index, action in enumerate(step.actions):
                if cancel.cancelled:
                    return
                if action.automatic:
                    self._again(step, index, cancel)

    def _again(self, step: Step, index: int, cancel: CancelToken) -> bool:
        """Make one check again, on all hosts of a group where it is of one; whether all is as expected."""
        runbook, action = self._recorder.runbook, step.actions[index]
        members = hosts_named(runbook, action.on) if group_named(runbook, action) else ("",)
        found = [self._attempts.make(step, index, cancel, again=True, member=one) for one in members]
        return all(check is Verdict.GOOD for check in found)

    def look(self, step: Step, cancel: CancelToken) -> None:
        """Look whether there is anything for a rollback step to undo."""
        self._attempts.look(step, cancel)

    def still_holds(self, step: Step, cancel: CancelToken) -> StillHolds:
        """Look whether a change still holds after a restart of its host."""
        if step.look is not None:
            self._attempts.look(step, cancel)
            return _BY_LOOK[self._recorder.state.looks.get(step.id, LookResult.UNTOLD)]
        checks = checks_of(self._recorder.state, step)
        verdicts = [self._again(other, place, cancel) for other, place in checks]
        if cancel.cancelled or not verdicts:
            return StillHolds.UNTOLD
        return StillHolds.YES if all(verdicts) else StillHolds.NO

    def _until_final(self, step: Step, index: int, cancel: CancelToken, member: str = "") -> Verdict:
        """Run one action, again as often as its retry allows; what changes something is never run again.

        One that waits for something is run again for as long as it may take.
        """
        action = step.actions[index]
        left = action.retry.times if action.retry and not may_change(action) else 0
        while True:
            verdict = self._attempts.make(step, index, cancel, last=left == 0, member=member)
            if verdict is not Verdict.RETRY:
                return verdict
            left -= 1
            if cancel.wait(action.pause):
                return Verdict.BAD
