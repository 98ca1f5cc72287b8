"""Makes a theme's coloured words readable on its background, whatever the theme's author took for enough."""

from collections.abc import Mapping

from textual.color import Color, ColorParseError

ENOUGH = 4.5
"""The contrast that text of normal size needs (WCAG 2.2, 1.4.3)."""

_STATES = ("st-todo", "st-run", "st-turn", "st-sign", "st-good", "st-bad", "st-quiet", "soft", "faint", "strong")
GROUNDS = {
    **dict.fromkeys((*_STATES, "foreground"), ("background", "surface", "code", "cursor")),
    **{f"{mode}-fg": (f"{mode}-bg",) for mode in ("prod", "other", "drill", "replay")},
    **{f"{mode}-on": (f"{mode}-badge",) for mode in ("prod", "other", "drill", "replay")},
    **dict.fromkeys(("text-warning", "text-error", "text-success", "text-accent"), ("background",)),
    "footer-key-foreground": ("footer-background",),
    "footer-description-foreground": ("footer-background",),
}
"""What words stand on, by the names of their colours."""
STEP = 0.03
BLACK, WHITE = Color(0, 0, 0), Color(255, 255, 255)


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """A theme's variables, with words darkened or lightened until they stand out; the terminal's own colours stay."""
    changed = dict(variables)
    for name, grounds in GROUNDS.items():
        behind = [one for one in (_solid(variables.get(ground, "")) for ground in grounds) if one is not None]
        colour = _solid(variables.get(name, ""))
        if colour is None or not behind:
            continue
        darker = all(contrast(BLACK, one) > contrast(WHITE, one) for one in behind)
        while min(contrast(colour, one) for one in behind) < ENOUGH and colour not in (BLACK, WHITE):
            colour = colour.darken(STEP) if darker else colour.lighten(STEP)
            changed[name] = colour.hex
    return changed


def _solid(value: str) -> Color | None:
    """A colour that it is known how it looks."""
    try:
        colour = Color.parse(value)
    except ColorParseError:
        return None
    return colour if colour.ansi is None and colour.a == 1 else None


def contrast(one: Color, other: Color) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    parts = (part / 255 for part in colour.rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
