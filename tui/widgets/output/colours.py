"""Gives the colours of a host's text as the pane can show them: readable on what is behind them in every theme."""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from tui.text.looks import DEFAULT, PALETTE, PLAIN, Look, nearest, rgb
from tui.widgets.looks.contrast import BLACK, ENOUGH, WHITE, contrast

_KEPT = 8192
_STEPS = 20
_OWN = frozenset((*range(1, 7), *range(9, 15)))
"""Of the terminal's own colours those that are neither black, white nor grey, whatever is behind them."""


@lru_cache(maxsize=_KEPT)
def style_of(look: Look, colour: Color, behind: Color, coloured: bool = True) -> Style:
    """The style of a look in a pane with its own colour of text and behind it; without colours only bold stays."""
    if look == PLAIN or not coloured:
        return Style(bold=look.bold or None)
    if behind.ansi is not None:
        return _of_the_terminal(look)
    own = _colour(look.colour, colour), _colour(look.behind, behind)
    front, back = reversed(own) if look.reverse else own
    return Style(
        color=readable_on(front, back).rich_color,
        bgcolor=back.rich_color if look.behind != DEFAULT or look.reverse else None,
        bold=look.bold or None,
    )


@lru_cache(maxsize=_KEPT)
def readable_on(colour: Color, behind: Color) -> Color:
    """A colour, moved towards black or white as far as it takes to be read on what is behind it."""
    goal = max(BLACK, WHITE, key=lambda one: contrast(one, behind))
    least, most = 0, _STEPS
    while least < most:
        middle = (least + most) // 2
        if contrast(colour.blend(goal, middle / _STEPS), behind) >= ENOUGH:
            most = middle
        else:
            least = middle + 1
    return colour.blend(goal, least / _STEPS) if least else colour


def _colour(number: int, default: Color) -> Color:
    if number == DEFAULT:
        return default
    value = rgb(number, PALETTE)
    return Color(value >> 16, value >> 8 & 255, value & 255)


def _of_the_terminal(look: Look) -> Style:
    """A look where the theme's colours are the terminal's own, of which nobody knows the contrast."""
    number = nearest(look.colour) if look.colour != DEFAULT else DEFAULT
    return Style(
        color=RichColor.from_ansi(number) if number in _OWN and look.behind == DEFAULT else None,
        reverse=look.reverse or look.behind != DEFAULT or None,
        bold=look.bold or None,
    )
