"""The frames of the first screen: how the keys lead through them, and that nothing in them is cut."""

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.screen import Screen

from tests.support.machines.fake_transport import FakeTransport
from tests.support.screens.every_size import tried
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import SHOP, shown, until
from tests.tui.home.test_home import left_open
from tests.tui.home.test_home_reading import kept
from tui.app import RunbookApp
from tui.dialogs.pick import Pick
from tui.errors import HostError
from tui.execution.workspace import Setup, Workspace
from tui.screens.home.listing import Listing
from tui.screens.home.screen import HomeScreen
from tui.screens.replay.screen import ReplayScreen
from tui.screens.setup.screen import SetupScreen


async def test_the_arrows_and_tab_lead_from_frame_to_frame(workspace: Workspace) -> None:
    left_open(workspace, finish=True)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.framed == "deployments")
        for key, there in (
            ("left", "start"),
            ("right", "followups"),
            ("up", "deployments"),
            ("down", "followups"),
            ("up", "deployments"),
            ("tab", "followups"),
            ("shift+tab", "deployments"),
            ("shift+tab", "start"),
        ):
            await pilot.press(key)
            assert app.screen.framed == there, key
        await pilot.press("down", "up", "enter")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))


@pytest.mark.parametrize(
    "size",
    tried(
        [(60, 20), (80, 24), (99, 60), (100, 30), (120, 40), (160, 30), (200, 60), (250, 70)],
        *((60, 20), (80, 24), (120, 40), (250, 70)),
    ),
)
async def test_no_row_is_cut_by_its_frame_at_any_size(
    workspace: Workspace, clock: FakeClock, size: tuple[int, int]
) -> None:
    left_open(workspace)
    clock.advance(60)
    left_open(workspace, finish=True)
    clock.advance(60)
    kept(workspace, clock, 30)
    app = RunbookApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.screen.whole and "◆ Deploy" in shown(app))
        await until(pilot, lambda: all(whole(listing) for listing in app.screen.query(Listing)))
        lines = shown(app).splitlines()
        assert len(lines) == size[1]
        for line in lines[1:-1]:
            assert cell_len(line) == size[0]
            assert line[0] in "╭│╰┃┏┗"
            assert line[-1] in "╮│╯┃┓┛"
        for listing in app.screen.query(Listing):
            assert listing.rows.max_scroll_x == 0


def whole(listing: Listing) -> bool:
    """Whether each of its rows has a line, where it is shown: what is to begin has no frame beside an open session."""
    return (
        not listing.display
        or listing.rows.option_count == 0
        or listing.rows.virtual_size.height == listing.rows.option_count
    )


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch, each_paint: None) -> list[str]:
    """Every frame of our screens that would be written to a terminal, as it would be."""
    found: list[str] = []
    below = App._display

    def display(app: App[Any], screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate) and not app._batch_count and isinstance(screen, HomeScreen):
            found.append(renderable.render_segments(app.console))
        below(app, screen, renderable)

    monkeypatch.setattr(App, "_display", display)
    return found


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_window_is_painted_before_what_is_on_the_disk_is_even_laid_out(
    workspace: Workspace, frames: list[str], size: tuple[int, int]
) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        first, last = frames[0], "".join(frames)
        for words in ("Shop", "Deployment window", "PRODUCTION"):
            assert words in first, "the first frame says where one is and whether now is the time"
        assert "Follow-ups" in last
        assert "Follow-ups" not in first, "it waited for what is below"


async def test_the_first_frame_waits_for_no_timer(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 3600.0)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)):
        while math.isinf(app.painted):  # noqa: ASYNC110 – a pilot's pause would paint it
            await asyncio.sleep(0.001)
        assert isinstance(app.screen, HomeScreen)


async def test_the_hosts_of_an_unfinished_session_are_asked_whether_they_answer(
    workspace: Workspace, host: FakeTransport
) -> None:
    workspace.preflight(Setup(flow="deploy", method="docker", operator="ana"), lambda row: None)
    left_open(workspace)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "web ✔ reachable  nothing runs there" in shown(app))
        assert host.ran == [], "nothing runs for that"
        host.refuses = HostError("web: no answer")
        app.screen.read_again()
        await until(pilot, lambda: "web ✖ not reachable" in shown(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "✖ not reachable" in shown(app))


async def test_what_can_be_started_has_a_row_each_where_it_is_narrow(make_workspace: Callable[..., Workspace]) -> None:
    kinds = ("verify", "follow-up")
    flows = "".join(
        f'[flows.{kind}]\ntitle = "{kind} it all, slowly"\nkind = "{kind}"\nsections = ["before"]\n' for kind in kinds
    )
    issue = (
        '[[troubleshooting]]\nid = "load"\ntitle = "Load"\nsymptoms = ["slow"]\n[[troubleshooting.diagnosis]]\n'
        'id = "load-look"\ntitle = "Look"\n[[troubleshooting.diagnosis.actions]]\nrun = "top -b"\n'
    )
    app = RunbookApp(make_workspace(SHOP.replace("[flows.rollback]", flows + "[flows.rollback]", 1) + issue))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.framed == "start")
        rows = app.screen.query_one("#start", Listing).rows
        assert rows.option_count == rows.virtual_size.height == rows.size.height == 5


async def test_the_only_session_there_is_needs_no_mark_to_be_replayed(workspace: Workspace) -> None:
    name = left_open(workspace, finish=True)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.framed == "deployments")
        await pilot.press("left")
        assert app.screen.framed == "start"
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        assert app.screen.viewer.state.started.session == name


async def test_of_several_sessions_none_of_which_is_marked_one_is_picked(
    workspace: Workspace, clock: FakeClock
) -> None:
    names = kept(workspace, clock, 3)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.framed == "deployments")
        await pilot.press("left", "p")
        await until(pilot, lambda: isinstance(app.screen, Pick) and app.screen.armed)
        assert "Which session is replayed?" in shown(app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        assert app.screen.viewer.state.started.session == names[1]
