"""Writes the cells of a line that changed: Textual writes all before them too, from the beginning of their widget."""

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate


class Spans(ChopsUpdate):
    """The same update, of which nothing beside its spans is written: a clock's digits, not the line they end."""

    def render_segments(self, console: Console) -> str:
        """What is written to the terminal."""
        written: list[str] = []
        for y, first, last in self.spans:
            for end, (begin, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, stop = max(begin, first), min(end, last)
                if strip is None or start >= stop:
                    continue
                cut = strip if (start, stop) == (begin, end) else strip.crop(start - begin, stop - begin)
                written += (Control.move_to(start, y).segment.text, cut.render(console))
        return "".join(written)
