"""Finds the cells of a widget that changed, so that an idle screen writes its clock's digits and nothing else."""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.text.block import Block

Cell = tuple[str, Style | None]


def entitle(frame: Widget, title: Block | None = None, foot: Block | None = None) -> None:
    """Say on the lines of a frame what it holds; the same again paints nothing, though Textual would paint all of it.

    None leaves a line as it is.
    """
    for name, words in (("border_title", title), ("border_subtitle", foot)):
        before: Block | None = getattr(frame, f"_said_{name}", None)
        if words is not None and (before is None or not words.is_same(before)):
            setattr(frame, f"_said_{name}", words)
            setattr(frame, name, words)


def changed(lines: Iterable[tuple[int, Strip | None, Strip]]) -> list[Region]:
    """What is to be painted of a widget: of each line where it is, as what it was painted, and what it is."""
    regions = []
    for y, before, after in lines:
        if before is None or before.cell_length != after.cell_length:
            regions.append(Region(0, y, max(after.cell_length, before.cell_length if before else 0), 1))
        elif before != after:
            start, end = _span(_cells(before), _cells(after))
            if start < end:
                regions.append(Region(start, y, end - start, 1))
    return regions


def _span(before: list[Cell], after: list[Cell]) -> tuple[int, int]:
    """Where the cells that differ begin and end; the lines have the same width."""
    differ = [place for place, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    return (differ[0], differ[-1] + 1) if differ else (0, 0)


def _cells(strip: Iterable[Segment]) -> list[Cell]:
    """Each cell's character and style; the second cell of a wide character has the character too."""
    return [
        (character, style)
        for text, style, control in strip
        if not control
        for character in text
        for _ in range(cell_len(character))
    ]
