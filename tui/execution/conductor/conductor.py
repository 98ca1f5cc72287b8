"""Carries out what the operator asks for: announces it in the journal, does it, and records the result."""

from collections.abc import Sequence

from msgspec.structs import replace

from tui.errors import NotNow
from tui.execution.commands import send
from tui.execution.conductor.executor import Executor
from tui.execution.conductor.placing import Placing
from tui.execution.conductor.signing import Signing
from tui.execution.judging.expectations import check_answer
from tui.execution.measuring.probing import Prober
from tui.execution.secrecy.secrets import Secrets
from tui.people import same_person
from tui.runbook.model import Approval, Runbook, Signoff, Step
from tui.runbook.shell.counting import repeatable
from tui.runbook.templates.filling import filled_action
from tui.runbook.templates.variables import fill
from tui.session import events as ev
from tui.session.journal.journal import Journal
from tui.session.state import AUTO, Attempt, SessionState, StepStatus, step_by_id
from tui.session.views.called import COMPLETED, ROLLED_BACK
from tui.session.views.doubts import doubt_words, doubtful
from tui.session.views.handover import handover_summary
from tui.transports.base import CancelToken

RUNNABLE = (StepStatus.PENDING, StepStatus.RUNNING)


class Conductor(Placing):
    """One session, running. Every method returns at once and may be called from any thread.

    Commands run one after the other on a thread of the conductor's own. What a method may not do in the present state
    raises NotNow; a journal that cannot be written raises JournalUnwritable, and then nothing was done.
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
    ) -> None:
        super().__init__(runbook, journal, executor, secrets, state, prober, speed)
        self.signing = signing or Signing()

    # what the operator does

    def take_up(self, operator: str, machine: str) -> None:
        """Resume a session: a durable command left running is followed, any other's outcome is unknown."""
        previous = self.state.operator
        self.taken_up = handover_summary(self.state)
        if operator and not same_person(operator, previous):
            summary = "\n".join(self.taken_up)
            self.record(ev.SessionHandedOver(previous=previous, operator=operator, machine=machine, summary=summary))
        else:
            self.record(ev.SessionResumed(operator=previous, machine=machine))
        left = self.state.running()
        if left is not None and left.durable:
            self._follow_again(left)
            return
        while left is not None:
            self._given_up(left)
            left = self.state.running()
        unjudged = self.state.unjudged()
        if unjudged is not None:
            self._runner.judge(step_by_id(self.runbook, unjudged.step), unjudged)
        current = self.state.current
        if current and self.state.step(current).status is StepStatus.PASSED:
            self._settle_passed(step_by_id(self.runbook, current))

    def mask_left(self) -> None:
        """Look for secrets in the output that was left without, now that they are known; blocks while it reads."""
        for left in self.state.attempts.values():
            if left.outcome is not None and self._attempts.can_mask(step_by_id(self.runbook, left.step), left.action):
                self.executor.mask_left(left.number)

    def rejoin(self, step_id: str) -> None:
        """Follow a durable command of unknown outcome again: it may be running still, or have left its exit status."""
        with self._lock:
            self._idle_step(step_id)
            now = self.state.step(step_id)
            attempt = self.state.attempts[now.attempts[-1]] if now.attempts else None
            if now.status is not StepStatus.UNKNOWN or attempt is None or not attempt.durable:
                raise NotNow("there is nothing to follow", "only a durable command of unknown outcome can be followed")
            self._follow_again(attempt)

    def look(self, attempt: Attempt) -> str:
        """What there is of an attempt on its host, in words; blocks while it asks.

        Raises:
            RunbookError: the host cannot be asked.
        """
        if not attempt.durable:
            return "It ran without protection: the host knows nothing of it."
        return self.executor.transports[attempt.host].look(self._attempts.key(attempt.step, attempt.number))

    def recheck(self, steps: Sequence[Step]) -> None:
        """Make the checks of settled steps again; what they are does not change."""
        with self._lock:
            for step in steps:
                self._idle_step(step.id)
            self._submit(lambda cancel: self._runner.check_again(steps, cancel))

    def start(self, step_id: str, confirmed: str = "", second: str = "") -> None:
        """Begin a step, or continue it; `confirmed` is what the operator typed or pressed to allow it.

        Args:
            second: who else allows it, for a step that needs a second person before it starts.
        """
        with self._lock:
            step = self._idle_step(step_id)
            self._nothing_in_doubt(self.doubts(step) if step.mutates else ())
            status = self.state.step(step_id).status
            if status not in RUNNABLE:
                raise NotNow(f"{step.title} is {status.value}", "retry it, sign it, or reopen it")
            allowed = self._allowed(step, second)
            self._begun_anew(step)
            self.record(self._opening(step, confirmed, allowed))
            self._go_on(step)

    def _allowed(self, step: Step, second: str) -> str:
        """The second person by whom a step may start; empty where it needs none."""
        if step.approve is Approval.NONE:
            return ""
        self._two_people(second, "this step needs a second person before it starts", "who has read what will run")
        return second.strip()

    def _two_people(self, second: str, need: str, who: str) -> None:
        if not second.strip() or same_person(second, self.state.operator):
            raise NotNow(need, f"give the name of somebody else {who}")

    def _opening(self, step: Step, confirmed: str, allowed: str, first: bool = False) -> ev.StepOpened:
        return ev.StepOpened(
            step=step.id,
            operator=self.state.operator,
            confirmed=confirmed,
            first=first,
            second_operator=allowed,
        )

    def look_first(self, step_id: str) -> None:
        """Look whether a rollback step has anything to undo; it is marked not needed where it has not."""
        with self._lock:
            step = self._idle_step(step_id)
            if step.look is None or self.state.step(step_id).status is not StepStatus.PENDING:
                raise NotNow(f"there is nothing to look at before {step.title}", "start it, or skip it with a reason")

            def look(cancel: CancelToken) -> None:
                self._attempts.look(step, cancel)
                self.settle()

            self._submit(look)

    def _nothing_in_doubt(self, doubts: Sequence[Step]) -> None:
        if doubts:
            titles = ", ".join(one.title for one in doubts)
            raise NotNow(f"{doubt_words(self.state, doubts)}: {titles}", "check them again first, then continue")

    def look_again(self, steps: Sequence[Step]) -> None:
        """Ask the hosts whether these changes still hold after a restart; one that does not is to be done again."""
        with self._lock:
            for step in steps:
                self._idle_step(step.id)

            def look(cancel: CancelToken) -> None:
                for step in steps:
                    holds = None if cancel.cancelled else self._runner.still_holds(step, cancel)
                    if holds:
                        self.record(ev.StepHeld(step=step.id, operator=AUTO, reason="the host was asked again"))
                    elif holds is False:
                        reason = "looked after the restart of its host: it does not hold any more"
                        self.record(ev.StepReopened(step=step.id, operator=AUTO, reason=reason))
                self.settle()

            self._submit(look)

    def vouch(self, steps: Sequence[Step], reason: str) -> None:
        """Record that the operator has looked, and that these changes still hold."""
        with self._lock:
            if not reason.strip():
                raise NotNow("say how you know that it still holds", "it is recorded")
            for step in steps:
                self._idle_step(step.id)
                self.record(ev.StepHeld(step=step.id, operator=self.state.operator, reason=reason.strip()))
            self.settle()

    def check_together(self, steps: Sequence[Step]) -> None:
        """Begin steps that change nothing and ask nobody, all at once; those that fail wait for the operator."""
        with self._lock:
            for step in steps:
                self._idle_step(step.id)
                if step.mutates or not all(action.automatic for action in step.actions):
                    raise NotNow(f"{step.title} is no check", "only what changes nothing and asks nobody runs at once")
            for step in steps:
                confirmed = "retry" if self.state.step(step.id).status is StepStatus.FAILED else ""
                self.record(ev.StepOpened(step=step.id, operator=self.state.operator, confirmed=confirmed))
            self._submit(lambda cancel: self._runner.together(steps, cancel, self._rested))

    def retry(self, step_id: str, first: bool = False, second: str = "") -> None:
        """Run the failed action of a step again, and what follows it; or all from its `first`, where that is safe."""
        with self._lock:
            step = self._idle_step(step_id)
            status = self.state.step(step_id).status
            if status is StepStatus.UNKNOWN:
                raise NotNow("the outcome is unknown", "look on the host and resolve it before running anything again")
            if status is not StepStatus.FAILED:
                raise NotNow(f"{step.title} is {status.value}, not failed", "reopen it to do it again")
            self._nothing_in_doubt(self.doubts(step) if step.mutates else ())
            if first and not repeatable(step, self.state.step(step_id).action):
                raise NotNow(f"{step.title} cannot begin again", "what ran before the failed command may not run twice")
            allowed = self._allowed(step, second)
            anew = self._begun_anew(step)
            self.record(self._opening(step, "retry", allowed, first and not anew))
            self._go_on(step)

    def answer(self, step_id: str, answer: str) -> None:
        """Answer the question a step waits for."""
        with self._lock:
            step, index, action = self._waiting(step_id, "ask")
            checks = check_answer(filled_action(action, self.values()), answer)
            self.record(
                ev.QuestionAnswered(
                    step=step_id, action=index, operator=self.state.operator, answer=answer, checks=checks
                )
            )
            for name in action.capture:
                self.record(ev.ValueCaptured(step=step_id, name=name, value=answer.strip()))
            self.replan()
            self._go_on(step)

    def sent(self, name: str, text: str, how: str, step_id: str = "", went_out: str = "") -> None:
        """Record that a message went out (`went_out`: when, of one sent already); with a step, that step continues."""
        with self._lock:
            event = ev.MessageSent(message=name, text=text, how=how, operator=self.state.operator, went_out=went_out)
            if not step_id:
                self.record(event)
                return
            step, index, _ = self._waiting(step_id, "send")
            self.record(replace(event, step=step_id, action=index))
            self._go_on(step)

    def deliver(self, name: str, step_id: str, text: str, how: str, went_out: str = "") -> None:
        """Send a message by the runbook's command for it when `how` is "sent", and record it; blocks while it sends.

        Raises:
            RunbookError: the message has no command, or the command failed; then nothing is recorded.
        """
        if how == "sent":
            send(self.runbook, name, text, self.values(), self.executor.transports)
        self.sent(name, text, how, step_id, went_out)

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
            if step.signoff is Signoff.TWO_PERSON:
                self._two_people(second, "this step needs a second person", "who has looked")
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
            self.replan()

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
            missing = self._attempts.capture_left(step, self.state.attempts[now.attempts[-1]])
            if missing:
                self.note(f"no value for {', '.join(missing)} in the output that was received", step.id)
            self.replan()
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
        """End the session.

        Raises:
            NotNow: a command is running, or what it is finished as builds on what a restart of a host has put in doubt.
        """
        with self._lock:
            if self.busy:
                raise NotNow("a command is running", "wait for it or cancel it")
            self._nothing_in_doubt(doubtful(self.state) if result in (COMPLETED, ROLLED_BACK) else ())
            self.record(ev.SessionFinished(result=result, operator=self.state.operator, note=note))
            self._submit(self._clear)
