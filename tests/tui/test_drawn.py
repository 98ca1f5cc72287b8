"""Every screen, character by character, at three sizes: the files under `drawn/` are what a person looks at.

After a screen has changed: `make test-screens ARGS=--snapshot-update`, then read the difference (`git diff
tests/tui/drawn`) as a person at the terminal would. One state is played once and drawn at each size, so that a screen
has to follow its terminal too. A run draws the dialogs at the smallest size and by night; `make test-screens` draws
everything at every size in every look. What is played is looked at between these sizes too, and the keys that a step
offers, as it stands then, are pressed at the end.
"""

import re
import string
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.style import Style
from textual.color import Color
from textual.command import CommandPalette

from tests.support.machines.fake_transport import FakeTransport
from tests.support.screens.every_size import tried
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import shown, until
from tests.tui.drawing import FOLDER, REPLIES, RUNBOOK, Stage, app_for
from tests.tui.drawing_dialogs import DRAWN
from tests.tui.pressing import idle_keys
from tests.tui.whole import BETWEEN, WHOLE, faults, tidy
from tui.app import RunbookApp
from tui.dialogs.base import Dialog
from tui.execution.measuring.monitors import MonitorRunner
from tui.execution.workspace import Workspace
from tui.widgets.looks import ascii
from tui.widgets.looks.contrast import ENOUGH, contrast
from tui.widgets.looks.themes import DAY, NIGHT

SIZES = ((80, 24), (120, 40), (200, 60))
COLOURS = FOLDER / "colours"
COLOURLESS = ("home", "setup", "run-running", "run-failed", "confirm-destructive", "watch", "rollback", "summary")
ASCII = {
    "home": "* Deploy v2",
    "setup": "+ host",
    "run-running": "> running",
    "run-failed": "X failed",
    "run-unknown": "? UNKNOWN",
    "run-ask": "* your turn",
    "run-sign": "S to sign",
    "question": "* your turn",
    "confirm-destructive": "X DESTRUCTIVE on PRODUCTION",
    "watch": "^ over its limit",
    "checks": "X 1 failed",
    "trouble": "X DO NOT",
    "rollback": "< ROLLBACK",
    "replay": "< REPLAY",
    "summary": "* UNFINISHED",
}
"""The states that are drawn where the terminal has only ASCII, and what must be read on each."""
BEGUN_IN_ASCII = ("home", "run-running", "watch", "checks", "rollback", "replay")
"""Those of them that are played again on such a terminal: signs that are chosen where a state is begun, and what
stands otherwise after other sizes. The others become ASCII at the end of their play."""
LETTERS = string.ascii_letters + string.digits + string.punctuation
ROUNDED = 0.02
"""So much contrast is lost where a colour is written in whole numbers."""
STILL = 30
"""How often a screen is looked at, 10 ms apart, until it counts as at rest."""
AT_MOST = 60.0
"""Seconds for a screen to come to what its file says: more than a busy machine takes."""
DRILLS = ("home-empty", "run-todo", "confirm-destructive", "watch")
"""The states that are drawn in a drill too, at the smallest size; all else differs in nothing but the badge."""
PRESSED = tuple(name for name in WHOLE if name.startswith("run-"))
"""The states whose keys are pressed here; those of the other screens are in `test_keys_every_screen.py`."""
PRESSED_AT = (120, 40)


def sizes_of(name: str) -> list[tuple[int, int]]:
    """The sizes at which one state is drawn in this run."""
    if name not in DRAWN:
        return [SIZES[0]]
    return [*SIZES] if name in WHOLE else tried(SIZES, SIZES[0])


@pytest.fixture(autouse=True)
def _stands_still(monkeypatch: pytest.MonkeyPatch, host: FakeTransport) -> None:
    tokens = iter(f"{number:06d}" for number in range(100))
    monkeypatch.setattr("secrets.token_hex", lambda size: next(tokens))
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(MonitorRunner, "start", lambda self: None)  # the samples are those of the states
    host.replies = dict(REPLIES)


@asynccontextmanager
async def staged(
    workspace: Workspace, host: FakeTransport, clock: FakeClock, state: str
) -> AsyncIterator[tuple[RunbookApp, Any]]:
    """The program in one of the drawn states, at the smallest size."""
    app = app_for(workspace, state)
    async with app.run_test(size=SIZES[0]) as pilot:
        await pilot.pause()
        await DRAWN[state](Stage(app, pilot, host, clock))
        yield app, pilot


@pytest.mark.parametrize("name", [*DRAWN, *(f"{name}-drill" for name in DRILLS)])
async def test_drawn(
    make_workspace: Callable[..., Workspace],
    host: FakeTransport,
    clock: FakeClock,
    request: pytest.FixtureRequest,
    name: str,
) -> None:
    state = name.removesuffix("-drill")
    workspace = make_workspace(RUNBOOK.read_text(encoding="utf-8"), "calm" if state != name else "")
    async with staged(workspace, host, clock, state) as (app, pilot):
        for width, height in sizes_of(name):
            await pilot.resize_terminal(width, height)
            await held(pilot, request, FOLDER / f"{name}-{width}x{height}.txt", text)
            assert unreadable(app) == []
            assert name not in WHOLE or faults(app, name, (width, height)) == []
        for size in tried(BETWEEN, BETWEEN[0]) if name in WHOLE else ():
            await pilot.resize_terminal(*size)
            await until(pilot, partial(tidy, app, name, size))
        if state == name:
            await pilot.resize_terminal(*SIZES[0])
        for theme in (NIGHT, DAY) if name in WHOLE else tried((NIGHT, DAY), NIGHT):
            app.theme = theme
            await held(pilot, request, COLOURS / f"{name}-{theme}.txt", colours)
            assert unreadable(app) == []
        if name in ASCII and name not in BEGUN_IN_ASCII:
            become_ascii(app)
            await held_in_ascii(app, pilot, request, name)
        if name in PRESSED:
            await pilot.resize_terminal(*PRESSED_AT)
            await pilot.pause()
            assert await idle_keys(app, pilot, partial(DRAWN[state], Stage(app, pilot, host, clock))) == []


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a name as long in every run: where it is longer its path takes a row more on the summary."""
    with TemporaryDirectory(prefix="drawn-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.parametrize("state", tried(COLOURLESS, "home", "run-failed", "confirm-destructive", "watch"))
async def test_drawn_without_colours(
    make_workspace: Callable[..., Workspace],
    host: FakeTransport,
    clock: FakeClock,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(make_workspace(RUNBOOK.read_text(encoding="utf-8")), host, clock, state) as (app, pilot):
        await held(pilot, request, FOLDER / "mono" / f"{state}.txt", text)
        await held(pilot, request, COLOURS / f"{state}-mono.txt", colours)
        assert unreadable(app) == []


@pytest.mark.parametrize("state", tried(BEGUN_IN_ASCII, "run-running", "watch"))
async def test_drawn_in_ascii(
    make_workspace: Callable[..., Workspace],
    host: FakeTransport,
    clock: FakeClock,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    monkeypatch.setenv("TERM", "linux")
    async with staged(make_workspace(RUNBOOK.read_text(encoding="utf-8")), host, clock, state) as (app, pilot):
        await held_in_ascii(app, pilot, request, state)


def become_ascii(app: RunbookApp) -> None:
    """Have the program draw as on a terminal that has only ASCII."""
    app.ascii, app.keys = True, replace(app.keys, ascii=True)
    app._filters.append(ascii.Ascii(letters=True))
    app.refresh_css()
    getattr(app.screen, "show_now", lambda: None)()


async def held_in_ascii(app: RunbookApp, pilot: Any, request: pytest.FixtureRequest, state: str) -> None:
    """Hold what is drawn in ASCII against its file, and what must be read on it."""
    await held(pilot, request, FOLDER / "ascii" / f"{state}.txt", text)
    assert shown(app).isascii()
    assert ASCII[state] in shown(app)


async def held(pilot: Any, request: Any, file: Path, draw: Callable[[RunbookApp], str]) -> None:
    """Wait until the screen is drawn as its file says; or write the file, once the screen has come to rest."""
    was, update = read(file), request.config.getoption("update_snapshots")
    seen, began, same = "", monotonic(), 0
    while same < (STILL if update else 1) and monotonic() - began < AT_MOST:
        await pilot.pause(0.01)
        for field in pilot.app.screen.query("Input, TextArea"):
            field.cursor_blink = False
        before, seen = seen, draw(pilot.app)
        same = same + 1 if seen == (before if update else was) else 0
    if update:
        write(file, seen)
        return
    shown = text(pilot.app)
    assert seen.splitlines() == was.splitlines(), f"{file.stem} is drawn otherwise than in its file:\n{shown}"


def segments(app: RunbookApp) -> Iterator[list[tuple[str, Style]]]:
    """What each row of the terminal is made of."""
    for strip in app.screen._compositor.render_strips(app.screen.size):
        yield [(segment.text, segment.style or Style.null()) for segment in strip]


def colours(app: RunbookApp) -> str:
    """A letter for each cell, the same for the same look; below what the letters mean."""
    letters: dict[str, str] = {}
    rows = []
    for row in segments(app):
        looks = [(look(style), cell_len(text)) for text, style in row]
        rows.append("".join(letters.setdefault(one, LETTERS[len(letters)]) * cells for one, cells in looks))
    return "\n".join([*rows, "", *(f"{letter} {one}" for one, letter in letters.items())]) + "\n"


def look(style: Style) -> str:
    """A style in words, without what a click does."""
    return str(style.without_color + Style(color=style.color, bgcolor=style.bgcolor)).partition(" link")[0]


def unreadable(app: RunbookApp) -> list[str]:
    """The words on the screen whose contrast is below what text needs."""
    found = []
    top = "#box" if isinstance(app.screen, Dialog) else "#--container" if isinstance(app.screen, CommandPalette) else ""
    box = app.screen.query_one(top).region if top else app.screen.region
    for row in list(segments(app))[box.y : box.bottom]:  # what a dialog lies on is dimmed
        place = 0
        for words, style in row:
            place += cell_len(words)
            if not box.x < place <= box.right:
                continue
            front, behind = style.color, style.bgcolor
            if front is None or behind is None or front.triplet is None or behind.triplet is None:
                continue
            pair = [Color(*one.triplet) for one in (front, behind) if one.triplet]
            if any(map(str.isalnum, words)) and contrast(*pair) < ENOUGH - ROUNDED:
                found.append(f"{words.strip()}: {contrast(*pair):.1f}, {front.name} on {behind.name}")
    return sorted(set(found))


def read(file: Path) -> str:
    """What a screen was; nothing of one that is new."""
    return file.read_text(encoding="utf-8") if file.exists() else ""


def write(file: Path, seen: str) -> None:
    """Keep what a screen is."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(seen, encoding="utf-8")


def text(app: RunbookApp) -> str:
    """What the terminal shows, without the names that differ from run to run."""
    return re.sub(r"/\S*/sessions/(\S+) +", r"…/sessions/\1 ", shown(app)) + "\n"
