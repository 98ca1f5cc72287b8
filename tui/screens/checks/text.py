"""Decides what the table of checks says: target, verdict, figure, threshold, time."""

from collections.abc import Sequence

from rich.cells import set_cell_size

from tui.session.views.verdicts import FAILED, NO_DATA, OK, RUNNING, TO_DO, WARNING, CheckRow
from tui.text.amounts import took_cell
from tui.text.block import Piece
from tui.text.sanitise import sanitise
from tui.widgets.glyphs import STYLES
from tui.widgets.step.text import LABEL

SIGNS = {OK: "✔", WARNING: "!", FAILED: "✖", NO_DATA: "?", RUNNING: "▶", TO_DO: "○"}
CLASSES = {OK: "good", WARNING: "turn", FAILED: "bad", NO_DATA: "bad", RUNNING: "live", TO_DO: "quiet"}
WIDE = 110


def table(rows: Sequence[CheckRow], width: int) -> list[list[Piece]]:
    """The table in lines of `width` cells, with a line of what to look at below each row that is not well."""
    title = max(18, min(34, width // 3))
    target = 12 if width < WIDE else 16
    left = width - 11 - target - title - 9
    came = left if width < WIDE else left // 2
    expected = 0 if width < WIDE else left - came
    lines = [[(_line("  VERDICT", 11), LABEL), (_line("TARGET", target) + _line("CHECK", title), LABEL)]]
    lines[0] += [(_line("RESULT", came) + _line("EXPECTED", expected), LABEL), ("    TOOK", LABEL)]
    for row in rows:
        style = STYLES[CLASSES[row.verdict]]
        pieces: list[Piece] = [
            (_line(f"{SIGNS[row.verdict]} {row.verdict}", 11), style),
            (_line(row.target, target), ""),
            (_line(row.title, title), "bold" if row.verdict not in (OK, TO_DO) else ""),
            (_line(row.came, came), style if row.verdict in (FAILED, NO_DATA, WARNING) else ""),
            (_line(row.expected, expected), LABEL),
            (f"{took_cell(row.seconds):>8}", ""),
        ]
        lines.append(pieces)
        if row.verdict in (FAILED, NO_DATA, WARNING):
            words = [f"expected {row.expected}"] if row.expected and width < WIDE else []
            words += [row.look] if row.look else []
            lines += [[(" " * 11 + "; ".join(words), LABEL)]] if words else []
    return lines


def counted(rows: Sequence[CheckRow]) -> str:
    """The last line: how many stand so."""
    counts = [(sum(row.verdict == word for row in rows), word) for word in SIGNS]
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def _line(text: str, width: int) -> str:
    safe = sanitise(text)
    if width <= 1:
        return ""
    shortened = set_cell_size(safe, width - 2) + "… " if len(safe) > width - 1 else safe
    return set_cell_size(shortened, width)
