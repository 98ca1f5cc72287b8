"""Notices that say the same are one, which says how often it was told."""

import pytest

from tests.tui.conftest import until
from tui.app import RunbookApp
from tui.execution.workspace import Workspace


@pytest.fixture(autouse=True)
def _stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunbookApp, "NOTIFICATION_TIMEOUT", 1000)


async def test_the_same_notice_is_shown_once_with_how_often_it_was_told(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        for _ in range(3):
            app.say("https://shop.example/", "Link")
            app.say("12 lines copied")
            app.say("12 lines copied", warning=True)
        app.say("https://shop.example/")
        await until(pilot, lambda: len(app._notifications) == 4)
        told = [(one.title, one.message) for one in app._notifications]
        once = ("", "https://shop.example/")
        assert told == [("Link ×3", once[1]), ("", "12 lines copied ×3"), ("", "12 lines copied ×3"), once]


async def test_what_is_gone_is_told_for_the_first_time_again(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        app.say("12 lines copied")
        await until(pilot, lambda: len(app._notifications) == 1)
        app.clear_notifications()
        app.say("12 lines copied")
        await until(pilot, lambda: [one.message for one in app._notifications] == ["12 lines copied"])
