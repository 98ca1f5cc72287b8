"""The review of an import on its screen: a key decides at once, leaving loses nothing, u takes a decision back."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.screens.terminal import Terminal, terminal
from tests.tui.conftest import dialog, shown, until
from tests.tui.drawing_review import PAGE, KeptText, review_of
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs.ask import AskText
from tui.execution.workspace import Workspace
from tui.importing.review.review_marks import marks_of
from tui.screens.review.screen import ReviewScreen


@asynccontextmanager
async def reviewing(workspace: Workspace, page: str = PAGE) -> AsyncIterator[tuple[RunbookApp, Any, KeptText]]:
    review, file = review_of(page)
    app = RunbookApp(workspace, Config(), first=ReviewScreen(review))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "What became of it" in shown(app))
        yield app, pilot, file


async def test_it_shows_the_lines_and_the_step_and_decides_with_one_key(workspace: Workspace) -> None:
    async with reviewing(workspace) as (app, pilot, file):
        before = len(marks_of(file.text))
        assert before == 3
        text = shown(app)
        assert "DRAFT" in text
        assert "3 passages to look at" in text
        assert "2. If it hangs, restart it with `docker restart shop`." in text
        assert 'run = "docker restart shop"' in text
        await pilot.press("m")
        await until(pilot, lambda: "line 8: a person does it" in shown(app))
        assert len(marks_of(file.text)) == before - 1
        assert 'manual = "docker restart shop"' in file.text
        assert "The new cache goes into" in shown(app)


async def test_u_takes_the_last_decision_back_and_n_leaves_one_for_later(workspace: Workspace) -> None:
    async with reviewing(workspace) as (app, pilot, file):
        first = file.text
        await pilot.press("n")
        await until(pilot, lambda: "The new cache goes into" in shown(app))
        assert file.text == first
        await pilot.press("k")
        await until(pilot, lambda: "line 9: kept as it is" in shown(app))
        assert file.text != first
        await pilot.press("u")
        await until(pilot, lambda: "the last decision was taken back" in shown(app))
        assert file.text == first
        assert "The new cache goes into" in shown(app)
        await pilot.press("u")
        assert file.text == first


async def test_another_command_is_written_in_a_dialog_and_escape_there_changes_nothing(workspace: Workspace) -> None:
    async with reviewing(workspace) as (app, pilot, file):
        first = file.text
        for key in ("escape", "enter"):
            await pilot.press("e")
            await dialog(pilot, AskText)
            assert isinstance(app.screen, AskText)
            app.screen.written.value = "docker ps"
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
            if key == "escape":
                assert file.text == first
        await until(pilot, lambda: "line 8: another command" in shown(app))
        assert 'run = "docker ps"' in file.text
        assert 'original = "docker restart shop"' in file.text


async def test_of_work_by_hand_nothing_is_said_that_only_a_command_can_be(workspace: Workspace) -> None:
    async with reviewing(workspace) as (app, pilot, file):
        await pilot.press("n", "n")
        await until(pilot, lambda: "Never run" in shown(app))
        before = file.text
        await pilot.press("r", "c", "m")
        assert isinstance(app.screen, ReviewScreen)
        assert file.text == before
        assert app.screen.review.keys == ("k", "t", "e", "n", "q")


async def test_a_file_that_was_changed_meanwhile_is_read_again_and_not_written_over(workspace: Workspace) -> None:
    async with reviewing(workspace) as (app, pilot, file):
        file.text = file.text.replace('title = "Restart the shop"', 'title = "Restart our shop"')
        mine = file.text
        await pilot.press("k")
        await until(pilot, lambda: "the file has been changed meanwhile" in shown(app))
        assert file.text == mine
        await pilot.press("k")
        await until(pilot, lambda: "line 8: kept as it is" in shown(app))
        assert "Restart our shop" in file.text


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_leaving_asks_nothing_and_loses_nothing(workspace: Workspace, key: str) -> None:
    async with reviewing(workspace) as (app, pilot, file):
        await pilot.press("k")
        await until(pilot, lambda: "kept as it is" in shown(app))
        kept = file.text
        await pilot.press(key)
        await until(pilot, lambda: app._exit)
        assert file.text == kept


@pytest.mark.parametrize(("size", "beside"), [((80, 24), False), ((120, 40), True)])
async def test_the_two_are_beside_each_other_where_there_is_room(
    workspace: Workspace, size: tuple[int, int], beside: bool
) -> None:
    async with reviewing(workspace) as (app, pilot, _):
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: app.screen.size == size)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        await until(pilot, lambda: (screen.document_frame.region.y == screen.became_frame.region.y) is beside)


def press(screen: Terminal, key: str, done: Callable[[], bool]) -> None:
    """Press a key until it was taken: one that is typed before the screen is painted is dropped."""
    for _ in range(100):
        screen.press(key)
        screen.idle(2.0, until=done)  # pressed again too early it is taken twice
        if done():
            return
    raise AssertionError(f"{key} does nothing")


def test_in_a_terminal_it_stops_and_continues_where_it_was(
    tmp_path: Path, command: Callable[..., tuple[list[str], dict[str, str]]]
) -> None:
    (tmp_path / "restart.md").write_text(PAGE)
    runbook = tmp_path / "runbook.toml"
    words, home = command("import", "restart.md", "--review")

    def left() -> int:
        return len(marks_of(runbook.read_text()))

    with terminal(words, tmp_path, home) as screen:
        screen.wait_for("What became of it")
        assert left() == 3
        press(screen, "k", lambda: left() == 2)
        screen.press("q")
        assert screen.wait() == 0
    with terminal(words, tmp_path, home) as screen:
        screen.wait_for("What became of it")
        press(screen, "k", lambda: left() == 1)
        press(screen, "k", lambda: left() == 0)
        screen.press("q")
        assert screen.wait() == 0
        assert b"every passage was looked at" in screen.received


def test_where_nothing_can_be_drawn_it_is_pages(
    tmp_path: Path, command: Callable[..., tuple[list[str], dict[str, str]]]
) -> None:
    (tmp_path / "restart.md").write_text(PAGE)
    words, home = command("import", "restart.md", "--review")
    with terminal(words, tmp_path, {**home, "TERM": "dumb"}) as screen:
        screen.wait_for("REVIEW  3 passages to look at")
        press(screen, "k", lambda: b"REVIEW  2 passages to look at" in screen.received)
        while not screen.idle():
            screen.press("q")
        assert screen.wait() == 0
    assert len(marks_of((tmp_path / "runbook.toml").read_text())) == 2


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., tuple[list[str], dict[str, str]]]:
    """The words that start the program, and an environment of its own."""
    import sys

    home = {
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    return lambda *words: ([sys.executable, "-m", "tui", *words], home)
