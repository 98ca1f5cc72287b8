"""Lays out the hosts of a group in an action: how many stand where, each with its sign, and who said something else."""

from collections import Counter

from msgspec.structs import replace

from tui.runbook.model import Step, seconds
from tui.session.groups.batches import (
    Batch,
    batch_begun,
    batch_now,
    soaks_until,
    undecided_hosts,
    undecided_triggers,
)
from tui.session.groups.cells import ORDER, Cell, CellStatus, cells_of, standing_of, warning_of
from tui.session.groups.measured_on import spreads
from tui.session.groups.printed_alike import said_alike
from tui.session.state import Attempt
from tui.session.tries import lasted
from tui.session.views.usual import on_host
from tui.text.amounts import clock_words, counted, differs
from tui.text.block import Piece
from tui.widgets.glyphs import STYLES
from tui.widgets.head.mode import cut
from tui.widgets.moment import Moment
from tui.widgets.step.host_grid import SIGNS, grid_of, grid_rows, place_shown
from tui.widgets.step.laid_out import LaidRow, rows

COUNTED = (
    *(CellStatus.GOOD, CellStatus.RUNNING, CellStatus.FAILED, CellStatus.UNREACHABLE, CellStatus.UNKNOWN),
    *(CellStatus.CANCELLED, CellStatus.PART, CellStatus.TO_DO),
)
"""In which order hosts are counted."""
WORDED = (CellStatus.UNREACHABLE, CellStatus.CANCELLED, CellStatus.PART)
"""What is counted with its word: its sign is another's as well, or seldom seen."""
NAMED = 3
"""Hosts that are named in one line."""


def cell_rows(moment: Moment, step: Step, place: int, width: int) -> list[LaidRow]:
    """The rows of an action on a group that was begun."""
    cells = tuple(_as_seen(moment, step, cell) for cell in cells_of(moment.state, step, place))
    if not any(cell.attempt for cell in cells):
        return []
    marked = moment.marked if step.each or place == place_shown(moment.state, step) else ""
    measured = _measured(moment, step, width)
    return [
        *_counts(moment, step, place, cells, width),
        *next_rows(moment, step, width),
        *_bad(moment, step, cells, width),  # before the grid, of which a low terminal shows the first rows
        *_warned(moment, step, place, width),
        *measured,
        *grid_rows(grid_of(cells, width), width, marked),
        *(_said(moment, cells, width) if not measured else ()),  # how long each answer took is never the same
    ]


def _as_seen(moment: Moment, step: Step, cell: Cell) -> Cell:
    """A host as it is shown: between two of its actions it runs, while the step is at work."""
    between = cell.status is CellStatus.PART and any(one.step == step.id for one in moment.state.all_running())
    return replace(cell, status=CellStatus.RUNNING) if between else cell


def next_rows(moment: Moment, step: Step, width: int) -> list[LaidRow]:
    """What comes after a batch that is done."""
    batch = batch_now(moment.state, step)
    words = next_words(moment, step, batch) if batch is not None else ""
    return rows([("  ", ""), (words, STYLES["turn"])], width, 2) if words else []


def next_words(moment: Moment, step: Step, batch: Batch) -> str:
    """What comes before the next batch: a decision, a soak, its start; empty where it has begun."""
    stopped = standing_of(moment.state, step, 0).stopped
    if batch.begun or batch.number == 1 or stopped:
        return ""
    if hosts := undecided_hosts(moment.state, step):
        more = f" and {counted(len(hosts) - NAMED, 'more host')}" if len(hosts) > NAMED else ""
        return f"decide about {', '.join(hosts[:NAMED])}{more} first, then {batch.words}"
    if undecided_triggers(moment.state, step):
        return f"a trigger fired: {batch.words} only when you say so"
    until = soaks_until(moment.state, step, batch)
    if until is None or not (moment.busy or moment.replayed or moment.read_only):
        return f"next: {batch.words}"
    whole = seconds(step.soak)
    gone = min(whole, max(0.0, whole - (until - moment.now).total_seconds()))
    return f"soak {clock_words(gone)} of {clock_words(whole)}, then {batch.words}"


def _counts(moment: Moment, step: Step, place: int, cells: tuple[Cell, ...], width: int) -> list[LaidRow]:
    """How many stand where, when it stops, and which host takes longest."""
    standing = standing_of(moment.state, step, place)
    counts = Counter(cell.status for cell in cells)
    batch = batch_begun(moment.state, step) if step.batches else None
    pieces: list[Piece] = [("  ", "")]
    if batch is not None:
        pieces += [(f"batch {batch.number}/{batch.total}", "bold"), (" ", "")]
    for status in COUNTED:
        if count := counts[status]:
            sign, style = SIGNS[status]
            words = f" {status.value}" if status in WORDED else ""
            pieces += [(f"{sign}{count}{words}", STYLES[style]), (" ", "")]
    stopped = ": STOPPED" if standing.stopped else ""
    pieces.append((f" stops at {standing.stop_after}{stopped}", STYLES["bad"] if stopped else "$faint"))
    length, host = max(((_took(moment, step, cell), cell.host) for cell in cells if cell.attempt), default=(0.0, ""))
    if length >= 1:
        usual = moment.usual.get(on_host(step.id, host))
        beside = f" (usually {clock_words(usual.median)})" if usual is not None else ""
        longer = usual is not None and usual.longer(length)
        words = f"  slowest {host} {clock_words(length)}{beside}"
        if counts[CellStatus.RUNNING] or sum(len(text) for text, _ in pieces) + len(words) <= width:
            pieces.append((words, STYLES["turn"] if longer else "$faint"))
    return rows(pieces, width, 2)


def _took(moment: Moment, step: Step, cell: Cell) -> float:
    """How long a host took until now: its last attempt; where all of a step is done on it, the last of each action."""
    known = moment.state.step(step.id).cells
    numbers = [at[cell.host] for at in known.values() if cell.host in at] if step.each else [cell.attempt]
    return sum(lasted(moment.state.attempts[number], moment.now) for number in numbers)


def _bad(moment: Moment, step: Step, cells: tuple[Cell, ...], width: int) -> list[LaidRow]:
    """The first hosts that a person has to look at, and what each said."""
    found: list[LaidRow] = []
    wanted = [cell for cell in cells if cell.status in ORDER[:3]]
    for cell in sorted(wanted, key=lambda cell: ORDER.index(cell.status))[:NAMED]:
        sign, style = SIGNS[cell.status]
        attempt = moment.state.attempts[cell.attempt]
        said = attempt.said or next((check.came for check in attempt.checks if not check.ok), "")
        said = said or (attempt.outcome.detail if attempt.outcome is not None else "")
        title = step.actions[cell.place].title if step.each else ""
        stands = f" {stands_words(attempt, cell, title)}"
        words: list[Piece] = [(f"  {sign} ", STYLES[style]), (cell.host, "bold"), (stands, "")]
        used = sum(len(text) for text, _ in words)
        told = cut(f": {said}", max(0, width - used)).rstrip() if said else ""
        found += rows([*words, (told, "")], width, 4)
    return found


def _warned(moment: Moment, step: Step, place: int, width: int) -> list[LaidRow]:
    """What checks warned of on hosts that are good."""
    found: list[LaidRow] = []
    for check in warning_of(moment.state, step, place):
        found += rows([("  ⚠ ", STYLES["turn"]), (f"{check.expected}: {check.came}", "")], width, 4)
    return found


def _measured(moment: Moment, step: Step, width: int) -> list[LaidRow]:
    """Between which the figures of a step's probes lie, and which hosts are at the ends."""
    told = spreads(moment.state, step)
    return [row for spread in told for row in rows([(f"  {spread.hosts_words}", "$faint")], width, 2)]


def stands_words(attempt: Attempt, cell: Cell, title: str) -> str:
    """Where a host stands, in which action, and who decided that, where nobody knew."""
    decided = f", decided by {attempt.resolved_by}" if attempt.resolved_by else ""
    return f"{cell.status.value}{f' in {title}' if title else ''}{decided}"


def _said(moment: Moment, cells: tuple[Cell, ...], width: int) -> list[LaidRow]:
    """How many hosts printed the same, and how many something else."""
    alike = said_alike(moment.state, cells)
    total = sum(map(len, alike))
    if total < 2:
        return []
    if len(alike) == 1:
        return rows([(f"  all {counted(total, 'host')} printed the same", "$faint")], width, 2)
    most = len(alike[-1])
    if most == 1:
        return rows([(f"  each of {counted(total, 'host')} printed something else", "$faint")], width, 2)
    return rows([(f"  {most} printed the same · {differs(total - most)}", "$faint")], width, 2)
