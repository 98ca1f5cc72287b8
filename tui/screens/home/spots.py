"""Decides where each frame of the first screen stands: two columns of small frames, or two or three of larger ones."""

from typing import NamedTuple

WINDOW, UNFINISHED, START, DEPLOYMENTS, FOLLOWUPS, DRILLS, ABOUT = (
    "window",
    "unfinished",
    "start",
    "deployments",
    "followups",
    "drills",
    "about",
)
NARROW, HIGH, WIDE, WIDEST = 100, 30, 160, 190
"""From these widths (and, for the second, this height) on frames stand in two columns, and in three."""
SMALL = 7
"""Rows of the small frames where it is narrow."""
GRAPH = 14
"""Rows of its own that a list of deployments has, at least, before a graph may stand below it."""


class Spot(NamedTuple):
    """Where a frame is, in cells."""

    x: int
    y: int
    width: int
    height: int


def narrow(width: int, height: int) -> bool:
    """Whether the terminal (all of it) has room for small frames only."""
    return width < NARROW or height < HIGH


def arranged(width: int, height: int, unfinished: bool) -> dict[str, Spot]:
    """The frames that are shown and their places; together they fill `width` by `height` cells, without a gap.

    Where nothing is unfinished, what can be started stands there.
    """
    if narrow(width, height + 2):
        return _narrow(width, height, unfinished)
    left = 50 if width >= WIDEST else 46
    found = _left(left, height, unfinished)
    if width >= WIDE:
        third = 66 if width >= WIDEST else 50
        middle = width - left - third
        owed = max(9, min(11, height // 4)) if height < 50 else 9
        found[DEPLOYMENTS] = Spot(left, 0, middle, height)
        found[FOLLOWUPS] = Spot(left + middle, 0, third, owed)
        found[DRILLS] = Spot(left + middle, owed, third, height - owed)
        return found
    rest = width - left
    owed = 9 if height >= 36 else 7
    deployments = 11 if height >= 36 else max(7, height - owed - 8)
    found[DEPLOYMENTS] = Spot(left, 0, rest, deployments)
    found[FOLLOWUPS] = Spot(left, deployments, rest, owed)
    found[DRILLS] = Spot(left, deployments + owed, rest, height - deployments - owed)
    return found


def _narrow(width: int, height: int, unfinished: bool) -> dict[str, Spot]:
    half = width // 2
    top = SMALL if height >= 20 else 6
    foot = SMALL if height >= 22 else max(4, min(SMALL, height - top - 6))
    middle = height - top - foot
    below = top + middle
    return {
        WINDOW: Spot(0, 0, half, top),
        UNFINISHED if unfinished else START: Spot(half, 0, width - half, top),
        DEPLOYMENTS: Spot(0, top, width, middle),
        FOLLOWUPS: Spot(0, below, half, foot),
        DRILLS: Spot(half, below, width - half, foot),
    }


def _left(width: int, height: int, unfinished: bool) -> dict[str, Spot]:
    """The left column: the window, what is unfinished, what can be started, and what runbook it is."""
    window, about = 9, 7 if height >= 34 else 0
    found = {WINDOW: Spot(0, 0, width, window)}
    top = window
    if unfinished:
        found[UNFINISHED] = Spot(0, top, width, 8)
        top += 8
    found[START] = Spot(0, top, width, height - top - about)
    if about:
        found[ABOUT] = Spot(0, height - about, width, about)
    return found


def beside(places: dict[str, Spot], frame: str, way: str) -> str:
    """The frame that an arrow leads to from another: the nearest in that direction; empty where there is none."""
    here = places.get(frame)
    if here is None:
        return next(iter(places), "")
    found: list[tuple[int, int, str]] = []
    for name, there in places.items():
        apart, across = _apart(here, there, way)
        if name != frame and apart >= 0:
            found.append((apart, across, name))
    return min(found)[2] if found else ""


def _apart(here: Spot, there: Spot, way: str) -> tuple[int, int]:
    """How far a frame is in a direction, and how far to the side of it; negative where it is not there."""
    level = there.y < here.y + here.height and here.y < there.y + there.height
    above = there.x < here.x + here.width and here.x < there.x + there.width
    apart = {
        "right": there.x - here.x - here.width,
        "left": here.x - there.x - there.width,
        "down": there.y - here.y - here.height,
        "up": here.y - there.y - there.height,
    }[way]
    if way in ("left", "right"):
        return (apart if level else -1), abs(there.y - here.y)
    return (apart if above else -1), abs(there.x - here.x)
