"""Takes a session from step to step by an answers file, as far as it goes without a person."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum

from tui.drill.made_up.always_answered import hints_of
from tui.drill.made_up.by_person import MADE_UP_BY_DRILL, NobodysTerminal, made_up_answer
from tui.errors import NotNow, RunbookError
from tui.execution.conductor.by_person.handwork import DONE
from tui.execution.conductor.conductor import Conductor
from tui.headless.answers import AnswersFile
from tui.headless.waiting.resting import Rest
from tui.headless.waiting.second_allows import second_allows
from tui.runbook.facts import flow_of_kind
from tui.runbook.model import Action, Danger, FlowKind, Signoff, Step
from tui.runbook.templates.filling import judged_action
from tui.runbook.templates.variables import fill_shown
from tui.session.groups.batches import batch_now
from tui.session.groups.printed_alike import telling
from tui.session.possible.needs_second import needs_second
from tui.session.state import SessionState, StepState, StepStatus
from tui.session.tries import took
from tui.session.views.called import attempt_called, status_sign, status_word
from tui.session.views.doubts import doubt_words, doubtful
from tui.session.views.rollback import look_wanted, not_needed
from tui.text.amounts import duration
from tui.text.sentences import missed
from tui.transports.asking import Asking

Print = Callable[[str], None]
MAX_ROUNDS = 10_000


class Exit(IntEnum):
    """What the command line ends with after a run (docs/exit-codes.md)."""

    OK = 0
    HOST = 4
    SECRET = 5
    FAILED = 10
    UNKNOWN = 11
    UNANSWERED = 12
    NOT_CONFIRMED = 13


class AnsweredRun:
    """A session that an answers file takes from step to step; `rest` waits until nothing of a step runs any more."""

    def __init__(self, conductor: Conductor, answers: AnswersFile, say: Print, rest: Rest | None = None) -> None:
        self._conductor = conductor
        self._answers = answers
        self._say = say
        self._rest = rest or Rest(conductor, Asking(), say)
        self._seen: Mapping[str, datetime] = {}
        """The triggers that had fired when a person let this run begin, and when each did."""

    def walk(self) -> Exit:
        """Settle step after step until none is left or one cannot be settled."""
        self._seen = self._conductor.state.tripped  # who begins this knows what had fired
        for _ in range(MAX_ROUNDS):
            step = self._conductor.state.next_step()
            doubts = doubtful(self._conductor.state) if step is None else ()
            if step is None and not doubts:
                return Exit.OK
            code = self.settle(step) if step else self._look_again(doubts)
            if code is Exit.OK or (code is Exit.FAILED and step and self._rolls_back(step)):
                continue
            return code
        raise RunbookError("the session does not come to an end", "this is a fault of the program; please report it")

    def _rolls_back(self, step: Step) -> bool:
        """Begin the rollback after a step that failed; False where the answers file wants none, or it runs already."""
        flow = flow_of_kind(self._conductor.runbook, FlowKind.ROLLBACK)
        if not flow or self._answers.on_failure != "rollback" or self._conductor.state.rollback:
            return False
        fired = _fired(self._conductor.state, self._seen)
        why = f"a trigger fired: {', '.join(fired)}" if fired and step.each else f"{step.title} failed"
        self._say(f"ROLLBACK {flow}: {why}")
        self._conductor.roll_back(flow, why)
        self._rest()
        self._seen = self._conductor.state.tripped
        return True

    def settle(self, step: Step) -> Exit:
        """Take one step as far as it goes without a person."""
        if step.id in self._answers.skip:
            self._conductor.skip(step.id, self._answers.skip[step.id])
            self._say(_line(self._conductor.state, step))
            return Exit.OK
        if not_needed(self._conductor.state, step):
            self._conductor.settle()
            self._say(_line(self._conductor.state, step))
            return Exit.OK
        if self._conductor.state.step(step.id).status is StepStatus.UNKNOWN:  # a person says first what it was
            self._say(_line(self._conductor.state, step))
            return Exit.UNKNOWN
        doubts = self._conductor.doubts(step)
        if doubts:
            return self._look_again(doubts)
        if look_wanted(self._conductor.state, step):
            self._conductor.look_first(step.id)
            self._rest()
            if self._conductor.state.step(step.id).status.settled:
                self._say(_line(self._conductor.state, step))
                return Exit.OK
        refused = self._started(step)
        if refused is not None:
            return refused
        for _ in range(2 * len(step.actions) + 2):
            self._rest()
            step_state = self._conductor.state.step(step.id)
            earlier = self._conductor.doubts(step) or self._conductor.state.next_step() is not step
            left = step_state.status is StepStatus.RUNNING and step.mutates and earlier
            if step_state.status is StepStatus.PENDING or left:
                return Exit.OK  # its host was restarted: what has to be looked at, or done again, comes first
            code = self._after(step, step_state)
            if code is not None:
                self._say(_line(self._conductor.state, step))
                return code
        raise NotNow(f"{step.title} does not come to an end")

    def _started(self, step: Step) -> Exit | None:
        """Begin a step, or its next batch, where there is anything to begin; else why not."""
        destructive = step.danger is Danger.DESTRUCTIVE
        if (step.mutates or destructive) and not self._answers.allows(step.id, destructive):
            self._say(f"? {step.title}: not confirmed; add {step.id!r} to `confirm` in the answers file")
            return Exit.NOT_CONFIRMED
        self._rest.log_in_again()
        if step.each and (fired := _fired(self._conductor.state, self._seen)):
            self._say(f"✖ {step.title}: stopped, since a trigger fired: {', '.join(fired)}")
            return Exit.FAILED
        if self._conductor.state.step(step.id).status in (StepStatus.PENDING, StepStatus.RUNNING):
            batch = batch_now(self._conductor.state, step)
            if batch is not None and batch.number > 1:
                self._say(f"▶ {step.title}: {batch.words}")
            how = MADE_UP_BY_DRILL if self._answers.made_up else "answers file"
            if needs_second(self._conductor.state, step) and (
                refused := second_allows(self._conductor, step, self._answers, how, self._say, self._rest.never)
            ):
                self._say(f"? {step.title}: {refused}")
                return Exit.NOT_CONFIRMED
            by_name = "" if self._conductor.approvals.asked_first else _second(self._answers)
            self._conductor.start(step.id, how if step.mutates else "", by_name)
        return None

    def _look_again(self, doubts: Sequence[Step]) -> Exit:
        """After a restart of a host, ask it what still holds; what it cannot tell, only a person can."""
        self._say(f"! {doubt_words(self._conductor.state, doubts)}")
        self._conductor.look_again(doubts)
        self._rest()
        left = [doubt for doubt in doubtful(self._conductor.state) if doubt in doubts]
        for doubt in doubts:
            settled = self._conductor.state.step(doubt.id).status.settled
            found = "cannot tell" if doubt in left else "holds" if settled else "does not hold"
            self._say(f"  {found:13} {doubt.id}: {doubt.title}")
        if left:
            self._say("? nothing tells whether these still hold: look on the host")
        return Exit.UNKNOWN if left else Exit.OK

    def _after(self, step: Step, step_state: StepState) -> Exit | None:
        """What to do when a step has come to rest; None when it continues."""
        match step_state.status:
            case StepStatus.SIGNED | StepStatus.SKIPPED | StepStatus.NOT_NEEDED:
                return Exit.OK
            case StepStatus.FAILED:
                return Exit.FAILED
            case StepStatus.UNKNOWN:
                return Exit.UNKNOWN
            case StepStatus.PASSED:
                second = _second(self._answers) if step.signoff is Signoff.TWO_PERSON else ""
                self._conductor.sign(step.id, self._answers.notes.get(step.id, _note(self._answers)), second)
                return None
            case StepStatus.RUNNING if step.each:  # a batch is done, or a trigger fired
                return Exit.OK
            case StepStatus.WAITING:
                return self._human(step, step_state)
        return None

    def _human(self, step: Step, step_state: StepState) -> Exit | None:
        action = step.actions[step_state.action]
        match action.kind:
            case "send":
                name = action.send or ""
                self._conductor.deliver(name, step.id, self._conductor.message(name), self._answers.messages)
                return None
            case "open":
                self._conductor.opened(step.id)
                return None
            case "interactive" if self._answers.made_up:
                self._conductor.hand_over(step.id, NobodysTerminal())
                return None
            case "interactive":
                self._say(f"? {step.title}: a terminal needs a person; skip the step in the answers file")
                return Exit.UNANSWERED
            case _:
                before = step.actions[: step_state.action]
                question = sum(other.ask is not None or other.manual is not None for other in before)
                answer = self._answers.answer(step.id, question)
                if answer is None and self._answers.made_up:
                    answer = self._made_up(action)
                if answer is None:
                    self._say(f"? {step.title}: no answer in the answers file to: {action.ask or action.manual}")
                    return Exit.UNANSWERED
                if action.manual is None:
                    self._conductor.answer(step.id, answer)
                else:
                    self._conductor.by_hand(step.id, answer.strip() == DONE, "" if answer.strip() == DONE else answer)
                return None

    def _made_up(self, action: Action) -> str | None:
        """What the drill answers to a question, said aloud."""
        values = self._conductor.recorder.values()
        asked = fill_shown(action.ask or action.manual or "", values)
        made = DONE
        if action.manual is None:
            made = made_up_answer(judged_action(action, values), hints_of(self._conductor.runbook)) or ""
        self._say(f"  made up: {made or 'no answer can be made up'}, to: {asked}")
        return made or None


def _fired(state: SessionState, seen: Mapping[str, datetime]) -> list[str]:
    """The triggers that fired since a person let a run begin: another one decides before hosts follow hosts."""
    return [name for name, since in state.tripped.items() if seen.get(name) != since]


def _second(answers: AnswersFile) -> str:
    return answers.second_operator or _note(answers)


def _note(answers: AnswersFile) -> str:
    return MADE_UP_BY_DRILL if answers.made_up else ""


def _line(state: SessionState, step: Step) -> str:
    step_state = state.step(step.id)
    length = took(state, step)
    why = [
        missed(check.expected, check.came) for checks in step_state.checks.values() for check in checks if not check.ok
    ]
    last = state.attempts[telling(state, step.id)] if step_state.attempts else None
    if last and last.outcome and not last.outcome.ended_by_itself:
        why.append(attempt_called(last))
    detail = "; ".join(why) or step_state.reason
    mark, word = status_sign(state, step_state), status_word(state, step_state)
    return f"{mark} {word:10} {duration(length):>9}  {step.id}: {step.title}" + (f" – {detail}" if detail else "")
