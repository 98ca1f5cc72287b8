"""Decides what a session, a step, an attempt and an item of the checklist are called; every view asks here."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from tui.once import once
from tui.runbook.model import FlowKind
from tui.session import events as ev
from tui.session.listed.values import ABANDONED as ABANDONED
from tui.session.listed.values import COMPLETED as COMPLETED
from tui.session.listed.values import DEPLOYED as DEPLOYED
from tui.session.listed.values import OUTCOME_SIGNS as OUTCOME_SIGNS
from tui.session.listed.values import ROLLED_BACK as ROLLED_BACK
from tui.session.listed.values import SIGNS as SIGNS
from tui.session.listed.values import UNFINISHED as UNFINISHED
from tui.session.listed.values import Called as Called
from tui.session.listed.values import Tone as Tone
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import AUTO, Attempt, SessionState, StepState, StepStatus
from tui.session.tries import stands
from tui.session.views.doubts import doubtful
from tui.session.views.notices import told_late
from tui.text.amounts import counted

GLYPHS = {
    StepStatus.PENDING: "○",
    StepStatus.RUNNING: "▶",
    StepStatus.WAITING: "◆",
    StepStatus.FAILED: "✖",
    StepStatus.UNKNOWN: "?",
    StepStatus.PASSED: "✎",
    StepStatus.SIGNED: "✔",
    StepStatus.SKIPPED: "↷",
    StepStatus.NOT_NEEDED: "–",
}
"""One sign for each status of a step."""
AGAIN, TRYING_AGAIN, IS_AWAITED = "↻", "trying again", "waiting"
"""The sign and the words of a step between two tries of a command: nothing runs at this moment."""
STARTED, CONTINUES = "started", {"retry": "retried", "continue": "continued"}
"""What the operator did who let a step run; by what allowed it, in the journal, where it had been begun before."""
OUTSIDE_WORDS = "outside the runbook"
"""What is said of a command that the operator ran and that no step has."""
NOT_YET = "not there yet"
"""How an attempt ended that waits for something."""


NAMED = 3
"""Hosts that are named where a command runs on several."""


class Item(Struct, frozen=True):
    """An item of the checklist: done where every step that is for it was done, and what to say of it."""

    id: str
    title: str
    done: bool
    words: str


def opened_words(event: ev.StepOpened) -> str:
    """What happened when the operator let a step run."""
    return CONTINUES.get(event.confirmed, STARTED) + (", from its first command" if event.first else "")


def trying_again(state: SessionState, step_state: StepState) -> bool:
    """Whether a command of a step has not given what is expected, and is tried again in a moment."""
    last = state.attempts[step_state.attempts[-1]] if step_state.attempts else None
    if step_state.status is not StepStatus.RUNNING or step_state.paused or last is None or not last.retrying:
        return False
    return not any(attempt.step == step_state.id for attempt in state.all_running())  # on another host of a group


def status_word(state: SessionState, step_state: StepState) -> str:
    """The word for where a step stands: that of its status, or that it is trying again, or waiting for something."""
    if not trying_again(state, step_state):
        return stands(state, step_state).value
    return IS_AWAITED if state.attempts[step_state.attempts[-1]].awaited else TRYING_AGAIN


def status_sign(state: SessionState, step_state: StepState) -> str:
    """The sign for where a step stands."""
    return AGAIN if trying_again(state, step_state) else GLYPHS[stands(state, step_state)]


def count_again(state: SessionState, counts: Mapping[StepStatus, int]) -> int:
    """How many of the steps that count as running are trying again; nothing is looked through where none runs."""
    if not counts.get(StepStatus.RUNNING):
        return 0
    return sum(trying_again(state, step_state) for step_state in state.steps.values())


def again_words(state: SessionState) -> str:
    """What the steps between two tries do: those that wait for something wait."""
    steps = (step_state for step_state in state.steps.values() if trying_again(state, step_state))
    waiting = all(state.attempts[step_state.attempts[-1]].awaited for step_state in steps)
    return IS_AWAITED if waiting else TRYING_AGAIN


def result_of(state: SessionState) -> str:
    """What an open session would be finished as, by its steps: completed, rolled back or abandoned."""
    if state.next_step() is not None:
        return ABANDONED
    return ROLLED_BACK if state.rollback else COMPLETED


@once
def over(state: SessionState) -> bool:
    """Whether nothing of a session is left to do: it was finished, or every step is settled and none is in doubt.

    One that was cut off before it began is over as well.
    """
    return state.finished is not None or state.started is None or _nothing_left(state)


def _nothing_left(state: SessionState) -> bool:
    return state.next_step() is None and state.running() is None and not doubtful(state)


@once
def over_at(state: SessionState) -> datetime | None:
    """When the last thing was done in a session: a step was settled, its rollback ended; None while it is open.

    The record that it is finished ends one of which something is left; where nothing is, it was over before, however
    much later somebody recorded that.
    """
    if not over(state) or not _nothing_left(state):
        return state.finished_at
    settled = (step_state.settled for step_state in state.steps.values())
    return max((at for at in (*settled, state.rollback_finished_at) if at), default=state.at)


def recorded_at(state: SessionState) -> datetime | None:
    """When a session that was over was recorded as finished; None where that is what ended it, or nobody did."""
    return state.finished_at if state.finished_at != over_at(state) else None


def way_back(state: SessionState) -> str:
    """The command by which a session is continued; empty where nothing is left to do in it."""
    return "" if over(state) or state.started is None else f"runbook resume {state.started.session}"


def session_called(state: SessionState) -> Called:
    """What a session came to; only what was set out to be done and was done is good."""
    if state.started is None:
        return Called("cut off before it began", Tone.BAD)
    if not over(state):
        return Called(UNFINISHED, Tone.OPEN)
    result = state.finished.result if state.finished else result_of(state)
    words = outcome_called(state, result)
    if _kind(state) is FlowKind.ROLLBACK:
        return Called(words, Tone.GOOD if result in (ROLLED_BACK, COMPLETED) else Tone.BAD)
    if state.rollback is None or result == ROLLED_BACK:
        return Called(words, Tone.GOOD if result == COMPLETED else Tone.BAD)
    back = ROLLED_BACK if state.rollback_finished_at else "the rollback is not finished"
    return Called(f"{words}; {back}", Tone.BAD)


def outcome_signed(words: str) -> str:
    """What a session came to with its sign, where only the words are kept: ↺ rolled back."""
    return f"{OUTCOME_SIGNS.get(words, SIGNS[Tone.BAD])} {words}"


def outcome_called(state: SessionState, result: str) -> str:
    """What people call a result of the journal: a deployment that was completed is deployed, a rollback rolled back."""
    kind = _kind(state)
    if result != COMPLETED or kind is None:
        return result
    return {FlowKind.DEPLOY: DEPLOYED, FlowKind.ROLLBACK: ROLLED_BACK}.get(kind, result)


def _kind(state: SessionState) -> FlowKind | None:
    flow = state.runbook.flows.get(state.started.flow) if state.started else None
    return flow.kind if flow else None


def attempt_called(attempt: Attempt) -> str:
    """How an attempt ended: an exit status that the step expects is not a failure, one it does not is one."""
    outcome = attempt.outcome
    if outcome is None:
        return "running"
    if attempt.awaited:
        return NOT_YET if outcome.ended_by_itself else f"{NOT_YET}: {outcome}"
    if outcome.kind is OutcomeKind.UNKNOWN and (resolved := resolved_words(attempt)):
        return f"{outcome}, {resolved}"
    if not outcome.ended_by_itself or not attempt.judged:
        return _unjudged(outcome)
    if attempt.good:
        words = "succeeded" if outcome.exit_status == 0 else f"succeeded (exit {outcome.exit_status}, as expected)"
    else:
        words = "failed (not as expected)" if outcome.exit_status == 0 else f"failed (exit {outcome.exit_status})"
    words = f"{words}: {outcome.detail}" if outcome.detail else words
    return f"{words} (unprotected: {outcome.unprotected})" if outcome.unprotected else words


def resolved_words(attempt: Attempt) -> str:
    """As what a person who had looked decided an outcome that was not known, and who; empty where nobody did."""
    if attempt.resolved_seq < 0:
        return ""
    by = f" by {attempt.resolved_by}" if attempt.resolved_by else ""
    return f"resolved as {'succeeded' if attempt.good else 'failed'}{by}"


def _unjudged(outcome: Outcome) -> str:
    """The end of a command against which nothing was held; an exit status alone is neither good nor bad."""
    if outcome.kind is OutcomeKind.FAILED and outcome.ended_by_itself:
        return str(outcome).replace("failed (exit", "ended (exit", 1)
    return str(outcome)


def outcome_word(attempt: Attempt) -> str:
    """The one word for how an attempt ended, by which it is searched for."""
    if attempt.outcome is None:
        return "running"
    if attempt.awaited:
        return NOT_YET
    if not attempt.outcome.ended_by_itself or not attempt.judged:
        return attempt.outcome.kind.value
    return "failed" if attempt_failed(attempt) else "succeeded"


def attempt_failed(attempt: Attempt) -> bool:
    """Whether an attempt was not good; one that only looked fails nothing."""
    if attempt.outcome is None or attempt.aside or attempt.awaited:
        return False
    return not attempt.good if attempt.judged else not attempt.good and not attempt.outcome.ended_by_itself


def failed_attempts(state: SessionState) -> int:
    """How many attempts of a session failed, those that were made again included."""
    return sum(attempt_failed(attempt) for attempt in state.attempts.values())


def place_words(attempt: Attempt) -> str:
    """Where an attempt was made, to be put after its number; empty where that is not a host."""
    return f" on {attempt.host}" if attempt.host else ""


def hosts_running(state: SessionState) -> str:
    """The hosts on which a command runs: one, or some of a group."""
    hosts = list(dict.fromkeys(attempt.host for attempt in state.all_running()))
    return ", ".join(hosts[:NAMED]) + (f" and {counted(len(hosts) - NAMED, 'more host')}" if hosts[NAMED:] else "")


def people_words(*names: str) -> str:
    """People's names, nobody twice."""
    return " and ".join(dict.fromkeys(name for name in names if name))


def settled_by(step_state: StepState) -> str:
    """Who answers for a settled step: those who signed it, who decided what it asked, or that nobody was asked."""
    if step_state.operator != AUTO:
        return f"by {people}" if (people := people_words(step_state.operator, step_state.second_operator)) else ""
    return f"by {step_state.decided}'s decision" if step_state.decided else "automatically"


def items(state: SessionState) -> Sequence[Item]:
    """The checklist: an item is done by its steps, all of them done or not needed; one left out leaves it open."""
    plan = [step for _, step in state.plan()]
    found = []
    for item in state.runbook.checklist:
        statuses = [state.step(step.id).status for step in plan if item.id in step.checklist]
        signed = statuses.count(StepStatus.SIGNED)
        rest = len(statuses) - signed - statuses.count(StepStatus.NOT_NEEDED)
        done = signed > 0 and rest == 0
        skipped = statuses.count(StepStatus.SKIPPED)
        parts = [f"{signed} of {counted(len(statuses), 'step')} done"] if signed or skipped else []
        parts += [f"{skipped} skipped"] if skipped else []
        if done and (late := told_late(state, [step for step in plan if item.id in step.checklist])):
            done, parts = False, [late]
        other = "open" if statuses else "no step of this session is for it"
        found.append(Item(item.id, item.title, done, "done" if done else ", ".join(parts) or other))
    return found
