"""Rows as aligned columns, as the command line prints them."""

from collections.abc import Sequence

from rich.cells import cell_len

from tui.text.sanitise import sanitise

AMOUNTS = ("TOOK", "LONGER BY", "FAULTS", "NOTICED", "DECIDED", "RECOVERED", "DID NOT HELP")
"""Columns of amounts, which stand at the right so that they can be compared."""


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned columns below their names, which are the first row."""
    columns = [_column(column) for column in zip(*rows, strict=True)]
    return "\n".join(map(str.rstrip, map("  ".join, zip(*columns, strict=True))))


def _column(cells: Sequence[str]) -> list[str]:
    shown = {cell: sanitise(cell) for cell in dict.fromkeys(cells)}  # each once: many rows say the same
    lengths = {cell: cell_len(words) for cell, words in shown.items()}
    width = max(lengths.values())
    blanks = {cell: " " * (width - length) for cell, length in lengths.items()}
    right = shown[cells[0]] in AMOUNTS
    set_out = {cell: blanks[cell] + words if right else words + blanks[cell] for cell, words in shown.items()}
    return [set_out[cell] for cell in cells]
