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
_BRIGHT = 8
_ON_WHITE = frozenset((1, 4, 5))
"""Of the first eight colours those that can be read on white in every terminal: red, blue, magenta."""


@lru_cache(maxsize=_KEPT)
def style_of(look: Look, colour: Color, behind: Color, coloured: bool = True, few: bool = False) -> Style:
    """The style of a look in a pane with its own colour of text and behind it; without colours only bold stays.

    Args:
        few: the terminal has 16 colours, in which a colour of ours would become another one.
    """
    if look == PLAIN or not coloured:
        return Style(bold=look.bold or None)
    if behind.ansi is not None:
        return _of_the_terminal(look, _OWN)
    if few:
        dark = contrast(WHITE, behind) > contrast(BLACK, behind)
        return _of_the_terminal(look, _OWN, _BRIGHT) if dark else _of_the_terminal(look, _ON_WHITE)
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


def _of_the_terminal(look: Look, readable: frozenset[int], brighter: int = 0) -> Style:
    """A look in the terminal's own colours, of which nobody knows the contrast: the `readable` ones, `brighter` or not.

    A ground is shown by reversing: what would be read on it is not known.
    """
    number = nearest(look.colour) if look.colour != DEFAULT else DEFAULT
    if readable is _ON_WHITE and number >= _BRIGHT:
        number -= _BRIGHT
    return Style(
        color=RichColor.from_ansi(number | brighter) if number in readable and look.behind == DEFAULT else None,
        reverse=look.reverse or look.behind != DEFAULT or None,
        bold=look.bold or None,
    )
