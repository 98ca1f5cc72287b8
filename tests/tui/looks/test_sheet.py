"""The style sheets of all screens are parsed once for their colours, whatever is shown later."""

import math
from typing import Any

import pytest
from textual.css import stylesheet as textuals
from textual.dom import DOMNode

from tests.support.screens import parsed_sheets
from tests.support.screens.every_dialog import EVERY
from tests.support.screens.running import running
from tests.tui.conftest import dialog, shown, until
from tui.app import RunbookApp
from tui.execution.workspace import Workspace
from tui.screens.checks.screen import ChecksScreen
from tui.screens.help import HelpScreen
from tui.widgets.looks.css_variables import css_variables
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


def looks(app: RunbookApp) -> dict[DOMNode, tuple[dict[str, object], dict[str, dict[str, object]]]]:
    """The look of each widget of all screens, and of what it draws by names of its own."""
    return {
        one: (
            dict(one._css_styles._rules),
            {name: dict(styles.base._rules) for name, styles in one._component_styles.items()},
        )
        for screen in app.screen_stack
        for one in screen.walk_children(with_self=True)
    }


async def test_what_the_tests_have_worked_out_once_is_what_textual_works_out_for_each_widget(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(workspace, (120, 40)) as (app, pilot):
        for opens in (lambda: ChecksScreen(workspace.runbook.sections[0]), EVERY["reason"], EVERY["login"]):
            app.push_screen(opens())
            await pilot.pause()
        await dialog(pilot, type(app.screen))
        await pilot.press("tab")
        for change in (lambda: None, lambda: app.screen.add_class("tight"), lambda: setattr(app, "theme", DAY)):
            change()
            await pilot.pause()
            here = looks(app)
            with monkeypatch.context() as itself:
                itself.setattr("textual.css.stylesheet.Stylesheet.apply", parsed_sheets.apply)
                for one in here:
                    app.stylesheet.apply(one)
            assert len(here) > 50
            assert looks(app) == here


async def test_a_screen_that_comes_up_for_the_first_time_is_not_given_all_its_looks_twice(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[object] = []
    worked_out = HelpScreen.update_node_styles

    def counted(screen: HelpScreen, animate: bool = True) -> None:
        again.append(screen)
        worked_out(screen, animate)

    monkeypatch.setattr(HelpScreen, "update_node_styles", counted)
    async with running(workspace, (120, 40)) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and app.painted < math.inf)
        await pilot.pause()
        assert again == [], "each of its parts had its looks as it was mounted"
        here = looks(app)
        app.screen.update_node_styles(animate=False)
        assert looks(app) == here


def test_the_colours_of_a_new_application_are_worked_out_once_and_no_others(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("tui.app.css_variables", lambda theme: (asked.append(theme.name), css_variables(theme))[1])
    app = RunbookApp(workspace)
    assert asked == [app.theme]
    assert app.stylesheet._variables == css_variables(app.current_theme)
