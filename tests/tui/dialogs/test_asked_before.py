"""What the set-up asks before a session begins: what may be done on this machine, and the password of sudo."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.sudo_host import USER, WORD, SudoHost
from tests.support.runbooks.runbooks import one_section
from tests.support.screens.terminal import terminal
from tests.tui.conftest import dialog, shown, type_text, until
from tui.app import RunbookApp
from tui.cli.wiring import open_workspace
from tui.dialogs import Confirm
from tui.dialogs.ask import AskLogin
from tui.session.outcome import Outcome

pytestmark = pytest.mark.needs("sshd", "ssh", "sudo")

VALUE = "a-token-of-the-test"
PLAIN = "only letters"
STEPS = """
[[sections.steps]]
id = "restart"
title = "Restart"
mutates = true
danger = "caution"
[[sections.steps.actions]]
run = 'sudo id -u; printf %s "$TOKEN" | wc -c'
secrets = ["token"]
expect = { contains = ["0", "19"] }
"""
SECRET = """
[secrets.token]
variable = "TOKEN"
source = "command"
command = "cat HERE/token"
"""


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SudoHost]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "token").write_text(f"{VALUE}\n")
    text = one_section(STEPS, "web", "box", "Shop").replace('target = "box"', 'target = "box"\nsudo = "password"')
    (tmp_path / "runbook.toml").write_text(text + SECRET.replace("HERE", str(tmp_path)))
    server = SudoHost(tmp_path / "host")
    server.change(PLAIN)
    yield server
    server.stop()


def nowhere(folder: Path) -> bool:
    """Whether no file of the state has the secret or the password."""
    files = [path for path in (folder / "state").rglob("*") if path.is_file()]
    assert any(path.name == "journal.jsonl" for path in files)
    return not any(word.encode() in path.read_bytes() for path in files for word in (VALUE, PLAIN, WORD))


async def test_the_set_up_asks_for_both_and_the_step_runs(web: SudoHost, tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "runbook.toml", {}, web.ssh_config)
    app = RunbookApp(workspace, operator="ana")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("d")
        await dialog(pilot, Confirm)
        assert "Allow this on your own machine?" in shown(app)
        assert "/token" in shown(app)
        await pilot.press("enter")  # by reflex: No has the focus
        await dialog(pilot, AskLogin)
        assert f"The password of sudo for {USER}@127.0.0.1:{web.port}" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: "✖ 2 of 5 failed" in shown(app))
        await pilot.press("f5")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await dialog(pilot, AskLogin)
        await type_text(pilot, "wrong")
        await pilot.press("enter")
        await until(pilot, lambda: "sudo did not take that" in shown(app))
        await dialog(pilot, AskLogin)
        await type_text(pilot, PLAIN)
        assert PLAIN not in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        await pilot.press("f10")
        await until(pilot, lambda: app.conductor is not None)
        conductor = app.conductor
        assert conductor is not None
        conductor.start("restart", "ana")
        await until(pilot, lambda: conductor.state.attempts and conductor.state.attempts[1].outcome)
        assert conductor.state.attempts[1].outcome == Outcome.exited(0)
        await until(pilot, lambda: conductor.state.step("restart").status.value in ("passed", "signed"))
    workspace.close()
    assert nowhere(tmp_path)


def headless(web: SudoHost, folder: Path, *options: str) -> list[str]:
    (folder / "answers.toml").write_text('operator = "ana"\nconfirm = ["restart"]\n')
    where = ["-f", str(folder / "runbook.toml"), "-F", str(web.ssh_config)]
    return [sys.executable, "-m", "tui", "run", *where, "--headless", "--answers", f"{folder}/answers.toml", *options]


def test_what_was_typed_before_a_question_on_the_terminal_answers_none(web: SudoHost, tmp_path: Path) -> None:
    with terminal(headless(web, tmp_path), tmp_path, dict(os.environ)) as screen:
        screen.press("yes\nyes\n")
        screen.wait_for("type yes to allow it")
        screen.press(f"{PLAIN}\n")
        screen.wait_for("The password of sudo")
        screen.wait_for("not shown")
        screen.press("\x04")
        assert screen.wait() == 4, screen.received
        assert b"you did not allow it" in screen.received


def test_without_a_screen_the_terminal_asks_once_and_then_nobody_has_to_agree(web: SudoHost, tmp_path: Path) -> None:
    with terminal(headless(web, tmp_path), tmp_path, dict(os.environ)) as screen:
        screen.wait_for("type yes to allow it")
        screen.press("yes\n")
        screen.wait_for("The password of sudo")
        screen.wait_for("not shown")
        screen.press(f"{PLAIN}\n")
        assert screen.wait() == 0
        assert PLAIN.encode() not in screen.received
        assert VALUE.encode() not in screen.received
    assert nowhere(tmp_path)
    done = subprocess.run(
        headless(web, tmp_path, "--ask-never"), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 4
    assert "ok       secret token" in done.stdout
    assert "nobody is there to type it" in done.stdout


def test_where_nobody_agreed_nothing_is_read_and_the_text_is_told(web: SudoHost, tmp_path: Path) -> None:
    (tmp_path / "runbook.toml").write_text((tmp_path / "runbook.toml").read_text().replace('sudo = "password"', ""))
    text = (tmp_path / "runbook.toml").read_text().replace("sudo id -u", "echo 0")
    (tmp_path / "runbook.toml").write_text(text)
    done = subprocess.run(headless(web, tmp_path), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 5
    assert f"nobody has agreed on this machine to what the runbook does for it: cat {tmp_path}/token" in done.stdout
