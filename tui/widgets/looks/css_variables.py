"""What a theme gives to the style sheets, worked out once for each: it takes as long as drawing a small screen."""

from textual.theme import Theme

from tui.widgets.looks.contrast import readable
from tui.widgets.looks.themes import defaults

_known: dict[int, tuple[Theme, dict[str, str]]] = {}
"""By the theme, which is kept here so that no other is ever taken for it."""


def css_variables(theme: Theme) -> dict[str, str]:
    """A theme's colours by their names, with ours where it does not have them, and words that can be read."""
    if id(theme) not in _known:
        written = {**defaults(theme), **theme.to_color_system().generate(), **theme.variables}
        _known[id(theme)] = theme, readable(written)
    return dict(_known[id(theme)][1])
