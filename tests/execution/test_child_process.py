"""A copy of the process does one thing and ends, whatever becomes of the one that it was made for."""

import os
import signal
import subprocess
import sys
import time
from typing import BinaryIO

import pytest

from tests.support.harness.waiting import until
from tui.child_process import ROOM, ChildProcess, can_fork, processors


def test_what_it_found_comes_whole_though_it_is_more_than_a_pipe_holds() -> None:
    copy = ChildProcess(lambda pipe: pipe.write(b"x" * 3 * ROOM))
    assert copy.pipe.read() == b"x" * 3 * ROOM
    assert copy.ended_well()
    assert copy.ended_well(), "it may be asked again"
    copy.end()


def test_of_what_is_wrong_in_it_it_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(pipe: BinaryIO) -> None:
        pipe.write(b"half")
        raise ValueError("wrong")

    copy = ChildProcess(fail)
    assert copy.pipe.read() == b"half"
    assert not copy.ended_well()
    assert capfd.readouterr() == ("", "")


def test_it_is_ended_whatever_it_does() -> None:
    copy = ChildProcess(lambda pipe: time.sleep(600))
    process = copy._process
    copy.end()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert not copy.ended_well()


def test_an_interrupt_is_for_the_process_that_it_is_a_copy_of() -> None:
    def interrupted(pipe: BinaryIO) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        pipe.write(b"went on")

    copy = ChildProcess(interrupted)
    assert copy.pipe.read() == b"went on"
    assert copy.ended_well()


ORPHANS = """
import os, signal
from tui.child_process import ChildProcess
def endless(pipe):
    while True: pipe.write(b"x" * 65536)
copies = [ChildProcess(endless) for _ in range(3)]
print(*(copy._process for copy in copies), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_none_stays_where_the_process_is_killed() -> None:
    done = subprocess.run([sys.executable, "-c", ORPHANS], capture_output=True, text=True, check=False, timeout=60)
    processes = [int(number) for number in done.stdout.split()]
    assert len(processes) == 3, done.stderr
    until(lambda: not any(running(process) for process in processes))


def running(process: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_there_is_none_with_threads_or_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.child_process.threading.active_count", lambda: 1)
    monkeypatch.setattr("tui.child_process.processors", lambda: 2)
    assert can_fork()
    monkeypatch.setattr("tui.child_process.processors", lambda: 1)
    assert not can_fork()
    monkeypatch.setattr("tui.child_process.processors", lambda: 2)
    monkeypatch.setattr("tui.child_process.threading.active_count", lambda: 2)
    assert not can_fork()


def test_the_processors_are_those_that_this_process_may_use() -> None:
    one = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
    asked = f"{one}; from tui.child_process import processors; print(processors())"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "1\n"
    assert processors() == len(os.sched_getaffinity(0))
