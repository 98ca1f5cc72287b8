"""Words that may change at any time: where they do, only the cells that changed are painted."""

from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from tui.text.block import Block, block
from tui.widgets.painting import changed


class Words(Widget):
    """Shows words, which are never markup; saying the same again paints nothing."""

    DEFAULT_CSS = "Words { height: auto; }"

    def __init__(self, words: Block | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._words = words if words is not None else block("")
        self._painted: dict[int, Strip] = {}

    def render(self) -> Block:
        return self._words

    def say(self, words: Block) -> None:
        """Show other words; the screen is laid out again only where they need more lines, or fewer."""
        if words.is_same(self._words):
            return
        self._words = words
        width, height = self.size
        if not width:  # not laid out, or not shown: how many lines it needs is kept from the words before
            self.refresh(layout=True)
            return
        strips = Visual.to_strips(self, words, width, None, self.visual_style)
        if self.styles.is_auto_height and len(strips) != height:
            self.refresh(layout=True)
            return
        strips += [Strip.blank(width, self.visual_style.rich_style)] * (height - len(strips))
        regions = changed((self._painted.get(y), strip) for y, strip in enumerate(strips[:height]))
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        self._painted[y] = strip = super().render_line(y)
        return strip
