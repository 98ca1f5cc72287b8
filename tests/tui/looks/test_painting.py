"""A screen of these tests is painted when somebody looks at it: what cannot be painted fails a test none the less."""

from typing import Any

import pytest
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from tests.support.screens.running import running
from tests.tui.conftest import shown, until
from tui.execution.workspace import Workspace
from tui.widgets.page import Page


class Broken(Widget):
    """Counts how often it is painted, and cannot be once it is told so."""

    painted = 0
    broken = False

    def render_line(self, y: int) -> Strip:
        if self.broken:
            raise ValueError("it cannot be painted")
        self.painted += y == 0
        return Strip.blank(self.size.width)


class Holder(Page[None]):
    """A screen of ours with such a part."""

    def compose(self) -> ComposeResult:
        yield Broken()


async def opened(app: Any, pilot: Any) -> Broken:
    """Such a screen, as it has come to rest."""
    app.push_screen(Holder())
    await until(pilot, lambda: isinstance(app.screen, Holder) and app.painted < float("inf"))
    await pilot.pause()
    part = app.screen.query_one(Broken)
    assert isinstance(part, Broken)
    return part


async def breaks(app: Any, pilot: Any) -> None:
    part = await opened(app, pilot)
    shown(app)
    part.broken = True
    part.refresh()
    await pilot.pause()


@pytest.mark.parametrize("leaves", ["the end", "another screen", "back", "a key", "somebody reads"])
async def test_what_cannot_be_painted_fails_a_test_that_never_reads_it(workspace: Workspace, leaves: str) -> None:
    async def fails() -> None:
        async with running(workspace) as (app, pilot):
            await breaks(app, pilot)
            if leaves == "another screen":
                app.push_screen(Holder())
            elif leaves == "back":
                app.pop_screen()
            elif leaves == "a key":
                await pilot.press("f10")
            elif leaves == "somebody reads":
                shown(app)

    with pytest.raises(ValueError, match="it cannot be painted"):
        await fails()


async def changed(app: Any, pilot: Any) -> tuple[Broken, int]:
    """A part that changed five times, and how often it had been painted before."""
    part = await opened(app, pilot)
    before = part.painted
    for _ in range(5):
        part.refresh()
        await pilot.pause()
    return part, before


async def test_a_screen_is_painted_once_for_many_changes(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        part, before = await changed(app, pilot)
        assert part.painted == before
        shown(app)
        assert part.painted == before + 1


@pytest.mark.usefixtures("each_paint")
async def test_a_test_of_painting_has_each_paint(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        part, before = await changed(app, pilot)
        assert part.painted >= before + 5
