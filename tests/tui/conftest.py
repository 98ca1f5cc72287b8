"""What the tests of the screens share: a small runbook, a workspace on scripted hosts, and waiting without sleeping."""

import asyncio
import gc
import inspect
import math
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL
from tests.support.screens.looking import press_what_is_seen
from tests.support.screens.painting import only_what_is_seen
from tests.support.screens.parsed_sheets import applied, parsed, tokens
from tests.support.screens.settled import settled
from tests.support.screens.sparing import spare
from tests.support.sessions.fake_clock import FakeClock
from tui.dialogs.base import Dialog
from tui.execution.workspace import Workspace
from tui.front.front import Front
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.journal.journal import read

TESTS, TOGETHER, GARBAGE = count(1), 25, 500_000
"""The tests so far; the garbage of a number of them is let go together, and looked for in a test only once it has made
that much: while a screen is there, most of what would be looked through is still used."""
freeze = Front.freeze
"""What a session does with what is loaded, for the tests of just that."""
SHOP = (
    SMALL.replace('kind = "deploy"', 'kind = "deploy"\nguarded = true').replace(
        'title = "Shop"', 'title = "Shop"\nenvironment = "Production"\nowner = "Shop team"'
    )
    + """
[window]
days = ["tue"]
starts = "02:00"
ends = "04:00"
[[dashboards]]
title = "Errors"
url = "https://errors.example/"
look_for = ["New issues"]
[[followups]]
id = "watch"
title = "Watch the error rate"
within = "1h"
"""
)
ERROR_RATE = """
[monitors.errors]
title = "Error rate"
run = "count errors"
every = "30s"
number = { name = "errors", pattern = '([0-9.]+)%', below = 1, unit = "%" }
[triggers.errors]
monitor = "errors"
above = 10
for = "5m"
reason = "errors"
"""
"""A monitor of the shop, and the trigger that it trips."""
KNOWN_TROUBLE = """
[[troubleshooting]]
id = "load"
title = "The host is overloaded"
symptoms = ["slow answers", "time-outs"]
patterns = ["out of memory", "overloaded"]
[[troubleshooting.diagnosis]]
id = "load-look"
title = "What takes the CPU"
[[troubleshooting.diagnosis.actions]]
run = "top -b"
"""
"""A trouble of the shop, with what is looked at first."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(as_in_the_program(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})))
    return True


async def as_in_the_program(test: Coroutine[Any, Any, None]) -> None:
    """Run a test in a loop whose tasks begin as those of `App.run` do: at once, where Python has that (3.12)."""
    if hasattr(asyncio, "eager_task_factory"):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await test


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The same time zone, user, folder and settings on every machine."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LOGNAME", "ana")
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def _notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test looks at a notice when its turn comes, on a busy machine later than a person does."""
    monkeypatch.setattr("tui.app.RunbookApp.NOTIFICATION_TIMEOUT", 3600)
    monkeypatch.setattr("tui.app.ERROR_SHOWN", 3600)


@pytest.fixture(autouse=True)
def _looks_before_it_presses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pilot, "press", press_what_is_seen)


@pytest.fixture(autouse=True)
def _garbage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No session freezes what is loaded: its own screens would stay. Garbage is looked for now and then, all at once.

    Nor does a session look for it a little each second.

    What is left then stays, and is not looked through again: what the run has collected and loaded is a million things,
    which took two seconds each time.
    """
    monkeypatch.setattr(Front, "freeze", lambda self, wanted: None)
    monkeypatch.setattr("tui.screens.run.session_shown.YOUNG", math.inf)
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE)
    yield
    gc.set_threshold(*before)
    if next(TESTS) % TOGETHER == 0:
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _spares() -> None:
    spare()


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.app.wait_for_idle", settled)
    monkeypatch.setattr("textual.pilot.wait_for_idle", settled)
    monkeypatch.setattr("textual.css.stylesheet.Stylesheet._parse_rules", parsed)
    monkeypatch.setattr("textual.css.stylesheet.Stylesheet.apply", applied)
    monkeypatch.setattr("textual.css.stylesheet.tokenize_values", tokens)


@pytest.fixture(autouse=True)
def _painted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "each_paint" not in request.fixturenames:
        only_what_is_seen(monkeypatch)


@pytest.fixture
def each_paint() -> None:
    """For tests of painting: every screen is painted whenever it would be on a terminal."""


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")}, "web")


@pytest.fixture
def clock() -> FakeClock:
    """Tuesday, 02:00 UTC: the window has just opened."""
    return FakeClock()


@pytest.fixture
def make_workspace(tmp_path: Path, host: FakeTransport, clock: FakeClock) -> Callable[..., Workspace]:
    """Make a workspace of a runbook's text; with `drill`, a rehearsal's."""

    def make(text: str = SHOP, drill: str = "") -> Workspace:
        path = tmp_path / "runbook.toml"
        path.write_text(text, encoding="utf-8")
        runbook = load(path)
        transports = dict.fromkeys(runbook.hosts, host)
        return Workspace(runbook, text, Store(tmp_path / "sessions"), transports, clock, drill)

    return make


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace()


def journal(workspace: Workspace) -> list[ev.AnyEvent]:
    """Every event of the newest session, as it is on the disk."""
    return [entry.event for entry in read(workspace.store.find("last").journal)]


async def until(pilot: Pilot[Any], reached: Callable[[], object]) -> None:
    """Let the application work until something holds, and come to rest; the test's own timeout ends what never will."""
    try:
        while not reached():
            await pilot.pause(0.01)
        await pilot.pause()
    except asyncio.CancelledError:
        sys.stderr.write(f"waited in vain on {pilot.app.screen}:\n{shown(pilot.app)}\n")
        raise


async def dialog(pilot: Pilot[Any], kind: type[Dialog[Any]]) -> Any:
    """Wait for a dialog that hears what is typed, and give it."""

    def there() -> bool:
        screen = pilot.app.screen
        return isinstance(screen, kind) and screen.armed

    await until(pilot, there)
    return pilot.app.screen


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Type a text, letter by letter."""
    names = {" ": "space", "-": "minus", ".": "full_stop", "/": "slash"}
    await pilot.press(*(names.get(letter, letter) for letter in text))


def shown(app: App[Any]) -> str:
    """What the terminal shows, line by line; a space at which no line breaks is a space."""
    screen = app.screen
    width, height = screen.size
    strips = screen._compositor.render_strips(screen.size)
    return "\n".join(strip.text[:width].replace("\u00a0", " ").rstrip() for strip in strips[:height])
