"""Fits a line into the cells that there are: what is cut says so, and what stands at the right stays there."""

from textwrap import wrap

from rich.cells import cell_len, set_cell_size

from tui.text.block import Piece, shown


def cut(text: str, width: int) -> str:
    """Text in exactly `width` cells; what was left out is marked."""
    if cell_len(text) > width:
        text = set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 0 else ""
    return set_cell_size(text, max(0, width))


def shortened(text: str, width: int) -> str:
    """Text in up to `width` cells, safe to be shown; what was left out is marked."""
    safe = shown(text)
    return safe if cell_len(safe) <= width else cut(safe, width).rstrip()


def width_of(line: list[Piece]) -> int:
    """How many cells the parts of a line take."""
    return sum(cell_len(shown(text)) for text, _ in line)


def clipped(line: list[Piece], width: int) -> list[Piece]:
    """A line of `width` cells at most, cut at its end."""
    if width_of(line) <= width:
        return line
    found: list[Piece] = []
    room = width
    for text, style in line:
        safe = shown(text)
        if cell_len(safe) >= room:
            return [*found, (cut(f"{safe} ", room).rstrip(), style)]
        found.append((safe, style))
        room -= cell_len(safe)
    return found


def spread(left: list[Piece], right: list[Piece], width: int) -> list[Piece]:
    """A line of exactly `width` cells with its ends apart; the left one is cut where both have no room."""
    room = width - width_of(right) - (1 if right else 0)
    if room < 1:
        left, right, room = [*left, (" ", ""), *right], [], width
    left = clipped(left, room)
    return [*left, (" " * max(0, width - width_of(left) - width_of(right)), ""), *right]


def ends_kept(text: str, width: int, rows: int, before: int = 0) -> list[str]:
    """Text in `rows` rows, the first begun after `before` cells: of what is too long the middle is left out.

    Of an error the end says what was wrong, and its beginning where.
    """
    words, lines = text.split(), list[str]()
    for gone in range(len(words)):
        begun = (len(words) - gone) // 2
        left = [*words[:begun], "…", *words[begun + gone :]] if gone else words
        lines = wrap(" ".join(left), max(1, width), initial_indent=" " * before)
        if len(lines) <= rows:
            break
    return lines[:rows]
