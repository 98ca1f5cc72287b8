"""What is written of a line: the same cells as Textual would show, and none beside those that changed."""

import io
import random
import re

from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from tui.widgets.spans import Spans

WIDTH, HEIGHT = 40, 4
PIECE = re.compile(r"\x1b\[(\d+);(\d+)H|\n|([^\x1b\n]+)")
Cells = dict[tuple[int, int], str]


def written(update: ChopsUpdate) -> Cells:
    """The cells that an update writes, as a terminal has them then."""
    cells: Cells = {}
    x = y = 0
    for found in PIECE.finditer(update.render_segments(Console(file=io.StringIO(), color_system=None))):
        if found[1]:
            y, x = int(found[1]) - 1, int(found[2]) - 1
        elif found[3]:
            for letter in found[3]:
                cells[x, y] = letter
                x += 1
    return cells


def test_an_update_writes_the_cells_of_its_spans_and_no_other() -> None:
    chance = random.Random(7)
    for _ in range(500):
        cuts = [sorted({0, WIDTH, *chance.sample(range(1, WIDTH), chance.randint(0, 4))}) for _ in range(HEIGHT)]
        chops: list[dict[int, Strip | None]] = []
        for line in cuts:
            strips: dict[int, Strip | None] = {}
            for begin, end in zip(line, line[1:], strict=False):
                letters = "".join(chance.choice("abcdefgh") for _ in range(end - begin))
                half = len(letters) // 2
                strips[begin] = Strip([Segment(letters[:half]), Segment(letters[half:])])
            chops.append(strips)
        spans = []
        for y in sorted(chance.sample(range(HEIGHT), chance.randint(1, HEIGHT))):
            first, last = sorted(chance.sample(range(WIDTH + 1), 2))
            spans.append((y, first, last))
        ends = [line[1:] for line in cuts]
        theirs, ours = written(ChopsUpdate(chops, spans, ends)), written(Spans(chops, spans, ends))
        wanted = {(x, y) for y, first, last in spans for x in range(first, last)}
        assert ours.keys() == wanted
        assert all(theirs[cell] == letter for cell, letter in ours.items())


def test_a_wide_character_that_changed_is_written_whole() -> None:
    strip = Strip([Segment("ab漢cd")])
    update = Spans([{0: strip}], [(0, 2, 4)], [[6]])
    assert written(update) == {(2, 0): "漢"}
