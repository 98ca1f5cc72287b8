"""A login of two factors for tests of the whole program in a terminal: a key, then a password and a code."""

import os
import pwd
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.runbooks.runbooks import one_section
from tests.support.screens.terminal import Terminal
from tests.support.servers.pam import CodeService
from tests.support.servers.sshd import Sshd

PASSWORD = "correct horse"
WAYS = ("own", "openssh")
STEPS = """
[[sections.steps]]
id = "migrate"
title = "Migrate"
mutates = true
danger = "caution"
[[sections.steps.actions]]
run = "touch {here}/runs; echo begun; while [ ! -e {here}/go ]; do sleep 0.05; done; echo done"
expect = {{ contains = ["done"] }}
"""


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CodeService:
    monkeypatch.setenv("LOGNAME", pwd.getpwuid(os.geteuid()).pw_name)  # a user whom PAM knows
    return CodeService(tmp_path, PASSWORD)


@pytest.fixture
def server(service: CodeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """It takes a key in part, and wants a password and a code beside it."""
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    options = "UsePAM yes", "KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"
    made = Sshd(tmp_path / "sshd", *options, pam=service.file)
    yield made
    made.stop()


def run_by(way: str, server: Sshd, folder: Path, *options: str) -> list[str]:
    """The program with a runbook whose host is reached by a way."""
    text = one_section(STEPS, "web", "box", "Shop").format(here=folder)
    runbook = folder / "runbook.toml"
    runbook.write_text(text.replace('target = "box"', f'target = "box"\nconnect_with = "{way}"'))
    return program(server, "run", "-f", str(runbook), *options)


def program(server: Sshd, command: str, *options: str) -> list[str]:
    """One of the program's commands, with the configuration that reaches the server."""
    return [sys.executable, "-m", "tui", command, "-F", str(server.ssh_config), *options]


def log_in_without_a_screen(screen: Terminal, way: str, code: str) -> None:
    """Answer what is asked on the terminal, by the server itself or by ssh."""
    for question, answer in (("Password:", PASSWORD), ("One-time password", code)):
        screen.wait_for(question)
        if way == "own":
            screen.wait_for("not shown")
        screen.press(f"{answer}\n")


class Site(BaseHTTPRequestHandler):
    """Something that only the host reaches."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *given: object) -> None:
        pass


def wait_until_it_runs(folder: Path) -> None:
    """Wait until the command has begun on the host: that it is about to is in the journal before."""
    until((folder / "runs").exists, "the command has begun")


def wait_for_journal(folder: Path, words: str) -> None:
    """Wait until the journal has these."""
    journals = "sessions/*/journal.jsonl"
    until(lambda: any(words in path.read_text() for path in folder.glob(journals)), f"{words} is in the journal")
