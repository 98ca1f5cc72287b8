"""A runbook, a host, a monitor, a journal and a holder whose every word drives a terminal: no screen passes it on."""

import re
import shutil
from collections.abc import Callable
from typing import Any

from tests.support.hostile.hostile import HOSTILE, foreign, hostile_runbook
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import running
from tests.tui.conftest import SHOP, shown, until
from tests.tui.screens.test_watch_screen import TEXT, sample
from tui.app import RunbookApp
from tui.errors import RunbookError
from tui.execution.workspace import Workspace
from tui.screens.home.screen import HomeScreen
from tui.screens.watch.screen import WatchScreen
from tui.session import events as ev

NAME = HOSTILE.replace("\0", "").replace("/", "")[:60]
BAD_UNIT = TEXT.replace('unit = "%"', 'unit = "per cent"')


class Looking:
    """Counts what a terminal would act on in all that was seen."""

    def __init__(self) -> None:
        self.seen: dict[str, list[str]] = {}

    def at(self, app: RunbookApp, name: str = "") -> None:
        where = f"{type(app.screen).__name__} {name}".strip()
        self.seen[where] = foreign(shown(app))

    @property
    def found(self) -> dict[str, list[str]]:
        return {name: found[:5] for name, found in self.seen.items() if found}


def hostile(make_workspace: Callable[..., Workspace], host: FakeTransport, text: str = BAD_UNIT) -> Workspace:
    worse = HOSTILE.encode()
    host.replies["uptime"] = Reply(b"load average: 0.1 " + worse + b"\n")
    host.replies["git describe"] = Reply(b"v1\n")
    host.replies["count errors"] = Reply(out=b"0.5%" + worse, err=worse)
    return make_workspace(hostile_runbook(text))


async def test_the_words_of_monitors_and_their_triggers(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    looking = Looking()
    async with running(hostile(make_workspace, host), (120, 40)) as (app, pilot):
        app.conductor.monitors.stop()
        sample(app, 0.5, 1000.0)
        sample(app, 40.0, 1030.0)
        sample(app, None, 1040.0, HOSTILE)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and "? no value" in shown(app))
        looking.at(app)
        sample(app, 50.0, 1060.0)
        await until(pilot, lambda: "over its limit" in shown(app))
        looking.at(app, "bad")
    assert looking.found == {}


async def test_who_holds_the_session(make_workspace: Callable[..., Workspace], host: FakeTransport) -> None:
    looking = Looking()
    async with running(hostile(make_workspace, host)) as (app, pilot):
        app.conductor.read_only = f"open elsewhere: {HOSTILE}"
        await until(pilot, lambda: "READ-ONLY" in shown(app))
        looking.at(app)
        app.show_error(RunbookError(HOSTILE, HOSTILE))
        app.say(f"told\n{HOSTILE}", HOSTILE)
        await until(pilot, lambda: len(app._notifications) == 2)
        told = list(app._notifications)
        looking.seen["told"] = [one for toast in told for one in foreign(f"{toast.title}\n{toast.message}")]
    assert looking.found == {}


async def test_every_screen_and_dialog_of_a_session(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    looking = Looking()
    workspace = hostile(make_workspace, host, SHOP)
    async with running(workspace, (120, 40)) as (app, pilot):
        app.conductor.record(ev.NoteAdded(step="look", text=HOSTILE, operator=HOSTILE))
        await look_around(app, pilot, looking, ("f1", "k", "n", "v", "o", "ctrl+r", "ctrl+s", "slash", "enter"))
        await until(pilot, lambda: app.conductor.state.step("look").status.settled)
        await look_around(app, pilot, looking, ("a", "enter", "u", "v", "ctrl+s", "q"))
    assert looking.found == {}
    assert len(looking.seen) > 8, looking.seen.keys()


async def look_around(app: RunbookApp, pilot: Any, looking: Looking, keys: tuple[str, ...]) -> None:
    """Press each key, look at what comes, and leave it again."""
    at = app.screen
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
        looking.at(app, key)
        while app.screen is not at:
            before = app.screen
            await until(pilot, lambda: getattr(app.screen, "armed", True))
            looking.at(app, key)
            await pilot.press("escape")
            await pilot.pause()
            if app.screen is before:
                break


async def test_home_set_up_and_their_lists(make_workspace: Callable[..., Workspace], host: FakeTransport) -> None:
    looking = Looking()
    workspace = hostile(make_workspace, host, SHOP)
    async with running(workspace) as (app, pilot):
        app.conductor.record(ev.NoteAdded(step="look", text=HOSTILE, operator=HOSTILE))
    [session] = workspace.store.names()
    shutil.copytree(workspace.store.root / session, workspace.store.root / f"renamed{NAME}")
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and re.search("Unfinished", shown(app)))
        looking.at(app)
        await look_around(app, pilot, looking, ("o", "d", "p", "x", "t"))
    assert looking.found == {}
    assert len(looking.seen) > 4, looking.seen.keys()


def test_the_harness_sees_what_it_is_to_find() -> None:
    assert len(foreign(HOSTILE)) > 40
    assert HOSTILE.replace("\0", "")[:1] == "\x1b"
    assert hostile_runbook(SHOP).count("\\U0000001b") > 50
