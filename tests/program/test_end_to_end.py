"""The whole program in a real terminal: a drill begun by keys, killed, taken up again, and its report."""

import json
import os
import re
import signal
from pathlib import Path

from tests.support.harness import program
from tests.support.harness.program import PROGRAM
from tests.support.screens.terminal import Terminal, terminal

F10, F2 = "\x1b[21~", "\x1bOQ"
CHECKED = re.compile(rb"  BEGIN  ")
"""The set-up's last line when nothing is still checked; the escapes are its styles."""


def begin(screen: Terminal, sessions: Path) -> None:
    """Home, set-up, the first two steps: a message that is copied, and a change that is confirmed."""
    screen.wait_for("None yet")
    screen.press("d")
    screen.wait_for(CHECKED)
    screen.press(F10)
    screen.wait_for("Send the deployment")
    screen.wait_for("start")
    screen.press("\r")
    screen.wait_for("Copy (F2)")
    screen.wait_for("Sent already")
    until_recorded(screen, sessions, F2, "messagesent")
    until_recorded(screen, sessions, "\r", "stepopened", 2, confirm="y")


def until_recorded(screen: Terminal, sessions: Path, keys: str, event: str, count: int = 1, confirm: str = "") -> None:
    """Press keys until the journal has the event: a dialog hears nothing for a moment after it is drawn."""
    for number in range(200):
        if recorded(sessions, event) >= count:
            return
        screen.press(confirm if confirm and number % 2 else keys)
        screen.idle(until=lambda: recorded(sessions, event) >= count)
    raise AssertionError(f"no {event} in the journal: {screen.received[-2000:]!r}")


def until_asked_to_quit(screen: Terminal) -> None:
    """Put away the card of a session taken up, which hears nothing at first, and ask to quit."""
    for _ in range(50):
        for keys in ("\x1b", "q"):
            screen.press(keys)
            screen.idle()
            if b"runbook resume" in screen.received:
                return
    raise AssertionError(f"nobody asked to quit: {screen.received[-2000:]!r}")


def recorded(sessions: Path, event: str) -> int:
    """How often the newest session's journal has an event."""
    journals = sorted(sessions.glob("*/journal.jsonl"))
    return journals[-1].read_text().count(f'"type":"{event}"') if journals else 0


def test_a_drill_in_a_terminal_survives_kill_9(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "RUNBOOK_SESSIONS": str(tmp_path / "sessions"),
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
    }
    sessions = tmp_path / "sessions"
    with terminal((*PROGRAM, "drill", "--pace", "1000"), tmp_path, environment, started=True) as screen:
        begin(screen, sessions)
        os.kill(screen.child, signal.SIGKILL)
        assert screen.wait() == -signal.SIGKILL
    with terminal((*PROGRAM, "resume"), tmp_path, environment, (80, 24)) as screen:
        screen.wait_for("RESUMED")
        until_recorded(screen, sessions, "\x0c", "sessionresumed")
        until_asked_to_quit(screen)
        for _ in range(20):
            screen.press("y")
            if screen.idle():
                break
        assert screen.wait() == 0

    def call(*words: str) -> str:
        done = program.run([*PROGRAM, *words], env=environment, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (listed,) = json.loads(call("sessions", "--json"))
    assert listed["result"] is None
    assert listed["drill"] == "Calm deployment"
    assert "outputs: whole\n" in call("verify")
    assert "session resumed" in call("export", "--format", "md")
