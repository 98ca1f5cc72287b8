"""The first screen of a folder with several runbooks: `b` opens another one."""

from collections.abc import Callable
from pathlib import Path

from tests.tui.conftest import SHOP, dialog, shown, until
from tui.app import RunbookApp
from tui.dialogs.pick import Pick
from tui.execution.workspace import Workspace
from tui.screens.home.screen import HomeScreen


async def test_another_runbook_of_the_folder_is_opened_next(
    make_workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    workspace = make_workspace()
    wrong, other = tmp_path / "a.toml", tmp_path / "b.toml"
    wrong.write_text(SHOP.replace("kind", "kid"))
    other.write_text(SHOP.replace('title = "Shop"', 'title = "Database"'))
    workspace.others = (wrong, other)
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Other runbooks here" in shown(app) and "2 runbooks" in shown(app))
        await pilot.press("b")
        await dialog(pilot, Pick)
        assert "Database" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and app.following is None)
        await pilot.press("b")
        await dialog(pilot, Pick)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.following == other)


async def test_where_there_is_no_other_one_the_key_does_nothing(make_workspace: Callable[..., Workspace]) -> None:
    app = RunbookApp(make_workspace())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        assert "Other runbooks" not in shown(app)
        await pilot.press("b")
        assert isinstance(app.screen, HomeScreen)
