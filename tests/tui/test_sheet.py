"""The style sheets of all screens are parsed once for their colours, whatever is shown later."""

from typing import Any

import pytest
from textual.css import stylesheet as textuals

from tests.support import parsed_sheets
from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.execution.workspace import Workspace
from tui.screens.help import HelpScreen
from tui.widgets.looks.themes import DAY


async def test_no_sheet_is_parsed_twice_until_the_colours_change(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[tuple[str, object]] = []
    parse = textuals.parse

    def counted(scope: str, css: str, read_from: Any, **rest: Any) -> object:
        parsed.append((css, read_from))
        return parse(scope, css, read_from, **rest)

    monkeypatch.setattr(textuals, "parse", counted)
    monkeypatch.setattr(parsed_sheets, "_parsed", {})  # other tests have shown these sheets already
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        before = set(parsed)
        parsed.clear()
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause()
        assert len(parsed) == len(set(parsed)) > 0
        assert before.isdisjoint(parsed)
        parsed.clear()
        app.theme = DAY
        await pilot.pause()
        await until(pilot, lambda: len(parsed) > 0)
        assert len(parsed) == len(set(parsed)), "each again, once, in the other colours"
