"""Reads what a host says about the look of its text (SGR): colours, bold and reverse are kept, the rest is dropped.

Blinking is not kept, hidden text is shown, and dim text is as any other: all of it must be read.
"""

import colorsys
from functools import lru_cache
from typing import NamedTuple

DEFAULT = -1
DIRECT = 256
"""A colour from here on is red, green and blue (`DIRECT + 0xrrggbb`), one of 8 × 8 × 8, so that no host can have more
styles made than are soon made; one below is a number of the palette of 256."""

_MOST = 32
"""Numbers of one sequence that are read, at most."""
_KEPT = 2048


class Look(NamedTuple):
    """How text looks: its colours (a number of the palette, a direct one, or DEFAULT), bold, reverse."""

    colour: int = DEFAULT
    behind: int = DEFAULT
    bold: bool = False
    reverse: bool = False


PLAIN = Look()


@lru_cache(maxsize=_KEPT)
def look_after(look: Look, parameters: str) -> Look:
    """What a look becomes by `ESC [ parameters m`."""
    numbers = parameters.split(";")[:_MOST]
    at = 0
    while at < len(numbers):
        first, *below = numbers[at].split(":")
        at += 1
        if first in ("38", "48"):
            if not below:  # its parts follow, each as a number of its own
                below = numbers[at : at + (2 if numbers[at : at + 1] == ["5"] else 4)]
                at += len(below)
            elif below[0] == "2" and len(below) > 4:
                below = ["2", *below[2:5]]  # the second is a space of colours
            colour = _colour(below)
            if colour is not None:
                look = look._replace(colour=colour) if first == "38" else look._replace(behind=colour)
        elif not below:
            look = _after(look, _number(first))
    return look


def _after(look: Look, number: int) -> Look:
    match number:
        case 0:
            return PLAIN
        case 1 | 22:
            return look._replace(bold=number == 1)
        case 7 | 27:
            return look._replace(reverse=number == 7)
        case 39:
            return look._replace(colour=DEFAULT)
        case 49:
            return look._replace(behind=DEFAULT)
    for begin, bright in ((30, 0), (90, 8)):
        if begin <= number < begin + 8:
            return look._replace(colour=number - begin + bright)
        if begin + 10 <= number < begin + 18:
            return look._replace(behind=number - begin - 10 + bright)
    return look


def _colour(parts: list[str]) -> int | None:
    """The colour that 5;N or 2;R;G;B stands for; None where it is none."""
    numbers = [_number(part) for part in parts]
    if any(not 0 <= number < 256 for number in numbers):
        return None
    match numbers:
        case [5, number]:
            return number
        case [2, red, green, blue]:
            return DIRECT + sum((one >> 5) * 255 // 7 << shift for one, shift in ((red, 16), (green, 8), (blue, 0)))
    return None


def _number(digits: str) -> int:
    """A number; an empty one is 0, and what is none -1."""
    if not digits:
        return 0
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else -1


def rgb(colour: int, palette: tuple[int, ...]) -> int:
    """A colour as 0xrrggbb; the first 16 are those of a palette."""
    if colour >= DIRECT:
        return colour - DIRECT
    if colour < 16:
        return palette[colour]
    if colour >= 232:
        return (8 + 10 * (colour - 232)) * 0x010101
    levels = (0, 95, 135, 175, 215, 255)
    place = colour - 16
    return levels[place // 36] << 16 | levels[place // 6 % 6] << 8 | levels[place % 6]


@lru_cache(maxsize=_KEPT)
def nearest(colour: int) -> int:
    """The one of the first 16 colours that people would call a colour: by its hue, which a distance does not keep."""
    if 0 <= colour < 16:
        return colour
    value = rgb(colour, PALETTE)
    parts = value >> 16, value >> 8 & 255, value & 255
    brightest = max(parts)
    if brightest - min(parts) < _GREY:
        return (0, 8, 7, 15)[sum(brightest >= least for least in (64, 150, 240))]
    degrees = colorsys.rgb_to_hsv(*parts)[0] * 360
    number = next((number for end, number in _HUES if degrees < end), 1)
    return number + 8 if brightest >= _BRIGHT else number


_GREY, _BRIGHT = 48, 230
_HUES = ((20, 1), (75, 3), (165, 2), (200, 6), (265, 4), (330, 5))
"""Up to how many degrees of the circle of colours each of the six reaches; the rest is red."""

PALETTE = (
    *(0x000000, 0xCD3131, 0x0DBC79, 0xE5E510, 0x2472C8, 0xBC3FBC, 0x11A8CD, 0xE5E5E5),
    *(0x666666, 0xF14C4C, 0x23D18B, 0xF5F543, 0x3B8EEA, 0xD670D6, 0x29B8DB, 0xFFFFFF),
)
"""The first 16 colours, before they are made readable on what is behind them."""
