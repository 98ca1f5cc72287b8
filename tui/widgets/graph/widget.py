"""A graph on a screen: it fills its place, and paints only the cells that changed."""

from textual import events
from textual.strip import Strip

from tui.text.block import styled
from tui.widgets.graph.text import GraphArea, Graphed, Shading, drawn_by, graph, time_at
from tui.widgets.looks.themes import FEW, MONO
from tui.widgets.words import Words

PIECE = 8
"""Cells of a piece."""


class Graph(Words):
    """Draws figures up to a time; nothing is painted where another time changes nothing."""

    DEFAULT_CSS = "Graph { height: 1fr; text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._told: tuple[Graphed, float, float, float | None] = (Graphed(), 0.0, 1.0, None)
        self._by: object = None

    def tell(self, of: Graphed, now: float, span: float, at: float | None = None) -> None:
        """Show other figures, or the same at another time; `at` is a time that was chosen."""
        self._told = (of, now, span, at)
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    @property
    def look(self) -> Shading:
        """What the terminal can show."""
        if self.app.no_color or self.app.theme == MONO:
            return Shading.MONO
        few = self.app.current_theme.ansi or self.app.console.color_system in (*FEW, None)
        return Shading.FLAT if few else Shading.FULL

    def time_at(self, x: int) -> float | None:
        """The time of a cell; None beside the graph."""
        of, now, span, _ = self._told
        return time_at(of, GraphArea(*self.size, now, span), x)

    def render_line(self, y: int) -> Strip:
        """A row in short pieces: Textual paints the whole of each piece in which a cell changed."""
        strip = super().render_line(y)
        width = strip.cell_length
        return Strip.join(strip.divide([*range(PIECE, width, PIECE), width])) if width else strip

    def _draw(self) -> None:
        of, now, span, at = self._told
        area = GraphArea(*self.size, now, span)
        by = (drawn_by(of, area, at), self.look) if area.width and area.height else None
        if by is not None and by != self._by:
            self._by = by
            self.say(styled(graph(of, area, self.look, at)))
