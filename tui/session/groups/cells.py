"""Says where the hosts of a group stand in an action, and what that makes of the step."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tui.once import once
from tui.runbook.groups.host_by_host import STOP_AFTER, batched
from tui.runbook.groups.members import HOST, group_named, group_of, hosts_named
from tui.runbook.index import index_of
from tui.runbook.model import Runbook, Step
from tui.runbook.shell.counting import changes_host
from tui.session.event_base import Check
from tui.session.layered import whole
from tui.session.outcome import OutcomeKind
from tui.session.state import Attempt, SessionState, StepStatus, action_at, made_elsewhere, step_by_id
from tui.text.amounts import counted

NAMED = 3
"""Hosts that are named beside the first."""


class CellStatus(StrEnum):
    """Where a host of a group stands in an action; the value is the word that is shown."""

    TO_DO = "to do"
    RUNNING = "running"
    GOOD = "good"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    UNKNOWN = "UNKNOWN"
    CANCELLED = "cancelled"
    PART = "in the middle"
    """Some of what is done there host by host is done, and nothing of it runs."""


class Cell(Struct, frozen=True):
    """One host of a group in an action: its last attempt there, 0 where none was made.

    Where a step goes over the group host by host, it is the host in all of the step: `place` is the action it is at.
    """

    host: str
    attempt: int
    status: CellStatus
    place: int = 0


class GroupStanding(Struct, frozen=True):
    """How many hosts stand where in an action on a group, and after how many failures no other begins.

    `whole` is the batch of which every host failed, counted from 1; 0 where there is none.
    """

    counts: Mapping[CellStatus, int]
    stop_after: int
    whole: int = 0

    def count(self, *statuses: CellStatus) -> int:
        """How many hosts stand at one of these."""
        return sum(self.counts.get(one, 0) for one in statuses)

    @property
    def bad(self) -> int:
        """How many failed, were not reached or ended unknown."""
        return self.count(CellStatus.FAILED, CellStatus.UNREACHABLE, CellStatus.UNKNOWN)

    @property
    def stopped(self) -> bool:
        """Whether enough failed that the action begins on no other host."""
        return self.bad >= self.stop_after or self.whole > 0

    @property
    def status(self) -> StepStatus:
        """Where the step stands by this action; it has passed the action where all hosts are good."""
        if self.count(CellStatus.RUNNING):
            return StepStatus.RUNNING
        if self.count(CellStatus.UNKNOWN):
            return StepStatus.UNKNOWN
        if self.stopped or self.count(CellStatus.CANCELLED):
            return StepStatus.FAILED
        if self.count(CellStatus.TO_DO, CellStatus.PART):
            return StepStatus.RUNNING
        return StepStatus.FAILED if self.bad else StepStatus.PASSED

    @property
    def words(self) -> str:
        """The counts in words: 37 good, 1 failed, 2 to do."""
        return ", ".join(f"{self.counts[one]} {one.value}" for one in ORDER if self.counts.get(one))

    def check(self, group: str) -> Check:
        """What is expected of all cells together, and where they stand."""
        total = sum(self.counts.values())
        expected = f"all {counted(total, 'host')} of {group} good"
        why = f"batch {self.whole} failed whole" if self.bad < self.stop_after else "it begins on no other"
        stopped = f"; stopped: {why}" if self.stopped and self.count(CellStatus.TO_DO) else ""
        return Check(expected=expected, came=self.words + stopped, ok=self.count(CellStatus.GOOD) == total)


ORDER = (
    CellStatus.FAILED,
    CellStatus.UNREACHABLE,
    CellStatus.UNKNOWN,
    CellStatus.CANCELLED,
    CellStatus.PART,
    CellStatus.RUNNING,
    CellStatus.TO_DO,
    CellStatus.GOOD,
)
"""What is told first: what a person has to look at."""


def group_at(state: SessionState, step: str, place: int) -> str:
    """The group that an action of a step runs on; empty where it is one host, or no host's."""
    if place < 0:
        return ""
    return group_named(state.runbook, action_at(step_by_id(state.runbook, step), place))


def member_of(state: SessionState, attempt: Attempt) -> str:
    """The host of a group of which an attempt is a cell; empty where it is none."""
    return attempt.host if not attempt.aside and group_at(state, attempt.step, attempt.action) else ""


def on_member(state: SessionState, attempt: Attempt) -> str:
    """Words for the host of a group on which an attempt was made, behind what was done; empty for any other."""
    host = member_of(state, attempt)
    return f" on {host}" if host else ""


def member_first(state: SessionState, attempt: Attempt) -> str:
    """The same host, before what was received of it, which may be a sentence of its own."""
    host = member_of(state, attempt)
    return f"{host}: " if host else ""


def cells_of(state: SessionState, step: Step, place: int) -> tuple[Cell, ...]:
    """The cells of an action on a group, in the order of its hosts; those of a rollback step that have to be undone.

    Of a step that goes over the group host by host they are those of all its actions, whichever is asked about.
    """
    return _cells(state, step.id, place)


@once
def _cells(state: SessionState, name: str, place: int) -> tuple[Cell, ...]:
    """The same, found once for each state: a fold, its views and the screen ask for them, and they may be thousands."""
    step, attempts = step_by_id(state.runbook, name), whole(state.attempts)
    known = {at: whole(cells) for at, cells in state.step(name).cells.items()}
    hosts = wanted(state, step, place)
    if step.each:
        return tuple(_host_in_step(attempts, host, known, len(step.actions)) for host in hosts)
    here = known.get(place, {})
    return tuple(_cell(attempts, host, here.get(host, 0), place) for host in hosts)


def _cell(attempts: Mapping[int, Attempt], host: str, number: int, place: int) -> Cell:
    return Cell(host, number, status_of(attempts[number]) if number else CellStatus.TO_DO, place)


def _host_in_step(
    attempts: Mapping[int, Attempt], host: str, known: Mapping[int, Mapping[str, int]], actions: int
) -> Cell:
    """Where a host stands by the last action that was begun there; those before it are good."""
    place = next((at for at in reversed(range(actions)) if host in known.get(at, {})), -1)
    if place < 0:
        return Cell(host, 0, CellStatus.TO_DO)
    cell = _cell(attempts, host, known[place][host], place)
    more = cell.status is CellStatus.GOOD and place < actions - 1
    return replace(cell, status=CellStatus.PART) if more else cell


_ENDINGS = {
    OutcomeKind.UNKNOWN: CellStatus.UNKNOWN,
    OutcomeKind.CANCELLED: CellStatus.CANCELLED,
    OutcomeKind.UNREACHABLE: CellStatus.UNREACHABLE,
}
"""Where a host stands whose command ended so; FAILED after any other that is not good."""


def status_of(attempt: Attempt) -> CellStatus:
    """Where a host stands by its last attempt."""
    outcome = attempt.outcome
    if attempt.resolved_seq >= 0:
        return CellStatus.GOOD if attempt.good else CellStatus.FAILED
    if outcome is None or attempt.retrying or (outcome.ended_by_itself and not attempt.judged):
        return CellStatus.RUNNING
    if attempt.good:
        return CellStatus.GOOD
    return _ENDINGS.get(outcome.kind, CellStatus.FAILED)


def standing_of(state: SessionState, step: Step, place: int) -> GroupStanding:
    """How many hosts stand where in an action on a group."""
    counts: dict[CellStatus, int] = {}
    cells = {cell.host: cell.status for cell in cells_of(state, step, place)}
    for status in cells.values():
        counts[status] = counts.get(status, 0) + 1
    stop_after = step.actions[place].stop_after or step.stop_after or STOP_AFTER
    return GroupStanding(counts, stop_after, _failed_whole(step, cells))


def _failed_whole(step: Step, cells: Mapping[str, CellStatus]) -> int:
    """The first batch of which no host is good or to do, counted from 1; 0 where there is none, or only one batch."""
    batches = batched(step.batches, tuple(cells)) if step.batches else ()
    bad = (CellStatus.FAILED, CellStatus.UNREACHABLE, CellStatus.UNKNOWN)
    whole = (number for number, hosts in enumerate(batches, 1) if all(cells[host] in bad for host in hosts))
    return next(whole, 0) if len(batches) > 1 else 0


def warning_of(state: SessionState, step: Step, place: int) -> tuple[Check, ...]:
    """What checks warned of on hosts of a group that are good, as one: the hosts, and what was said of the first."""
    known = state.step(step.id).cells
    places = [whole(known.get(at, {})) for at in (sorted(known) if step.each else (place,))]
    hosts = wanted(state, step, place)  # in their order, whichever answered first
    attempts = (state.attempts[there[host]] for there in places for host in hosts if host in there)
    found = [(made.host, check) for made in attempts if made.good for check in made.checks if check.warning]
    if not found:
        return ()
    (host, first), others = found[0], [one for one in dict.fromkeys(name for name, _ in found) if one != found[0][0]]
    also = [*others[:NAMED], *([counted(len(others) - NAMED, "more host")] if len(others) > NAMED else [])]
    came = f"{host}: {first.came}" + (f"; also {', '.join(also)}" if also else "")
    return (Check(expected=first.expected, came=came, ok=False, warning=True),)


def wanted(state: SessionState, step: Step, place: int) -> tuple[str, ...]:
    """The hosts that an action on a group is for: all, or those that were changed where the step undoes that."""
    group = group_at(state, step.id, place)
    hosts = hosts_named(state.runbook, group)
    sources = index_of(state.runbook).undoing.get(step.id, ())
    if not sources or made_elsewhere(state) or not all(_only_on(state.runbook, one, group) for one in sources):
        return hosts
    touched = {host for source in sources for host in changed_on(state, source, step.id)}
    return tuple(host for host in hosts if host in touched) or hosts


def _only_on(runbook: Runbook, step: Step, group: str) -> bool:
    """Whether all that a step changes it changes on the hosts of a group."""
    changing = [action for action in step.actions if changes_host(action)]
    return bool(changing) and all(group_named(runbook, action) == group for action in changing)


def changed_on(state: SessionState, step: Step, undoing: str = "") -> tuple[str, ...]:
    """The hosts of groups that a step changed, or may have changed.

    Args:
        undoing: the step that undoes it; only what that one undoes is asked about.
    """
    known = group_of(state.runbook)
    if not known:
        return ()
    own = {place for place, action in enumerate(step.actions) if undoing and undoing in action.undo}
    changing = own or {place for place, action in enumerate(step.actions) if changes_host(action)}
    ran = (state.attempts[number] for number in state.step(step.id).attempts)
    return tuple(
        dict.fromkeys(one.host for one in ran if one.action in changing and one.host in known and not one.never_started)
    )


def unknown_attempts(state: SessionState, step: str) -> tuple[int, ...]:
    """The attempts of a step of unknown outcome that a person has to decide: one, or some cells of a group."""
    step_state = state.step(step)
    if step_state.status is not StepStatus.UNKNOWN or not step_state.attempts:
        return ()
    if not group_at(state, step, step_state.action):
        return step_state.attempts[-1:]
    cells = cells_of(state, step_by_id(state.runbook, step), step_state.action)
    return tuple(cell.attempt for cell in cells if cell.status is CellStatus.UNKNOWN)


def fact_of(name: str, host: str) -> str:
    """The name of the value that was captured on a host of a group; that on one host is called by its own name."""
    return f"{name}.{host}" if host else name


def values_at(facts: Mapping[str, str], host: str) -> dict[str, str]:
    """The values that a command on a host of a group knows beside all others: the host, and what was captured there."""
    if not host:
        return {}
    found = (name.partition(".") for name in facts)
    return {HOST: host, **{name: facts[fact_of(name, host)] for name, dot, of in found if dot and of == host}}
