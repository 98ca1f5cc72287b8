"""Says that the terminal is too small, instead of showing what nobody could read."""

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.screens.page import Page

LEAST = Size(60, 16)
"""Below this a screen would hide what the operator must see."""
WANTED = "80×24 is needed"


def too_small(size: Size) -> bool:
    """Whether a screen of this size hides too much."""
    return size.width < LEAST.width or size.height < LEAST.height


def words(size: Size) -> str:
    """What is wrong, short enough for a very small terminal."""
    return f"the terminal is too small ({size.width}×{size.height}); {WANTED}"


class TooSmall(ModalScreen[None], Page[None]):
    """Covers everything and hears nothing until the terminal is larger."""

    DEFAULT_CLASSES = "opaque"
    DEFAULT_CSS = "TooSmall { align: left top; } TooSmall > Static { width: 100%; }"

    def compose(self) -> ComposeResult:
        yield Static(words(self.app.size), markup=False)

    def on_resize(self) -> None:
        self.query_one(Static).update(words(self.app.size))
