"""Renders the rows that changed, and writes the cells of them that did: Textual does both for much that is around."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class SparingCompositor(Compositor):
    """Renders for a part of the screen the rows of those widgets in which something is to be painted, and no others.

    Textual renders every row of each widget that shares its container's place with the smallest rectangle around all
    that changed: of a clock on top and a figure at the bottom all of the screen.
    """

    _wanted: tuple[Region, ...] = ()
    """What is to be painted now; nothing where all of the screen is."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What is to be painted of the screen; None where nothing is."""
        self._wanted = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._wanted = ()

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        left = self._wanted
        if not left:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():  # from front to back
            seen = region.intersection(clip)
            for begin, end in _rows_of(filter(seen.overlaps, left)):
                rows = Region(seen.x, begin, seen.width, end - begin)
                if part := seen.intersection(rows):
                    yield region, part, widget.render_lines(part.translate(-region.offset))
            left = tuple(one for one in left if not seen.contains_region(one))
            if not left:
                return


def _rows_of(regions: Iterable[Region]) -> Iterator[tuple[int, int]]:
    """The rows in which regions lie, as beginnings and ends of those that follow each other."""
    begin = end = 0
    for region in sorted(regions, key=lambda one: one.y):
        if region.y > end:
            if end > begin:
                yield begin, end
            begin = region.y
        end = max(end, region.bottom)
    if end > begin:
        yield begin, end


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
