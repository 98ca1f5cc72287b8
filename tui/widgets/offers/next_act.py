"""Decides what comes next for the step looked at: the key, the verb, and what follows from pressing it."""

from datetime import datetime, timedelta

from msgspec import Struct

from tui.execution.commands import values_of
from tui.runbook.model import Action, AnswerKind, Danger, Signoff, Step
from tui.runbook.shell.counting import only_looks
from tui.runbook.templates.filling import filled_action
from tui.runbook.templates.variables import worded
from tui.session.approval.approved import open_approval, time_left
from tui.session.groups.batches import batch_now, undecided_triggers
from tui.session.possible.needs_second import needs_second
from tui.session.possible.refusals import Situation, refusal
from tui.session.possible.solutions import after_tried
from tui.session.state import ApprovalStatus, Attempt, SessionState, StepStatus, action_then, plan_of, step_by_id
from tui.session.views.called import trying_again
from tui.session.views.doubts import begins_anew, count_of, doubtful
from tui.session.views.rollback import look_wanted
from tui.text.amounts import clock_words, counted
from tui.widgets.glyphs import AGAIN
from tui.widgets.moment import Moment, current_step, spent, waiting_kind
from tui.widgets.step.cell_rows import next_words
from tui.widgets.step.host_grid import attempt_on

LONGEST = 30
"""Cells that the choices of a question may take."""
ASKS, HOST_NAME = "asks first", "asks for the host's name"
TWO_NAMES = "asks for the host's name and a second person"
"""How a start is confirmed: by a key, by what is typed, by two people."""
IN_BRIEF = {
    HOST_NAME: ("asks the host's name",),
    TWO_NAMES: ("asks host and second person", "asks for two names"),
}
"""The same where there is less room, and less still."""


class NextAct(Struct, frozen=True):
    """What the band says: `act` is what its key does, and empty where nothing is to be pressed.

    `brief` says the consequence ever shorter, where it has no room whole: a hint is never cut. A `title` is. `tone`
    names the band's colour; `runs` says that a command is running, so that it moves.
    """

    act: str
    verb: str
    consequence: str = ""
    tone: str = ""
    runs: bool = False
    sign: str = ""
    brief: tuple[str, ...] = ()
    title: bool = False


def next_act(moment: Moment, step: Step, aside: bool = False) -> NextAct:
    """What comes next for a step; `aside` where it is one of a known trouble, which has an order of its own."""
    state = moment.state
    status, here = state.step(step.id).status, current_step(state)
    if moment.read_only and moment.posts:
        return _second_answers(moment, step) or NextAct("note", "SAY", "to who writes it")
    if moment.read_only:
        return NextAct("", "READ-ONLY", "nothing can be done here")
    if state.finished:
        return NextAct("summary", "SUMMARY", "the session is finished", "good")
    if moment.busy and status is not StepStatus.RUNNING and (here != step.id or not state.running()):
        return _elsewhere(state, here)
    if status is StepStatus.RUNNING and (state.running() or moment.busy):
        return _running(moment, step)
    aside = aside or plan_of(state).place(step.id) < 0
    found = _doubted(state, step, aside or step.id == here) or _standing(moment, step, aside)
    return _not_now(moment) if _is_held(moment, step, found.act) else found


def opens(moment: Moment, step: Step, host: str) -> NextAct:
    """What the same key does while a host of the step's group is marked: it opens that."""
    if not attempt_on(moment.state, step, host):
        return NextAct("", "NOTHING", f"has run on {host} yet")
    return NextAct("hosts.open", "OPEN", f"what {host} printed")


def _is_held(moment: Moment, step: Step, act: str) -> bool:
    """Whether an act cannot be done because nothing may run, or nothing any more."""
    if not moment.held or not act:
        return False
    situation = Situation(state=moment.state, step=step, busy=moment.busy, held=moment.held, lost=moment.lost)
    return refusal(act, situation) is not None


def _not_now(moment: Moment) -> NextAct:
    """What is said in the place of what cannot be done; why is said above."""
    if moment.lost:
        return NextAct("", "NOT HERE", moment.lost, "bad")
    return NextAct("", "NOT YET", "", "turn")


def how_asked(state: SessionState, step: Step, first: bool = False) -> str:
    """How the start of a step is confirmed; empty where one key starts it."""
    place = 0 if first or begins_anew(state, step) else state.step(step.id).action
    two = needs_second(state, step, first)
    if not two and (step.danger is Danger.NONE and not step.mutates or only_looks(step, place)):
        return ""
    if two:
        return TWO_NAMES
    return HOST_NAME if step.danger is Danger.DESTRUCTIVE else ASKS


def harmless(step: Step) -> str:
    """What is said of the start of a step that only looks; empty where it changes something, or runs nothing."""
    looks = not step.mutates and any(action.automatic for action in step.actions)
    return "changes nothing" if looks and not any(action.send for action in step.actions) else ""


def _elsewhere(state: SessionState, here: str) -> NextAct:
    title = step_by_id(state.runbook, here).title if here else ""
    return NextAct("here" if here else "", "RUNNING", title or "commands are run", "", True, title=bool(title))


def _doubted(state: SessionState, step: Step, here: bool) -> NextAct | None:
    ended = not current_step(state)
    starts = here and state.step(step.id).status in (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.FAILED)
    doubts = doubtful(state, None if ended else step) if ended or starts else ()
    if not doubts:
        return None
    restarted = "their host was restarted"
    words = f"at {count_of(doubts)}: {restarted}"
    return NextAct("next", "LOOK AGAIN", words, "bad", brief=(restarted, "host restarted"))


def _standing(moment: Moment, step: Step, aside: bool) -> NextAct:
    """What comes next for a step of which no command is running."""
    state = moment.state
    status, here = state.step(step.id).status, current_step(state)
    waits = waiting_kind(state, step)
    if waits:
        return _waiting(moment, step, waits, status is StepStatus.FAILED)
    if (aside or step.id == here) and (second := _second_asked(moment, step)):
        return second
    if status is StepStatus.PASSED:
        two = step.signoff is Signoff.TWO_PERSON
        name = f"as {state.operator}"
        brief = (f"{name} and another", "two people") if two else ()
        who = f"{name}, and a second person" if two else name
        if warned := sum(check.warning for checks in state.step(step.id).checks.values() for check in checks):
            brief, who = (who, *brief), f"{who}: {counted(warned, 'warning')}"
        return NextAct("sign", "SIGN", who, "sign", brief=brief)
    if status is StepStatus.FAILED:
        return _asking("retry", "RETRY", how_asked(state, step), "bad")
    if status is StepStatus.UNKNOWN:
        return NextAct("next", "DECIDE", "what happened: look on the host", "bad", brief=("look on the host",))
    if status is StepStatus.RUNNING:
        return _batch(state, step) or _asking("next", "CONTINUE", how_asked(state, step) or "with what is left")
    if aside and status is not StepStatus.PENDING:
        return _after_tried(state, step)
    if not aside and step.id != here:
        if not here:
            return NextAct("next", "SUMMARY", "every step is settled", "good")
        return NextAct("next", "CURRENT STEP", step_by_id(state.runbook, here).title, title=True)
    if look_wanted(state, step):
        return NextAct("next", "LOOK", "whether it is needed; changes nothing", brief=("whether it is needed",))
    return _asking("next", "START", how_asked(state, step) or harmless(step))


def _after_tried(state: SessionState, step: Step) -> NextAct:
    """What comes after a step of a known trouble that is done."""
    following = after_tried(state, step)
    if following.step is not None and following.chosen:
        return NextAct("next", "NEXT", following.step.title, "good", title=True)
    if following.step is not None:
        return NextAct("next", "CHOOSE", "a solution", "turn")
    here = current_step(state)
    if not here:
        return NextAct("next", "BACK", "to the steps", "good")
    words = "and retry:" if state.step(here).status is StepStatus.FAILED else "to:"
    return NextAct("next", "BACK", f"{words} {step_by_id(state.runbook, here).title}", "good", title=True)


def _batch(state: SessionState, step: Step) -> NextAct | None:
    """The next batch of a group, where it is the operator who begins it; None where there is none."""
    batch = batch_now(state, step)
    if batch is None or batch.begun or batch.number == 1:
        return None
    hosts, asks = counted(len(batch.hosts), "host"), how_asked(state, step)
    told = f"{hosts}, {asks}" if asks else hosts
    why = "a trigger fired: " if undecided_triggers(state, step) else ""
    verb = f"BATCH {batch.number}/{batch.total}"
    return NextAct("next", verb, f"{why}{told}", "bad" if why else "turn", brief=(told, hosts))


def _asking(act: str, verb: str, asks: str, tone: str = "") -> NextAct:
    """An act, and how it is confirmed."""
    return NextAct(act, verb, asks, tone, brief=IN_BRIEF.get(asks, ()))


def _second_asked(moment: Moment, step: Step) -> NextAct | None:
    """What comes next where a second person was asked: they have not answered, or have; None where nobody is asked."""
    asked = open_approval(moment.state, step.id, moment.now)
    if asked is None:
        return None
    failed = moment.state.step(step.id).status is StepStatus.FAILED
    act = "retry" if failed else "next"
    still = time_left(asked, moment.now)
    if asked.status is ApprovalStatus.WAITING:
        return NextAct(act, "TWO ALLOW", f"waits for a second person, {still} more", "turn", brief=(f"waits, {still}",))
    by = "alone" if asked.status is ApprovalStatus.ALONE else f"allowed by {asked.by}"
    verb = "RETRY" if failed else "START"
    return NextAct(act, verb, f"{by}, counts {still} more", "good", brief=(f"{by}, {still}", by))


def _second_answers(moment: Moment, step: Step) -> NextAct | None:
    """The same for who follows: they are asked; None where nobody is, or who was has answered."""
    asked = open_approval(moment.state, step.id, moment.now)
    if asked is None or asked.status is not ApprovalStatus.WAITING:
        return None
    still, who = time_left(asked, moment.now), asked.request.operator
    brief = (f"{who} asks, {still}", f"{still} more")
    return NextAct("note", "ANSWER", f"{who} asks whether it may start, {still} more", "turn", brief=brief)


def _waiting(moment: Moment, step: Step, kind: str, again: bool) -> NextAct:
    state = moment.state
    action = step.actions[state.step(step.id).action]
    if kind == "ask":
        asked = filled_action(action, values_of(state.runbook, state.facts, moment.now))
        verb, tone = ("ANSWER AGAIN", "bad") if again else ("ANSWER", "turn")
        return NextAct(
            "next", verb, _answers(asked), tone, brief=(f"one of {len(asked.choices)}",) if asked.choices else ()
        )
    if kind == "manual":
        return NextAct("next", "SAY HOW IT WENT", "done, or not done", "bad" if again else "turn")
    if kind == "interactive":
        return NextAct("next", "OPEN THE TERMINAL", "~. leaves it", "bad" if again else "turn")
    if kind == "send":
        message = state.runbook.messages[action.send or ""]
        to = f" to {message.to}" if message.to else ""
        values = values_of(state.runbook, state.facts, moment.now)
        return NextAct("next", "SEND", worded(f"{message.title}{to}", values), "turn", title=True)
    return NextAct("next", "OPEN", "the page", "turn")


def _answers(action: Action) -> str:
    if action.answer is AnswerKind.YES_NO:
        return "yes or no"
    if action.answer is AnswerKind.NUMBER:
        return "a number"
    choices = " or ".join(action.choices)
    if action.answer is AnswerKind.CHOICE:
        return choices if len(choices) <= LONGEST else f"one of {len(action.choices)}"
    return "in words"


def _running(moment: Moment, step: Step) -> NextAct:
    """How long the step's commands are still to run, by what is usual, else by what the runbook allows."""
    state = moment.state
    if trying_again(state, state.step(step.id)):
        attempt = state.attempts[state.step(step.id).attempts[-1]]
        verb = "WAITING" if attempt.awaited else "TRYING AGAIN"
        return NextAct("", verb, _until_next(step, attempt, moment.now), "", True, AGAIN)
    batch = batch_now(state, step) if not state.running() else None
    if batch is not None and (words := next_words(moment, step, batch)).startswith("soak"):
        return NextAct("", "SOAKING", words.removeprefix("soak "), "", True, brief=(words.partition(",")[0][5:],))
    time, usual = spent(state, step, moment.now), moment.usual.get(step.id)
    if usual is not None and usual.median > time.took:
        to_go = clock_words(usual.median - time.took)
        left, brief = f"about {to_go} to go", f"≈ {to_go}"
    elif usual is None and time.budget > time.took:
        budget = clock_words(time.budget - time.took)
        left, brief = f"{budget} of its budget left", f"{budget} left"
    else:
        left = brief = ""
    return NextAct("", "RUNNING", left, "", True, brief=(brief,) if brief else ())


def _until_next(step: Step, attempt: Attempt, now: datetime) -> str:
    """When the next try is made; of what is waited for that it is the next one."""
    pause = action_then(step, attempt).pause
    if not pause or attempt.seconds is None:
        return "soon"
    begins = attempt.started + timedelta(seconds=attempt.seconds + pause)
    left = (begins - now).total_seconds()
    words = f"in {clock_words(left)}" if left >= 1 else "now"
    return f"asks again {words}" if attempt.awaited else words
