"""The colours of every screen: three themes of our own, and the same names worked out for any other theme.

A widget names what it shows by the names in `NAMES`, and never a colour: `tests/tui/looks/test_contrast.py` looks for
any.
"""

from collections.abc import Mapping

from textual.color import Color, ColorParseError
from textual.theme import Theme

from tui.widgets.looks.contrast import BLACK, WHITE, contrast

NIGHT, DAY, MONO = "night", "day", "mono"
SIXTEEN = NIGHT_16, DAY_16 = "night-16", "day-16"
"""The same where the terminal has 16 colours, which are not the same colours everywhere."""
FEW = ("standard", "windows")
"""Colour systems of such terminals."""

TEXTS = (
    *("st-todo", "st-run", "st-turn", "st-sign", "st-good", "st-bad", "st-quiet"),
    *("soft", "faint", "strong"),
)
"""Words: the state of a step, labels, times, and what is looked for."""
BANDS = ("band", "band-bad", "band-turn", "band-sign", "band-good")
"""Grounds of the next act."""
MODES = ("prod", "other", "drill", "replay")
MODE_PARTS = ("badge", "on", "bg", "fg", "mark")
"""Of a mode: the ground of its badge and the words on it, the bar's ground, its words and what fills it."""
OVER = ("veil", "blink")
"""What is laid over a screen that is under a dialog, and over a step that has failed this moment."""
NAMES = (*TEXTS, *BANDS, *OVER, "line", "code", "cursor", *(f"{mode}-{part}" for mode in MODES for part in MODE_PARTS))


def _modes(**parts: str) -> dict[str, str]:
    """The five parts of each mode, written with spaces between."""
    return {
        f"{mode}-{part}": colour
        for mode, colours in parts.items()
        for part, colour in zip(MODE_PARTS, colours.split(), strict=True)
    }


def _foot(ground: str, key: str, words: str) -> dict[str, str]:
    """The line of keys, which is Textual's own."""
    grounds = ("footer-background", "footer-item-background", "footer-key-background", "footer-description-background")
    return {
        **dict.fromkeys(grounds, ground),
        "footer-key-foreground": key,
        "footer-description-foreground": words,
        "footer-foreground": words,
    }


_NIGHT = Theme(
    name=NIGHT,
    primary="#4aa8ff",
    secondary="#9aa7b5",
    accent="#4aa8ff",
    success="#57d38c",
    warning="#ffb454",
    error="#ff6b6b",
    foreground="#dbe2ea",
    background="#0d1117",
    surface="#131920",
    panel="#1b232d",
    variables={
        "st-todo": "#8d99a6",
        "st-run": "#4fc3f7",
        "st-turn": "#ffb454",
        "st-sign": "#c39bff",
        "st-good": "#57d38c",
        "st-bad": "#ff6b6b",
        "st-quiet": "#84919e",
        "soft": "#9aa7b5",
        "faint": "#84919e",
        "strong": "#ffffff",
        "line": "#33404d",
        "band": "#16324a",
        "band-bad": "#43191d",
        "band-turn": "#3d2c0d",
        "band-sign": "#2b2144",
        "band-good": "#12341f",
        "veil": "#0d111799",
        "blink": "#ff6b6b40",
        "code": "#10161d",
        "cursor": "#1d2936",
        **_modes(
            prod="#cf2b32 #ffffff #3a1216 #ffd7d7 #8f2227",
            other="#2563c9 #ffffff #10223f #d3e3ff #2f5591",
            drill="#ffb454 #0d1117 #33260b #ffe0a3 #a87a39",
            replay="#b48cff #0d1117 #241a3a #e2d4ff #785db0",
        ),
        **_foot("#131920", "#4fc3f7", "#b7c2cd"),
        "scrollbar": "#33404d",
        "scrollbar-background": "#0d1117",
    },
)

_DAY = Theme(
    name=DAY,
    primary="#0b61a4",
    secondary="#55606b",
    accent="#0b61a4",
    success="#13693a",
    warning="#8a5200",
    error="#b3161b",
    foreground="#1d242b",
    background="#fbfbf9",
    surface="#f1f2ef",
    panel="#e6e8e4",
    dark=False,
    variables={
        "st-todo": "#56616b",
        "st-run": "#0b5a99",
        "st-turn": "#824d00",
        "st-sign": "#6a35b0",
        "st-good": "#126338",
        "st-bad": "#ad151a",
        "st-quiet": "#56616b",
        "soft": "#515c67",
        "faint": "#56616b",
        "strong": "#000000",
        "line": "#b9bfc4",
        "band": "#d3e6f6",
        "band-bad": "#f9d9d9",
        "band-turn": "#f7e6c5",
        "band-sign": "#e7dcf8",
        "band-good": "#d6eedf",
        "veil": "#fbfbf999",
        "blink": "#ad151a40",
        "code": "#f1f2ef",
        "cursor": "#dbe6ee",
        **_modes(
            prod="#b3161b #ffffff #fbdcdc #6d0c10 #d98a8c",
            other="#1d4fa8 #ffffff #dce8fb #12356f #8fabdb",
            drill="#b56d00 #000000 #fbe9c8 #5f3900 #cfa45f",
            replay="#6a35b0 #ffffff #e7dcf8 #43208a #ab8fd3",
        ),
        **_foot("#f1f2ef", "#0b5a99", "#3b454e"),
        "scrollbar": "#b9bfc4",
        "scrollbar-background": "#fbfbf9",
    },
)

_MONO = Theme(
    name=MONO,
    primary="#ffffff",
    secondary="#c8c8c8",
    accent="#ffffff",
    success="#ffffff",
    warning="#ffffff",
    error="#ffffff",
    foreground="#d8d8d8",
    background="#0c0c0c",
    surface="#161616",
    panel="#242424",
    variables={
        **dict.fromkeys(("st-run", "st-turn", "st-sign", "st-good", "st-bad", "strong"), "#ffffff"),
        **dict.fromkeys(("st-todo", "st-quiet", "soft", "faint"), "#c0c0c0"),
        **dict.fromkeys(BANDS, "#2c2c2c"),
        "veil": "#0c0c0c99",
        "blink": "#ffffff40",
        "line": "#707070",
        "code": "#161616",
        "cursor": "#3a3a3a",
        **_modes(
            prod="#ffffff #000000 #3a3a3a #ffffff #707070",
            other="#c0c0c0 #000000 #242424 #ffffff #909090",
            drill="#c0c0c0 #000000 #242424 #ffffff #909090",
            replay="#c0c0c0 #000000 #242424 #ffffff #909090",
        ),
        **_foot("#161616", "#ffffff", "#d8d8d8"),
        "scrollbar": "#707070",
        "scrollbar-background": "#0c0c0c",
    },
)
"""Without colour: what is bad is as bright as it can be, and never a grey."""

_NIGHT_16 = Theme(
    name=NIGHT_16,
    primary="#55ffff",
    secondary="#aaaaaa",
    accent="#55ffff",
    success="#55ff55",
    warning="#ffff55",
    error="#ff5555",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#0000aa",
    variables={
        **dict.fromkeys(("st-todo", "st-quiet", "soft", "faint"), "#aaaaaa"),
        "st-run": "#55ffff",
        "st-turn": "#ffff55",
        "st-sign": "#ff55ff",
        "st-good": "#55ff55",
        "st-bad": "#ff5555",
        "strong": "#ffffff",
        **dict.fromkeys((*BANDS, "code", "cursor"), "#000000"),
        "veil": "transparent",
        "blink": "#00000000",
        "line": "#555555",
        **_modes(
            prod="#aa0000 #ffffff #aa0000 #ffffff #ffffff",
            other="#0000aa #ffffff #0000aa #ffffff #ffffff",
            drill="#ffff55 #000000 #000000 #ffffff #aa5500",
            replay="#ff55ff #000000 #000000 #ffffff #aa00aa",
        ),
        **_foot("#000000", "#55ffff", "#aaaaaa"),
        "scrollbar": "#555555",
        "scrollbar-background": "#000000",
    },
)

_DAY_16 = Theme(
    name=DAY_16,
    primary="#0000aa",
    secondary="#000000",
    accent="#0000aa",
    success="#000000",
    warning="#aa00aa",
    error="#aa0000",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#aaaaaa",
    dark=False,
    variables={
        **dict.fromkeys(("st-todo", "st-good", "soft", "strong"), "#000000"),
        **dict.fromkeys(("st-quiet", "faint"), "#555555"),
        "st-run": "#0000aa",
        **dict.fromkeys(("st-turn", "st-sign"), "#aa00aa"),
        "st-bad": "#aa0000",
        **dict.fromkeys((*BANDS, "code", "cursor"), "#ffffff"),
        "veil": "transparent",
        "blink": "#ffffff00",
        "line": "#555555",
        **_modes(
            prod="#aa0000 #ffffff #aa0000 #ffffff #ffffff",
            other="#0000aa #ffffff #0000aa #ffffff #ffffff",
            drill="#ffff55 #000000 #ffffff #000000 #555555",
            replay="#aa00aa #ffffff #ffffff #000000 #aa00aa",
        ),
        **_foot("#ffffff", "#0000aa", "#000000"),
        "scrollbar": "#555555",
        "scrollbar-background": "#ffffff",
    },
)
"""On white neither green nor yellow nor cyan can be read as xterm has them: what is good is black."""

THEMES = (_NIGHT, _DAY, _MONO, _NIGHT_16, _DAY_16)

_FROM = {
    "st-run": "text-accent",
    "st-turn": "text-warning",
    "st-sign": "text-secondary",
    "st-good": "text-success",
    "st-bad": "text-error",
    "strong": "foreground",
}
"""What stands for our names in a theme that does not have them."""
_ANSI = {
    **dict.fromkeys(("st-todo", "st-quiet", "soft", "faint", "strong"), "ansi_default"),
    "st-run": "ansi_cyan",
    "st-turn": "ansi_yellow",
    "st-sign": "ansi_magenta",
    "st-good": "ansi_green",
    "st-bad": "ansi_red",
    "line": "ansi_bright_black",
    **dict.fromkeys((*BANDS, "code"), "ansi_default"),
    "cursor": "ansi_bright_black",
    "veil": "transparent",
    "blink": "transparent",
    **_modes(
        prod="ansi_red ansi_bright_white ansi_red ansi_bright_white ansi_bright_white",
        other="ansi_blue ansi_bright_white ansi_blue ansi_bright_white ansi_bright_white",
        drill="ansi_yellow ansi_black ansi_default ansi_default ansi_yellow",
        replay="ansi_magenta ansi_bright_white ansi_default ansi_default ansi_magenta",
    ),
}
"""The terminal's own colours: which they are nobody knows, so few are laid on each other."""


def fitting(theme: str, colours: str | None) -> str:
    """The theme that stands for one of ours where the terminal has 16 colours; else the same."""
    return {NIGHT: NIGHT_16, DAY: DAY_16}.get(theme, theme) if colours in FEW else theme


def defaults(theme: Theme) -> dict[str, str]:
    """Our names for a theme that may not have them, out of the colours that it has."""
    if theme in THEMES:
        return {}
    if theme.ansi:
        return dict(_ANSI)
    colours: Mapping[str, str] = {**theme.to_color_system().generate(), **theme.variables}
    ground, words = _colour(colours, "background"), _colour(colours, "foreground")
    found = {name: colours.get(source, words.hex) for name, source in _FROM.items()}
    found |= dict.fromkeys(("st-todo", "st-quiet", "soft", "faint"), ground.blend(words, 0.65).hex)
    found |= {"line": ground.blend(words, 0.25).hex, "code": ground.blend(words, 0.04).hex}
    found["cursor"] = ground.blend(words, 0.15).hex
    found |= {"veil": ground.with_alpha(0.6).hex, "blink": _colour(colours, "error").with_alpha(0.25).hex}
    tones = {"band": "accent", "band-bad": "error", "band-turn": "warning", "band-good": "success"}
    tones["band-sign"] = "secondary"
    found |= {name: ground.blend(_colour(colours, tone), 0.2).hex for name, tone in tones.items()}
    tones = {"prod": "error", "other": "primary", "drill": "warning", "replay": "secondary"}
    for mode, tone in tones.items():
        badge = _colour(colours, tone)
        bar = ground.blend(badge, 0.25)
        found |= {
            f"{mode}-badge": badge.hex,
            f"{mode}-on": (BLACK if contrast(BLACK, badge) > contrast(WHITE, badge) else WHITE).hex,
        }
        found |= {f"{mode}-bg": bar.hex, f"{mode}-fg": words.hex, f"{mode}-mark": ground.blend(badge, 0.6).hex}
    return found


def _colour(colours: Mapping[str, str], name: str) -> Color:
    try:
        return Color.parse(colours.get(name, ""))
    except ColorParseError:
        return Color(128, 128, 128)
