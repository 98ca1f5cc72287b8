"""Runs commands on the hosts of a group: some at a time, on no other once too many failed, and each at most once."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait

from tui import threads
from tui.execution.recorder import Recorder
from tui.runbook.groups.host_by_host import AT_ONCE
from tui.runbook.model import Step
from tui.session.groups.batches import Batch, batch_now, soaks_until, undecided_hosts, undecided_triggers
from tui.session.groups.cells import Cell, CellStatus, cells_of, standing_of, status_of
from tui.transports.base import CancelToken, Detached

APART = 0.005
"""Seconds between the begins on two hosts: where forty begin at once, a key that is pressed then waits for them."""
LOOK = 0.2
"""Seconds between two looks whether a soak is over, or a trigger fired in it."""


class Cells:
    """Hosts of a group on which something is still to be done."""

    def __init__(self, left: Sequence[Cell], most: int, may_begin: Callable[[], bool]) -> None:
        """Args: most: how many of them at a time; may_begin: whether it may begin on another."""
        self._turn = threading.Lock()
        """Held by who begins next, also while it waits for its time; `_lock` is not, so that nobody waits to halt."""
        self._lock = threading.Lock()
        self._halted = False
        self._began = -APART
        self._left = list(left)
        self._most = most
        self._may_begin = may_begin

    def run(self, one: Callable[[Cell], bool]) -> bool:
        """Do it on each host; blocks until none runs any more. False where it was kept from beginning on others.

        Args:
            one: does it on a host; False where nothing is to begin on any other.

        Raises:
            Detached: on some it keeps running without us.
        """

        def work() -> None:
            while (cell := self._next()) is not None:
                try:
                    halt = not one(cell)
                except BaseException:
                    halt = True
                    raise
                finally:
                    if halt:
                        self._halt()

        all_of(work for _ in range(min(self._most, len(self._left))))
        return not self._halted and not self._left

    def _halt(self) -> None:
        with self._lock:
            self._halted = True

    def _next(self) -> Cell | None:
        """The next host; None where no other may begin."""
        with self._turn:
            time.sleep(max(0.0, self._began + APART - time.monotonic()))
            with self._lock:
                if self._halted or not self._left or not self._may_begin():
                    return None
                self._began = time.monotonic()
                return self._left.pop(0)


def on_all(recorder: Recorder, step: Step, index: int, cancel: CancelToken) -> Cells:
    """The hosts of a group on which one action of a step is still to run."""
    again = (CellStatus.TO_DO, CellStatus.RUNNING)  # nothing runs yet: one that seems to was left between two tries
    left = [cell for cell in cells_of(recorder.state, step, index) if cell.status in again]

    def may_begin() -> bool:
        return not cancel.cancelled and not standing_of(recorder.state, step, index).stopped

    return Cells(left, step.actions[index].at_once or AT_ONCE, may_begin)


class HostsInTurn:
    """The hosts of a group that a step goes over: all its actions on one, before its place goes to another.

    A host that was begun is continued to its end, also where no other begins: it is not left in the middle.
    """

    def __init__(self, recorder: Recorder, step: Step, cancel: CancelToken, speed: float) -> None:
        self._recorder = recorder
        self._step = step
        self._cancel = cancel
        self._speed = speed

    def run(self, one: Callable[[str, int], bool]) -> None:
        """Run the step, batch by batch, until it stops or a person begins the next; blocks until nothing runs any more.

        Args:
            one: runs the action at a place on a host; False where nothing is to begin on any other.

        Raises:
            Detached: on some it keeps running without us.
        """
        first = not self._recorder.state.step(self._step.id).paused  # a decision about a host begins no other batch
        while self._may_begin() and (batch := batch_now(self._recorder.state, self._step)) is not None:
            new = not batch.begun and batch.number > 1
            if new and (self._undecided() or not (self._soaked(batch) if self._step.soak else first)):
                return
            first = False
            cells = Cells(batch.left, self._step.at_once or AT_ONCE, self._may_begin)
            if not cells.run(lambda cell: self._to_its_end(cell, one)):
                return

    def _to_its_end(self, cell: Cell, one: Callable[[str, int], bool]) -> bool:
        """Run what is left on a host, as long as it is good; whether others may begin."""
        begun = cell.status is CellStatus.PART  # what it was at is good
        for place in range(cell.place + begun, len(self._step.actions)):
            if self._cancel.cancelled or not one(cell.host, place):
                return False
            state = self._recorder.state
            number = state.step(self._step.id).cells.get(place, {}).get(cell.host, 0)
            if not number or status_of(state.attempts[number]) is not CellStatus.GOOD:
                return True
        return True

    def _may_begin(self) -> bool:
        """Whether another host may begin: too few failed, and no trigger fired that nobody has decided about."""
        state = self._recorder.state
        if self._cancel.cancelled or standing_of(state, self._step, 0).stopped:
            return False
        return not undecided_triggers(state, self._step)

    def _undecided(self) -> bool:
        """Whether nobody knows yet what became of a host: that comes before another batch."""
        return bool(undecided_hosts(self._recorder.state, self._step))

    def _soaked(self, batch: Batch) -> bool:
        """Wait until the batch before was soaked; False where something kept the next from beginning meanwhile."""
        until = soaks_until(self._recorder.state, self._step, batch, self._speed)
        while until is not None and (left := (until - self._recorder.now()).total_seconds()) > 0:
            if self._cancel.wait(min(LOOK, left)) or not self._may_begin():
                return False
        return True


def all_of(works: Iterable[Callable[[], None]]) -> None:
    """Do all of these beside each other; blocks until the last has ended, whatever became of the others.

    Raises:
        Detached: one of them was left, and none failed otherwise; else what the first raised that failed.
    """
    every = list(works)
    with threads.pool("cell", len(every)) as pool:
        done: list[Future[None]] = [pool.submit(work) for work in every]
        wait(done)
    raised = [error for one in done if (error := one.exception()) is not None]
    for error in sorted(raised, key=lambda one: isinstance(one, Detached)):
        raise error
