"""Two factors in a real terminal of 80 × 24, by both ways: a key, then a password and a code that a person types."""

import os
import pwd
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pam import CodeService
from tests.support.runbooks import one_section
from tests.support.sshd import Sshd
from tests.support.terminal import Terminal, terminal
from tests.tui.test_typed_login import PASSWORD, STEPS

pytestmark = pytest.mark.needs("sshd", "ssh", "pam_oath")

WAYS = ("own", "openssh")


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CodeService:
    monkeypatch.setenv("LOGNAME", pwd.getpwuid(os.geteuid()).pw_name)  # a user whom PAM knows
    return CodeService(tmp_path, PASSWORD)


@pytest.fixture
def server(service: CodeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """It takes a key in part, and wants a password and a code beside it."""
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    options = "UsePAM yes", "KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"
    made = Sshd(tmp_path / "sshd", *options, pam=service.file)
    yield made
    made.stop()


def answered(screen: Terminal, question: str, answer: str) -> None:
    """Answer a question once it can be heard: a dialog hears nothing while it is drawn."""
    screen.wait_for(question)
    screen.idle()
    screen.press(f"{answer}\r")


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_and_the_right_answers_log_in_and_what_came_too_early_stands_nowhere(
    way: str, server: Sshd, service: CodeService, tmp_path: Path
) -> None:
    code = service.code()
    text = one_section(STEPS, "web", "box", "Shop").format(here=tmp_path)
    runbook = tmp_path / "runbook.toml"
    runbook.write_text(text.replace('target = "box"', f'target = "box"\nconnect_with = "{way}"'))
    command = [sys.executable, "-m", "tui", "run", "-f", str(runbook), "-F", str(server.ssh_config)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with terminal(command, tmp_path, environment, (80, 24)) as screen:
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
            screen.idle()
            screen.press(f"{PASSWORD}\r")
        else:
            answered(screen, "Password:", PASSWORD)
        answered(screen, "One-time password", code)
        screen.wait_for(re.compile(rb"  BEGIN  "))
        screen.idle()
        for secret in (PASSWORD, code):
            assert secret.encode() not in screen.received
    assert server.said("Accepted keyboard-interactive") == 1
