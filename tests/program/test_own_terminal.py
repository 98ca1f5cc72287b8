"""A terminal of the operator's own on a real host, by `!` and F2: recorded, and a change outside the runbook."""

import os
import sys
from pathlib import Path

import pytest

from tests.program.test_end_to_end import CHECKED, F2, F10, recorded, until_recorded
from tests.support.machines.two_hosts import Place
from tests.support.machines.two_hosts import place as place
from tests.support.machines.two_hosts import two_hosts as two_hosts
from tests.support.screens.terminal import Terminal, terminal
from tui.session.journal.journal import read

pytestmark = pytest.mark.needs("sshd", "ssh")

LINE_AGAIN = "\x15"
"""Ctrl+U: what was typed while the terminal was opened is not part of the first line."""


def pressed(screen: Terminal, keys: str, shown: bytes) -> None:
    """Press keys until the screen says something: a dialog hears nothing for a moment after it is drawn."""
    seen = len(screen.received)
    for _ in range(100):
        screen.press(keys)
        screen.idle(until=lambda: shown in screen.received[seen:])
        if shown in screen.received[seen:]:
            return
    raise AssertionError(f"no {shown!r} in {screen.received[-2000:]!r}")


def test_a_terminal_on_a_host_is_recorded_and_is_a_change_outside_the_runbook(place: Place, tmp_path: Path) -> None:
    runbook, made = place.runbook("own", "one"), tmp_path / "made-by-hand"
    sessions = tmp_path / "sessions"
    home = {**os.environ, "RUNBOOK_SESSIONS": str(sessions), "PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-m", "tui", "run", "-f", str(runbook), "-F", str(place.ssh_config), "--operator", "ana"]
    with terminal(words, tmp_path, home, (100, 30)) as screen:
        screen.wait_for("None yet")
        screen.press("d")
        screen.wait_for(CHECKED)
        screen.press(F10)
        screen.wait_for("START")
        screen.idle()
        pressed(screen, "!", b"Outside the runbook; it is recorded")
        pressed(screen, F2, b"In a terminal anything can be done")
        until_recorded(screen, sessions, "y", "attemptstarted")
        screen.idle()
        screen.press(f"{LINE_AGAIN}echo it is $((40 + 2)) > {made}; cat {made}\r")
        screen.wait_for("it is 42")
        screen.press("exit 3\r")
        screen.idle(until=lambda: recorded(sessions, "attemptfinished") == 1)
        screen.wait_for("outside the runbook")
        assert recorded(sessions, "attemptfinished") == 1
        while not screen.idle():
            screen.press("\x11")
            screen.idle()
            screen.press("y")
        screen.wait()
    assert made.read_text() == "it is 42\n"
    [journal] = sessions.glob("*/journal.jsonl")
    [begun] = [one.event for one in read(journal) if type(one.event).__name__ == "AttemptStarted"]
    [ended] = [one.event for one in read(journal) if type(one.event).__name__ == "AttemptFinished"]
    assert (begun.command, begun.mutates, begun.operator) == ('exec "${SHELL:-/bin/sh}" -l', True, "ana")
    assert ended.outcome.exit_status == 3
    kept = (journal.parent / "attempts/0001.out").read_bytes()
    assert b"it is 42" in kept
    assert list((journal.parent / "attempts").glob("0001.*"))
