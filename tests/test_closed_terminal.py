"""A terminal that is closed ends the program, whoever its first process is."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.support.terminal import terminal
from tests.support.waiting import until

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("first", ["", "trap : HUP; "], ids=["it is told by the kernel", "its parent is told alone"])
def test_a_closed_terminal_ends_the_program(first: str, tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    command = shlex.join([sys.executable, "-m", "tui", "drill"])
    script = f"{first}({command}; echo $? >{ended}.new; mv {ended}.new {ended})" if first else f"exec {command}"
    home = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with terminal(["/bin/sh", "-c", script], tmp_path, home) as screen:
        screen.wait_for("None yet")
        os.close(screen.descriptor)
        screen.descriptor = os.open(os.devnull, os.O_RDONLY)
        if first:
            until(ended.exists)
            assert ended.read_text() == "129\n"
        else:
            assert screen.wait() == -1
