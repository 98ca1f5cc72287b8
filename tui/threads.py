"""The one place where this program's threads are made, so that each has a name and their number has a limit."""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from tui.errors import RunbookError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

MOST = 512
"""Threads that `start` lets run at a time: many more than a session needs, few enough for any machine."""

_left = threading.BoundedSemaphore(MOST)

_HEAPS = -8  # M_ARENA_MAX of glibc's mallopt
AGAIN = 0.1
"""Seconds until a schedule tries again to have something done for which no thread was to be had."""


def start(name: str, call: Callable[..., object], *given: object) -> threading.Thread:
    """Begin a thread that does not keep the program from ending.

    Raises:
        RunbookError: there are too many.
    """
    if not _left.acquire(blocking=False):
        raise RunbookError(f"{MOST} threads of this program are running", "end the program and begin it again")

    def run() -> None:
        try:
            call(*given)
        finally:
            _left.release()

    try:
        return _started(name, run)
    except RunbookError:
        _left.release()
        raise


def _started(name: str, run: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=run, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # the machine has no more of them
        raise RunbookError(f"no thread can be started: {error}", "end what else is running on this machine") from error
    return thread


def pool(name: str, most: int) -> "ThreadPoolExecutor":
    """A pool of up to `most` threads, whose results are waited for; the program does not end before its work does."""
    from concurrent.futures import ThreadPoolExecutor  # no frame waits for it

    return ThreadPoolExecutor(max_workers=max(1, most), thread_name_prefix=name)


def timer(name: str, seconds: float, call: Callable[[], None]) -> threading.Timer:
    """Something that calls back after a while once it is started, and does not keep the program from ending."""
    made = threading.Timer(seconds, call)
    made.name, made.daemon = name, True
    return made


class Workers:
    """Does what it is given on up to `most` threads, which end when nothing is left; what is beyond that waits.

    None of them keeps the program from ending, whatever they wait for.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: deque[Callable[[], object]] = deque()

    def begin(self, call: Callable[[], object]) -> None:
        """Do this as soon as a thread is free.

        Raises:
            RunbookError: there are too many threads in the whole program.
        """
        with self._lock:  # until it has begun: who comes meanwhile would count on a thread that there may never be
            if self._running < self._most:
                start(self._name, self._work)
                self._running += 1
            self._waiting.append(call)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running -= 1
                    return
                call = self._waiting.popleft()
            try:
                call()
            except BaseException:
                self._replaced()
                raise

    def _replaced(self) -> None:
        """Let another thread do what is left, since this one ends."""
        with self._lock:
            if not self._waiting:
                self._running -= 1
                return
        try:
            start(self._name, self._work)
        except RunbookError:
            with self._lock:
                self._running -= 1
            raise


class Schedule:
    """Does at its time what is short, for everybody on one thread, which ends when nothing is left.

    A call must not wait for anything: what does is given to Workers. Its thread is beside the MOST others.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._news = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()
        self._running = False

    def after(self, seconds: float, call: Callable[[], object]) -> None:
        """Do this in a number of seconds; there is no taking it back, `call` looks whether it is still wanted.

        Raises:
            RunbookError: the machine has no thread for it.
        """
        with self._news:
            if not self._running:
                _started(self._name, self._run)
                self._running = True
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), call))
            self._news.notify()

    def give(self, workers: Workers, call: Callable[[], object]) -> None:
        """Have this done by workers as soon as a thread is to be had for it, which may be later.

        Raises:
            RunbookError: the machine has none, and none for this schedule.
        """
        try:
            workers.begin(call)
        except RunbookError:
            self.after(AGAIN, partial(self.give, workers, call))

    def _run(self) -> None:
        while (call := self._next()) is not None:
            with suppress(Exception):  # what fails is its own, and everybody else is still to be called
                call()

    def _next(self) -> Callable[[], object] | None:
        with self._news:
            while self._due:
                left = self._due[0][0] - time.monotonic()
                if left <= 0:
                    return heapq.heappop(self._due)[2]
                self._news.wait(left)
            self._running = False
            return None


def one_heap() -> None:
    """Have all threads that begin from now on take memory from one heap.

    glibc gives threads heaps of their own, up to eight for each processor, and each keeps what was freed in it: forty
    connections that read 10 MB each were 6 MiB larger by that. Where the C library has one heap anyway nothing changes.
    """
    import ctypes

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_HEAPS, 1)
