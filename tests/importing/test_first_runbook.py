"""docs/first-runbook.md is what happens: each of its commands runs, in its order, and says what the page has."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.screens.terminal import Terminal, terminal
from tui.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "first-runbook.md").read_text(encoding="utf-8")
ROOT = str(Path(__file__).parents[2])
FAILS = {"runbook drill down.toml --headless --answers answers.toml": 10}
"""What ends otherwise than with 0, as the page has it."""
FENCE = re.compile(r"^(`{3,4})(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
AFTER = {"PONG": "redis-cli ping''' }\n", "until": 'original = "redis-cli -h <new-cache> llen shop" }\n'}
"""Below which line a piece of a runbook is to be written."""


def blocks() -> Iterator[tuple[str, str]]:
    """The blocks of the page, each with its language."""
    for found in FENCE.finditer(PAGE):
        yield found[2], found[3]


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a block, each with the lines that the page has of its output."""
    for part in block.split("$ ")[1:]:
        command, *said = part.splitlines()
        yield command, said


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def reviewed(screen: Terminal) -> None:
    screen.wait_for("2 passages to look at")
    screen.wait_for("What became of it")
    for _ in range(100):  # what is typed before the screen is painted is dropped
        screen.press("k")
        screen.idle(until=lambda: b"Nothing is left to look at" in screen.received)
        if b"Nothing is left to look at" in screen.received:
            break
    screen.press("q")


def rehearsed(screen: Terminal) -> None:
    screen.wait_for("Start")
    for _ in range(20):
        screen.press("q")
        if screen.idle():
            return
        screen.press("y")


AT_TERMINAL: dict[str, Callable[[Terminal], None]] = {
    "runbook import cache.md --review": reviewed,
    "runbook drill runbook.toml": rehearsed,
}
"""What a person does at the commands that want a terminal."""


def at_terminal(command: str, folder: Path) -> int:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PYTHONPATH": ROOT,
    }
    words = (sys.executable, "-m", "tui", *command.split()[1:])
    with terminal(words, folder, environment, (80, 24)) as screen:
        AT_TERMINAL[command](screen)
        return screen.wait()


def write(language: str, text: str, folder: Path) -> None:
    """Do with a block what the page says: the document and the scenario are files, pieces go into the runbook."""
    if language == "markdown":
        (folder / "cache.md").write_text(text)
    elif "[[rules]]" in text:
        (folder / "down.toml").write_text(text)
    elif "made_up" in text:
        (folder / "answers.toml").write_text(text)
    else:
        path = folder / "runbook.toml"
        after = next(line for word, line in AFTER.items() if word in text)
        assert path.read_text().count(after) == 1
        path.write_text(path.read_text().replace(after, after + text))


def test_every_command_of_the_page_runs_and_says_what_the_page_has(folder: Path) -> None:
    ran = 0
    for language, text in blocks():
        if language != "console":
            write(language, text, folder)
            continue
        for command, said in commands(text):
            ran += 1
            if command in AT_TERMINAL:
                assert at_terminal(command, folder) == 0, command
                continue
            done = CliRunner().invoke(main, command.split()[1:], catch_exceptions=False)
            assert done.exit_code == FAILS.get(command, 0), (command, done.output)
            assert [line for line in said if line not in done.output] == [], done.output
    assert ran == 12
    assert "# look at" not in (folder / "runbook.toml").read_text()
    assert "The cache does not answer" in (folder / "rehearsal.md").read_text()
