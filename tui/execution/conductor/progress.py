"""Takes a step on: what runs next in it, whether that may run, and what follows from its end."""

from collections.abc import Callable
from functools import partial

from tui.execution.commands import in_terminal
from tui.execution.conductor.hosts import Hosts
from tui.execution.conductor.on_group import all_of
from tui.execution.conductor.planner import Planner
from tui.execution.conductor.steps import StepRunner
from tui.execution.conductor.worker import Worker
from tui.execution.recorder import Recorder
from tui.runbook.facts import connection_of
from tui.runbook.model import Action, Step
from tui.session import events as ev
from tui.session.state import AUTO, Attempt, StepStatus, step_by_id
from tui.session.views.doubts import begins_anew, doubtful, hosts_of, unsettled_before
from tui.transports.base import CancelToken, TerminalEnd


class Progress:
    """Takes the steps of one session on, one after the other, as far as no person is needed."""

    def __init__(
        self,
        recorder: Recorder,
        worker: Worker,
        hosts: Hosts,
        planner: Planner,
        steps: StepRunner,
        allowed: Callable[[Step], bool],
    ) -> None:
        """Args: allowed: whether what a step runs next is what a second person allowed, where it needs one."""
        self._allowed = allowed
        self._recorder = recorder
        self._worker = worker
        self._hosts = hosts
        self._planner = planner
        self._steps = steps

    def advance(self, step: Step) -> None:
        """Do what comes next in a step: run its commands, or sign it where no person is asked for."""
        step_state = self._recorder.state.step(step.id)
        more = step_state.action < len(step.actions) and step.actions[step_state.action].automatic
        if step_state.status is StepStatus.PASSED:
            self._planner.settle_passed(step)
        elif more and step_state.status in (StepStatus.RUNNING, StepStatus.FAILED):
            self._worker.submit(lambda cancel: self._run(step, cancel))

    def hand_over(self, step: Step, index: int, end: TerminalEnd) -> None:
        """Hand the operator's terminal over to a step's program; the step continues once it has ended."""

        def work(cancel: CancelToken) -> None:
            if not self._may_go_on(step, in_terminal(step.actions[index])):
                return
            if self._steps.hand_over(step, index, end, cancel):
                self._steps.run(step, cancel, self._may_go_on)
            self._hosts.meet_again(*hosts_of(self._recorder.runbook, step))
            self._planner.replan()
            self._planner.settle_passed(step)

        self._worker.submit(work)

    def follow_again(self, *left: Attempt) -> None:
        """Follow durable commands of a step that were left to their ends; what comes next in it waits for a person."""
        recorder = self._recorder
        step = step_by_id(recorder.runbook, left[0].step)
        for one in left:
            recorder.record(ev.AttemptRejoined(attempt=one.number, operator=recorder.state.operator))

        def follow_one(one: Attempt, cancel: CancelToken) -> None:
            self._hosts.await_same(connection_of(recorder.runbook, one.host), cancel)
            # What comes next in the step waits for a person: the person who began it has allowed it, then.
            self._steps.rejoin(step, one, cancel)

        def follow(cancel: CancelToken) -> None:
            all_of(partial(follow_one, one, cancel) for one in left)
            self._planner.replan()
            self._planner.settle_passed(step)

        self._worker.submit(follow)

    def begun_anew(self, step: Step) -> bool:
        """Reopen a step whose first commands did what is gone by now; False if nothing is."""
        reason = begins_anew(self._recorder.state, step)
        if reason:
            self._recorder.record(ev.StepReopened(step=step.id, operator=AUTO, reason=reason))
        return bool(reason)

    def judge(self, left: Attempt) -> None:
        """Judge an attempt that ended before anybody could."""
        self._steps.judge(step_by_id(self._recorder.runbook, left.step), left)

    def _run(self, step: Step, cancel: CancelToken) -> None:
        self._steps.run(step, cancel, self._may_go_on)
        self._hosts.meet_again(*hosts_of(self._recorder.runbook, step))
        self._planner.replan()
        self._planner.settle_passed(step)

    def _may_go_on(self, step: Step, action: Action) -> bool:
        """Whether a step's next action may run: not where its host was restarted under what it builds on.

        Nor where the restart makes a step before it to be done, or looked at, that was settled until now.
        """
        if action.run is None:
            return True
        if not self._allowed(step):
            return False
        host = connection_of(self._recorder.runbook, action.on)
        if self._hosts.is_elsewhere(host):
            return False
        if not step.mutates:
            return True
        open_before = unsettled_before(self._recorder.state, step)
        self._hosts.meet_again(host)
        with self._recorder.lock:  # a command on a group asks for several hosts at a time
            anew = self.begun_anew(step)
        if anew or doubtful(self._recorder.state, step):
            return False
        return unsettled_before(self._recorder.state, step) <= open_before
