"""Two factors through the whole program: asked for in a dialog or on a terminal, and kept nowhere."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.support.machines.typed_login import PASSWORD, STEPS, service
from tests.support.runbooks.runbooks import one_section
from tests.support.screens.terminal import terminal
from tests.support.servers.pam import CodeService
from tests.support.servers.sshd import Sshd
from tests.tui.conftest import dialog, shown, type_text, until
from tui.app import RunbookApp
from tui.cli.wiring import open_workspace
from tui.dialogs.ask import AskLogin
from tui.session.outcome import Outcome

__all__ = ["service"]

pytestmark = pytest.mark.needs("sshd", "ssh", "pam_oath")


@pytest.fixture
def guarded(service: CodeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """A server that wants a password and a code, and a runbook for it."""
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "runbook.toml").write_text(one_section(STEPS, "web", "box", "Shop").format(here=tmp_path))
    options = "UsePAM yes", "KbdInteractiveAuthentication yes", "AuthenticationMethods keyboard-interactive"
    server = Sshd(tmp_path / "sshd", *options, pam=service.file)
    yield server
    server.stop()


def nowhere(folder: Path, *secrets: str) -> bool:
    """Whether no file of the sessions has any of these."""
    files = [path for path in folder.glob("sessions/**/*") if path.is_file()]
    assert files
    return not any(secret.encode() in path.read_bytes() for path in files for secret in secrets)


async def test_the_dialog_asks_what_the_server_asks_and_a_lost_connection_waits_for_the_operator(
    guarded: Sshd, service: CodeService, tmp_path: Path
) -> None:
    workspace = open_workspace(tmp_path / "runbook.toml", {}, guarded.ssh_config)
    app = RunbookApp(workspace, operator="ana")
    codes = [service.code(), service.code()]

    async with app.run_test(size=(120, 40)) as pilot:

        async def logged_in(code: str) -> None:
            for answer, asked in ((PASSWORD, "Password:"), (code, "One-time password")):
                await until(pilot, lambda asked=asked: asked in shown(app))  # type: ignore[misc]  # mypy knows no lambda's defaults
                await dialog(pilot, AskLogin)
                assert f"{guarded.user}@127.0.0.1:{guarded.port} asks:" in shown(app)
                await type_text(pilot, answer)
                assert answer not in shown(app)
                early = ("x", "s", "enter", "k") if asked == "Password:" else ()  # nothing below the dialogs hears it
                await pilot.press("enter", *early)

        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("d", *PASSWORD, "enter")  # too early: no question has been seen
        await logged_in(codes[0])
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        assert app.screen.query_one("#operator", Input).value == "ana"
        assert not re.search(r"\d ms", shown(app))  # a person's typing is not a time of the host's
        await pilot.press("f10")
        await until(pilot, lambda: app.conductor is not None)
        conductor = app.conductor
        assert conductor is not None
        conductor.start("migrate", "ana")
        await until(pilot, lambda: "begun" in shown(app))
        guarded.kill_connections()
        await until(pilot, lambda: "log in again: F9" in shown(app))
        while not isinstance(app.screen, AskLogin):  # a key that is pressed as the screen changes is not taken
            await pilot.press("f9")
            await pilot.pause(0.1)
        await logged_in(codes[1])
        (tmp_path / "go").touch()
        await until(pilot, lambda: conductor.state.attempts[1].outcome)
        assert conductor.state.attempts[1].outcome == Outcome.exited(0)
        await until(pilot, lambda: "log in again" not in shown(app))
    workspace.close()
    assert nowhere(tmp_path, PASSWORD, *codes)


def headless(guarded: Sshd, folder: Path, *options: str) -> list[str]:
    (folder / "answers.toml").write_text('operator = "ana"\nconfirm = ["migrate"]\n')
    (folder / "go").touch()
    command = [
        sys.executable,
        "-m",
        "tui",
        "run",
        "-f",
        folder / "runbook.toml",
        "-F",
        guarded.ssh_config,
        "--headless",
    ]
    return [str(word) for word in [*command, "--answers", folder / "answers.toml", *options]]


def test_without_a_screen_the_terminal_asks_and_shows_no_answer(
    guarded: Sshd, service: CodeService, tmp_path: Path
) -> None:
    code = service.code()
    with terminal(headless(guarded, tmp_path), tmp_path, dict(os.environ)) as screen:
        screen.wait_for("Password:")
        screen.wait_for("not shown")
        screen.press(f"{PASSWORD}\n")
        screen.wait_for("One-time password")
        screen.wait_for("not shown")
        screen.press(f"{code}\n")
        assert screen.wait() == 0
        assert PASSWORD.encode() not in screen.received
        assert code.encode() not in screen.received
    assert nowhere(tmp_path, PASSWORD, code)


def test_where_nobody_is_there_to_type_it_ends_with_the_reason(guarded: Sshd, tmp_path: Path) -> None:
    done = subprocess.run(headless(guarded, tmp_path), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 4
    assert "lets no key log in: it wants a code or a password typed in" in done.stdout
    assert "nobody is there to type it" in done.stdout
    with terminal(headless(guarded, tmp_path, "--ask-never"), tmp_path, dict(os.environ)) as screen:
        assert screen.wait() == 4
        assert b"without --ask-never" in screen.received
