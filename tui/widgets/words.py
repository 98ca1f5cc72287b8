"""Words that may change at any time: where they do, only the cells that changed are painted."""

from textual.geometry import Size
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual
from textual.widget import Widget, _RenderCache

from tui.text.block import Block, block
from tui.widgets.painting import changed


class Words(Widget):
    """Shows words, which are never markup; saying the same again paints nothing."""

    DEFAULT_CSS = "Words { height: auto; }"

    def __init__(self, words: Block | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._words = words if words is not None else block("")
        self._painted: dict[int, Strip] = {}
        self._drawn: tuple[Block, Size, Style, list[Strip]] | None = None
        """What was drawn to see what changes by it, for the paint that follows."""

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
        grows = self.styles.is_auto_height
        strips = Visual.to_strips(self, words, width, None if grows else height, self.visual_style)
        if grows and len(strips) != height:
            self.refresh(layout=True)
            return
        if self.text_selection is None:
            self._drawn = words, self.size, self.visual_style, strips
        strips = strips + [Strip.blank(width, self.visual_style.rich_style)] * (height - len(strips))
        regions = changed((y, self._painted.get(y), strip) for y, strip in enumerate(strips[:height]))
        if regions:
            self.refresh(*regions)

    def _render_content(self) -> None:
        """Draw the words, unless that has just been done."""
        drawn, self._drawn = self._drawn, None
        if drawn is None or self.text_selection is not None or drawn[:3] != (self._words, self.size, self.visual_style):
            super()._render_content()
            return
        self._render_cache = _RenderCache(self.size, drawn[3])
        self._dirty_regions.clear()

    def render_line(self, y: int) -> Strip:
        self._painted[y] = strip = super().render_line(y)
        return strip
