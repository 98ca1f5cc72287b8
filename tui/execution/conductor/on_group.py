"""Runs a command on the hosts of a group: some at a time, on no other once too many failed, and each at most once."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait

from tui import threads
from tui.execution.recorder import Recorder
from tui.runbook.model import Step
from tui.session.groups.cells import AT_ONCE, CellStatus, cells_of, standing_of
from tui.transports.base import CancelToken, Detached


class Cells:
    """The hosts of a group on which one action of a step is still to run."""

    def __init__(self, recorder: Recorder, step: Step, index: int, cancel: CancelToken) -> None:
        self._recorder = recorder
        self._step = step
        self._index = index
        self._cancel = cancel
        self._lock = threading.Lock()
        self._halted = False
        again = (CellStatus.TO_DO, CellStatus.RUNNING)  # nothing runs yet: one that seems to was left between two tries
        self._left = [cell.host for cell in cells_of(recorder.state, step, index) if cell.status in again]

    def run(self, one: Callable[[str], bool]) -> None:
        """Run it on each host; blocks until none runs any more.

        Args:
            one: runs it on a host; False where nothing is to begin on any other.

        Raises:
            Detached: on some it keeps running without us.
        """

        def work() -> None:
            while (host := self._next()) is not None:
                try:
                    halt = not one(host)
                except BaseException:
                    halt = True
                    raise
                finally:
                    if halt:
                        self._halt()

        most = self._step.actions[self._index].at_once or AT_ONCE
        all_of(work for _ in range(min(most, len(self._left))))

    def _halt(self) -> None:
        with self._lock:
            self._halted = True

    def _next(self) -> str | None:
        """The next host; None where no other may begin."""
        with self._lock:
            if self._halted or self._cancel.cancelled or not self._left:
                return None
            if standing_of(self._recorder.state, self._step, self._index).stopped:
                return None
            return self._left.pop(0)


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
