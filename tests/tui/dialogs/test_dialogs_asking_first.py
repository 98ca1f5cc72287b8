"""What is asked before something starts: what it says, where it lies, and what Enter takes."""

from typing import Any

import pytest

from tests.support.screens.every_dialog import WAYS
from tests.support.screens.every_size import tried
from tests.tui.conftest import dialog, shown, until
from tests.tui.dialogs.test_dialogs import NOTHING, ask
from tui.app import RunbookApp
from tui.dialogs import (
    Question,
    RollbackReason,
    TypeName,
)
from tui.dialogs.base import Dialog
from tui.dialogs.confirm import typed_so_far
from tui.dialogs.pick import Pick
from tui.dialogs.written import CorrectValue, Written
from tui.execution.workspace import Workspace
from tui.runbook.model import Action, AnswerKind
from tui.screens.run.text import Doing, Start, start_rows


def test_the_name_fills_as_it_is_typed_and_says_from_where_on_it_is_another() -> None:
    def words(typed: str) -> str:
        return "".join(text for text, _ in typed_so_far(typed, "production-server"))

    assert words("") == "0 of 17  production-server"
    assert words("production-") == "11 of 17  production-server"
    assert words("production-server") == "17 of 17  production-server  ✔"
    assert words("prodaction") == "4 of 17  production-server  ✖ another from letter 5 on"


def test_a_start_says_host_user_and_directory_once_and_then_every_command() -> None:
    start = Start(
        doing=(Doing(host="web", target="deploy@web:22", directory="/srv", does=("migrate", "showmigrations --all")),),
        follows=("■ POINT OF NO RETURN",),
    )
    for width in (20, 56, 96):
        lines = [row.text for row in start_rows(start, width)]
        assert max(map(len, lines)) <= width
        told = " ".join(" ".join(lines).split())
        assert told.count("on web as deploy@web:22 in /srv") == 1
        assert told.index("■ POINT") < told.index("in /srv") < told.index("$ migrate") < told.index("$ showmigrations")


@pytest.mark.parametrize("size", tried([(60, 20), (80, 24), (120, 40), (200, 60)], (60, 20), (120, 40)))
async def test_a_dialog_covers_neither_the_mode_nor_the_title_of_the_steps_frame(
    workspace: Workspace, size: tuple[int, int]
) -> None:
    async with RunbookApp(workspace).run_test(size=size) as pilot:
        for lines in (["$ rm"], [f"line {n}" for n in range(80)]):
            asked = await ask(pilot, TypeName("Restore", lines, "web", approval=True))
            box = asked.screen.query_one("#box").region
            assert box.y >= 3
            assert asked.screen.region.contains_region(box)
            assert "✖ DESTRUCTIVE on PRODUCTION" in shown(pilot.app)
            assert "No (esc)" in shown(pilot.app)
            await asked.press("escape")


async def test_what_loses_data_is_never_the_one_that_enter_takes_and_the_keys_to_choose_are_said(
    workspace: Workspace,
) -> None:
    action = Action(
        ask="The database?", answer=AnswerKind.CHOICE, choices=("restore", "leave"), loses_data=("restore",)
    )
    every: list[Dialog[Any]] = [
        Question(action),
        Pick("Which?", ["one", "two"], preselected=False),
        RollbackReason(["errors", "slow"]),
    ]
    async with RunbookApp(workspace).run_test() as pilot:
        for screen in every:
            asked = await ask(pilot, screen)
            assert "↑↓ choose" in shown(pilot.app)
            assert await asked.press("enter") is NOTHING
            await asked.press("escape")


async def test_another_way_asks_for_its_own_hosts_name_and_forgets_what_was_typed_for_the_other(
    workspace: Workspace,
) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        given: list[str | None] = []
        asked = TypeName("Drop it again", ways=WAYS)
        pilot.app.push_screen(asked, given.append)
        await dialog(pilot, TypeName)
        await pilot.press("w", "e", "b", "f2")
        await until(pilot, lambda: asked.armed and "Type tools and press ⏎" in shown(pilot.app))
        assert asked.typed.value == ""
        await pilot.press("w", "e", "b", "enter")
        assert given == []
        assert "that is not tools" in shown(pilot.app)
        await pilot.press("backspace", "backspace", "backspace", "t", "o", "o", "l", "s", "enter")
        await until(pilot, lambda: given == ["tools"])
    assert asked.at == 1


async def test_of_several_values_none_is_chosen_until_a_person_chose_one(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        given: list[Written | None] = []
        asked = CorrectValue({"release": "v2", "branch": "main"}, {})
        pilot.app.push_screen(asked, given.append)
        await dialog(pilot, CorrectValue)
        assert asked.value.value == ""
        await pilot.press("enter")
        assert "nothing is chosen yet" in shown(pilot.app)
        await pilot.press("down", "down", "enter", "2", "enter", "enter")
        assert "a reason is needed" in shown(pilot.app)
        await pilot.press("o", "k", "enter")
        await until(pilot, lambda: given == [Written(1, ("2", "ok"))])
