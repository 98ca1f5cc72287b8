from functools import partial
from typing import Any

import pytest
from textual.widgets import Button

from tests.support.screens.every_dialog import EVERY
from tests.support.screens.every_size import tried
from tests.support.screens.layouts import Layouts
from tests.tui.conftest import dialog, shown, until
from tui.app import RunbookApp
from tui.dialogs.base import Dialog
from tui.dialogs.confirm import Ways
from tui.dialogs.pick import Pick
from tui.dialogs.taken_up import TakenUp
from tui.dialogs.written import ChooseAndWrite
from tui.execution.workspace import Workspace

SIZES = tried(((60, 20), (80, 24), (120, 40)), (60, 20), (120, 40))
ABOVE, BELOW = 4, 2
GROUPS = tuple(tuple(EVERY)[first::6] for first in range(6))


def kinds(of: type[Any]) -> set[type[Any]]:
    """Every class of dialog the program has."""
    below = of.__subclasses__()
    return {kind for kind in below if kind.__module__.startswith("tui.")}.union(*map(kinds, below))


def misplaced(screen: Dialog[Any], size: tuple[int, int]) -> list[str]:
    """What of a dialog is not where it should be, or not whole."""
    box = screen.box.region
    found = [] if box.y >= ABOVE and box.bottom <= size[1] - BELOW else [f"rows {box.y} to {box.bottom}"]
    found += [] if 0 < box.width <= size[0] and box.x >= 0 else [f"columns {box.x} to {box.right}"]
    for one in screen.query(Button):
        whole = box.contains_region(one.region) and one.content_size.width >= len(str(one.label))
        found += [] if whole else [f"the button {one.label}"]
    return found


def in_place(screen: Dialog[Any], size: tuple[int, int]) -> bool:
    return screen.is_mounted and misplaced(screen, size) == []


def is_tight(screen: Dialog[Any], tight: bool) -> bool:
    return screen.has_class("tight") is tight


def test_each_dialog_is_among_those_that_are_looked_at() -> None:
    assert {type(make()) for make in EVERY.values()} == kinds(Dialog) - {Ways, ChooseAndWrite}


@pytest.mark.parametrize("names", GROUPS, ids=" ".join)
async def test_a_dialog_is_whole_and_covers_neither_what_is_next_nor_the_hosts_and_the_keys(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    """At each size, from where the dialog before it left the terminal: by turns it grows and becomes smaller.

    There it comes to rest: it is laid out a few times, and then no more.
    """
    sizes, layouts = list(SIZES), Layouts(monkeypatch)
    async with RunbookApp(workspace).run_test(size=SIZES[0]) as pilot:
        for name in names:
            screen = EVERY[name]()
            layouts.made = 0
            pilot.app.push_screen(screen)
            for size in sizes:
                layouts.made = 0
                if pilot.app.size != size:
                    await pilot.resize_terminal(*size)
                await until(pilot, partial(in_place, screen, size))
            pilot.app.pop_screen()
            await pilot.pause()
            sizes.reverse()


async def test_a_dialog_gives_up_its_blank_rows_first_and_has_them_again_where_there_is_room(
    workspace: Workspace,
) -> None:
    async with RunbookApp(workspace).run_test(size=(60, 20)) as pilot:
        screen = EVERY["reason"]()
        pilot.app.push_screen(screen)
        await dialog(pilot, type(screen))
        for size, tight in (((60, 20), True), ((80, 40), False), ((60, 20), True)):
            await pilot.resize_terminal(*size)
            await until(pilot, partial(is_tight, screen, tight))


async def test_of_several_dialogs_only_the_one_on_top_is_seen_and_the_other_is_as_before_once_it_is_gone(
    workspace: Workspace,
) -> None:
    async with RunbookApp(workspace).run_test(size=(120, 40)) as pilot:
        below, above = TakenUp(["It stands at a step.", *map(str, range(12))], 3), EVERY["login"]()
        pilot.app.push_screen(below)
        await dialog(pilot, type(below))
        focused = below.focused
        pilot.app.push_screen(above)
        await dialog(pilot, type(above))
        await until(pilot, lambda: "LOGIN" in shown(pilot.app) and "RESUMED" not in shown(pilot.app))
        await pilot.resize_terminal(60, 20)
        await until(pilot, partial(in_place, above, (60, 20)))
        await pilot.press("escape")
        await until(pilot, lambda: "RESUMED" in shown(pilot.app) and in_place(below, (60, 20)))
        assert below.focused is focused is not None
        assert below.has_class("slim")


@pytest.mark.parametrize(("size", "rows"), [((80, 24), 10), ((120, 40), 26), ((160, 50), 36)])
async def test_of_forty_hosts_as_many_are_seen_as_there_are_rows_for(
    workspace: Workspace, size: tuple[int, int], rows: int
) -> None:
    async with RunbookApp(workspace).run_test(size=size) as pilot:
        screen = Pick("Which host?", [f"✔ web{number:02}  good" for number in range(1, 41)])
        pilot.app.push_screen(screen)
        await until(pilot, partial(in_place, screen, size))
        await until(pilot, lambda: screen.query_one("#pick").size.height == rows)
        assert shown(pilot.app).count("✔ web") == rows
        assert not screen.has_class("tight")
