"""Takes a session's steps on: what runs next in one, what follows from its end, and which do not apply."""

import threading
from contextlib import suppress
from functools import partial

from tui.errors import NotNow, RunbookError
from tui.execution.conductor.attempts import AttemptRunner
from tui.execution.conductor.executor import Executor
from tui.execution.conductor.steps import StepRunner
from tui.execution.conductor.working import Working
from tui.execution.measuring.monitors import MonitorRunner
from tui.execution.measuring.probing import THIS_MACHINE, LiveProber, Prober
from tui.execution.preflight import connected_event
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.facts import connection_of
from tui.runbook.model import Action, Runbook, Signoff, Step
from tui.session import events as ev
from tui.session.journal.journal import Journal
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.places import reached_elsewhere
from tui.session.state import Attempt, SessionState, StepStatus, action_at, step_by_id
from tui.session.views.doubts import begins_anew, doubtful, hosts_of, unsettled_before
from tui.session.views.replan import next_reopening
from tui.session.views.rollback import not_needed_next
from tui.signing.statement import AUTO
from tui.transports.base import CancelToken, Detached, LinkState
from tui.transports.local.transport import LocalTransport

AGREED = 0.1
"""Seconds between two looks whether the operator has left, while nobody agrees to another host."""


class Stepping(Working):
    """A session whose steps run one after the other as far as no person is needed."""

    def __init__(
        self,
        runbook: Runbook,
        journal: Journal,
        executor: Executor,
        secrets: Secrets,
        state: SessionState | None = None,
        prober: Prober | None = None,
        speed: float = 1.0,
    ) -> None:
        super().__init__(runbook, journal, executor, state)
        self._agreed = threading.Event()
        self.secrets = secrets
        prober = prober or LiveProber(runbook, executor.transports, secrets, partial(LocalTransport, THIS_MACHINE))
        self._attempts = AttemptRunner(runbook, executor, secrets, self, prober)
        self._runner = StepRunner(runbook, executor, self, self._attempts)
        self.monitors = MonitorRunner(self, executor.transports, prober, secrets, journal.clock, speed)

    def _idle_step(self, step_id: str) -> Step:
        if self.busy:
            raise NotNow("a command is running", "wait for it or cancel it")
        if self.held:
            raise NotNow(f"nothing runs yet: {self.held}", "answer what is asked about it, or wait a moment")
        if self.state.finished:
            raise NotNow("the session is finished", "begin a new one, or resume this one")
        return step_by_id(self.runbook, step_id)

    def _waiting(self, step_id: str, kind: str) -> tuple[Step, int, Action]:
        step = self._idle_step(step_id)
        now = self.state.step(step_id)
        action = step.actions[now.action] if now.action < len(step.actions) else None
        if action is None or action.kind != kind or now.status not in (StepStatus.WAITING, StepStatus.FAILED):
            raise NotNow(f"{step.title} does not wait for this", f"it is {now.status.value}")
        return step, now.action, action

    def _go_on(self, step: Step) -> None:
        """Do what comes next in a step: run its commands, or sign it where no person is asked for."""
        now = self.state.step(step.id)
        more = now.action < len(step.actions) and step.actions[now.action].automatic
        if now.status is StepStatus.PASSED:
            self._settle_passed(step)
        elif more and now.status in (StepStatus.RUNNING, StepStatus.FAILED):
            self._submit(lambda cancel: self._run(step, cancel))

    def _follow_again(self, left: Attempt) -> None:
        step = step_by_id(self.runbook, left.step)
        self.record(ev.AttemptRejoined(attempt=left.number, operator=self.state.operator))

        def follow(cancel: CancelToken) -> None:
            self._await_same_host(left, cancel)
            # What comes next in the step waits for a person: it was allowed by whoever began it, then.
            self._runner.rejoin(step, left, cancel)
            self.replan()
            if self.state.step(step.id).status is StepStatus.PASSED:
                self._settle_passed(step)

        self._submit(follow)

    def _await_same_host(self, left: Attempt, cancel: CancelToken) -> None:
        """Wait where the host is another machine than the one the command was left on, until that is agreed.

        Raises:
            Detached: it was not; the command is where it was left.
        """
        if not self._is_elsewhere(connection_of(self.runbook, left.host)):
            return
        while not self._agreed.wait(AGREED):
            if cancel.cancelled or cancel.left:
                raise Detached

    def _is_elsewhere(self, host: str) -> bool:
        """Whether a host is another machine or user than the one that the journal names; then nothing runs any more."""
        known = self.state.hosts.get(host)
        if known is None or self.state.drill or self.state.finished:
            return False
        try:
            now = connected_event(host, self.executor.transports[host].connect())
        except RunbookError:
            return False  # whatever is asked of it says so
        with self._lock:  # meanwhile somebody may have agreed to where it is now
            found = reached_elsewhere(self.state.hosts.get(host, known), now)
            if found is not None and not self.held:
                self.held = f"{found}; leave the session and take it up again to decide"
        return found is not None

    def _run(self, step: Step, cancel: CancelToken) -> None:
        self._runner.run(step, cancel, self._may_go_on)
        self.meet_again(*hosts_of(self.runbook, step))
        self.replan()
        if self.state.step(step.id).status is StepStatus.PASSED:
            self._settle_passed(step)

    def _may_go_on(self, step: Step, action: Action) -> bool:
        """Whether a step's next action may run: not where its host was restarted under what it builds on.

        Nor where the restart makes a step before it to be done, or looked at, that was settled until now.
        """
        if action.run is not None and self._is_elsewhere(connection_of(self.runbook, action.on)):
            return False
        if not step.mutates or action.run is None:
            return True
        open_before = unsettled_before(self.state, step)
        self.meet_again(connection_of(self.runbook, action.on))
        if self._begun_anew(step) or doubtful(self.state, step):
            return False
        return unsettled_before(self.state, step) <= open_before

    def _begun_anew(self, step: Step) -> bool:
        """Reopen a step whose first commands did what is gone by now; False if nothing is."""
        reason = begins_anew(self.state, step)
        if reason:
            self.record(ev.StepReopened(step=step.id, operator=AUTO, reason=reason))
        return bool(reason)

    def meet_again(self, *hosts: str) -> None:
        """See whether hosts were restarted since they were last reached; what that makes wrong is reopened."""
        for host in hosts:
            known = self.state.hosts.get(host)
            if known is None or not known.boot_id or self.state.finished or self._is_elsewhere(host):
                continue
            try:
                facts = self.executor.transports[host].connect()
            except RunbookError:
                continue  # it is met when it can be reached
            if facts.boot_id and facts.boot_id != known.boot_id:
                self.record_happened(connected_event(host, facts))
                self.replan()

    def link_changed(self, host: str, link: LinkState, detail: str) -> None:
        """Record that a connection was lost or is back; one that is back may meet another start of the host."""
        super().link_changed(host, link, detail)
        if link is LinkState.UP and not self._closing.is_set() and self.state.started is not None:
            with suppress(RuntimeError):  # the session is being closed
                self._pool.submit(self._guarded, lambda cancel: self.meet_again(host), CancelToken())

    def _settle_passed(self, step: Step) -> None:
        checks = [check for checks in self.state.step(step.id).checks.values() for check in checks]
        quiet = not any(check.warning and not check.ok for check in checks)
        if step.signoff is Signoff.AUTO or step.signoff is Signoff.ON_WARNING and quiet:
            self.record(self._sign_off(step, AUTO, "", ""))
            self.settle()

    def _to_sign(self, step_id: str) -> Step:
        step = step_by_id(self.runbook, step_id)
        status = self.state.step(step_id).status
        if status is not StepStatus.PASSED:
            raise NotNow(f"{step.title} is {status.value}", "only a step that has passed is signed; skip it instead")
        return step

    def _sign_off(self, step: Step, operator: str, note: str, second_operator: str) -> ev.StepSigned:
        count, head = self._journal.position()
        return ev.StepSigned(
            step=step.id, operator=operator, second_operator=second_operator, note=note, count=count, head=head
        )

    def settle(self) -> None:
        """Compute the plan again: reopen what became wrong, then mark what comes next and does not apply."""
        self.replan()
        while found := not_needed_next(self.state):
            for step, reason in found:
                self.record(ev.StepNotNeeded(step=step.id, reason=reason))
        rolling_back = self.state.rollback and self.state.rollback_finished_at is None
        if rolling_back and self.state.next_step() is None and not doubtful(self.state):
            self.record(ev.RollbackFinished(operator=self.state.operator))

    def replan(self) -> None:
        """Reopen, in order, the steps that have become wrong by what is known now."""
        while (wrong := next_reopening(self.state)) is not None:
            self.record(ev.StepReopened(step=wrong.step, operator=AUTO, reason=wrong.reason))

    def _given_up(self, left: Attempt) -> None:
        """Record the end of an attempt that ended with the program, or went on unseen."""
        step = step_by_id(self.runbook, left.step)
        if self._attempts.can_mask(step, left.action):
            self.executor.mask(left.number)
        changing = step.mutates and action_at(step, left.action).run is not None
        kind = OutcomeKind.UNKNOWN if changing else OutcomeKind.CANCELLED
        detail = "the program ended while it ran" + ("" if changing else "; it changes nothing")
        self.record(ev.AttemptFinished(attempt=left.number, outcome=Outcome(kind, detail=detail), seconds=0.0))

    def _rested(self, step: Step) -> None:
        with self._lock:
            if self.state.step(step.id).status is StepStatus.PASSED:
                self._settle_passed(step)

    def close(self) -> None:
        """Let go of the journal and stop measuring; see Working."""
        self.monitors.stop()
        super().close()
