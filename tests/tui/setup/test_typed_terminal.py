"""Two factors in a real terminal of 80 × 24, by both ways: a key, then a password and a code that a person types."""

import os
import re
import subprocess
import threading
from http.server import HTTPServer
from pathlib import Path

import pytest

from tests.support.machines.typed_login import (
    PASSWORD,
    WAYS,
    Site,
    log_in_without_a_screen,
    run_by,
    server,
    service,
    wait_until_it_runs,
)
from tests.support.runbooks.runbooks import one_section
from tests.support.screens.terminal import Terminal, terminal
from tests.support.servers.pam import CodeService
from tests.support.servers.sshd import Sshd

__all__ = ["server", "service"]

pytestmark = pytest.mark.needs("sshd", "ssh", "pam_oath")

BEGINS, ENDS = "Starting session: command", "Close session"


def answered(screen: Terminal, question: str, answer: str) -> None:
    """Answer a question once it can be heard: a dialog hears nothing while it is drawn."""
    screen.wait_for(question)
    screen.idle(1.0)
    screen.press(f"{answer}\r")


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_and_the_right_answers_log_in_and_what_came_too_early_stands_nowhere(
    way: str, server: Sshd, service: CodeService, tmp_path: Path
) -> None:
    code = service.code()
    with terminal(run_by(way, server, tmp_path), tmp_path, dict(os.environ), (80, 24)) as screen:
        screen.wait_for("None yet")
        screen.press("d")
        screen.wait_for("Who, what, when")
        screen.press(PASSWORD)  # nothing has asked for it
        if way == "openssh":
            screen.wait_for(re.compile(rb"ssh asks here"))
            screen.wait_for('"publickey" with partial success')
        answered(screen, "Password:", "wrong")
        if way == "own":
            screen.wait_for("That was not right")
            screen.idle(1.0)
            screen.press(f"{PASSWORD}\r")
        else:
            answered(screen, "Password:", PASSWORD)
        answered(screen, "One-time password", code)
        screen.wait_for(re.compile(rb"  BEGIN  "))
        screen.idle()
        for secret in (PASSWORD, code):
            assert secret.encode() not in screen.received
    assert server.said("Accepted keyboard-interactive") == 1


@pytest.mark.parametrize("way", WAYS)
def test_without_a_screen_a_lost_connection_is_logged_in_to_again_or_left_with_its_command_running(
    way: str, server: Sshd, service: CodeService, tmp_path: Path
) -> None:
    (tmp_path / "answers.toml").write_text('operator = "ana"\nconfirm = ["migrate"]\n')
    command = run_by(way, server, tmp_path, "--headless", "--answers", str(tmp_path / "answers.toml"))
    with terminal(command, tmp_path, dict(os.environ)) as screen:
        log_in_without_a_screen(screen, way, service.code())
        screen.wait_for("session 2")
        wait_until_it_runs(tmp_path)
        begun, ended = server.said(BEGINS), server.said(ENDS)
        server.kill_connections()
        screen.wait_for("web: the connection was lost; a command that is running there continues. Log in again:")
        log_in_without_a_screen(screen, way, service.code())
        server.wait_until_said(BEGINS, begun + 2)  # a first command, and what follows the one that runs
        server.wait_until_said(ENDS, ended + 1)
        server.kill_connections()
        screen.wait_for("Log in again:")
        screen.wait_for("Password:")
        screen.idle()
        screen.press("\x04" if way == "own" else "\x03")
        screen.wait_for("what is running there continues")
        screen.wait_for("runbook resume")
        assert screen.wait() == 4
    (tmp_path / "go").touch()


LOOKS = """
[services.site]
kind = "http"
through = "web"
settings = {{ url = "http://127.0.0.1:{port}" }}
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "echo fine"
expect = {{ contains = ["fine"] }}
[[sections.steps.actions]]
probe = {{ service = "site", check = "get", with = {{ path = "/" }} }}
expect = {{ json = {{ status = 200 }} }}
"""


@pytest.mark.parametrize("way", WAYS)
def test_a_check_asks_once_for_its_commands_and_tunnels_and_says_what_it_could_not_ask(
    way: str, server: Sshd, service: CodeService, tmp_path: Path
) -> None:
    site = HTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
    command = run_by(way, server, tmp_path)
    text = one_section(LOOKS, "web", "box", "Shop", "verify").replace('kind = "deploy"', 'kind = "verify"')
    text = text.replace('target = "box"', f'target = "box"\nconnect_with = "{way}"').format(port=site.server_port)
    (tmp_path / "runbook.toml").write_text(text)
    command[command.index("run")] = "check"
    with terminal(command, tmp_path, dict(os.environ)) as screen:
        log_in_without_a_screen(screen, way, service.code())
        assert screen.wait() == 0, screen.received
    assert server.said("Accepted keyboard-interactive") == 1
    for more, tty in ((["--ask-never"], True), ([], False)):
        done = shown_by([*command, *more], tmp_path, tty)
        assert done[0] == 22
        assert "✖ host web: " in done[1]
        assert "nobody is there to type it: start it on a terminal, without --ask-never" in done[1]
    site.shutdown()
    site.server_close()


def shown_by(command: list[str], folder: Path, tty: bool) -> tuple[int, str]:
    """The exit status and the output, on a terminal or without one."""
    if not tty:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout
    with terminal(command, folder, dict(os.environ), (200, 40)) as screen:
        return screen.wait(), screen.received.decode()
