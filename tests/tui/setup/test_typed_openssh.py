"""Two factors where ssh makes the connection: it asks at the terminal that it is handed; a loss waits for a person."""

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.screens.terminal import Terminal, terminal
from tests.support.servers.pam import CodeService
from tests.support.servers.sshd import Sshd
from tests.tui.setup.test_typed_login import PASSWORD, guarded, headless, nowhere, service

__all__ = ["guarded", "service"]

pytestmark = pytest.mark.needs("sshd", "ssh", "pam_oath")

F10, F9 = "\x1b[21~", "\x1b[20~"


@pytest.fixture
def by_openssh(guarded: Sshd, tmp_path: Path) -> Sshd:
    """The server, and the runbook that has ssh connect to it."""
    runbook = tmp_path / "runbook.toml"
    text = runbook.read_text()
    runbook.write_text(text.replace('target = "box"', 'target = "box"\nconnect_with = "openssh"'))
    assert runbook.read_text() != text
    return guarded


def log_in(screen: Terminal, code: str) -> None:
    """Answer ssh, which asks as it always does."""
    screen.wait_for(re.compile(rb"\^c leaves it"))
    screen.wait_for("Password:")
    screen.press(f"{PASSWORD}\n")
    screen.wait_for("One-time password")
    screen.press(f"{code}\n")


def until(screen: Terminal, keys: tuple[str, ...], holds: "re.Pattern[str]", sessions: Path) -> None:
    """Press keys until the journal has something: a screen hears nothing for a moment after it is drawn."""
    for number in range(200):
        if any(holds.search(path.read_text()) for path in sessions.glob("*/journal.jsonl")):
            return
        screen.press(keys[number % len(keys)])
        screen.idle()
    raise AssertionError(f"no {holds.pattern} in the journal: {screen.received[-2000:]!r}")


def test_ssh_asks_at_the_terminal_of_the_screen_and_a_lost_connection_waits_for_f9(
    by_openssh: Sshd, service: CodeService, tmp_path: Path
) -> None:
    codes = [service.code(), service.code()]
    sessions = tmp_path / "sessions"
    command = [sys.executable, "-m", "tui", "run", "-f", tmp_path / "runbook.toml", "-F", by_openssh.ssh_config]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with terminal([str(word) for word in command], tmp_path, environment, (120, 40)) as screen:
        screen.wait_for("None yet")
        screen.press("d")
        log_in(screen, codes[0])
        screen.wait_for(re.compile(rb"  BEGIN  "))
        until(screen, (F10,), re.compile('"type":"sessionstarted"'), sessions)
        until(screen, ("\r", "y"), re.compile('"type":"attemptstarted"'), sessions)
        screen.wait_for("begun")
        by_openssh.kill_connections()
        screen.wait_for("log in again")
        screen.press(F9)
        log_in(screen, codes[1])
        (tmp_path / "go").touch()
        until(screen, ("",), re.compile('"type":"attemptfinished"'), sessions)
        for secret in (PASSWORD, *codes):
            assert secret.encode() not in screen.received
    (journal,) = sessions.glob("*/journal.jsonl")
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    (finished,) = [one for event in events if (one := event.get("event", event)).get("type") == "attemptfinished"]
    assert finished["outcome"]["exit_status"] == 0
    assert nowhere(tmp_path, PASSWORD, *codes)


def test_without_a_screen_ssh_asks_at_the_terminal_as_it_is(
    by_openssh: Sshd, service: CodeService, tmp_path: Path
) -> None:
    code = service.code()
    with terminal(headless(by_openssh, tmp_path), tmp_path, dict(os.environ)) as screen:
        log_in(screen, code)
        assert screen.wait() == 0, screen.received[-2000:]
        assert PASSWORD.encode() not in screen.received
        assert code.encode() not in screen.received
    assert nowhere(tmp_path, PASSWORD, code)


def test_ctrl_c_leaves_ssh_and_not_the_program(by_openssh: Sshd, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tui", "run", "-f", tmp_path / "runbook.toml", "-F", by_openssh.ssh_config]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with terminal([str(word) for word in command], tmp_path, environment, (120, 40)) as screen:
        screen.wait_for("None yet")
        screen.press("d")
        screen.wait_for(re.compile(rb"\^c leaves it"))
        screen.wait_for("Password:")
        left = False
        while not left:  # ssh itself loses one that comes between its question and its reading (readpassphrase.c)
            screen.press("\x03")
            with suppress(AssertionError):
                screen.wait_for("was left", 3.0)
                left = True


def test_with_nobody_to_type_it_ends_with_the_reason_and_asks_nothing(by_openssh: Sshd, tmp_path: Path) -> None:
    done = subprocess.run(headless(by_openssh, tmp_path), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 4
    assert "Permission denied (keyboard-interactive)" in done.stdout
    assert "nobody is there to type it" in done.stdout
    with terminal(headless(by_openssh, tmp_path, "--ask-never"), tmp_path, dict(os.environ)) as screen:
        assert screen.wait() == 4
        assert b"without --ask-never" in screen.received
        assert b"Password:" not in screen.received
