"""Carries out what the operator asks for: announces it in the journal, does it, and records the result."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tui.errors import NotNow
from tui.execution.conductor.attempts.attempt_runner import AttemptRunner
from tui.execution.conductor.by_person.approvals import Approvals
from tui.execution.conductor.by_person.handwork import Handwork
from tui.execution.conductor.by_person.own_commands import OwnCommands
from tui.execution.conductor.by_person.sending import send
from tui.execution.conductor.by_person.signing import Signing
from tui.execution.conductor.checks import Checks
from tui.execution.conductor.executor import Executor
from tui.execution.conductor.gate import Gate
from tui.execution.conductor.hosts import Hosts
from tui.execution.conductor.planner import Planner
from tui.execution.conductor.progress import Progress
from tui.execution.conductor.resumption import Resumption
from tui.execution.conductor.steps import StepRunner
from tui.execution.conductor.worker import Worker
from tui.execution.epochs.holding import Alone, Holding, told_by
from tui.execution.measuring.monitors import MonitorRunner
from tui.execution.measuring.prober import THIS_MACHINE, LiveProber, Prober
from tui.execution.recorder import Recorder
from tui.execution.secrecy.secrets import Secrets
from tui.execution.viewer import Viewer
from tui.runbook.model import Runbook, Signoff, Step
from tui.session import events as ev
from tui.session.folding.before_change import change_begun
from tui.session.groups.cells import unknown_attempts
from tui.session.journal.journal import Journal
from tui.session.places import Moved
from tui.session.possible.refusals import Situation, turning
from tui.session.state import Attempt, SessionState, StepStatus
from tui.session.views.called import COMPLETED, ROLLED_BACK
from tui.session.views.doubts import doubtful
from tui.session.views.handover import handover_summary
from tui.transports.base import CancelToken, LinkState, TerminalEnd
from tui.transports.local.transport import LocalTransport

RUNNABLE = (StepStatus.PENDING, StepStatus.RUNNING)


class Conductor(Viewer):
    """One session, running. Every method returns at once and may be called from any thread.

    Its parts are a recorder (the journal and the state), a worker (the one thread on which commands run), and those
    that do one thing each with these two. What a method may not do in the present state raises NotNow; a journal that
    cannot be written raises JournalUnwritable, and then nothing was done.
    """

    def __init__(
        self,
        runbook: Runbook,
        journal: Journal,
        executor: Executor,
        secrets: Secrets,
        state: SessionState | None = None,
        signing: Signing | None = None,
        prober: Prober | None = None,
        speed: float = 1.0,
        holding: Holding | None = None,
    ) -> None:
        recorder = self.recorder = Recorder(runbook, journal, executor.redact, state)
        super().__init__(recorder, executor.outputs)
        self.executor = executor
        self.secrets = secrets
        self.signing = signing or Signing()
        self.holding: Holding = holding or Alone()
        self.subscribe(self._refused_there)
        worker = self.worker = Worker(recorder, executor.redact)
        planner = self._planner = Planner(recorder)
        self._hosts = Hosts(recorder, executor.transports, planner, self.holding)
        gate = self._gate = Gate(recorder, worker, self._hosts)
        prober = prober or LiveProber(runbook, executor.transports, secrets, partial(LocalTransport, THIS_MACHINE))
        self._attempts = AttemptRunner(recorder, executor, secrets, prober, self.holding)
        steps = StepRunner(recorder, executor, self._attempts, speed)
        self.approvals = Approvals(recorder, gate, self.signing, executor.redact)
        self._progress = Progress(recorder, worker, self._hosts, planner, steps, self.approvals.covers)
        self._resumption = Resumption(recorder, gate, self._progress, executor, self._attempts, worker, self.holding)
        self._handwork = Handwork(recorder, gate, planner, self._progress, executor)
        self.own = OwnCommands(recorder, gate, worker, self._hosts, executor, secrets, self.holding)
        self._checks = Checks(recorder, gate, worker, steps, planner)
        self.monitors = MonitorRunner(recorder, executor.transports, prober, secrets, journal.clock, speed)
        self.monitors.holding = self.holding

    # the journal

    def record(self, event: ev.AnyEvent) -> None:
        """Make an event durable, fold it in, and tell everybody; see Recorder."""
        self.recorder.record(event)

    def receipt(self) -> str:
        """COUNT:HEAD of the journal now; see Recorder."""
        return self.recorder.receipt()

    # the thread

    @property
    def busy(self) -> bool:
        """Whether a command is running, or about to."""
        return self.worker.busy

    def wait(self, timeout: float | None = None) -> None:
        """Block until nothing runs (for headless use and tests; a screen never calls this)."""
        self.worker.wait(timeout)

    def cancel(self) -> None:
        """Stop the running command; its outcome says cancelled once its processes are gone."""
        self.worker.cancel()

    def close(self) -> None:
        """Let go of the journal and stop measuring; a durable command keeps running, any other one is cancelled."""
        self.monitors.stop()
        self.worker.leave()
        self.recorder.stop_waiting()
        self.worker.close()
        self.recorder.close()
        self.holding.release()
        if self.shared is not None:
            self.shared.close()

    def _refused_there(self, entry: ev.Entry, state: SessionState) -> None:
        """Take note where a host refused a change, since another person has taken the session over."""
        if isinstance(entry.event, ev.AttemptFinished) and entry.event.outcome.fenced:
            self.holding.lose(told_by(entry.event.outcome))

    @property
    def held(self) -> str:
        """Why nothing may run yet; empty where it may."""
        return self._hosts.held

    @property
    def lost(self) -> str:
        """What to do where another person has the session by now; empty where nobody has."""
        return self._hosts.lost

    def hold(self, why: str) -> None:
        """Let nothing run until it is known where the hosts are."""
        self._hosts.hold(why)

    def reached(self, events: Sequence[ev.HostConnected], elsewhere: Sequence[Moved]) -> None:
        """Record where hosts were reached, and continue; where one leads elsewhere, hold until that is agreed."""
        self._hosts.reached(events, elsewhere)
        if not elsewhere:
            self.monitors.start()

    def agree(self) -> None:
        """Continue where the hosts are now; it is recorded."""
        self._hosts.agree()
        self.monitors.start()

    def meet_again(self, *hosts: str) -> None:
        """See whether hosts were restarted since they were last reached; what that makes wrong is reopened."""
        self._hosts.meet_again(*hosts)

    def link_changed(self, host: str, link: LinkState, detail: str) -> None:
        """Record that a connection was lost or is back; one that is back may meet another start of the host."""
        self._hosts.link_changed(host, link, detail)
        if link is LinkState.UP and not self.recorder.closing and self.state.started is not None:
            self.worker.submit_beside(lambda cancel: self._hosts.meet_again(host))

    # what an earlier process left

    def take_up(self, operator: str, machine: str) -> None:
        """Resume a session: a durable command left running is followed, any other's outcome is unknown."""
        self.taken_up = handover_summary(self.state, operator)
        self._resumption.take_up(operator, machine, "\n".join(self.taken_up))

    def mask_left(self) -> None:
        """Look for secrets in the output that was left without, now that they are known; blocks while it reads."""
        self._resumption.mask_left()

    def rejoin(self, step_id: str) -> None:
        """Follow a durable command of unknown outcome again: it may be running still, or have left its exit status."""
        self._resumption.rejoin(step_id)

    def look(self, attempt: Attempt) -> str:
        """What there is of an attempt on its host, in words; blocks while it asks.

        Raises:
            RunbookError: the host cannot be asked.
        """
        return self._resumption.look(attempt)

    # what changes nothing

    def recheck(self, steps: Sequence[Step]) -> None:
        """Make the checks of settled steps again; what they are does not change."""
        self._checks.recheck(steps)

    def check_together(self, steps: Sequence[Step]) -> None:
        """Begin steps that change nothing and ask nobody, all at once; those that fail wait for the operator."""
        self._checks.together(steps)

    def look_first(self, step_id: str) -> None:
        """Look whether a rollback step has anything to undo; it is marked not needed where it has not."""
        self._checks.look_first(step_id)

    def look_again(self, steps: Sequence[Step]) -> None:
        """Ask the hosts whether these changes still hold after a restart; one that does not is to be done again."""
        self._checks.look_again(steps)

    def vouch(self, steps: Sequence[Step], reason: str) -> None:
        """Record that the operator has looked, and that these changes still hold."""
        self._checks.vouch(steps, reason)

    # what the operator does

    def start(self, step_id: str, confirmed: str = "", second: str = "") -> None:
        """Begin a step, or continue it; `confirmed` is what the operator typed or pressed to allow it.

        Args:
            second: who else allows it; only where a second person is needed before the step starts, and keys are not
                set up. Else it starts by what `approvals` has.
        """
        with self.recorder.lock:
            step = self._gate.idle_step(step_id)
            self._gate.certain_before(step)
            status = self.state.step(step_id).status
            if status not in RUNNABLE:
                raise NotNow(f"{step.title} is {status.value}", "retry it, sign it, or reopen it")
            allowed = self.approvals.allowed(step, second, confirmed)
            self._progress.begun_anew(step)
            self.recorder.record(self._opening(step, confirmed, allowed))
            self._progress.advance(step)

    def _opening(self, step: Step, confirmed: str, allowed: str, first: bool = False) -> ev.StepOpened:
        return ev.StepOpened(
            step=step.id,
            operator=self.state.operator,
            confirmed=confirmed,
            first=first,
            second_operator=allowed,
        )

    def retry(self, step_id: str, first: bool = False, second: str = "") -> None:
        """Run the failed action of a step again, and what follows it; or all from its `first`, where that is safe."""
        with self.recorder.lock:
            step = self._gate.failed(step_id, first)
            allowed = self.approvals.allowed(step, second, "retry", first)
            anew = self._progress.begun_anew(step)
            self.recorder.record(self._opening(step, "retry", allowed, first and not anew))
            self._progress.advance(step)

    def answer(self, step_id: str, answer: str) -> None:
        """Answer the question a step waits for."""
        self._handwork.answer(step_id, answer)

    def by_hand(self, step_id: str, done: bool, note: str = "", files: Sequence[Path] = ()) -> None:
        """Record how the work came out that a step asks for; see Handwork."""
        self._handwork.by_hand(step_id, done, note, files)

    def hand_over(self, step_id: str, end: TerminalEnd) -> None:
        """Hand the operator's terminal over to the program that a step waits with; see Handwork."""
        self._handwork.hand_over(step_id, end)

    def sent(self, name: str, text: str, how: str, step_id: str = "", went_out: str = "") -> None:
        """Record that a message went out (`went_out`: when, of one sent already); with a step, that step continues."""
        self._handwork.sent(name, text, how, step_id, went_out)

    def deliver(self, name: str, step_id: str, text: str, how: str, went_out: str = "") -> None:
        """Send a message by the runbook's command for it when `how` is "sent", and record it; blocks while it sends.

        Raises:
            TakenOver: another person has the session.
            RunbookError: the message has no command, or the command failed; then nothing is recorded.
        """
        if how == "sent":
            announces = self.announces if name == self.runbook.flows[self.state.flow].update else None
            send(self.runbook, name, text, self.values(), self.executor.transports, self.holding, announces)
        self.sent(name, text, how, step_id, went_out)

    def opened(self, step_id: str) -> None:
        """Record that the operator was taken to the page a step waits for."""
        self._handwork.opened(step_id)

    def sign(self, step_id: str, note: str = "", second_operator: str = "") -> None:
        """Sign a step that has passed; blocks while keys sign, where the operator's settings say that they do.

        Raises:
            NotNow: it has not passed, or two people are needed and these are not two.
            SigningRefused: a key does not sign; nothing is recorded.
        """
        with self.recorder.lock:
            step = self._gate.may("sign", step_id)
            second = second_operator.strip()
            if step.signoff is Signoff.TWO_PERSON:
                self._gate.two_people(second, "this step needs a second person", "who has looked")
            self.signing.check(self.state.operator, second)
            state, event = self.state, self._planner.sign_off(step, self.state.operator, note, second)
        event = self.signing.signed(state, event)
        with self.recorder.lock:
            self._gate.may("sign", step_id)
            if self.state.step(step_id) != state.step(step_id):
                raise NotNow(f"something happened to {step.title} while it was signed", "look, and sign it again")
            self.recorder.record(event)
            self._planner.settle()

    def skip(self, step_id: str, reason: str) -> None:
        """Leave a step out; the reason is recorded and must not be empty."""
        with self.recorder.lock:
            self._gate.may("skip", step_id)
            if not reason.strip():
                raise NotNow("a skipped step needs a reason", "say why it is left out")
            self.recorder.record(ev.StepSkipped(step=step_id, operator=self.state.operator, reason=reason.strip()))
            self._planner.settle()

    def reopen(self, step_id: str, reason: str) -> None:
        """Make a step to be done again."""
        with self.recorder.lock:
            self._gate.may("reopen", step_id)
            self.recorder.record(ev.StepReopened(step=step_id, operator=self.state.operator, reason=reason))
            self._planner.replan()

    def resolve(self, step_id: str, succeeded: bool, reason: str) -> None:
        """Decide an unknown outcome after looking on the host; of a group's hosts, that of the first."""
        with self.recorder.lock:
            step = self._gate.idle_step(step_id)
            step_state = self.state.step(step_id)
            if step_state.status is not StepStatus.UNKNOWN:
                raise NotNow(f"{step.title} is {step_state.status.value}", "only an unknown outcome is resolved")
            number = unknown_attempts(self.state, step_id)[0]
            event = ev.OutcomeResolved(attempt=number, operator=self.state.operator, succeeded=succeeded, reason=reason)
            self.recorder.record(event)
            if not succeeded:
                return
            missing = self._attempts.capture_left(step, self.state.attempts[number])
            if missing:
                self.note(f"no value for {', '.join(missing)} in the output that was received", step.id)
            self._planner.replan()
            self._progress.advance(step)

    def correct(self, name: str, value: str, reason: str) -> None:
        """Put a value right, for everything that runs from now on; what ran with the old one stays as it is.

        Raises:
            NotNow: a command is running, the session is finished, or no reason is given.
            UsageError: there is no such value, or it does not fit the runbook.
        """
        with self.recorder.lock:
            known = self.correctable()
            self._gate.corrected(known, name, value, reason)
            event = ev.ValueCorrected(
                name=name, value=value, before=known[name], operator=self.state.operator, reason=reason.strip()
            )
            self.recorder.record(event)
            self._planner.settle()

    def note(self, text: str, step_id: str = "") -> None:
        """Write something down, for the session or for a step."""
        self.recorder.record(ev.NoteAdded(text=text, operator=self.state.operator, step=step_id))

    def take_baseline(self) -> None:
        """Record that what the monitors measured until now is what is usual.

        Raises:
            NotNow: the first change has begun, or nothing was measured.
        """
        if change_begun(self.state):
            raise NotNow("the first change has begun", "what was usual before it stays what it was")
        if not any(monitored.value is not None for monitored in self.state.monitors.values()):
            raise NotNow("nothing was measured yet", "wait for the first samples")
        self.recorder.record(ev.BaselineTaken(operator=self.state.operator))

    def settle(self) -> None:
        """Compute the plan again: reopen what became wrong, then mark what comes next and does not apply."""
        self._planner.settle()

    def roll_back(self, flow: str, reason: str) -> None:
        """Turn to the rollback flow; a command that runs is cancelled first, and what it did may have to be undone."""
        with self.recorder.lock:
            refused = turning(Situation(state=self.state, held=self.held, lost=self.lost))
            if refused is not None:
                raise refused

            def turn(cancel: CancelToken) -> None:
                self.recorder.record(ev.RollbackStarted(flow=flow, operator=self.state.operator, reason=reason))
                self._planner.settle()

            if not self.busy:
                turn(CancelToken())
                return
            self.cancel()
            self.worker.submit(turn)

    def finish(self, result: str, note: str = "") -> None:
        """End the session.

        Raises:
            NotNow: a command is running, or what it is finished as builds on what a restart of a host has put in doubt.
        """
        with self.recorder.lock:
            if self.busy:
                raise NotNow("a command is running", "wait for it or cancel it")
            self._gate.no_doubts(doubtful(self.state) if result in (COMPLETED, ROLLED_BACK) else ())
            self.recorder.record(ev.SessionFinished(result=result, operator=self.state.operator, note=note))
            self.worker.submit(self._hosts.clear)
