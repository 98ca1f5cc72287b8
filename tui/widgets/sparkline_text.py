"""Draws a row of figures as one line of blocks, also where there are no colours and few cells."""

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
GONE = "·"
"""Stands where nothing could be measured: a gap is never drawn as a small figure."""


def sparkline(values: Sequence[float | None], width: int, highest: float | None = None) -> str:
    """The last `width` figures, the lowest possible being 0.

    Args:
        highest: what the highest block stands for, at least; a threshold, so that far below it looks low.
    """
    shown = list(values)[-width:]
    known = [value for value in shown if value is not None]
    top = max([*known, highest or 0.0], default=0.0)
    drawn = "".join(GONE if value is None else _block(value, top) for value in shown)
    return drawn.rjust(width)


def _block(value: float, top: float) -> str:
    if top <= 0:
        return BLOCKS[0]
    return BLOCKS[min(len(BLOCKS) - 1, max(0, int(value / top * (len(BLOCKS) - 1) + 0.5)))]
