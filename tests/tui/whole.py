"""Whether a screen is whole at a size: nothing lies on anything else, frames are closed, the row of keys is not cut."""

from collections import Counter
from collections.abc import Iterator

from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Digits
from textual.widgets._toast import ToastRack

from tests.tui.conftest import shown
from tui.app import RunbookApp

BETWEEN = ((60, 20), (99, 29), (160, 40))
"""The smallest terminal, one between those that are drawn, and the narrowest that has three columns."""
WHOLE = (
    *("home", "home-empty", "setup", "run-todo", "run-running", "run-failed", "run-unknown", "run-ask", "run-sign"),
    *("run-message", "watch", "checks", "trouble", "rollback", "summary", "replay", "keys", "palette"),
)
"""The states that are looked at, also between the sizes that are drawn: each screen, and each way a step may stand."""
CORNERS = "╭╮╰╯"
ABOVE = ("palette",)
"""What is drawn over another screen, whose frames it cuts."""
LAST_ROW = ("? keys", "close")
"""What the row of keys ends with, which is never cut off."""


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
