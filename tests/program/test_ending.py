"""Checks how the program ends: with its status, after all that is to be done, and not by taking Python apart."""

import subprocess
import sys

import pytest

SAID = """
import atexit, os, sys, threading
import tui.cli.main
from tui.__main__ import main

class Apart:
    def __del__(self, write=os.write):
        write(1, b"taken apart")

kept = Apart()
kept.itself = kept

def works():
    atexit.register(lambda: print("atexit", end=" "))
    threading.Timer(0.2, lambda: print("waited", end=" ")).start()
    WORK

tui.cli.main.main = works
main()
"""


def ended(work: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SAID.replace("WORK", work)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("work", "status", "said"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(10)", 10, ""),
        ("sys.exit('no such file')", 1, "no such file\n"),
    ],
)
def test_threads_are_waited_for_and_what_is_to_be_done_is_done_and_nothing_after_that(
    work: str, status: int, said: str
) -> None:
    done = ended(work)
    assert (done.returncode, done.stdout, done.stderr) == (status, "waited atexit ", said)


def test_an_error_of_the_program_itself_is_told_as_ever() -> None:
    done = ended("raise KeyError('told')")
    assert done.returncode == 1
    assert "KeyError: 'told'" in done.stderr
    assert done.stdout == "waited atexit taken apart"
