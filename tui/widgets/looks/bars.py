"""Draws bars of one row: heavy for what is done, light for the rest, so that they are read without colours."""

from functools import lru_cache

from tui.text.block import Piece

FULL, HALF, REST = "━", "╸", "─"
TICK, TICK_DONE = "┼", "╂"
"""What is usual, on the rest of a bar and on what is done of it."""


def bar(width: int, share: float, style: str, tick: float | None = None) -> list[Piece]:
    """A bar of `width` cells, filled to `share`; `tick` is the share that is usual."""
    done = max(0.0, min(1.0, share)) * width
    full = int(done)
    cells = [(FULL, style)] * full
    if full < width and done - full >= 0.5:
        cells.append((HALF, style))
    cells += [(REST, "$line")] * (width - len(cells))
    if tick is not None and width and tick <= 1:
        at = min(width - 1, int(tick * width))
        cells[at] = (TICK_DONE if at < full else TICK, "$soft")
    return joined(cells)


@lru_cache(64)
def segments(parts: tuple[tuple[int, int], ...], width: int) -> tuple[Piece, ...]:
    """A bar with a part for each of (done, total), as long as its share, blanks between; empty without room."""
    room = width - len(parts) + 1
    if not parts or room < len(parts):
        return ()
    lengths = _shares([total for _, total in parts], room)
    pieces: list[Piece] = []
    for (done, total), length in zip(parts, lengths, strict=True):
        full = length if done == total else min(length - 1, done * length // total)
        pieces += [(" ", "")] if pieces else []
        pieces += [(FULL * full, "$st-good"), (REST * (length - full), "$faint")]
    return tuple(piece for piece in pieces if piece[0])


def _shares(weights: list[int], room: int) -> list[int]:
    """Cells by weights, one at least each, all of the room together."""
    whole = sum(weights)
    spare = room - len(weights)
    lengths = [1 + weight * spare // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: -(weights[place] * spare % whole))
    for place in order[: room - sum(lengths)]:
        lengths[place] += 1
    return lengths


def joined(cells: list[Piece]) -> list[Piece]:
    """Cells that have one style made one piece."""
    found: list[Piece] = []
    for text, style in cells:
        if found and found[-1][1] == style:
            found[-1] = (found[-1][0] + text, style)
        else:
            found.append((text, style))
    return found
