"""Finds the cells of a widget that changed, so that an idle screen writes its clock's digits and nothing else."""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

Cell = tuple[str, Style | None]


def changed(pairs: Iterable[tuple[Strip | None, Strip]]) -> list[Region]:
    """What is to be painted of a widget whose lines were painted as the first of each pair and are the second."""
    regions = []
    for y, (before, after) in enumerate(pairs):
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
