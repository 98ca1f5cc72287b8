"""What the widgets need to know of a session beyond its state: where the operator is, and how long things take."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from tui.keys import Keys
from tui.once import once
from tui.runbook.facts import flow_of_kind
from tui.runbook.groups.host_by_host import budget_of
from tui.runbook.model import FlowKind, Step, seconds
from tui.runbook.window import window_state
from tui.session.approval.approved import open_approval
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.session.tries import took
from tui.session.views.rollback import assuming_done, expected_seconds, rollback_plan
from tui.session.views.usual import Usual, WholeUsual, step_seconds


class Moment(Struct, frozen=True, kw_only=True):
    """Everything a widget may show: a session's state at a time, live or replayed.

    `links` is the state of each connection in words, `round_trips` how many seconds its host takes to answer where
    that is known, `trouble` why the journal cannot be written, `shared` how the session is handed on to people
    elsewhere, `unshared` whether that does not work, `printed` when the running command last printed something,
    `read_only` why nothing can be done, `amiss` whether that says of something that it is not as it should be,
    `posts` whether something can be said to who writes it, `held` why nothing runs yet, `lost` what to do where that
    is because another person has the session by now, `busy` whether commands are run one after the other, also while
    one is waited for to be tried again, `replayed` whether it is long past, `usual` what steps took in earlier
    sessions, `whole` what whole sessions and their sections took, `issue` the known trouble that a failed step looks
    like, `keys` those of the screen that shows it, `marked` the host of a group that the operator has marked.
    """

    state: SessionState
    now: datetime
    links: Mapping[str, str] = {}
    round_trips: Mapping[str, float] = {}
    trouble: str = ""
    shared: str = ""
    unshared: bool = False
    printed: datetime | None = None
    read_only: str = ""
    amiss: bool = False
    posts: bool = False
    held: str = ""
    lost: str = ""
    busy: bool = False
    replayed: bool = False
    usual: Mapping[str, Usual] = {}
    whole: WholeUsual = WholeUsual()
    issue: str = ""
    keys: Keys = Keys()
    marked: str = ""


SECOND, MINUTE = 1.0, 60.0
"""How often what tells the time to the second, and to the minute, is to be said again."""
NOTHING: Mapping[str, Usual] = MappingProxyType({})


def only_later(before: Moment | None, moment: Moment, within: float) -> bool:
    """Whether nothing has changed but the time, and that within the same second, or minute (`within`, in seconds)."""
    if before is None or not same_but_for_time(before, moment):
        return False
    return before.now.timestamp() // within == moment.now.timestamp() // within


def same_but_for_time(before: Moment | None, moment: Moment) -> bool:
    """Whether nothing has changed but the time, however much that is."""
    return before is not None and before.state is moment.state and replace(before, now=moment.now) == moment


def only_measured(before: Moment | None, moment: Moment, within: float) -> bool:
    """Whether nothing has changed but the time, as in `only_later`, and what monitors have measured."""
    if before is None or before.state.changed_seq != moment.state.changed_seq:
        return False
    return before.state.started is moment.state.started and only_later(
        replace(before, state=moment.state), moment, within
    )


def rests(moment: Moment) -> bool:
    """Whether nothing is under way whose time is shown as it passes."""
    state = moment.state
    here = state.step(current_step(state)).status
    if any(open_approval(state, step, moment.now) for step in state.approvals):
        return False
    return not moment.busy and state.running() is None and here is not StepStatus.RUNNING


class Spent(Struct, frozen=True):
    """How long a step's commands ran, beside what the runbook allows; both in seconds."""

    took: float
    budget: float

    @property
    def over(self) -> bool:
        """Whether it is longer than allowed."""
        return self.took > self.budget > 0


@once
def current_step(state: SessionState) -> str:
    """The step the session stands at: whose command runs, else the next that is not settled; empty at the end."""
    running = state.running()
    if running is not None:
        return running.step
    following = state.next_step()
    return following.id if following else ""


def spent(state: SessionState, step: Step, now: datetime) -> Spent:
    """How long the step's commands ran until now, with the waits between tries."""
    return Spent(took(state, step, now), budget_of(state.runbook, step))


def rollback_time(state: SessionState, step: Step | None, usual: Mapping[str, Usual] = NOTHING) -> timedelta:
    """How long rolling back is expected to take once `step` is done, by what undoing usually takes, or its budgets.

    While nothing has to be undone it is what the runbook allows for its rollback; nothing where it does not say.
    """
    after = _after(state, step.id) if step is not None and step.undo else state
    expected = expected_seconds(rollback_plan(after), after, usual)
    if expected:
        return timedelta(seconds=expected)
    flow = flow_of_kind(state.runbook, FlowKind.ROLLBACK)
    budget = state.runbook.flows[flow].budget if flow else ""
    return timedelta(seconds=seconds(budget)) if budget else timedelta()


@once
def _after(state: SessionState, step: str) -> SessionState:
    return assuming_done(state, step_by_id(state.runbook, step))


def too_late(state: SessionState, step: Step | None, now: datetime, usual: Mapping[str, Usual] = NOTHING) -> str:
    """Why it is late for a forward step: the window's end comes before the step and a rollback would; else empty."""
    window = window_state(state.runbook.window, now)
    if state.rollback or not window.inside or window.left == timedelta.max:
        return ""
    left = window.left - rollback_time(state, step, usual)
    if left <= timedelta():
        return "too late to roll back inside it"
    if step is not None and step.mutates and left < timedelta(seconds=step_seconds(state.runbook, step, usual)):
        return "the next step and a rollback no longer fit"
    return ""


class TimeLeft(Struct, frozen=True):
    """How long the rest of the steps takes (seconds): `known` of its `steps` by what is usual, others by budgets."""

    seconds: float
    known: int
    steps: int


def left(state: SessionState, usual: Mapping[str, Usual], now: datetime) -> TimeLeft:
    """The time that the commands of the steps that are left take, the running one's own time taken off."""
    total, known, count = 0.0, 0, 0
    for step in _to_come(state):
        one = usual.get(step.id)
        took = spent(state, step, now).took if step.id in state.steps else 0.0
        total += max(0.0, (one.median if one else budget_of(state.runbook, step)) - took)
        known += one is not None
        count += 1
    return TimeLeft(total, known, count)


@once
def _to_come(state: SessionState) -> tuple[Step, ...]:
    """The steps that are left and have commands."""
    return tuple(
        step
        for section, step in state.plan()
        if not state.step(step.id).status.settled
        and state.applies(section, step)
        and any(action.automatic for action in step.actions)
    )


def waiting_kind(state: SessionState, step: Step) -> str:
    """What the step waits for from the operator: ask, send or open; empty where it does not wait."""
    step_state = state.step(step.id)
    if step_state.action >= len(step.actions) or step_state.status not in (StepStatus.WAITING, StepStatus.FAILED):
        return ""
    action = step.actions[step_state.action]
    return "" if action.automatic else action.kind
