"""Lays the card's lines out in rows: what is longer than the card hangs below its beginning, and nothing is cut."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from rich.cells import cell_len, get_character_cell_size
from textual.selection import Selection

from tui.text.block import Piece, shown
from tui.text.command import command_lines
from tui.widgets.glyphs import CONTINUED
from tui.widgets.looks.bars import joined
from tui.widgets.step.shell_colours import shell

PROMPT, CONTINUES = " $ ", f" {CONTINUED}   "
"""What stands before a command, and before what of a line is continued."""
GROUND = "$code"
CONTINUED_BY = "\\"
"""What a shell reads as: the command continues on the next line."""
SLASH = "/"
"""Behind this a path is broken that is longer than a row."""
LEAST = 8
"""Cells of text in a row at least, whatever hangs before it."""


class LaidRow(Struct, frozen=True):
    """A row of the card: its pieces, of which the first `lead` characters and the last `pad` are never copied.

    `joins` is what is between it and the row before where both are one line: nothing, or the blank at which it was
    broken; None where it begins a line. `blank` rows are the first to be given up. `hosts` of a group stand in it.
    """

    pieces: tuple[Piece, ...] = ()
    lead: int = 0
    joins: str | None = None
    pad: int = 0
    blank: bool = False
    hosts: int = 0

    @property
    def text(self) -> str:
        """What the row says."""
        return "".join(text for text, _ in self.pieces)


BLANK = LaidRow(blank=True)


def rows(pieces: Iterable[Piece], width: int, hang: int = 0) -> list[LaidRow]:
    """One line in its rows, broken at blanks, the later ones hung by `hang` cells."""
    safe = [(shown(text), style) for text, style in pieces]
    text = "".join(part for part, _ in safe)
    hang = max(0, min(hang, width - LEAST))
    found: list[LaidRow] = []
    over = 0
    for start, end in _breaks(text, width, width - hang):
        lead = hang if found else 0
        before: list[Piece] = [(" " * lead, "")] if lead else []
        joins = text[over:start][:1] if found else None  # nothing where a word was broken
        found.append(LaidRow((*before, *_between(safe, start, end)), lead, joins))
        over = end
    return found


def labelled(label: str, pieces: Iterable[Piece], width: int, indent: int) -> list[LaidRow]:
    """What a label says, below each other in its own column."""
    return rows([(f" {label} ".ljust(indent), "$faint"), *pieces], width, indent)


def code(text: str, width: int, stdin: int = 0, before: Sequence[Piece] = ()) -> list[LaidRow]:
    """A command on a ground of its own, every character of it in its place; `$` once, continued rows hang after ↪.

    Args:
        stdin: how many lines at its end are not of the command, but what it is given.
        before: what stands before its `$`; further lines begin below their first.
    """
    lines = command_lines(text)
    own = lines[: len(lines) - stdin]
    drawn = [list(line) for line in shell("\n".join(own))] + [[(line, "$soft")] for line in lines[len(own) :]]
    found: list[LaidRow] = []
    for place, pieces in enumerate(drawn):
        first: list[Piece] = [*before, (PROMPT.lstrip() if before else PROMPT, "$faint")]
        first = [(" " * sum(len(part) for part, _ in first), "$faint")] if place else first
        lead = sum(cell_len(part) for part, _ in first)
        line = "".join(part for part, _ in pieces)
        for start, end in _breaks(line, width - lead, width - len(CONTINUES), kept=True):
            hung = [(CONTINUES, "$faint")] if start else first
            used = sum(cell_len(part) for part, _ in hung)
            pad = max(0, width - used - cell_len(line[start:end]))
            row = joined([*hung, *_between(pieces, start, end), (" " * pad, "")])
            ground = tuple((part, f"{style} on {GROUND}".strip()) for part, style in row if part)
            found.append(LaidRow(ground, sum(len(part) for part, _ in hung), "" if start else None, pad))
    return found


def blocks(groups: Sequence[Sequence[LaidRow]], height: int = 0) -> list[LaidRow]:
    """Groups of rows with a blank one between, as far as the height has room for those; 0 is as high as it takes."""
    there = [group for group in groups if group]
    total = sum(map(len, there)) + len(there) - 1
    spaced = not height or total <= height
    found: list[LaidRow] = []
    for group in there:
        found += [BLANK] if found and spaced else []
        found += group
    return found


def copied(found: Sequence[LaidRow], selection: Selection) -> str:
    """The text of the selected part of rows, as it was before it was broken and laid out."""
    parts: list[str] = []
    for place, row in enumerate(found):
        span = selection.get_span(place)
        if span is None:
            continue
        start, end = span
        last = len(row.text) - row.pad
        part = row.text[max(start, row.lead) : last if end < 0 else min(end, last)]
        parts += [] if not parts else [row.joins if row.joins is not None else "\n"]
        parts.append(part)
    return "".join(parts)


def _breaks(text: str, first: int, later: int, kept: bool = False) -> list[tuple[int, int]]:
    """Which characters of a line are in each of its rows; the blanks at a break are left out unless they are `kept`."""
    found: list[tuple[int, int]] = []
    at, room = 0, first
    while True:
        room = max(room, 1)
        end = _fitting(text, at, room)
        if end == len(text):
            return [*found, (at, end)]
        blank = text.rfind(" ", at + 1, end if kept else end + 1)
        if blank < 0 or not text[at:blank].strip():
            blank = following = _within_word(text, at, end, later)
        elif kept:
            blank = following = _with_its_end(text, at, blank + 1)
        else:
            following = blank + 1
            while following < len(text) and text[following] == " ":
                following += 1
        found.append((at, blank))
        if following == len(text) and not kept:
            return found
        at, room = following, later


def _within_word(text: str, at: int, end: int, later: int) -> int:
    """Where a word is broken that is longer than its row: behind the last `/`, where what follows it has a row then."""
    slash = text.rfind(SLASH, at, end) + 1
    name = text[slash:].partition(" ")[0].partition(SLASH)[0]
    return slash if text[at:slash].strip(SLASH + " ") and cell_len(name) < later else end


def _with_its_end(text: str, at: int, blank: int) -> int:
    """Where a row of a command ends: a word before, where only the sign that its line continues would be left over."""
    if text[blank:].rstrip() != CONTINUED_BY:
        return blank
    before = text.rfind(" ", at + 1, blank - 1) + 1
    return before if text[at:before].strip() else blank


def _fitting(text: str, at: int, room: int) -> int:
    """Up to which character of a text it fits into `room` cells, from `at` on; one character always does."""
    if cell_len(text[at : at + room]) == len(text[at : at + room]) <= room and text[at : at + room].isascii():
        return min(len(text), at + room)
    cells = 0
    for place in range(at, len(text)):
        cells += get_character_cell_size(text[place])
        if cells > room and place > at:
            return place
    return len(text)


def _between(pieces: Sequence[Piece], start: int, end: int) -> list[Piece]:
    """The parts of pieces from one character to another."""
    found: list[Piece] = []
    at = 0
    for text, style in pieces:
        low, high = max(start - at, 0), min(end - at, len(text))
        if low < high:
            found.append((text[low:high], style))
        at += len(text)
    return found
