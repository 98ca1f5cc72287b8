"""Decides what the step's card says of its pace: the time beside what is allowed and usual, and silence."""

from rich.cells import cell_len

from tui.runbook.model import Step
from tui.session.state import StepStatus
from tui.session.tries import stands
from tui.text.amounts import clock_words, duration
from tui.text.block import Piece
from tui.widgets.glyphs import OVER, STYLES
from tui.widgets.looks.bars import bar
from tui.widgets.moment import Moment, spent

SILENT_AFTER = 30.0
"""A running command that has printed nothing for this many seconds is pointed out; nothing is done about it."""
LEAST, MOST = 10, 40
"""The fewest and the most cells of the bar."""
LABEL = "$soft"


def pace_lines(moment: Moment, step: Step, width: int) -> list[list[Piece]]:
    """The bar of a step that was begun, and below it what is out of the ordinary; nothing while nothing was run."""
    step_state = moment.state.step(step.id)
    if not step_state.attempts:
        return []
    time = spent(moment.state, step, moment.now)
    running = stands(moment.state, step_state) is StepStatus.RUNNING
    if time.took < 1 and not running and not time.over:
        return []
    usual = moment.usual.get(step.id)
    longer = usual is not None and usual.longer(time.took) and not time.over
    style = STYLES["bad"] if time.over else STYLES["turn"] if longer else STYLES["live" if running else "good"]
    lines = [_bar(time.took, time.budget, usual.median if usual else 0.0, style, width)]
    told: list[Piece] = []
    if time.over:
        told.append((f"{OVER} {_words(time.took - time.budget)} over its budget", STYLES["bad"]))
    elif longer and usual is not None:
        told.append((f"{OVER} longer than the usual {_words(usual.median)}", STYLES["turn"]))
    quiet = silence(moment) if running else 0.0
    if quiet >= SILENT_AFTER:
        told.append((f"{' · ' if told else ''}silent for {duration(round(quiet))}", STYLES["turn"]))
    return [*lines, told] if told else lines


def silence(moment: Moment) -> float:
    """For how many seconds the running command has printed nothing; 0 where none runs."""
    running = moment.state.running()
    if running is None:
        return 0.0
    return max(0.0, (moment.now - (moment.printed or running.started)).total_seconds())


def _bar(took: float, budget: float, usual: float, style: str, width: int) -> list[Piece]:
    head = f"{clock_words(took)} "
    tail = f" {clock_words(budget)}" if budget else ""
    told = f"  usually {_words(usual)}" if usual else ""
    room = min(MOST, width - cell_len(head) - cell_len(tail) - cell_len(told))
    if room < LEAST:
        told = ""
        room = min(MOST, width - cell_len(head) - cell_len(tail))
    drawn = bar(room, took / budget, style, usual / budget if usual else None) if budget and room >= LEAST else []
    of = "of" if budget and not drawn else ""
    return [(head, style), *drawn, (of + tail, LABEL), (told, LABEL)]


def _words(seconds: float) -> str:
    """A length of time beside a clock: 0:42, below a second 0.4 s."""
    return clock_words(seconds) if seconds >= 1 else duration(seconds)
