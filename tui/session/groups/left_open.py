"""Finds the hosts that were left in the middle of what is done host by host: drained, and not back."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from tui.once import once
from tui.runbook.index import index_of
from tui.runbook.model import Step
from tui.runbook.shell.counting import may_change
from tui.session.groups.cells import Cell, CellStatus, cells_of, changed_on
from tui.session.state import SessionState, StepStatus

NAMED = 3
"""Hosts that are named in one line."""
_ENDED = (CellStatus.FAILED, CellStatus.UNREACHABLE, CellStatus.UNKNOWN, CellStatus.CANCELLED)


class LeftOpen(Struct, frozen=True):
    """A host that a step changed and did not come to the end on; `attempt` is the last there, `done` what was good."""

    step: Step
    host: str
    attempt: int
    done: tuple[str, ...]


@once
def left_open(state: SessionState) -> tuple[LeftOpen, ...]:
    """Every such host, in the order of the steps and of the group; not one on which the step is still at work."""
    steps = index_of(state.runbook).steps
    return tuple(found for name in state.steps if (step := steps[name]).each for found in _of_step(state, step))


def _of_step(state: SessionState, step: Step) -> Iterator[LeftOpen]:
    at_work = any(attempt.step == step.id for attempt in state.all_running())
    wanted = _ENDED if at_work else (*_ENDED, CellStatus.PART)
    for cell in cells_of(state, step, 0):
        last = _last_change(state, step, cell.host) if cell.status in wanted else -1
        if last >= 0 and not (step.undo and all(_undone(state, step, name, cell.host, last) for name in step.undo)):
            yield LeftOpen(step, cell.host, cell.attempt, _done(step, cell))


def _done(step: Step, cell: Cell) -> tuple[str, ...]:
    actions = step.actions[: cell.place + (cell.status is CellStatus.PART)]
    return tuple(action.title for action in actions if action.title and may_change(action))


def _last_change(state: SessionState, step: Step, host: str) -> int:
    """The last event by which a step changed a host, or may have; -1 where it did not."""
    ran = (state.attempts[number] for number in state.step(step.id).attempts)
    mine = (attempt for attempt in ran if attempt.host == host and not attempt.aside and not attempt.never_started)
    return max((attempt.seq for attempt in mine if may_change(step.actions[attempt.action])), default=-1)


def _undone(state: SessionState, source: Step, name: str, host: str, since: int) -> bool:
    """Whether a rollback step was done after that on the host, or has nothing to undo there."""
    step = state.step(name)
    if step.status is StepStatus.NOT_NEEDED or host not in changed_on(state, source, name):
        return True
    if not step.cells:
        return step.status is StepStatus.SIGNED and step.signed_seq > since
    every = [known.get(host, 0) for known in step.cells.values()]
    actions = len(index_of(state.runbook).steps[name].actions)
    if len(every) < actions or not all(every):
        return False
    return all(state.attempts[number].good and state.attempts[number].seq > since for number in every)


def left_words(left: Sequence[LeftOpen]) -> str:
    """They in one line: web07 left in the middle of Update web (Drain done); empty where there is none."""
    if not left:
        return ""
    names = ", ".join(found.host for found in left[:NAMED])
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    done = left[0].done if len({found.done for found in left}) == 1 else ()
    told = f" ({', '.join(done)} done)" if done else ""
    return f"{names}{more} left in the middle of {left[0].step.title}{told}"
