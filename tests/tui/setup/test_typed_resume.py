"""The program is killed under a command of a host with two factors: another one logs in again, and follows it."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.machines.typed_login import (
    PASSWORD,
    WAYS,
    log_in_without_a_screen,
    program,
    run_by,
    server,
    service,
    wait_for_journal,
)
from tests.support.runbooks.runbooks import one_section
from tests.support.screens.terminal import Terminal, terminal
from tests.support.servers.pam import CodeService
from tests.support.servers.sshd import Sshd

__all__ = ["server", "service"]

pytestmark = pytest.mark.needs("sshd", "ssh", "pam_oath")

LINES = 3000
STEPS = f"""
[[sections.steps]]
id = "migrate"
title = "Migrate"
mutates = true
danger = "caution"
undo = ["back"]
[[sections.steps.actions]]
run = '''
echo ran >>HERE/ran
echo begun
for i in $(seq 1 {LINES}); do
  echo line $i
  if [ $i = 100 ]; then
    while [ ! -e HERE/more ]; do sleep 0.05; done
  elif [ $i = 200 ]; then
    while [ ! -e HERE/go ]; do sleep 0.05; done
  fi
done
echo done
'''
expect = {{ contains = ["done"] }}
[[sections]]
id = "undoing"
title = "Undoing"
[[sections.steps]]
id = "back"
title = "Back"
mutates = true
[[sections.steps.actions]]
run = "echo back >>HERE/ran"
[flows.rollback]
title = "Roll back"
kind = "rollback"
sections = ["undoing"]
"""


def begun_and_killed(way: str, server: Sshd, service: CodeService, folder: Path) -> str:
    """Have the program begin the command, and be killed under it; returns the session's id."""
    (folder / "answers.toml").write_text('operator = "ana"\nconfirm = ["*"]\n')
    command = run_by(way, server, folder, "--headless", "--answers", str(folder / "answers.toml"))
    text = one_section(STEPS.replace("HERE", str(folder)), "web", "box", "Shop")
    (folder / "runbook.toml").write_text(text.replace('target = "box"', f'target = "box"\nconnect_with = "{way}"'))
    with terminal(command, folder, dict(os.environ)) as screen:
        log_in_without_a_screen(screen, way, service.code())
        wait_until(lambda: "line 100\n" in printed(folder), screen)
        os.kill(screen.child, signal.SIGKILL)
        assert screen.wait() == -signal.SIGKILL
    (folder / "more").touch()  # it prints while nobody follows it
    (session,) = folder.glob("sessions/*/journal.jsonl")
    return session.parent.name


def printed(folder: Path) -> str:
    """What has been received of the command."""
    return "".join(one.read_text() for one in folder.glob("sessions/*/attempts/0001.out"))


def wait_until(holds: Callable[[], bool], screen: Terminal) -> None:
    """Wait, and read what the program shows meanwhile."""
    for _ in range(600):
        if holds():
            return
        screen.idle(0.05)
        time.sleep(0.02)
    raise AssertionError(screen.received[-2000:])


def assert_whole(folder: Path, ran: str, *secrets: str) -> None:
    """Nothing is missing, nothing came twice, it ran once, and no file has a secret."""
    lines = ["begun", *(f"line {number}" for number in range(1, LINES + 1)), "done"]
    assert printed(folder).splitlines() == lines
    assert (folder / "ran").read_text() == ran
    files = [path for path in folder.glob("sessions/**/*") if path.is_file()]
    assert not any(secret.encode() in path.read_bytes() for path in files for secret in (PASSWORD, *secrets))


@pytest.mark.parametrize("way", WAYS)
def test_a_session_that_is_resumed_asks_once_and_follows_what_runs(
    way: str, server: Sshd, service: CodeService, tmp_path: Path
) -> None:
    session = begun_and_killed(way, server, service, tmp_path)
    accepted = server.said("Accepted keyboard-interactive")
    never = program(server, "resume", session, "--operator", "ana", "--ask-never")
    with terminal(never, tmp_path, dict(os.environ), (160, 40)) as screen:
        screen.wait_for("start it on a terminal, without --ask-never")
        screen.wait_for("until then steps that need it fail")
    code = service.code()
    command = program(server, "resume", session, "--operator", "ana")
    with terminal(command, tmp_path, dict(os.environ), (80, 24)) as screen:
        for question, answer in (("Password:", PASSWORD), ("One-time password", code)):
            screen.wait_for(question)
            screen.idle()
            screen.press(f"{answer}\r")
        screen.wait_for("RESUMED")
        wait_until(lambda: "line 200\n" in printed(tmp_path), screen)
        (tmp_path / "go").touch()
        wait_for_journal(tmp_path, "attemptfinished")
        assert code.encode() not in screen.received
    assert server.said("Accepted keyboard-interactive") == accepted + 1
    assert_whole(tmp_path, "ran\n", code)


def test_a_rollback_without_a_screen_follows_what_runs_first_and_asks_again_where_the_connection_is_lost(
    server: Sshd, service: CodeService, tmp_path: Path
) -> None:
    way = "openssh"
    session = begun_and_killed(way, server, service, tmp_path)
    options = ["--headless", "--answers", str(tmp_path / "answers.toml"), "--operator", "ana", "--reason", "a test"]
    with terminal(program(server, "rollback", session, *options, "--ask-never"), tmp_path, dict(os.environ)) as screen:
        assert screen.wait() == 4
        assert b"start it on a terminal, without --ask-never" in screen.received
    with terminal(program(server, "rollback", session, *options), tmp_path, dict(os.environ), (120, 40)) as screen:
        log_in_without_a_screen(screen, way, service.code())
        wait_until(lambda: "line 200\n" in printed(tmp_path), screen)
        server.kill_connections()
        screen.wait_for("web: the connection was lost; a command that is running there continues. Log in again:")
        log_in_without_a_screen(screen, way, service.code())
        (tmp_path / "go").touch()
        screen.wait_for(re.compile(rb"ROLLBACK because a test"))
        assert screen.wait() == 0, screen.received[-2000:]
    assert_whole(tmp_path, "ran\nback\n")
