"""Says which batch of a group's hosts a step is at that goes over them host by host, and until when it soaks."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from tui.runbook.groups.host_by_host import batched
from tui.runbook.model import Step, seconds
from tui.session.changed import with_step
from tui.session.groups.cells import Cell, CellStatus, cells_of
from tui.session.groups.kept import to_do_again
from tui.session.state import Attempt, SessionState, StepStatus
from tui.text.amounts import counted

OPEN = (CellStatus.PART, CellStatus.RUNNING, CellStatus.TO_DO)
"""Where a host stands on which there is more to do, in the order in which they are continued."""


class Batch(Struct, frozen=True):
    """A batch, counted from 1, of `total`: its hosts, those of them with more to do, and whether it was begun."""

    number: int
    total: int
    hosts: tuple[str, ...]
    left: tuple[Cell, ...]
    begun: bool

    @property
    def words(self) -> str:
        """Which one it is, and how many hosts it has."""
        return f"batch {self.number}/{self.total}: {counted(len(self.hosts), 'host')}"


def batch_now(state: SessionState, step: Step) -> Batch | None:
    """The first batch in which there is more to do; None where there is none."""
    return next((batch for batch in _batches(state, step, OPEN) if batch.left), None)


def batches_to_run(state: SessionState, step: Step) -> list[Batch]:
    """What runs once a person says so: the first batch in which there is more to do, and those begun before behind it.

    Of a step that failed it is what there is to do once a person says retry.
    """
    if state.step(step.id).status is StepStatus.FAILED:
        state = with_step(state, to_do_again(state, state.step(step.id)))
    left = [batch for batch in _batches(state, step, OPEN) if batch.left]
    return [batch for place, batch in enumerate(left) if place == 0 or batch.begun]


def batch_begun(state: SessionState, step: Step) -> Batch | None:
    """The last batch that was begun, also where all of it is done; None where there is none."""
    return next((batch for batch in reversed(_batches(state, step, OPEN)) if batch.begun), None)


def _batches(state: SessionState, step: Step, more: tuple[CellStatus, ...]) -> list[Batch]:
    """Every batch; on hosts that stand at one of `more` there is more to do, in that order."""
    if not step.each:
        return []
    cells = {cell.host: cell for cell in cells_of(state, step, 0)}
    batches = batched(step.batches, tuple(cells))
    found = []
    for number, hosts in enumerate(batches, 1):
        left = sorted((cell for cell in map(cells.__getitem__, hosts) if cell.status in more), key=_in_order(more))
        found.append(Batch(number, len(batches), hosts, tuple(left), any(cells[host].attempt for host in hosts)))
    return found


def _in_order(more: tuple[CellStatus, ...]) -> Callable[[Cell], int]:
    return lambda cell: more.index(cell.status)


def soaks_until(state: SessionState, step: Step, batch: Batch, speed: float = 1.0) -> datetime | None:
    """Until when monitors and triggers are judged before a batch begins; None where it has begun, or none soaks.

    Args:
        speed: how much faster than the clock a drill's time is.
    """
    if batch.begun or batch.number == 1 or not step.soak:
        return None
    attempts = (state.attempts[cell.attempt] for cell in cells_of(state, step, 0) if cell.attempt)
    ended = max((_end(attempt) for attempt in attempts), default=None)
    return ended + timedelta(seconds=seconds(step.soak) / speed) if ended is not None else None


def undecided_hosts(state: SessionState, step: Step) -> tuple[str, ...]:
    """The hosts whose outcome is UNKNOWN: no further batch begins before a person has decided about them."""
    return tuple(cell.host for cell in cells_of(state, step, 0) if cell.status is CellStatus.UNKNOWN)


def waits_for_person(state: SessionState, step: Step) -> Batch | None:
    """The batch that a person begins, since the one before it is done and none is soaked; None where there is none."""
    batch = batch_now(state, step)
    return batch if batch is not None and not batch.begun and batch.number > 1 and not step.soak else None


def waits_for_soak(state: SessionState, step: Step) -> Batch | None:
    """The batch that begins by itself once the one before it was soaked; None where there is none."""
    batch = batch_now(state, step)
    return batch if batch is not None and not batch.begun and batch.number > 1 and step.soak else None


def undecided_triggers(state: SessionState, step: Step) -> tuple[str, ...]:
    """The triggers that fired since a person last let a step run: the next batch begins once somebody does again."""
    seen = state.step(step.id).tripped_then
    return tuple(name for name, since in state.tripped.items() if seen.get(name) != since)


def _end(attempt: Attempt) -> datetime:
    return attempt.started + timedelta(seconds=attempt.seconds or 0.0)
