"""Rows as aligned columns, as the command line prints them."""

from collections.abc import Sequence

from rich.cells import cell_len

from tui.text.sanitise import sanitise

AMOUNTS = ("TOOK", "LONGER BY", "FAULTS", "NOTICED", "DECIDED", "RECOVERED", "DID NOT HELP")
"""Columns of amounts, which stand at the right so that they can be compared."""


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned columns below their names, which are the first row."""
    shown = [[sanitise(cell) for cell in row] for row in rows]
    columns = [_column(column) for column in zip(*shown, strict=True)]
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))


def _column(cells: Sequence[str]) -> list[str]:
    width = max(map(cell_len, cells))
    blanks = [" " * (width - cell_len(cell)) for cell in cells]
    right = cells[0] in AMOUNTS
    return [blank + cell if right else cell + blank for cell, blank in zip(cells, blanks, strict=True)]
