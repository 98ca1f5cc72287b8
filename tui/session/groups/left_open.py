"""Finds the hosts that were left in the middle of what is done host by host: drained, and not back."""

from collections.abc import Iterator, Sequence, Set

from msgspec import Struct

from tui.once import once
from tui.runbook.index import index_of
from tui.runbook.model import Step
from tui.runbook.shell.counting import changes_host
from tui.session.groups.cells import Cell, CellStatus, cells_of, changed_on
from tui.session.state import Attempt, SessionState, StepStatus

NAMED = 3
"""Hosts that are named in one line."""


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
    at_it = (CellStatus.RUNNING, CellStatus.PART) if at_work else ()  # between two of its actions nothing runs there
    by_host: dict[str, list[Attempt]] = {}
    for attempt in map(state.attempts.__getitem__, state.step(step.id).attempts):
        if not attempt.aside and attempt.seq > state.step(step.id).reopened_seq:
            by_host.setdefault(attempt.host, []).append(attempt)
    changed = {name: frozenset(changed_on(state, step, name)) for name in step.undo}
    for cell in cells_of(state, step, 0):
        ran = by_host.get(cell.host, [])
        last = _last_change(step, ran) if cell.status not in (*at_it, CellStatus.GOOD) else -1
        if last < 0 or (
            changed and all(_undone(state, name, cell.host, hosts, last) for name, hosts in changed.items())
        ):
            continue
        yield LeftOpen(step, cell.host, ran[-1].number, _done(step, cell))


def _done(step: Step, cell: Cell) -> tuple[str, ...]:
    actions = step.actions[: cell.place + (cell.status is CellStatus.PART)]
    return tuple(action.title for action in actions if action.title and changes_host(action))


def _last_change(step: Step, ran: Sequence[Attempt]) -> int:
    """The last event by which a step changed a host, or may have; -1 where it did not, or came to its end since."""
    changed = (one.seq for one in ran if changes_host(step.actions[one.action]) and not one.never_started)
    ended = (one.seq for one in ran if one.good and one.action == len(step.actions) - 1)
    last = max(changed, default=-1)
    return last if last > max(ended, default=-1) else -1


def _undone(state: SessionState, name: str, host: str, changed: Set[str], since: int) -> bool:
    """Whether a rollback step was done after that on the host, or has nothing to undo there: it `changed` others."""
    step = state.step(name)
    if step.status is StepStatus.NOT_NEEDED or host not in changed:
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
