"""A terminal that is closed ends the program, whatever its first process is."""

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.screens.terminal import Terminal, terminal

ROOT = Path(__file__).parents[2]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}


def closed_once_it_is_up(screen: Terminal) -> None:
    screen.wait_for("None yet")
    os.close(screen.descriptor)
    screen.descriptor = os.open(os.devnull, os.O_RDONLY)


@pytest.mark.parametrize("first", ["", "trap : HUP; "], ids=["it is told by the kernel", "its parent is told alone"])
def test_a_closed_terminal_ends_the_program(first: str, tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    command = shlex.join([sys.executable, "-m", "tui", "drill"])
    script = f"{first}({command}; echo $? >{ended}.new; mv {ended}.new {ended})" if first else f"exec {command}"
    with terminal(["/bin/sh", "-c", script], tmp_path, environment(tmp_path)) as screen:
        closed_once_it_is_up(screen)
        if first:
            until(ended.exists)
            assert ended.read_text() == "129\n"
        else:
            assert screen.wait() == -1


def test_a_closed_terminal_ends_a_program_that_is_not_to_hear_of_it(tmp_path: Path) -> None:
    script = "trap '' HUP; exec " + shlex.join([sys.executable, "-m", "tui", "drill"])
    with terminal(["/bin/sh", "-c", script], tmp_path, environment(tmp_path)) as screen:
        closed_once_it_is_up(screen)
        assert screen.wait() == -signal.SIGTERM
