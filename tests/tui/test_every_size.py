"""On every drawn screen, at every size, nothing lies on anything else and frames are whole; each key offered acts."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Digits
from textual.widgets._toast import ToastRack

from tests.support.fake_clock import FakeClock
from tests.support.fake_transport import FakeTransport
from tests.tui.conftest import shown, until
from tests.tui.drawing import REPLIES, RUNBOOK, Stage
from tests.tui.drawing_dialogs import DRAWN
from tests.tui.pressing import idle_keys
from tests.tui.test_keys_every_screen import SCREENS as PRESSED
from tui.app import RunbookApp
from tui.config import Config
from tui.execution.measuring.monitors import MonitorRunner
from tui.execution.workspace import Workspace

USUAL = (120, 40)
SIZES = ((60, 20), (72, 22), (80, 24), (99, 29), USUAL, (160, 40), (250, 70))
SCREENS = (
    *("home", "home-empty", "setup", "run-todo", "run-running", "run-failed", "run-unknown", "run-ask", "run-sign"),
    *("run-message", "watch", "checks", "trouble", "rollback", "summary", "replay", "keys", "palette"),
)
CORNERS = "╭╮╰╯"
ABOVE = ("palette",)
"""What is drawn over another screen, whose frames it cuts."""
LAST_ROW = ("? keys", "close")
"""What the row of keys ends with, which is never cut off."""


@pytest.fixture(autouse=True)
def _stands_still(monkeypatch: pytest.MonkeyPatch, host: FakeTransport) -> None:
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(MonitorRunner, "start", lambda self: None)
    host.replies = dict(REPLIES)


@pytest.mark.parametrize("state", SCREENS)
async def test_nothing_overlaps_every_frame_is_whole_and_each_key_of_the_last_row_does_something(
    make_workspace: Callable[..., Workspace], host: FakeTransport, clock: FakeClock, state: str
) -> None:
    app = RunbookApp(make_workspace(RUNBOOK.read_text(encoding="utf-8")), Config(operator="ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        play = partial(DRAWN[state], Stage(app, pilot, host, clock))
        await play()
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await until(pilot, partial(tidy, app, state, size))
        if state not in (*ABOVE, *PRESSED):
            await pilot.resize_terminal(*USUAL)
            await pilot.pause()
            assert await idle_keys(app, pilot, play) == []


def tidy(app: RunbookApp, state: str, size: tuple[int, int]) -> bool:
    """Whether the screen is of this size, and nothing is wrong with it."""
    return tuple(app.screen.size) == size and not faults(app, state, size)


def faults(app: RunbookApp, state: str, size: tuple[int, int]) -> list[str]:
    """What lies on something else, what is not whole, and what is cut off."""
    found = [f"{one!r} lies on {other!r}" for one, other in overlapping(app.screen)]
    rows = shown(app).split("\n")
    found += [f"{len(rows)} rows"] if len(rows) > size[1] else []
    if state in ABOVE:
        return found
    large = [one.region for one in app.screen.query(Digits)]
    corners = Counter(
        sign
        for y, row in enumerate(rows)
        for x, sign in enumerate(row)
        if sign in CORNERS and not any(region.contains(x, y) for region in large)
    )
    found += [f"frames are cut: {dict(corners)}"] if len({corners[one] for one in CORNERS}) > 1 else []
    found += [] if rows[-1].endswith(LAST_ROW) else [f"the keys are cut: {rows[-1]!r}"]
    return found


def overlapping(screen: Screen[object]) -> Iterator[tuple[Widget, Widget]]:
    """Parts of the screen that are beside each other and share a cell; under one that is docked others scroll."""
    for parent in screen.walk_children(Widget, with_self=True):
        beside = [
            (one, seen(one)) for one in parent.displayed_children if one.visible and not isinstance(one, ToastRack)
        ]
        for place, (one, region) in enumerate(beside):
            for other, theirs in beside[place + 1 :]:
                same = one.layer == other.layer and one.styles.dock == other.styles.dock
                if same and region.overlaps(theirs):
                    yield one, other


def seen(widget: Widget) -> Region:
    """Where a widget is, as far as it is in sight."""
    return widget.region.intersection(widget.parent.region) if isinstance(widget.parent, Widget) else widget.region
