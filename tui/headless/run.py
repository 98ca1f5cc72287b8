"""Takes a session from its first step to its last without a person, by an answers file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType

from msgspec.structs import replace

from tui.drill.made_up.always_answered import hints_of
from tui.drill.made_up.by_person import MADE_UP_BY_DRILL, NobodysTerminal, made_up_answer
from tui.errors import AuthenticationRefused, HostsMoved, NotNow, RunbookError
from tui.execution.conductor.by_person.handwork import DONE
from tui.execution.conductor.conductor import Conductor
from tui.execution.preflight import Finding, RowVerdict
from tui.execution.workspace import Setup, Workspace
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
from tui.session.possible.outside import outside_lines
from tui.session.state import SessionState, StepState, StepStatus
from tui.session.tries import took
from tui.session.views.called import attempt_called, result_of, status_sign, status_word
from tui.session.views.doubts import doubt_words, doubtful
from tui.session.views.rollback import expected_seconds, look_wanted, not_needed, rollback_plan
from tui.text.amounts import duration, guessed
from tui.text.sentences import missed
from tui.transports.asking import Asking

Print = Callable[[str], None]
MAX_ROUNDS = 10_000
UNSAID = "no reason was given (headless)"
NOTHING: Mapping[str, datetime] = MappingProxyType({})


class Exit(IntEnum):
    """What the command line ends with after a run (docs/exit-codes.md)."""

    OK = 0
    HOST = 4
    SECRET = 5
    FAILED = 10
    UNKNOWN = 11
    UNANSWERED = 12
    NOT_CONFIRMED = 13


def run_headless(workspace: Workspace, setup: Setup, answers: AnswersFile, say: Print) -> Exit:
    """Run a whole flow and say what happens, a line a step; the session stays on disk, whatever comes of it."""
    setup = replace(setup, variables={**setup.variables, **workspace.found_out(setup)})
    workspace.check(setup)
    refused = _preflight(workspace, setup, say)
    if refused is not None:
        return refused
    conductor = workspace.begin(setup)
    rolling_back = workspace.runbook.flows[setup.flow].kind is FlowKind.ROLLBACK
    if rolling_back:
        conductor.roll_back(setup.flow, setup.reason or UNSAID)
    return _to_the_end(conductor, answers, say, Rest(conductor, workspace.asking, say))


def run_rollback(
    workspace: Workspace, session: str, operator: str, reason: str, answers: AnswersFile, say: Print, hosts: str = ""
) -> Exit:
    """Roll a session back and say what happens, a line a step.

    Args:
        hosts: which places hold for hosts that are said to be elsewhere today: "session" or "today".

    Raises:
        SessionError: it cannot be taken up.
        NotNow: it has been rolled back already, or the runbook has no rollback flow.
    """
    conductor = workspace.resume(session, operator, hosts, reopen=True)  # a finished one is named to undo it
    state = conductor.state
    flow = flow_of_kind(conductor.runbook, FlowKind.ROLLBACK)
    rows, elsewhere = workspace.reach_again(conductor)
    _tell(rows, say)
    refused = _refused(rows) if flow else None
    if refused is None and elsewhere and hosts != "today":
        conductor.close()
        raise HostsMoved(session, tuple(map(str, elsewhere)))
    if refused is not None:
        conductor.close()
        return refused
    conductor.agree()
    conductor.mask_left()
    if not flow:
        conductor.close()
        raise NotNow("this runbook has no rollback flow", 'write one: kind = "rollback"')
    rest = Rest(conductor, workspace.asking, say)

    def begin() -> None:
        rest()  # a command that was left running is followed to its end first
        conductor.roll_back(flow, reason or UNSAID)
        rest()

    return _to_the_end(conductor, answers, say, rest, None if state.rollback else begin)


def _to_the_end(
    conductor: Conductor, answers: AnswersFile, say: Print, rest: Rest, begin: Callable[[], None] | None = None
) -> Exit:
    try:
        assert conductor.state.started is not None
        say(f"session {conductor.state.started.session}")
        try:
            if begin is not None:
                begin()
            for line in _plan_lines(conductor.state):
                say(line)
            code = walk(conductor, answers, say, rest)
        except AuthenticationRefused as error:
            say(f"! {error.message} ({error.hint})")
            code = Exit.HOST
        if code is Exit.OK:
            conductor.finish(result_of(conductor.state))
            conductor.wait()
        else:
            say(f"stopped; nothing is run again without a person: runbook resume {conductor.state.started.session}")
        say(f"receipt {conductor.receipt()}")
        return code
    finally:
        conductor.close()


def _plan_lines(state: SessionState) -> list[str]:
    """The plan of a rollback, as it stands before its first step."""
    if state.rollback is None:
        return []
    plan = rollback_plan(state)
    lines = [f"ROLLBACK because {state.rollback.reason}; {guessed(expected_seconds(plan, state))}"]
    lines += outside_lines(state)
    return lines + [f"  {one.need.value:10} {one.step.id}: {one.step.title} ({one.why})" for one in plan]


def _preflight(workspace: Workspace, setup: Setup, say: Print) -> Exit | None:
    return _refused(workspace.preflight(setup, lambda row: _tell([row], say)))


def _tell(rows: Iterable[Finding], say: Print) -> None:
    for row in rows:
        if row.verdict is not RowVerdict.WAITING:
            say(f"  {row.verdict.value:8} {row.kind} {row.name}: {row.detail}")
            if row.hint and row.verdict is RowVerdict.FAILED:
                say(f"           {row.hint}")


def _refused(rows: Iterable[Finding]) -> Exit | None:
    failed = [row for row in rows if row.verdict is RowVerdict.FAILED]
    if not failed:
        return None
    return Exit.HOST if any(row.kind in ("host", "sudo") for row in failed) else Exit.SECRET


def walk(conductor: Conductor, answers: AnswersFile, say: Print, rest: Rest | None = None) -> Exit:
    """Settle step after step until none is left or one cannot be settled."""
    rest = rest or Rest(conductor, Asking(), say)
    seen = conductor.state.tripped  # who begins this knows what had fired
    for _ in range(MAX_ROUNDS):
        step = conductor.state.next_step()
        doubts = doubtful(conductor.state) if step is None else ()
        if step is None and not doubts:
            return Exit.OK
        code = settle(conductor, step, answers, say, rest, seen) if step else _look_again(conductor, doubts, say, rest)
        if code is Exit.OK:
            continue
        if code is Exit.FAILED and step and answers.on_failure == "rollback" and not conductor.state.rollback:
            flow = flow_of_kind(conductor.runbook, FlowKind.ROLLBACK)
            if flow:
                fired = _fired(conductor.state, seen)
                why = f"a trigger fired: {', '.join(fired)}" if fired and step.each else f"{step.title} failed"
                say(f"ROLLBACK {flow}: {why}")
                conductor.roll_back(flow, why)
                rest()
                seen = conductor.state.tripped
                continue
        return code
    raise RunbookError("the session does not come to an end", "this is a fault of the program; please report it")


def settle(
    conductor: Conductor,
    step: Step,
    answers: AnswersFile,
    say: Print,
    rest: Rest | None = None,
    seen: Mapping[str, datetime] = NOTHING,
) -> Exit:
    """Take one step as far as it goes without a person.

    Args:
        seen: the triggers that had fired when a person let this run begin, and when each did.
    """
    rest = rest or Rest(conductor, Asking(), say)
    if step.id in answers.skip:
        conductor.skip(step.id, answers.skip[step.id])
        say(_line(conductor.state, step))
        return Exit.OK
    if not_needed(conductor.state, step):
        conductor.settle()
        say(_line(conductor.state, step))
        return Exit.OK
    if conductor.state.step(step.id).status is StepStatus.UNKNOWN:  # a person says first what it was
        say(_line(conductor.state, step))
        return Exit.UNKNOWN
    doubts = conductor.doubts(step)
    if doubts:
        return _look_again(conductor, doubts, say, rest)
    if look_wanted(conductor.state, step):
        conductor.look_first(step.id)
        rest()
        if conductor.state.step(step.id).status.settled:
            say(_line(conductor.state, step))
            return Exit.OK
    refused = _started(conductor, step, answers, say, rest, seen)
    if refused is not None:
        return refused
    for _ in range(2 * len(step.actions) + 2):
        rest()
        step_state = conductor.state.step(step.id)
        earlier = conductor.doubts(step) or conductor.state.next_step() is not step
        left = step_state.status is StepStatus.RUNNING and step.mutates and earlier
        if step_state.status is StepStatus.PENDING or left:
            return Exit.OK  # its host was restarted: what has to be looked at, or done again, comes first
        code = _after(conductor, step, step_state, answers, say)
        if code is not None:
            say(_line(conductor.state, step))
            return code
    raise NotNow(f"{step.title} does not come to an end")


def _started(
    conductor: Conductor, step: Step, answers: AnswersFile, say: Print, rest: Rest, seen: Mapping[str, datetime]
) -> Exit | None:
    """Begin a step, or its next batch, where there is anything to begin; else why not."""
    destructive = step.danger is Danger.DESTRUCTIVE
    if (step.mutates or destructive) and not answers.allows(step.id, destructive):
        say(f"? {step.title}: not confirmed; add {step.id!r} to `confirm` in the answers file")
        return Exit.NOT_CONFIRMED
    rest.log_in_again()
    if step.each and (fired := _fired(conductor.state, seen)):
        say(f"✖ {step.title}: stopped, since a trigger fired: {', '.join(fired)}")
        return Exit.FAILED
    if conductor.state.step(step.id).status in (StepStatus.PENDING, StepStatus.RUNNING):
        batch = batch_now(conductor.state, step)
        if batch is not None and batch.number > 1:
            say(f"▶ {step.title}: {batch.words}")
        how = MADE_UP_BY_DRILL if answers.made_up else "answers file"
        if needs_second(conductor.state, step) and (
            refused := second_allows(conductor, step, answers, how, say, rest.never)
        ):
            say(f"? {step.title}: {refused}")
            return Exit.NOT_CONFIRMED
        by_name = "" if conductor.approvals.asked_first else _second(answers)
        conductor.start(step.id, how if step.mutates else "", by_name)
    return None


def _fired(state: SessionState, seen: Mapping[str, datetime]) -> list[str]:
    """The triggers that fired since a person let a run begin: another one decides before hosts follow hosts."""
    return [name for name, since in state.tripped.items() if seen.get(name) != since]


def _look_again(conductor: Conductor, doubts: Sequence[Step], say: Print, rest: Rest) -> Exit:
    """After a restart of a host, ask it what still holds; what it cannot tell, only a person can."""
    say(f"! {doubt_words(conductor.state, doubts)}")
    conductor.look_again(doubts)
    rest()
    left = [doubt for doubt in doubtful(conductor.state) if doubt in doubts]
    for doubt in doubts:
        settled = conductor.state.step(doubt.id).status.settled
        found = "cannot tell" if doubt in left else "holds" if settled else "does not hold"
        say(f"  {found:13} {doubt.id}: {doubt.title}")
    if left:
        say("? nothing tells whether these still hold: look on the host")
    return Exit.UNKNOWN if left else Exit.OK


def _after(conductor: Conductor, step: Step, step_state: StepState, answers: AnswersFile, say: Print) -> Exit | None:
    """What to do when a step has come to rest; None when it continues."""
    match step_state.status:
        case StepStatus.SIGNED | StepStatus.SKIPPED | StepStatus.NOT_NEEDED:
            return Exit.OK
        case StepStatus.FAILED:
            return Exit.FAILED
        case StepStatus.UNKNOWN:
            return Exit.UNKNOWN
        case StepStatus.PASSED:
            second = _second(answers) if step.signoff is Signoff.TWO_PERSON else ""
            conductor.sign(step.id, answers.notes.get(step.id, _note(answers)), second)
            return None
        case StepStatus.RUNNING if step.each:  # a batch is done, or a trigger fired
            return Exit.OK
        case StepStatus.WAITING:
            return _human(conductor, step, step_state, answers, say)
    return None


def _human(conductor: Conductor, step: Step, step_state: StepState, answers: AnswersFile, say: Print) -> Exit | None:
    action = step.actions[step_state.action]
    match action.kind:
        case "send":
            name = action.send or ""
            conductor.deliver(name, step.id, conductor.message(name), answers.messages)
            return None
        case "open":
            conductor.opened(step.id)
            return None
        case "interactive" if answers.made_up:
            conductor.hand_over(step.id, NobodysTerminal())
            return None
        case "interactive":
            say(f"? {step.title}: a terminal needs a person; skip the step in the answers file")
            return Exit.UNANSWERED
        case _:
            before = step.actions[: step_state.action]
            question = sum(other.ask is not None or other.manual is not None for other in before)
            answer = answers.answer(step.id, question)
            if answer is None and answers.made_up:
                answer = _made_up(conductor, action, say)
            if answer is None:
                say(f"? {step.title}: no answer in the answers file to: {action.ask or action.manual}")
                return Exit.UNANSWERED
            if action.manual is None:
                conductor.answer(step.id, answer)
            else:
                conductor.by_hand(step.id, answer.strip() == DONE, "" if answer.strip() == DONE else answer)
            return None


def _second(answers: AnswersFile) -> str:
    return answers.second_operator or _note(answers)


def _note(answers: AnswersFile) -> str:
    return MADE_UP_BY_DRILL if answers.made_up else ""


def _made_up(conductor: Conductor, action: Action, say: Print) -> str | None:
    """What the drill answers to a question, said aloud."""
    values = conductor.recorder.values()
    asked = fill_shown(action.ask or action.manual or "", values)
    made = DONE
    if action.manual is None:
        made = made_up_answer(judged_action(action, values), hints_of(conductor.runbook)) or ""
    say(f"  made up: {made or 'no answer can be made up'}, to: {asked}")
    return made or None


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
