"""Makes a theme's coloured words readable on its background, whatever the theme's author took for enough."""

from collections.abc import Mapping

from textual.color import Color, ColorParseError

ENOUGH = 4.5
"""The contrast that text of normal size needs (WCAG 2.2, 1.4.3)."""

WORDS = ("text-warning", "text-error", "text-success", "text-accent", "footer-key-foreground")
STEP = 0.03
BLACK, WHITE = Color(0, 0, 0), Color(255, 255, 255)


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """A theme's variables, with words darkened or lightened until they stand out; the terminal's own colours stay."""
    changed = dict(variables)
    for name in WORDS:
        behind = variables.get("footer-background" if name.startswith("footer") else "background", "")
        try:
            background, colour = Color.parse(behind), Color.parse(variables.get(name, ""))
        except ColorParseError:
            continue
        if background.ansi is not None or colour.ansi is not None:
            continue
        darker = contrast(BLACK, background) > contrast(WHITE, background)
        while contrast(colour, background) < ENOUGH and colour not in (BLACK, WHITE):
            colour = colour.darken(STEP) if darker else colour.lighten(STEP)
        changed[name] = colour.hex
    return changed


def contrast(one: Color, other: Color) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    parts = (part / 255 for part in colour.rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
