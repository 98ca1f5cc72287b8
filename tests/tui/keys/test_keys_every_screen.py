"""Each key in the last row of each screen does something now, and stands in the row whole, with either glyphs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import shown, until
from tests.tui.drawing import DRAWN, REPLIES, RUNBOOK, Stage, app_for
from tui.actions import acts
from tui.app import RunbookApp
from tui.dialogs.base import Dialog
from tui.execution.measuring.monitors import MonitorRunner
from tui.execution.workspace import Workspace
from tui.front.front_page import FrontPage
from tui.keys import BY_ID
from tui.screens.checks.screen import ChecksScreen
from tui.screens.help import HelpScreen
from tui.screens.home.screen import HomeScreen
from tui.screens.palette.screen import Palette
from tui.screens.replay.screen import ReplayScreen
from tui.screens.setup.screen import SetupScreen
from tui.screens.summary.screen import SummaryScreen
from tui.screens.troubleshoot import TroubleshootScreen
from tui.screens.watch.screen import WatchScreen
from tui.widgets.keys_row.widget import KeysRow
from tui.widgets.looks import ascii
from tui.widgets.offers.offer import Offer, Rank, now

Show = Callable[[Stage], Awaitable[None]]
SIZES = ((80, 24), (120, 40))


async def from_home(stage: Stage) -> None:
    """The set-up, opened from the first screen, whose session is let go."""
    await first(stage)
    await stage.pilot.press("d")


async def first(stage: Stage) -> None:
    stage.app.close_session()
    await stage.shows(HomeScreen)
    await until(stage.pilot, lambda: stage.app.screen.whole)


async def steps(stage: Stage) -> None:
    """The session's own screen."""
    if stage.app.viewer is None:
        stage.app.resume(stage.app.workspace.store.find("last").id)
        await until(stage.pilot, lambda: stage.app.viewer is not None)
    stage.app.open_run()
    await until(stage.pilot, lambda: getattr(stage.app.screen, "moment", None) is not None)


def by_key(key: str) -> Show:
    """A screen that a key of the session's own opens."""

    async def show(stage: Stage) -> None:
        await steps(stage)
        await stage.pilot.press(key)

    return show


async def again(stage: Stage) -> None:
    """The replay of the last session."""
    await first(stage)
    stage.app.replay(stage.app.workspace.store.find("last").id)
    await stage.shows(ReplayScreen)
    await until(stage.pilot, lambda: stage.app.screen.player.recording.indexed.whole)


SCREENS: dict[str, tuple[type[Any], Show]] = {
    "home": (HomeScreen, first),
    "home-empty": (HomeScreen, first),
    "setup": (SetupScreen, from_home),
    "rollback": (FrontPage, steps),
    "watch": (WatchScreen, by_key("m")),
    "checks": (ChecksScreen, by_key("x")),
    "trouble": (TroubleshootScreen, by_key("t")),
    "replay": (ReplayScreen, again),
    "summary": (SummaryScreen, by_key("ctrl+s")),
    "keys": (HelpScreen, by_key("question_mark")),
}
"""By the name of what is drawn: its screen, and the way there from wherever a key led."""


def drawn_row(app: RunbookApp) -> tuple[str, list[Offer]]:
    """The last row as it is drawn, and what it offers."""
    screen = app.screen
    by_act = {offer.act: offer for offer in screen.offers()}
    return shown(app).splitlines()[-1], [by_act[act] for act in screen.query_one(KeysRow).pressed]


def changed(app: RunbookApp) -> tuple[object, ...]:
    """What a key may change: another screen, what this one shows apart from the clock, or that the program ends."""
    screen: Any = app.screen
    if isinstance(screen, ReplayScreen):  # what it says of a key that leads nowhere is not enough
        return screen, screen.player.elapsed, screen.player.playing
    below = shown(app).splitlines()[1:]
    again: list[object] = []
    if isinstance(screen, ChecksScreen):  # checks that are made again may say the same before anybody looks
        hosts = dict.fromkeys(app.workspace.transports.values())
        again = [len(host.ran) for host in hosts if isinstance(host, FakeTransport)]
    return screen, below, again, app._exit, getattr(screen, "_run", None)


async def on_terminal(app: RunbookApp, pilot: Any, size: tuple[int, int], plain: bool) -> None:
    """Have the terminal this large, with these glyphs."""
    app.keys = replace(app.keys, ascii=plain)
    app._filters[:] = [one for one in app._filters if not isinstance(one, ascii.Ascii)]
    app._filters += [ascii.Ascii(letters=True)] if plain else []
    await pilot.resize_terminal(*size)
    await until(pilot, lambda: app.screen.size == size)


async def looked_at(app: RunbookApp, pilot: Any, size: tuple[int, int], plain: bool) -> dict[str, Offer]:
    """What the row offers with these glyphs, each key with its verb whole."""
    await on_terminal(app, pilot, size, plain)
    await until(pilot, lambda: app.screen.query_one(KeysRow).region.bottom == size[1])
    getattr(app.screen, "show_now", app.screen.show_keys)()
    await until(pilot, lambda: all(one.verb in shown(app).splitlines()[-1] for one in drawn_row(app)[1]))
    line, offered = drawn_row(app)
    assert line.isascii() or not plain, line
    for offer in offered:
        key = app.keys.sign(offer.act, last=offer.rank is Rank.HELP and offer.key != app.keys.sign(offer.act))
        assert f"{key} " in f"{line} ", (offer, line)
        assert offer.verb in line, (offer, line)
    wanted = [one for one in now(app.screen.offers()) if one.rank in (Rank.HELP, Rank.ROLLBACK, Rank.NEXT)]
    assert {one.act for one in wanted} <= {one.act for one in offered}, line
    return {offer.act: offer for offer in offered}


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch, host: FakeTransport) -> None:
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(MonitorRunner, "start", lambda self: None)
    host.replies = dict(REPLIES)


@pytest.mark.parametrize("name", SCREENS)
async def test_every_key_of_the_row_does_something_now(
    make_workspace: Callable[..., Workspace], host: FakeTransport, clock: FakeClock, name: str
) -> None:
    kind, show = SCREENS[name]
    app = app_for(make_workspace(RUNBOOK.read_text(encoding="utf-8")), name)
    async with app.run_test(size=SIZES[0]) as pilot:
        await pilot.pause()
        stage = Stage(app, pilot, host, clock)
        await DRAWN[name](stage)
        seen: dict[str, Offer] = {}
        for size in reversed(SIZES):
            for plain in (True, False):
                seen |= await looked_at(app, pilot, size, plain)
        assert seen
        order = sorted(seen.values(), key=lambda one: (one.rank is Rank.LEAVE, one.rank is Rank.NEXT))
        for offer in order:
            here = app.screen
            assert isinstance(here, kind)
            if offer.act not in {one.act for one in now(here.offers())}:
                continue  # what was pressed before has done it
            before = changed(app)
            await pilot.press(app.keys.all_of(BY_ID[offer.act]).split(",")[0])
            await until(pilot, lambda before=before: changed(app) != before)
            assert [one.message for one in app._notifications if one.severity == "error"] == [], offer
            if app._exit:
                return
            while isinstance(app.screen, Dialog):
                above: Any = app.screen
                await until(pilot, lambda above=above: above.armed)
                await pilot.press("escape")
                await until(pilot, lambda above=above: app.screen is not above)
            if app.conductor is not None and app.conductor.busy:
                if name == "rollback":  # whose command is still running
                    app.conductor.cancel()
                await until(pilot, lambda: app.conductor is None or not app.conductor.busy)
            if app.screen is not here:
                await show(stage)
                await stage.shows(kind)
            await pilot.pause()


async def test_the_palette_says_how_it_is_closed(
    make_workspace: Callable[..., Workspace], host: FakeTransport, clock: FakeClock
) -> None:
    app = app_for(make_workspace(RUNBOOK.read_text(encoding="utf-8")), "palette")
    async with app.run_test(size=SIZES[0]) as pilot:
        await pilot.pause()
        await DRAWN["palette"](Stage(app, pilot, host, clock))
        for size in SIZES:
            for plain in (True, False):
                await on_terminal(app, pilot, size, plain)
                await until(pilot, lambda: shown(app).splitlines()[-1].strip() == "esc close")
        assert isinstance(app.screen, Palette)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Palette))


DIALOGS = {"confirm": "enter", "confirm-destructive": "enter", "question": "enter", "sign": "s"} | {
    "rollback-reason": "ctrl+r"
}
"""The drawn dialogs, by the key that opens each."""


@pytest.mark.parametrize("name", DIALOGS)
async def test_every_key_that_a_dialog_names_does_something_now(
    make_workspace: Callable[..., Workspace], host: FakeTransport, clock: FakeClock, name: str
) -> None:
    app = app_for(make_workspace(RUNBOOK.read_text(encoding="utf-8")), name)
    async with app.run_test(size=SIZES[0]) as pilot:
        await pilot.pause()
        await DRAWN[name](Stage(app, pilot, host, clock))
        below = app.screen_stack[-2]
        named = [*acts(app.screen.ACTS), *(acts("dialog") if app.screen.ACTS != "dialog" else ())]
        for size in SIZES:
            for plain in (True, False):
                await on_terminal(app, pilot, size, plain)
                await until(pilot, lambda: f"{app.keys.sign('dialog.help')} help" in shown(app))
        pressed = []
        for act in named:
            words = app.keys.sign(act.id)
            if f"({words})" not in shown(app) and f"{words} help" not in shown(app):
                continue
            here: Any = app.screen
            await until(pilot, lambda here=here: here.armed)
            await pilot.press(act.key.split(",")[0])
            await until(pilot, lambda here=here: app.screen is not here)
            pressed.append(words)
            if isinstance(app.screen, HelpScreen):
                await pilot.press("escape")
                await until(pilot, lambda here=here: app.screen is here)
                continue
            while app.conductor is not None and (app.conductor.busy or app.screen is not below):
                if isinstance(app.screen, Dialog):
                    return  # it was answered, and what comes next is asked
                await pilot.pause(0.01)
            if act.id not in ("dialog.no", "confirm.no"):
                return  # it is answered
            await pilot.press(DIALOGS[name])
            await until(pilot, lambda below=below: isinstance(app.screen, Dialog) and app.screen.armed)
        assert pressed


async def test_where_nothing_comes_after_or_before_no_key_is_offered_for_it(
    make_workspace: Callable[..., Workspace], host: FakeTransport, clock: FakeClock
) -> None:
    app = app_for(make_workspace(RUNBOOK.read_text(encoding="utf-8")), "replay")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        stage = Stage(app, pilot, host, clock)
        await DRAWN["replay"](stage)  # which ends at the session's end
        assert "replay.step" not in {one.act for one in now(app.screen.offers())}
        assert "replay.step-back" in {one.act for one in now(app.screen.offers())}
        await pilot.press("home")
        await until(pilot, lambda: "replay.step" in app.screen.query_one(KeysRow).pressed)
        assert {"replay.step-back", "replay.failure-back", "replay.failure"}.isdisjoint(
            {one.act for one in now(app.screen.offers())}
        )
        app.close_session()
        await DRAWN["watch"](stage)
        await until(pilot, lambda: "watch.earlier" in app.screen.query_one(KeysRow).pressed)
        app.screen.action_time(-1000)
        await pilot.press("left")
        await until(pilot, lambda: "watch.later" in app.screen.query_one(KeysRow).pressed)
        assert "watch.earlier" not in app.screen.query_one(KeysRow).pressed
