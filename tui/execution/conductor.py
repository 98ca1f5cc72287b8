"""Carries out what the operator asks for: announces it in the journal, does it, and records what came of it."""

from collections.abc import Sequence
from functools import partial

from tui.errors import NotNow
from tui.execution.actions import ActionRunner, still_to_hold
from tui.execution.commands import send
from tui.execution.executor import Executor
from tui.execution.expectations import check_answer
from tui.execution.incident import incident_values
from tui.execution.probing import THIS_MACHINE, LiveProber, Prober
from tui.execution.secrets import Secrets
from tui.execution.signing import Signing
from tui.execution.working import Working
from tui.runbook.model import Action, Runbook, Signoff, Step
from tui.runbook.variables import fill
from tui.session import events as ev
from tui.session.handover import handover_summary
from tui.session.journal import Journal
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.rollback import not_needed
from tui.session.signature import AUTO
from tui.session.state import Attempt, SessionState, StepStatus, same_person, step_by_id
from tui.transports.base import CancelToken
from tui.transports.local import LocalTransport

RUNNABLE = (StepStatus.PENDING, StepStatus.RUNNING)


class Conductor(Working):
    """One session, running. Every method returns at once and may be called from any thread.

    Commands run one after the other on a thread of the conductor's own. What a method may not do in the present state
    raises NotNow; a journal that cannot be written raises JournalUnwritable, and then nothing was done.
    """

    read_only = ""
    """Why nothing can be done here; empty where it can."""

    def __init__(
        self,
        runbook: Runbook,
        journal: Journal,
        executor: Executor,
        secrets: Secrets,
        state: SessionState | None = None,
        signing: Signing | None = None,
        prober: Prober | None = None,
    ) -> None:
        super().__init__(runbook, journal, executor, state)
        self.secrets = secrets
        self.signing = signing or Signing()
        self.taken_up: tuple[str, ...] = ()
        """How the session stood when it was taken up, in words."""
        prober = prober or LiveProber(runbook, executor.transports, secrets, partial(LocalTransport, THIS_MACHINE))
        self._runner = ActionRunner(runbook, executor, secrets, self, prober)

    # what the operator does

    def take_up(self, operator: str, machine: str) -> None:
        """Go on with a session: a durable command left running is followed, any other's outcome is unknown."""
        previous = self.state.operator
        self.taken_up = handover_summary(self.state)
        if operator and operator != previous:
            summary = "\n".join(self.taken_up)
            self.record(ev.SessionHandedOver(previous=previous, operator=operator, machine=machine, summary=summary))
        else:
            self.record(ev.SessionResumed(operator=previous, machine=machine))
        left = self.state.running()
        if left is not None and left.durable:
            self._follow_again(left)
            return
        if left is not None:
            if self._runner.can_mask(step_by_id(self.runbook, left.step), left.action):
                self.executor.mask(left.number)
            outcome = Outcome(OutcomeKind.UNKNOWN, detail="the program ended while the command ran")
            self.record(ev.AttemptFinished(attempt=left.number, outcome=outcome, seconds=0.0))
        unjudged = self.state.unjudged()
        if unjudged is not None:
            self._runner.judge(step_by_id(self.runbook, unjudged.step), unjudged)
        current = self.state.current
        if current and self.state.step(current).status is StepStatus.PASSED:
            self._settle_passed(step_by_id(self.runbook, current))

    def mask_left(self) -> None:
        """Look for secrets in the output that was left without, now that they are known; blocks while it reads."""
        for left in self.state.attempts.values():
            if left.outcome is not None and self._runner.can_mask(step_by_id(self.runbook, left.step), left.action):
                self.executor.mask_left(left.number)

    def rejoin(self, step_id: str) -> None:
        """Follow a durable command of unknown outcome again: it may be running still, or have left its exit status."""
        with self._lock:
            self._idle_step(step_id)
            now = self.state.step(step_id)
            attempt = self.state.attempts[now.attempts[-1]] if now.attempts else None
            if now.status is not StepStatus.UNKNOWN or attempt is None or not attempt.durable:
                raise NotNow("there is nothing to follow", "only a durable command of unknown outcome goes on")
            self._follow_again(attempt)

    def look(self, attempt: Attempt) -> str:
        """What there is of an attempt on its host, in words; blocks while it asks.

        Raises:
            RunbookError: the host cannot be asked.
        """
        if not attempt.durable:
            return "It ran without protection: the host knows nothing of it."
        return self.executor.transports[attempt.host].look(self._runner.key(attempt.step, attempt.number))

    def rechecks(self) -> list[Step]:
        """The signed read-only steps that still ought to hold: those whose checks came after the last change."""
        return still_to_hold(self.state)

    def recheck(self, steps: Sequence[Step]) -> None:
        """Make the checks of settled steps once more; what they are does not change."""
        with self._lock:
            for step in steps:
                self._idle_step(step.id)
            self._submit(lambda cancel: self._runner.check_again(steps, cancel))

    def start(self, step_id: str, confirmed: str = "") -> None:
        """Begin a step, or go on with it; `confirmed` is what the operator typed or pressed to allow it."""
        with self._lock:
            step = self._idle_step(step_id)
            status = self.state.step(step_id).status
            if status not in RUNNABLE:
                raise NotNow(f"{step.title} is {status.value}", "retry it, sign it, or reopen it")
            self.record(ev.StepOpened(step=step_id, operator=self.state.operator, confirmed=confirmed))
            self._go_on(step)

    def look_first(self, step_id: str) -> None:
        """Look whether a rollback step has anything to undo; it is marked not needed where it has not."""
        with self._lock:
            step = self._idle_step(step_id)
            if step.look is None or self.state.step(step_id).status is not StepStatus.PENDING:
                raise NotNow(f"there is nothing to look at before {step.title}", "start it, or skip it with a reason")

            def look(cancel: CancelToken) -> None:
                self._runner.look(step, cancel)
                self.settle()

            self._submit(look)

    def retry(self, step_id: str) -> None:
        """Run the failed action of a step again, and what follows it."""
        with self._lock:
            step = self._idle_step(step_id)
            status = self.state.step(step_id).status
            if status is StepStatus.UNKNOWN:
                raise NotNow("the outcome is unknown", "look on the host and resolve it before running anything again")
            if status is not StepStatus.FAILED:
                raise NotNow(f"{step.title} is {status.value}, not failed", "reopen it to do it again")
            self.record(ev.StepOpened(step=step_id, operator=self.state.operator, confirmed="retry"))
            self._go_on(step)

    def answer(self, step_id: str, answer: str) -> None:
        """Answer the question a step waits for."""
        with self._lock:
            step, index, action = self._waiting(step_id, "ask")
            checks = check_answer(action, answer)
            self.record(
                ev.QuestionAnswered(
                    step=step_id, action=index, operator=self.state.operator, answer=answer, checks=checks
                )
            )
            for name in action.capture:
                self.record(ev.ValueCaptured(step=step_id, name=name, value=answer.strip()))
            self._go_on(step)

    def message(self, name: str) -> str:
        """The text of a message with everything known filled in; what is not known stays as {{ name }}."""
        drafted = incident_values(self.state, self.now())
        return fill(self.runbook.messages[name].body, {**self.values(), **drafted})

    def sent(self, name: str, text: str, how: str, step_id: str = "") -> None:
        """Record that a message went out; with a step, that step goes on."""
        with self._lock:
            if not step_id:
                self.record(ev.MessageSent(message=name, text=text, how=how, operator=self.state.operator))
                return
            step, index, _ = self._waiting(step_id, "send")
            event = ev.MessageSent(
                message=name, text=text, how=how, operator=self.state.operator, step=step_id, action=index
            )
            self.record(event)
            self._go_on(step)

    def deliver(self, name: str, step_id: str, text: str, how: str) -> None:
        """Send a message by the runbook's command for it when `how` is "sent", and record it; blocks while it sends.

        Raises:
            RunbookError: the message has no command, or the command failed; then nothing is recorded.
        """
        if how == "sent":
            send(self.runbook, name, text, self.values(), self.executor.transports)
        self.sent(name, text, how, step_id)

    def opened(self, step_id: str) -> None:
        """Record that the operator was taken to the page a step waits for."""
        with self._lock:
            step, index, action = self._waiting(step_id, "open")
            url = fill(action.open or "", self.values())
            self.record(ev.LinkOpened(url=url, operator=self.state.operator, step=step_id, action=index))
            self._go_on(step)

    def sign(self, step_id: str, note: str = "", second_operator: str = "") -> None:
        """Sign a step that has passed; blocks while keys sign, where the operator's settings say that they do.

        Raises:
            NotNow: it has not passed, or two people are needed and these are not two.
            SigningRefused: a key does not sign; nothing is recorded.
        """
        with self._lock:
            step = self._to_sign(step_id)
            second = second_operator.strip()
            if step.signoff is Signoff.TWO_PERSON and (not second or same_person(second, self.state.operator)):
                raise NotNow("this step needs a second person", "give the name of somebody else who has looked")
            self.signing.check(self.state.operator, second)
            state, event = self.state, self._sign_off(step, self.state.operator, note, second)
        event = self.signing.signed(state, event)
        with self._lock:
            self._to_sign(step_id)
            if self.state.step(step_id) != state.step(step_id):
                raise NotNow(f"something happened to {step.title} while it was signed", "look, and sign it again")
            self.record(event)
            self.settle()

    def skip(self, step_id: str, reason: str) -> None:
        """Leave a step out; the reason is recorded and must not be empty."""
        with self._lock:
            step = self._idle_step(step_id)
            if self.state.step(step_id).status.settled:
                raise NotNow(f"{step.title} is settled", "reopen it first")
            if not reason.strip():
                raise NotNow("a skipped step needs a reason", "say why it is left out")
            self.record(ev.StepSkipped(step=step_id, operator=self.state.operator, reason=reason.strip()))
            self.settle()

    def reopen(self, step_id: str, reason: str) -> None:
        """Make a step to be done again."""
        with self._lock:
            self._idle_step(step_id)
            self.record(ev.StepReopened(step=step_id, operator=self.state.operator, reason=reason))

    def resolve(self, step_id: str, succeeded: bool, reason: str) -> None:
        """Decide an unknown outcome after looking on the host."""
        with self._lock:
            step = self._idle_step(step_id)
            now = self.state.step(step_id)
            if now.status is not StepStatus.UNKNOWN:
                raise NotNow(f"{step.title} is {now.status.value}", "only an unknown outcome is resolved")
            event = ev.OutcomeResolved(
                attempt=now.attempts[-1], operator=self.state.operator, succeeded=succeeded, reason=reason
            )
            self.record(event)
            if not succeeded:
                return
            missing = self._runner.capture_left(step, self.state.attempts[now.attempts[-1]])
            if missing:
                self.note(f"no value for {', '.join(missing)} in what came of the output", step.id)
            self._go_on(step)

    def note(self, text: str, step_id: str = "") -> None:
        """Write something down, for the session or for a step."""
        self.record(ev.NoteAdded(text=text, operator=self.state.operator, step=step_id))

    def roll_back(self, flow: str, reason: str) -> None:
        """Turn to the rollback flow; a command that runs is cancelled first, and what it did may have to be undone."""
        with self._lock:
            if self.state.rollback:
                raise NotNow("the rollback has been started already")
            if self.state.finished:
                raise NotNow("the session is finished", "resume it; then roll it back")

            def turn(cancel: CancelToken) -> None:
                self.record(ev.RollbackStarted(flow=flow, operator=self.state.operator, reason=reason))
                self.settle()

            if not self.busy:
                turn(CancelToken())
                return
            self.cancel()
            self._submit(turn)

    def finish(self, result: str, note: str = "") -> None:
        """End the session."""
        with self._lock:
            if self.busy:
                raise NotNow("a command is running", "wait for it or cancel it")
            self.record(ev.SessionFinished(result=result, operator=self.state.operator, note=note))
            self._submit(self._clear)

    # how it is done

    def _idle_step(self, step_id: str) -> Step:
        if self.busy:
            raise NotNow("a command is running", "wait for it or cancel it")
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
            # What comes next in the step waits for a person: it was allowed by whoever began it, then.
            self._runner.rejoin(step, left, cancel)
            if self.state.step(step.id).status is StepStatus.PASSED:
                self._settle_passed(step)

        self._submit(follow)

    def _run(self, step: Step, cancel: CancelToken) -> None:
        self._runner.run(step, cancel)
        if self.state.step(step.id).status is StepStatus.PASSED:
            self._settle_passed(step)

    def _settle_passed(self, step: Step) -> None:
        if step.signoff is Signoff.AUTO:
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
        """Mark the steps that come next and do not apply to what is known by now."""
        while (step := self.state.next_step()) is not None:
            reason = not_needed(self.state, step)
            if not reason:
                return
            self.record(ev.StepNotNeeded(step=step.id, reason=reason))
        if self.state.rollback and self.state.rollback_finished_at is None:
            self.record(ev.RollbackFinished(operator=self.state.operator))
