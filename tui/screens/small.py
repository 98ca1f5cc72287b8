"""Says that the terminal is too small, instead of showing what nobody could read."""

from textwrap import wrap

from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from tui.text.block import segment, shown
from tui.widgets.looks.ascii import plain

LEAST = Size(60, 20)
"""Below this a screen would hide what the operator must see."""
WANTED = f"{LEAST.width}×{LEAST.height} is the least, 80×24 is better"


def too_small(size: Size) -> bool:
    """Whether a screen of this size hides too much."""
    return size.width < LEAST.width or size.height < LEAST.height


class Cover(LayoutUpdate):
    """What is painted instead of a screen."""


def cover(size: Size, ascii: bool = False) -> Cover:
    """What is wrong, in the terminal's own colours, short enough for a very small one."""
    said = f"The terminal is too small ({size.width}×{size.height}): {WANTED}."
    said = plain(said) if ascii else said
    width, height = max(1, size.width), max(1, size.height)
    lines = [line.ljust(width) for line in wrap(said, width)[:height]]
    lines += [" " * width] * (height - len(lines))
    return Cover([[Strip([segment(shown(line), Style.null())], width)] for line in lines], Region(0, 0, width, height))
