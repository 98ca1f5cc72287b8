"""Decides how the panes of a session share the screen: the steps, the step at hand, its output, the monitors."""

from msgspec import Struct

WIDE = 160
"""From this width on there are three columns, and graphs under the step."""
PLAN_AT = ((60, 26), (80, 33), (120, 43), (WIDE, 48))
"""The cells of the list of steps at some widths of the screen; between these it grows evenly."""
TROUBLE_AT = ((60, 26), (80, 40), (120, 52), (WIDE, 58))
"""The same of a known trouble's: its titles are sentences, and it has no times."""
Widths = tuple[tuple[int, int], ...]
STEP = 76
"""The most cells of the step's card where it has a column of its own: longer lines are not read with ease."""
TO_DO, ENDED, TALL = 5, 7, 30
"""The rows of the output while nothing was printed, and once something was; of a screen of `TALL` rows or more half of
it while a command runs, else what the lines take, up to that half."""
LIVE = 1 << 30
"""What is wanted for output that grows."""
FRAME = 2
CARD = 8
"""The fewest rows of the step's card."""
GRAPH, GRAPHS = 7, 4
"""The fewest rows of a monitor's graph, and the most graphs."""


class Panes(Struct, frozen=True):
    """How the panes lie: the columns' cells but for the last's, the card's rows (0: all), how many graphs there are."""

    columns: tuple[int, ...]
    card: int = 0
    graphs: int = 0


def arranged(width: int, height: int, wanted: int, output: int, graphs: int, plan_at: Widths = PLAN_AT) -> Panes:
    """The panes on a screen that has `width` cells and `height` rows for them.

    Args:
        wanted: the rows that the step's card would take, its frame with it.
        output: the rows that the output would take without its frame; 0 where nothing has run or nothing was printed,
            `LIVE` while it grows.
        graphs: how many monitors have a graph.
        plan_at: how wide the list of steps is at some widths.
    """
    plan = plan_cells(width, plan_at)
    if width >= WIDE:
        shown = min(graphs, GRAPHS, max(0, height - max(wanted, CARD)) // GRAPH)
        return Panes((plan, step_cells(width, plan_at)), max(wanted, CARD) if shown else 0, shown)
    most = ENDED if height < TALL else height // 2
    least = min(most, max(ENDED, output + FRAME)) if output else TO_DO
    return Panes((plan,), max(CARD, min(wanted, height - least)))


def plan_cells(width: int, plan_at: Widths = PLAN_AT) -> int:
    """How wide the list of steps is."""
    before, cells = plan_at[0]
    for at, wide in plan_at:
        if width <= at:
            return cells + (wide - cells) * max(0, width - before) // max(1, at - before)
        before, cells = at, wide
    return cells


def step_cells(width: int, plan_at: Widths = PLAN_AT) -> int:
    """How wide the card of the step is."""
    rest = width - plan_cells(width, plan_at)
    return min(STEP, rest // 2) if width >= WIDE else rest
