"""Every screen, character by character, at three sizes: the files under `drawn/` are what a person looks at.

After a screen has changed: `pytest tests/tui/test_drawn.py --snapshot-update`, then read the difference (`git diff
tests/tui/drawn`) as a person at the terminal would. One state is played once and drawn at each size, so that a screen
has to follow its terminal too.
"""

import re
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.support.fake_clock import FakeClock
from tests.support.fake_transport import FakeTransport
from tests.tui.conftest import shown
from tests.tui.drawing import DRAWN, FOLDER, REPLIES, RUNBOOK, Stage
from tui.app import RunbookApp
from tui.config import Config
from tui.execution.measuring.monitors import MonitorRunner
from tui.execution.workspace import Workspace

SIZES = ((80, 24), (120, 40), (200, 60))
STILL = 30
"""How often a screen is looked at, 10 ms apart, until it counts as at rest."""
AT_MOST = 10.0
"""Seconds for a screen to come to what its file says: more than a busy machine takes."""
DRILLS = ("home-empty", "run-todo", "confirm-destructive", "watch")
"""The states that are drawn in a drill too; its other screens differ in nothing but the badge."""


@pytest.fixture(autouse=True)
def _stands_still(monkeypatch: pytest.MonkeyPatch, host: FakeTransport) -> None:
    tokens = iter(f"{number:06d}" for number in range(100))
    monkeypatch.setattr("tui.session.archive.store.secrets.token_hex", lambda size: next(tokens))
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(MonitorRunner, "start", lambda self: None)  # the samples are those of the states
    host.replies = dict(REPLIES)


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
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=SIZES[0]) as pilot:
        await pilot.pause()
        await DRAWN[state](Stage(app, pilot, host, clock))
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await held(pilot, request.config.getoption("update_snapshots"), FOLDER / f"{name}-{width}x{height}.txt")


async def held(pilot: Any, update: bool, file: Path) -> None:
    """Wait until the screen is drawn as its file says; or write the file, once the screen has come to rest."""
    was = read(file)
    seen, began, same = "", monotonic(), 0
    while same < (STILL if update else 1) and monotonic() - began < AT_MOST:
        await pilot.pause(0.01)
        before, seen = seen, text(pilot.app)
        same = same + 1 if seen == (before if update else was) else 0
    if update:
        write(file, seen)
        return
    assert seen.splitlines() == was.splitlines(), f"{file.stem} is drawn otherwise than in its file"


def read(file: Path) -> str:
    """What a screen was; nothing of one that is new."""
    return file.read_text(encoding="utf-8") if file.exists() else ""


def write(file: Path, seen: str) -> None:
    """Keep what a screen is."""
    file.write_text(seen, encoding="utf-8")


def text(app: RunbookApp) -> str:
    """What the terminal shows, without the names that differ from run to run."""
    return re.sub(r"/\S*/sessions/", "…/sessions/", shown(app)) + "\n"
