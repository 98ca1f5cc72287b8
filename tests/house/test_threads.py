"""Threads are made in one place: each has a name, and their number has a limit, whatever is asked for."""

import ast
import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.machines.fleet import FLEET
from tests.support.source.source_trees import nodes
from tui import threads
from tui.cli.ways import transports_of
from tui.errors import RunbookError
from tui.front.front import AT_ONCE, Front
from tui.runbook.reading.load import load_text


class Plain(Front):
    """An application without screens of its own."""


Plain.__abstractmethods__ = frozenset()
BEGINNERS = {"threads.start", "threads.pool", "threads.timer", "threads.Workers", "threads.Schedule"}
MAKERS = {"threading.Thread", "threading.Timer", "ThreadPoolExecutor", "Thread", "Timer"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    return nodes(ast.Call, words=("Thread", "Timer", "threads."))


def test_one_module_makes_threads() -> None:
    assert {file for file, call in calls() if ast.unparse(call.func) in MAKERS} == {"threads.py"}


def test_each_thread_is_named_where_it_is_begun() -> None:
    begun = [call for _, call in calls() if ast.unparse(call.func) in BEGINNERS]
    assert len(begun) > 20
    assert [ast.unparse(call) for call in begun if not isinstance(call.args[0], ast.Constant | ast.JoinedStr)] == []


def test_a_thread_has_its_name_and_what_it_was_given_and_keeps_no_program_alive() -> None:
    told: list[tuple[str, bool, object]] = []

    def tell(given: object) -> None:
        told.append((threading.current_thread().name, threading.current_thread().daemon, given))

    threads.start("teller", tell, 5).join()
    assert told == [("teller", True, 5)]


def test_a_thread_beyond_the_limit_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_left", threading.BoundedSemaphore(2))
    release = threading.Event()
    running = [threads.start(f"waits {number}", release.wait) for number in range(2)]
    with pytest.raises(RunbookError, match="threads of this program are running"):
        threads.start("one more", release.wait)
    release.set()
    for thread in running:
        thread.join()
    threads.start("in its place", lambda: None).join()


def test_a_thread_that_the_machine_refuses_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_left", threading.BoundedSemaphore(1))
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        with pytest.raises(RunbookError, match="can't start new thread"):
            threads.start("refused", lambda: None)
    threads.start("in its place", lambda: None).join()


def test_workers_do_all_that_they_are_given_and_never_more_of_it_at_a_time_than_they_are() -> None:
    workers, lock = threads.Workers("worker", 3), threading.Lock()
    at_work, most, done = 0, 0, threading.Semaphore(0)
    together = threading.Barrier(3)

    def work(first: bool) -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        if first:
            together.wait()
        with lock:
            at_work -= 1
        done.release()

    for number in range(50):
        workers.begin(partial(work, number < 3))
    for _ in range(50):
        done.acquire()
    assert most == 3


def test_a_worker_whose_work_fails_leaves_what_is_left_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    workers, may_fail, done = threads.Workers("worker", 1), threading.Event(), threading.Event()
    began, failed = list[threading.Thread](), list[object]()
    monkeypatch.setattr(threading, "excepthook", failed.append)

    def fail() -> None:
        began.append(threading.current_thread())
        may_fail.wait()
        raise ValueError

    workers.begin(fail)
    workers.begin(done.set)
    may_fail.set()
    assert done.wait()
    began[0].join()  # it tells of its fault after another has taken its place
    assert len(failed) == 1


def test_what_screens_ask_for_is_done_by_a_bounded_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    real = threads.start

    def start(name: str, call: Callable[..., object], *given: object) -> threading.Thread:
        begun.append(name)
        return real(name, call, *given)

    async def asked() -> None:
        release, answers = threading.Event(), asyncio.Queue[object]()
        front = Plain()
        async with front.run_test():
            for _ in range(3 * AT_ONCE):
                front.work(front, release.wait, answers.put_nowait)
            assert begun == ["runbook-work"] * AT_ONCE
            release.set()
            for _ in range(3 * AT_ONCE):
                assert await answers.get()

    monkeypatch.setattr(threads, "start", start)
    asyncio.run(asked())


def test_what_no_thread_is_to_be_had_for_is_done_once_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    workers, schedule = threads.Workers("worker", 2), threads.Schedule("due")
    done, refused = list[str](), threading.Semaphore(0)
    over = threading.Event()

    def none(name: str, call: Callable[..., object], *given: object) -> threading.Thread:
        refused.release()
        raise RunbookError("512 threads of this program are running")

    with monkeypatch.context() as patched:
        patched.setattr(threads, "start", none)
        with pytest.raises(RunbookError, match="threads of this program are running"):
            workers.begin(partial(done.append, "refused"))
        schedule.give(workers, partial(done.append, "given"))
        schedule.give(workers, over.set)
        for _ in range(6):  # a schedule has a thread of its own in any case, and tries again
            assert refused.acquire(timeout=30)
        assert done == []
    assert over.wait(30)
    while not done:
        threading.Event().wait(0.01)
    assert done == ["given"]


def test_a_schedule_that_has_no_thread_has_taken_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule, done = threads.Schedule("due"), list[str]()
    over = threading.Event()

    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        with pytest.raises(RunbookError, match="can't start new thread"):
            schedule.after(0.0, partial(done.append, "refused"))
    schedule.after(0.01, over.set)
    assert over.wait(30)
    assert done == []


def test_a_schedule_does_at_its_time_what_is_due_on_one_thread_whatever_fails() -> None:
    schedule = threads.Schedule("due")
    done: list[tuple[str, str]] = []
    over = threading.Event()

    def note(what: str) -> None:
        done.append((what, threading.current_thread().name))
        if what == "fails":
            raise ValueError(what)

    schedule.after(0.06, partial(note, "last"))
    schedule.after(0.0, partial(note, "fails"))
    schedule.after(0.03, partial(note, "second"))
    schedule.after(0.09, over.set)
    assert over.wait()
    assert done == [("fails", "due"), ("second", "due"), ("last", "due")]
    [running] = [one for one in threading.enumerate() if one.name == "due"] or [threading.Thread()]
    if running.ident:
        running.join()
    assert "due" not in {one.name for one in threading.enumerate()}
    again = threading.Event()
    schedule.after(0.0, again.set)
    assert again.wait()


HEAPS = """
import ctypes, sys, threading
from tui import threads
from tui.cli.ways import transports_of
if sys.argv[2] == "one":
    threads.one_heap()
taken, over = threading.Barrier(9), threading.Barrier(9)

def take():
    kept = [bytearray(20_000) for _ in range(20)]
    taken.wait()
    over.wait()

for number in range(8):
    threads.start(f"takes {number}", take)
taken.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = libc.fopen(sys.argv[1].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
over.wait()
"""


@pytest.mark.parametrize(("asked", "one"), [("one", True), ("many", False)])
def test_all_threads_take_memory_from_one_heap_where_that_was_asked(tmp_path: Path, asked: str, one: bool) -> None:
    subprocess.run([sys.executable, "-c", HEAPS, str(tmp_path / "told"), asked], check=True)
    assert ((tmp_path / "told").read_text().count("<heap nr") == 1) is one


def test_a_runbook_of_several_hosts_asks_for_one_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(threads, "one_heap", lambda: asked.append(1))
    text = FLEET.replace("AT_ONCE", "2").replace("STOP_AFTER", "2")
    for hosts in (4, 40):
        transports_of(load_text(text.replace("01:06", f"01:{hosts:02}"), "r.toml"))
    assert asked == [1]
