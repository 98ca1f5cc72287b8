"""Shows every sign as one of ASCII where the terminal has no others: whatever is drawn goes through here last."""

import locale
import os
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.scrollbar import ScrollBar, ScrollBarRender

from tui.text.block import segment, shown
from tui.text.sanitise import Shown

STATES = {"○": "o", "▶": ">", "↻": "~", "◆": "*", "✎": "S", "✔": "+", "✖": "X", "?": "?", "↷": "/", "–": "-"}
"""The ten states, of which no two are the same."""
SIGNS = {
    **STATES,
    **{"◇": "@", "⋯": ":", "↺": "<", "◀": "<", "■": "#", "▲": "^", "‖": "|", "▌": "!", "◌": "o", "●": "*", "·": "."},
    **{
        "≠": "!",
        "⇄": "%",
        "ϟ": "z",
        "┬": "T",
        "☐": "o",
        "◐": "&",
        "☑": "+",
        "⚠": "!",
        "•": "*",
        "▸": ")",
        "▾": "v",
        "▴": "^",
    },
    **{"❯": ">", "⏎": "E", "↪": "\\", "⇣": "v", "≈": "~", "→": ">", "←": "<", "↑": "^", "↓": "v", "×": "x", "…": "~"},
    **{"“": '"', "”": '"', "\N{NO-BREAK SPACE}": " ", "└": "`", "╱": "/", "▰": "#", "▱": "-", "━": "=", "╸": "-"},
    **{"─": "-", "┼": "|", "╂": "|", "╌": "-", "┤": "|", "│": "|", "┊": "|", "🔎": "> ", "≥": ">", "≤": "<"},
    **{"▐": "(", "▍": ")"},
    **dict(zip("▁▂▃▄▅▆▇█", "_.:;=+*#", strict=True)),
    **dict(zip("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\|/-\\|/", strict=True)),
}
"""Our own signs, each for as many cells as it has."""
OTHERS = {
    **{"—": "-", "−": "-", "‐": "-", "‑": "-", "‘": "'", "’": "'", "▼": "v", "➜": ">", "°": "o"},
    **{"✓": "+", "✗": "X", "✘": "X", "✅": "OK", "❌": "X ", "🚨": "!!", "⏳": ".."},
}
"""Signs of messages, runbooks and the output of commands."""
FRAMES = {
    **dict.fromkeys("╭╮╯╰┌┐┘├┴", "+"),
    **dict.fromkeys("╏╵╷║", "|"),
    **dict.fromkeys("┃┏┓┗┛╹╻▎▊▋▏▉", "#"),
    **dict.fromkeys("╍╴╶▔▀", "-"),
    **dict.fromkeys("═╺", "="),
    **dict.fromkeys("╔╗╚╝▖▗▘▝", "+"),
}
"""What Textual draws frames, scroll bars and large digits of."""
_KNOWN = {**FRAMES, **OTHERS, **SIGNS}
_KEPT = 4096


class Ascii(LineFilter):
    """Puts an ASCII character for every sign; `letters` of other scripts stay where the locale is UTF-8."""

    def __init__(self, letters: bool) -> None:
        super().__init__()
        self._letters = letters

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            one
            if one.control or one.text.isascii()
            else segment(plain(one.text, self._letters), one.style or Style.null())
            for one in segments
        ]


@lru_cache(_KEPT)
def plain(text: str, letters: bool = True) -> Shown:
    """Text of as many cells as before, in ASCII but for `letters`; the arrow between two texts is not a "greater"."""
    return shown("".join(_plain(sign, letters) for sign in text.replace(" →", "->")))


def _plain(sign: str, letters: bool) -> str:
    if sign.isascii():
        return sign
    if sign in _KNOWN:
        return _KNOWN[sign]
    if letters and (sign.isalpha() or unicodedata.combining(sign)):
        return sign
    width = cell_len(sign)
    base = unicodedata.normalize("NFKD", sign)[:1]
    return base if base.isascii() and width == 1 else "?" * width


class WholeCells(ScrollBarRender):
    """A scroll bar whose ends are whole cells; parts of a cell are signs that stand for heights of a graph too."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


def draw_scroll_bars(plainly: bool) -> None:
    """Have the scroll bars of this process drawn by whole cells alone, or as Textual does."""
    ScrollBar.renderer = WholeCells if plainly else ScrollBarRender


def wanted(glyphs: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether signs are to be ASCII: by the settings, else where the terminal is known to have no others."""
    if glyphs:
        return glyphs == "ascii"
    return environment.get("TERM") == "linux" or not utf8(environment)


def utf8(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the locale is UTF-8, by its name: the host may not know a locale that the terminal has."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    name = next((name for name in names if name), "")
    if not name:
        return True  # nobody says anything of the terminal
    encoding = name.partition("@")[0].partition(".")[2] or name
    if encoding.lower().replace("-", "") == "utf8":
        return True
    return "." not in name and name not in ("C", "POSIX") and locale.getencoding().lower() == "utf-8"
