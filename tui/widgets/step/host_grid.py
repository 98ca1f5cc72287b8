"""The hosts of a group in rows of signs, one of which an operator can mark, and where a mark moves to."""

from collections import Counter
from os.path import commonprefix

from msgspec import Struct

from tui.runbook.model import Step
from tui.session.groups.cells import ORDER, Cell, CellStatus, cells_of, group_at
from tui.session.state import SessionState
from tui.text.block import Piece
from tui.widgets.glyphs import STYLES
from tui.widgets.step.laid_out import LaidRow, rows

SIGNS = {
    CellStatus.GOOD: ("✔", "good"),
    CellStatus.RUNNING: ("▶", "live"),
    CellStatus.FAILED: ("✖", "bad"),
    CellStatus.UNREACHABLE: ("✖", "bad"),
    CellStatus.UNKNOWN: ("?", "unknown"),
    CellStatus.CANCELLED: ("–", "bad"),
    CellStatus.PART: ("◐", "bad"),
    CellStatus.TO_DO: ("○", "todo"),
}
"""The sign of a host by where it stands, and its style."""
MOST_ROWS = 6
"""Rows of hosts that are shown; of more hosts the first that a person has to look at."""
MARKED = "reverse"
"""The style of the host that is marked: it shows in every terminal."""


class HostGrid(Struct, frozen=True):
    """The hosts that are shown, `in_row` in a row, each in `wide` cells; `rest` counts those that have no room."""

    cells: tuple[Cell, ...]
    wide: int
    in_row: int
    prefix: str = ""
    rest: Counter[CellStatus] = Counter()

    def moved(self, host: str, right: int, down: int) -> str:
        """The host beside or below one; from none it is the one to look at first, and at the edge the same again."""
        hosts = [cell.host for cell in self.cells]
        if host not in hosts:
            return min(self.cells, key=lambda cell: ORDER.index(cell.status)).host
        place = hosts.index(host)
        column = place % self.in_row + right
        wanted = place + right + down * self.in_row
        return hosts[wanted] if 0 <= column < self.in_row and 0 <= wanted < len(hosts) else host


def grid_of(cells: tuple[Cell, ...], width: int) -> HostGrid:
    """As many of the hosts as have room in rows of `width` cells, those first that a person has to look at."""
    prefix = commonprefix([cell.host for cell in cells]) if len(cells) > 1 else ""
    prefix = prefix.rstrip("0123456789")
    wide = max(len(cell.host) for cell in cells) - len(prefix) + 2
    in_row = max(1, (width - 2) // wide)
    room = in_row * MOST_ROWS
    if len(cells) <= room:
        return HostGrid(cells, wide, in_row, prefix)
    urgent = set(sorted(cells, key=lambda cell: ORDER.index(cell.status))[: room - 1])
    kept = tuple(cell for cell in cells if cell in urgent)
    rest = Counter(cell.status for cell in cells) - Counter(cell.status for cell in kept)
    return HostGrid(kept, wide, in_row, prefix, rest)


def grid_rows(grid: HostGrid, width: int, marked: str = "") -> list[LaidRow]:
    """One sign for each host, with what tells its name from the others'."""
    found: list[LaidRow] = []
    for start in range(0, len(grid.cells), grid.in_row):
        pieces: list[Piece] = [("  ", "")]
        for cell in grid.cells[start : start + grid.in_row]:
            sign, style = SIGNS[cell.status]
            name = cell.host[len(grid.prefix) :]
            if cell.host == marked:
                pieces += [
                    (f"{sign}{name}", f"{STYLES[style]} {MARKED}".strip()),
                    (" " * (grid.wide - 1 - len(name)), ""),
                ]
            else:
                pieces += [(sign, STYLES[style]), (name.ljust(grid.wide - 1), "")]
        found.append(LaidRow(tuple(pieces), hosts=len(grid.cells[start : start + grid.in_row])))
    if grid.rest:
        words = ", ".join(f"{grid.rest[status]} {status.value}" for status in ORDER if grid.rest[status])
        found += rows([(f"  and {words}", "$faint")], width, 2)
    return found


def is_marked(row: LaidRow) -> bool:
    """Whether the host that is marked stands in a row."""
    return any(style.endswith(MARKED) for _, style in row.pieces)


def place_shown(state: SessionState, step: Step) -> int:
    """The action on a group that a step is at, or was last at; -1 where it was at none."""
    place = max(state.step(step.id).cells, default=-1)
    return place if place >= 0 and group_at(state, step.id, place) else -1


def cells_shown(state: SessionState, step: Step) -> tuple[Cell, ...]:
    """The hosts of that action's group, once something ran on one; none of any other step."""
    place = place_shown(state, step)
    cells = cells_of(state, step, place) if place >= 0 else ()
    return cells if any(cell.attempt for cell in cells) else ()


def attempt_on(state: SessionState, step: Step, host: str) -> int:
    """What ran last on a host of that group; 0 where nothing did."""
    return next((cell.attempt for cell in cells_shown(state, step) if cell.host == host), 0)
