"""Says why something cannot be done now: the one reason that the keys, the palette and the act's own refusal give."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from tui.errors import NotNow
from tui.once import once
from tui.runbook.facts import flow_of_kind
from tui.runbook.index import index_of
from tui.runbook.model import FlowKind, Step
from tui.session.possible.outside import outside_words
from tui.session.state import SessionState, StepStatus, made_elsewhere, plan_of
from tui.session.views.marks import NOTHING_TO_UNDO
from tui.session.views.rollback import Need, rollback_plan

READ_ONLY = "this session is read-only here"
ACTING = frozenset(
    {
        "checks",
        "next",
        "sign",
        "skip",
        "retry",
        "note",
        "cancel",
        "rollback",
        "reopen",
        "values",
        "update",
        "own-command",
        "call-help",
    }
)
"""Acts that would change the session or production."""
STAYS = frozenset({"note", "cancel"})
"""Those that have words of their own, or change nothing that is another person's by now."""


SIGNED_ALREADY = "it is settled; reopen it to do it again"
SIGNED_LATER = {
    StepStatus.PENDING: "start it first: a step is signed when it has passed",
    StepStatus.RUNNING: "wait for it: a step is signed when it has passed",
    StepStatus.WAITING: "answer first: a step is signed when it has passed",
    StepStatus.FAILED: "run it again, or skip it: only a step that has passed is signed",
    StepStatus.UNKNOWN: "decide first what happened",
}
"""What to do about a step that cannot be signed, by where it stands."""


class Situation(Struct, frozen=True, kw_only=True):
    """What decides what can be done: the session, the step it is to be done to, and what the screen shows of it.

    `busy` says whether commands are run, also where none is at this moment, `held` why nothing may run yet,
    `lost` what to do where that is because another person has the session by now,
    `read_only` why nothing can be done here, `posts` whether notes can be sent to who writes it. `printed` says whether
    there is output, `following` whether its end is in sight, `searched` whether something is searched for in it,
    `at_current` whether the current step is looked at, `help_left` whether a drill's scenario has help to call for,
    `alone` whether a rollback's steps are listed and no others.
    """

    state: SessionState
    step: Step | None = None
    busy: bool = False
    held: str = ""
    lost: str = ""
    read_only: str = ""
    posts: bool = False
    printed: bool = False
    following: bool = True
    searched: bool = False
    at_current: bool = False
    help_left: bool = False
    alone: bool = False

    @property
    def status(self) -> StepStatus:
        """Where the step stands."""
        return self.state.step(self.step.id if self.step else "").status


def refusal(act: str, situation: Situation) -> NotNow | None:
    """Why an act is refused, by its name without its screen; None where it can be done."""
    if situation.read_only and act in ACTING and not (situation.posts and act == "note"):
        return NotNow(READ_ONLY, situation.read_only)
    if act in ACTING and act not in STAYS and (gone := _gone(situation)) is not None:
        return gone
    decide = _DECIDED.get(act)
    return decide(situation) if decide is not None else None


def _gone(situation: Situation) -> NotNow | None:
    """That another person has the session by now; None where nobody has."""
    return NotNow(f"nothing runs here any more: {situation.held}", situation.lost) if situation.lost else None


def idle(situation: Situation) -> NotNow | None:
    """Why nothing can be begun: a command is running, the hosts are held, or the session is finished."""
    if situation.busy:
        return NotNow("a command is running", "wait for it or cancel it")
    if (gone := _gone(situation)) is not None:
        return gone
    if situation.held:
        return NotNow(f"nothing runs yet: {situation.held}", "answer what is asked about it, or wait a moment")
    if situation.state.finished:
        return NotNow("the session is finished", "begin a new one, or resume this one")
    return None


@once
def checkable(state: SessionState, section_id: str) -> tuple[Step, ...]:
    """The steps of a section that change nothing, ask nobody and are still to be done: they may run at once.

    What stands behind a change that is still to be made is checked after it.
    """
    found: list[Step] = []
    plan, section = plan_of(state), index_of(state.runbook).sections[section_id]
    for step in section.steps:
        step_state = state.step(step.id)
        if plan.place(step.id) < 0 or step_state.status.settled or not state.applies(section, step):
            continue
        if step.mutates:
            break
        ready = step_state.status in (StepStatus.PENDING, StepStatus.FAILED)
        if ready and all(action.automatic for action in step.actions):
            found.append(step)
    return tuple(found)


def rollback_flow(state: SessionState) -> str:
    """The flow by which the session is rolled back; empty where the runbook has none."""
    return state.flow if made_elsewhere(state) else flow_of_kind(state.runbook, FlowKind.ROLLBACK) or ""


def _next(situation: Situation) -> NotNow | None:
    state = situation.state
    ended = state.next_step() is None and state.running() is None
    return None if ended and not situation.busy else idle(situation)


def _own_command(situation: Situation) -> NotNow | None:
    if situation.state.running() is not None and not situation.busy:
        return NotNow("a command is running", "wait for it or cancel it")
    return _no_step() if situation.step is None else idle(situation)


def _sign(situation: Situation) -> NotNow | None:
    if situation.step is None:
        return _no_step()
    if situation.status is StepStatus.PASSED:
        return None
    return NotNow(
        f"{situation.step.title}: {situation.status.value}", SIGNED_LATER.get(situation.status, SIGNED_ALREADY)
    )


def _retry(situation: Situation) -> NotNow | None:
    refused = _no_step() if situation.step is None else idle(situation)
    if refused is not None or situation.step is None:
        return refused
    if situation.status is StepStatus.UNKNOWN:
        return NotNow("the outcome is unknown", "look on the host and resolve it before running anything again")
    if situation.status is not StepStatus.FAILED:
        return NotNow(f"{situation.step.title}: {situation.status.value}, not failed", "reopen it to do it again")
    return None


def _skip(situation: Situation) -> NotNow | None:
    refused = _no_step() if situation.step is None else idle(situation)
    if refused is None and situation.step is not None and situation.status.settled:
        return NotNow(f"{situation.step.title} is settled already", "reopen it first")
    return refused


def _reopen(situation: Situation) -> NotNow | None:
    refused = _no_step() if situation.step is None else idle(situation)
    if refused is None and situation.step is not None and situation.status is StepStatus.PENDING:
        return NotNow(f"{situation.step.title} was not done yet", "there is nothing to do again")
    return refused


def _cancel(situation: Situation) -> NotNow | None:
    if situation.lost:
        return NotNow(f"nothing is stopped from here any more: {situation.held}", situation.lost)
    return None if situation.busy or situation.state.running() is not None else NotNow("no command is running")


def _rollback(situation: Situation) -> NotNow | None:
    refused = turning(situation)
    if refused is not None:
        return refused
    plan = rollback_plan(situation.state, rollback_flow(situation.state))
    if all(one.need is Need.NOT_NEEDED for one in plan):
        why = outside_words(situation.state) or NOTHING_TO_UNDO
        return NotNow("there is nothing to undo", why)
    return None


def turning(situation: Situation) -> NotNow | None:
    """Why the session cannot turn to its rollback, whatever its plan says."""
    state = situation.state
    if (gone := _gone(situation)) is not None:
        return gone
    if state.rollback is not None:
        return NotNow("the rollback has been started already")
    if state.finished is not None:
        return NotNow("the session is finished", "resume it; then roll it back")
    if not rollback_flow(state):
        return NotNow("this runbook has no rollback flow", 'write one: kind = "rollback"')
    return None


def _update(situation: Situation) -> NotNow | None:
    state = situation.state
    flow = state.runbook.flows.get(state.flow)
    if flow is None or not flow.update:
        return NotNow("this runbook has no status update for its rollback", "write a note")
    if state.rollback_finished_at is not None:
        return NotNow("the rollback has ended: nobody waits for news of it", "write a note")
    return None


def _values(situation: Situation) -> NotNow | None:
    if situation.busy or situation.state.finished:
        return idle(situation)
    known = situation.state.runbook.variables or situation.state.facts
    return None if known else NotNow("this session has no values")


def _checks(situation: Situation) -> NotNow | None:
    section = index_of(situation.state.runbook).section_of.get(situation.step.id) if situation.step else None
    if section is not None and not situation.busy and checkable(situation.state, section.id):
        return None
    hint = "only read-only steps that are to do and ask no question are checked"
    return NotNow("there is nothing to check at once here", hint)


def _open(situation: Situation) -> NotNow | None:
    named = situation.step is not None and any(action.open for action in situation.step.actions)
    return None if named else NotNow("this step names no page")


def _attempts(situation: Situation) -> NotNow | None:
    attempts = situation.state.step(situation.step.id).shown if situation.step else ()
    return None if attempts else NotNow("nothing has run in this step")


def _troubles(situation: Situation) -> NotNow | None:
    known = situation.state.runbook.troubleshooting
    return None if known else NotNow("this runbook knows no troubles", "write [[troubleshooting]]")


def _watch(situation: Situation) -> NotNow | None:
    return None if situation.state.runbook.monitors else NotNow("this runbook has no monitors", "write [monitors]")


def _output(situation: Situation) -> NotNow | None:
    return None if situation.printed else NotNow("there is no output here")


def _copy(situation: Situation) -> NotNow | None:
    return None if situation.printed else NotNow("there is no output to copy")


def _follow(situation: Situation) -> NotNow | None:
    refused = _output(situation)
    return NotNow("the end of the output is in sight") if refused is None and situation.following else refused


def _matches(situation: Situation) -> NotNow | None:
    return None if situation.searched else NotNow("no search yet")


def _here(situation: Situation) -> NotNow | None:
    return NotNow("the current step is looked at already") if situation.at_current else None


def _call_help(situation: Situation) -> NotNow | None:
    if not situation.state.drill:
        return NotNow("nobody is called from here", "only in a drill are those who help played: call them yourself")
    if situation.state.finished is not None:
        return NotNow("the session is finished", "begin another drill")
    return None if situation.help_left else NotNow("nobody is left who could be called in this drill")


def _no_step() -> NotNow:
    return NotNow("no step is looked at")


_DECIDED: Mapping[str, Callable[[Situation], NotNow | None]] = {
    "next": _next,
    "own-command": _own_command,
    "sign": _sign,
    "skip": _skip,
    "retry": _retry,
    "cancel": _cancel,
    "reopen": _reopen,
    "rollback": _rollback,
    "update": _update,
    "values": _values,
    "checks": _checks,
    "open": _open,
    "attempts": _attempts,
    "troubleshoot": _troubles,
    "others": _troubles,
    "watch": _watch,
    "search": _output,
    "copy": _copy,
    "wrap": _output,
    "follow": _follow,
    "match-next": _matches,
    "match-before": _matches,
    "here": _here,
    "call-help": _call_help,
}
"""What decides about each act that is not always possible."""
