"""The last row of every screen: each key in it does something now, whatever state the session is in."""

import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.tui.conftest import KNOWN_TROUBLE, SHOP, dialog, shown, until
from tui.app import RunbookApp
from tui.dialogs import AskText
from tui.dialogs.base import Dialog
from tui.execution.workspace import Workspace
from tui.front.front_page import FrontPage
from tui.keys import BY_ID, Keys
from tui.screens.checks.screen import ChecksScreen
from tui.screens.help import HelpScreen
from tui.screens.home.screen import HomeScreen
from tui.screens.run.session import SessionScreen
from tui.screens.setup.screen import SetupScreen
from tui.screens.summary.screen import SummaryScreen
from tui.screens.watch.screen import WatchScreen
from tui.session.outcome import Outcome
from tui.session.state import StepStatus
from tui.text.sentences import sentence
from tui.widgets.keys_row.text import row_parts
from tui.widgets.offers.offer import Offer, Rank

TEXT = (
    SHOP
    + """
[monitors.cpu]
title = "Load"
run = "count"
every = "30s"
number = { name = "cpu", pattern = '([0-9.]+)%', below = 70, unit = "%" }
"""
    + KNOWN_TROUBLE
)

At = Callable[[RunbookApp, Pilot[Any], FakeTransport], Awaitable[None]]


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace(TEXT)


async def to_do(app: RunbookApp, pilot: Pilot[Any], host: FakeTransport) -> None:
    """A step that is to be started."""


async def failed(app: RunbookApp, pilot: Pilot[Any], host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(outcome=Outcome.exited(1))
    app.conductor.start("look")
    await comes(pilot, app, "look", StepStatus.FAILED)


async def running_now(app: RunbookApp, pilot: Pilot[Any], host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(b"load\n", until=threading.Event())
    app.conductor.start("look")
    await until(pilot, lambda: app.conductor.state.running())


async def to_sign(app: RunbookApp, pilot: Pilot[Any], host: FakeTransport) -> None:
    for step in ("look", "backup", "announce"):
        app.conductor.skip(step, "not now")
    app.conductor.start("switch-docker", "web")
    await comes(pilot, app, "switch-docker", StepStatus.PASSED)


async def asked(app: RunbookApp, pilot: Pilot[Any], host: FakeTransport) -> None:
    for step in ("look", "backup"):
        app.conductor.skip(step, "not now")
    app.conductor.start("announce")
    await comes(pilot, app, "announce", StepStatus.WAITING)


async def ended(app: RunbookApp, pilot: Pilot[Any], host: FakeTransport) -> None:
    for step in ("look", "backup", "announce", "switch-docker"):
        app.conductor.skip(step, "not now")


async def another_step(app: RunbookApp, pilot: Pilot[Any], host: FakeTransport) -> None:
    app.screen.checklist.look_at("backup")


STATES = (to_do, failed, running_now, to_sign, asked, ended, another_step)


def row(app: RunbookApp) -> list[Offer]:
    """What the last row of the screen offers, as it is drawn."""
    screen = app.screen
    assert isinstance(screen, FrontPage)
    acts = [part.act for part in row_parts(screen.offers(), app.size.width) if part.act]
    by_act = {offer.act: offer for offer in screen.offers()}
    return [by_act[act] for act in acts]


def shows_now(app: RunbookApp) -> bool:
    """Whether the screen shows the session as it stands."""
    moment, conductor = app.screen.moment, app.conductor
    return moment is not None and moment.state is conductor.state and moment.busy == conductor.busy


def told(app: RunbookApp) -> list[str]:
    """The errors on the screen."""
    return [one.message for one in app._notifications if one.severity == "error"]


@pytest.mark.parametrize("at", [ended, another_step], ids=lambda at: str(at.__name__))
async def test_every_key_of_the_row_does_something_now(workspace: Workspace, host: FakeTransport, at: At) -> None:
    async with running(workspace, (120, 40)) as (app, pilot):
        await at(app, pilot, host)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.step is not None)
        await until(pilot, lambda: shows_now(app))
        offered = row(app)
        assert offered[-1].rank is Rank.HELP
        assert len(offered) > 2
        for offer in offered:
            if offer.rank is Rank.NEXT and at is another_step:
                continue  # it changes where the session stands, and every test of the run screen presses it
            key = Keys().on("run").all_of(BY_ID[offer.act]).split(",")[0]
            before = app.screen, app.screen.step
            await pilot.press(key)
            await until(pilot, lambda before=before: (app.screen, getattr(app.screen, "step", None)) != before)
            assert not told(app), offer
            while app.screen is not before[0]:
                if isinstance(app.screen, Dialog):
                    await until(pilot, lambda: app.screen.armed)
                if isinstance(app.screen, SummaryScreen):
                    app.open_run()
                    await until(pilot, lambda: isinstance(app.screen, SessionScreen))
                    break
                leaving = app.screen
                await pilot.press("escape")
                await until(pilot, lambda leaving=leaving: app.screen is not leaving)
            app.screen.checklist.look_at(before[1].id)
            await pilot.pause()
        if app.conductor.busy:
            app.conductor.cancel()
            await until(pilot, lambda: not app.conductor.busy)


@pytest.mark.parametrize("at", STATES, ids=lambda at: at.__name__)
async def test_what_is_not_offered_gives_the_reason_that_its_key_gives(
    workspace: Workspace, host: FakeTransport, at: At
) -> None:
    async with running(workspace, (120, 40)) as (app, pilot):
        await at(app, pilot, host)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.step is not None)
        await until(pilot, lambda: shows_now(app))
        for name in ("sign", "retry", "skip", "cancel", "reopen", "open", "attempts", "copy"):
            offer = next(one for one in app.screen.offers() if one.name == name)
            if offer.possible:
                continue
            await pilot.press(offer.key)
            reason = sentence(offer.why_not)
            await until(pilot, lambda reason=reason: any(reason in message for message in told(app)))
            app.clear_notifications()
        if app.conductor.busy:
            app.conductor.cancel()
            await until(pilot, lambda: not app.conductor.busy)


@pytest.mark.parametrize("width", range(40, 200, 7))
async def test_the_list_of_keys_is_never_cut_off_and_the_rollback_stays(width: int) -> None:
    offers = [
        Offer(act=f"run.{name}", key=key, verb=name, words="", action=name, rank=rank, danger=rank is Rank.ROLLBACK)
        for name, key, rank in (
            ("retry", "r", Rank.NEXT),
            ("trouble", "t", Rank.BESIDE),
            ("skip", "k", Rank.BESIDE),
            ("search", "/", Rank.LOOK),
            ("watch", "m", Rank.LOOK),
            ("checks", "x", Rank.LOOK),
            ("ROLL BACK", "^r", Rank.ROLLBACK),
            ("keys", "?", Rank.HELP),
        )
    ]
    line = "".join(text for part in row_parts(offers, width) for text, _ in part.pieces)
    assert len(line) == width
    assert line.endswith("? keys")
    assert "^r ROLL BACK" in line
    for offer in offers:
        assert f"{offer.key} {offer.verb}" in line or f" {offer.verb}" not in line


async def test_every_screen_has_the_row_and_a_click_does_what_its_key_does(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and app.screen.query("#keys-row"))
        await pilot.click("#keys-row", offset=(0, 0))
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert [one.key for one in row(app)][0] == "F10"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
    async with running(workspace, (80, 24)) as (app, pilot):
        for key, screen in (("m", WatchScreen), ("question_mark", HelpScreen), ("x", ChecksScreen)):
            await until(pilot, lambda: isinstance(app.screen, SessionScreen))
            await pilot.press(key)
            await until(pilot, lambda screen=screen: isinstance(app.screen, screen))
            await until(pilot, lambda: not app.conductor.busy and "cancel" not in shown(app).splitlines()[-1])
            place = shown(app).splitlines()[-1].index("esc")
            await pilot.click("#keys-row", offset=(place, 0))
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and not app.conductor.busy)


async def test_under_a_dialog_the_row_offers_nothing_until_it_is_closed(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await until(pilot, lambda: "⏎ start" in shown(app).splitlines()[-1])
        before = shown(app).splitlines()[-1]
        await pilot.press("n")
        await dialog(pilot, AskText)
        await until(pilot, lambda: "? keys" not in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: shown(app).splitlines()[-1] == before)
        assert isinstance(app.screen, SessionScreen)


async def test_a_click_on_the_band_does_what_comes_next(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.step is not None)
        await pilot.click("#band", offset=(5, 0))
        await comes(pilot, app, "look", StepStatus.SIGNED)


async def test_what_is_typed_on_the_screen_of_keys_narrows_it_down(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "type to find" in shown(app))
        assert "Sign the step" in shown(app)
        await pilot.press(*"roll back")
        await until(pilot, lambda: "find: roll back" in shown(app) and "Sign the step" not in shown(app))
        assert "rollback" in shown(app)
        await pilot.press(*["backspace"] * len("roll back"))
        await until(pilot, lambda: "type to find" in shown(app) and "Sign the step" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
