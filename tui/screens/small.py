"""Says that the terminal is too small, instead of showing what nobody could read."""

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen

from tui.screens.page import Page
from tui.text.block import Block, block
from tui.widgets.said import Said

LEAST = Size(60, 16)
"""Below this a screen would hide what the operator must see."""
WANTED = "80×24 is needed"


def too_small(size: Size) -> bool:
    """Whether a screen of this size hides too much."""
    return size.width < LEAST.width or size.height < LEAST.height


def words(size: Size) -> Block:
    """What is wrong, short enough for a very small terminal."""
    return block(f"the terminal is too small ({size.width}×{size.height}); {WANTED}")


class TooSmall(ModalScreen[None], Page[None]):
    """Covers everything and hears nothing until the terminal is larger."""

    DEFAULT_CLASSES = "opaque"
    DEFAULT_CSS = "TooSmall { align: left top; } TooSmall > Static { width: 100%; }"

    def compose(self) -> ComposeResult:
        yield Said(words(self.app.size))

    def on_resize(self) -> None:
        self.query_one(Said).say(words(self.app.size))
