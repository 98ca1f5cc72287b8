"""The first screen beside other runbooks: `b` opens one of the folder; a drill says nothing of their sessions."""

from collections.abc import Callable
from pathlib import Path

from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import SHOP, dialog, shown, until
from tui.app import RunbookApp
from tui.dialogs.pick import Pick
from tui.execution.workspace import Setup, Workspace
from tui.screens.home.screen import HomeScreen


async def test_another_runbook_of_the_folder_is_opened_next(
    make_workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    workspace = make_workspace()
    wrong, other = tmp_path / "a.toml", tmp_path / "b.toml"
    wrong.write_text(SHOP.replace("kind", "kid"))
    other.write_text(SHOP.replace('title = "Shop"', 'title = "Database"'))
    workspace.others = lambda: (wrong, other)
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


async def test_a_drill_tells_nothing_of_another_runbooks_sessions(
    make_workspace: Callable[..., Workspace], clock: FakeClock
) -> None:
    def left(workspace: Workspace, finish: bool) -> None:
        clock.advance(60)
        conductor = workspace.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v7"}))
        if finish:
            conductor.finish("completed")
        conductor.close()

    foreign = SHOP.replace('title = "Shop"', 'title = "Ticket office"')
    for drill in ("", "Nothing answers"):
        for finish in (True, False):
            left(make_workspace(foreign, drill=drill), finish)
    torn = make_workspace().store.create("deploy", SHOP, clock)[0]
    torn.journal.write_text("")
    app = RunbookApp(make_workspace(drill="Nothing answers"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.whole and "Nothing to do." in shown(app))
        assert "Ticket" not in shown(app)
        assert "v7" not in shown(app)
        assert "cut off" not in shown(app)
        assert "sessions" not in shown(app)
        await pilot.press("a")
        await until(pilot, lambda: shown(app).count("Ticket") > 1 and "cut off" in shown(app))
    app = RunbookApp(make_workspace())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "runbook: Ticket office" in shown(app))
