"""Lays out the hosts of a group in an action: how many stand where, each with its sign, and who said something else."""

from collections import Counter
from os.path import commonprefix

from tui.runbook.model import Step
from tui.session.groups.cells import ORDER, Cell, CellStatus, cells_of, standing_of
from tui.session.groups.printed_alike import said_alike
from tui.session.tries import lasted
from tui.text.amounts import counted, duration
from tui.text.block import Piece
from tui.widgets.glyphs import STYLES
from tui.widgets.moment import Moment
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
NAMED = 3
"""Hosts that are named in one line."""


def cell_rows(moment: Moment, step: Step, place: int, width: int) -> list[LaidRow]:
    """The rows of an action on a group that was begun."""
    cells = cells_of(moment.state, step, place)
    if not any(cell.attempt for cell in cells):
        return []
    return [
        *_counts(moment, step, place, cells, width),
        *_grid(cells, width),
        *_bad(moment, cells, width),
        *_said(moment, cells, width),
    ]


def _counts(moment: Moment, step: Step, place: int, cells: tuple[Cell, ...], width: int) -> list[LaidRow]:
    """How many stand where, when it stops, and which host takes longest."""
    standing = standing_of(moment.state, step, place)
    pieces: list[Piece] = [("  ", "")]
    for status in reversed(ORDER):
        if count := standing.count(status):
            sign, style = SIGNS[status]
            words = f" {status.value}" if status in ORDER[:4] else ""
            pieces += [(f"{sign}{count}{words}", STYLES[style]), ("  ", "")]
    stopped = ": STOPPED" if standing.stopped else ""
    pieces.append((f"stops at {standing.stop_after}{stopped}", STYLES["bad"] if stopped else "$faint"))
    slowest = max(
        ((lasted(moment.state.attempts[cell.attempt], moment.now), cell.host) for cell in cells if cell.attempt),
        default=(0.0, ""),
    )
    if slowest[0] >= 1:
        pieces.append((f"  slowest {slowest[1]} {duration(slowest[0])}", "$faint"))
    return rows(pieces, width, 2)


def _grid(cells: tuple[Cell, ...], width: int) -> list[LaidRow]:
    """One sign for each host, with what tells its name from the others'."""
    prefix = commonprefix([cell.host for cell in cells]) if len(cells) > 1 else ""
    names = {cell.host: cell.host[len(prefix.rstrip("0123456789")) :] for cell in cells}
    wide = max(map(len, names.values())) + 2
    in_row = max(1, (width - 2) // wide)
    room = in_row * MOST_ROWS
    kept = cells
    if len(cells) > room:
        urgent = sorted(cells, key=lambda cell: ORDER.index(cell.status))[: room - 1]
        kept = tuple(cell for cell in cells if cell in urgent)
    found: list[LaidRow] = []
    for start in range(0, len(kept), in_row):
        pieces: list[Piece] = [("  ", "")]
        for cell in kept[start : start + in_row]:
            sign, style = SIGNS[cell.status]
            pieces += [(sign, STYLES[style]), (names[cell.host].ljust(wide - 1), "")]
        found.append(LaidRow(tuple(pieces)))
    if len(kept) < len(cells):
        rest = Counter(cell.status for cell in cells) - Counter(cell.status for cell in kept)
        words = ", ".join(f"{rest[status]} {status.value}" for status in ORDER if rest[status])
        found += rows([(f"  and {words}", "$faint")], width, 2)
    return found


def _bad(moment: Moment, cells: tuple[Cell, ...], width: int) -> list[LaidRow]:
    """The first hosts that a person has to look at, and what each said."""
    found: list[LaidRow] = []
    wanted = [cell for cell in cells if cell.status in ORDER[:3]]
    for cell in sorted(wanted, key=lambda cell: ORDER.index(cell.status))[:NAMED]:
        sign, style = SIGNS[cell.status]
        attempt = moment.state.attempts[cell.attempt]
        said = attempt.said or next((check.came for check in attempt.checks if not check.ok), "")
        said = said or (attempt.outcome.detail if attempt.outcome is not None else "")
        words: list[Piece] = [(f"  {sign} ", STYLES[style]), (cell.host, "bold"), (f" {cell.status.value}", "")]
        found += rows([*words, (f": {said}" if said else "", "")], width, 4)
    return found


def _said(moment: Moment, cells: tuple[Cell, ...], width: int) -> list[LaidRow]:
    """How many hosts printed the same, and how many something else."""
    alike = said_alike(moment.state, cells)
    total = sum(map(len, alike))
    if total < 2:
        return []
    if len(alike) == 1:
        return rows([(f"  all {counted(total, 'host')} printed the same", "$faint")], width, 2)
    most = len(alike[-1])
    return rows([(f"  {most} printed the same · {total - most} differ", "$faint")], width, 2)
