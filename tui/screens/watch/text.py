"""Decides what the watch screen says: each monitor, its threshold, what was usual, what its trigger measures."""

from rich.cells import cell_len, set_cell_size

from tui.runbook.described.expectations import bounds
from tui.runbook.facts import may_hold
from tui.runbook.model import Monitor, Trigger, seconds
from tui.session.samples import Monitored, TriggerState, good
from tui.session.state import SessionState
from tui.text.amounts import duration, figure
from tui.text.block import Piece
from tui.text.sanitise import sanitise
from tui.widgets.glyphs import OVER, STYLES
from tui.widgets.sparkline_text import sparkline
from tui.widgets.step.text import KEY, LABEL

STATE, NAME, NOW = 11, 22, 12
SPARKS = range(6, 41)
"""The fewest and the most samples that are drawn: what the other columns leave."""
FRAME = 4
"""Cells beside the lines: what surrounds them, and the scroll bar."""


def watch_lines(state: SessionState, width: int, back: str = "") -> list[list[Piece]]:
    """Every monitor that applies, a line each, with its triggers below; `back` is the key that rolls back, if any."""
    monitors = {name: one for name, one in state.runbook.monitors.items() if may_hold(one.when, state.facts)}
    limits = [_limits(one, state.monitors.get(name, Monitored())) for name, one in monitors.items()]
    spare = width - FRAME - STATE - NAME - NOW - 2 - max(map(cell_len, limits), default=0)
    spark = min(max(spare, SPARKS[0]), SPARKS[-1])
    head = _cell("", STATE) + _cell("MONITOR", NAME) + _cell("LAST SAMPLES", spark + 2) + _cell("NOW", NOW)
    lines: list[list[Piece]] = [[(head + "BEFORE · LIMIT", LABEL)]]
    for name, monitor in monitors.items():
        monitored = state.monitors.get(name, Monitored())
        lines.append(_row(monitor, monitored, spark))
        if monitored.waiting is not None:
            words = f"waiting for a free session on {monitored.waiting.host} since {monitored.waiting.since:%H:%M:%S}"
            lines.append([(" " * STATE + sanitise(words), STYLES["turn"])])
        elif monitored.lost_since is not None:
            words = f"no data since {monitored.lost_since:%H:%M:%S}: {monitored.detail}"
            lines.append([(" " * STATE + words, STYLES["turn"])])
        for trigger_name, trigger in state.runbook.triggers.items():
            if trigger.monitor == name:
                lines.append(_trigger(state, trigger_name, trigger, monitor, back))
    if len(lines) == 1:
        lines.append([("this runbook has no monitors", "")])
    return lines


def _row(monitor: Monitor, monitored: Monitored, spark: int) -> list[Piece]:
    number, value = monitor.number, monitored.value
    if monitored.waiting is not None:  # the last sample is an old one: it says nothing of now
        state, words = ("… waiting", STYLES["turn"]), "no data"
    elif not monitored.samples:
        state, words = ("○ not yet", STYLES["quiet"]), "–"
    elif value is None:
        state, words = ("? no data", STYLES["bad"]), "no data"
    elif good(number, value):
        state, words = ("✔ good", STYLES["good"]), figure(value, number.unit)
    else:
        state, words = ("✖ bad", STYLES["bad"]), figure(value, number.unit)
    top = next((bound for bound in (number.below, number.at_most) if bound is not None), None)
    drawn = sparkline([sample.value for sample in monitored.samples], spark, top)
    return [
        (_cell(state[0], STATE), state[1]),
        (_cell(sanitise(monitor.title), NAME), "bold"),
        (drawn + "  ", state[1]),
        (_cell(words, NOW), state[1] if state[0][0] in "✖?…" else ""),
        (_limits(monitor, monitored), LABEL),
    ]


def _limits(monitor: Monitor, monitored: Monitored) -> str:
    """What was usual before the first change, and the limit."""
    number = monitor.number
    usual = figure(monitored.baseline, number.unit) if monitored.baseline is not None else "–"
    bounded = any(one is not None for one in (number.below, number.above, number.at_most, number.at_least))
    return f"{usual} · {bounds(number) if bounded else 'no limit'}"


def _trigger(state: SessionState, name: str, trigger: Trigger, monitor: Monitor, back: str) -> list[Piece]:
    measured = state.triggers.get(name, TriggerState())
    unit = monitor.number.unit
    if trigger.above is not None:
        bound = f"above {figure(trigger.above, unit)}"
    else:
        bound = f"below {figure(trigger.below or 0.0, unit)}"
    lasting = duration(seconds(trigger.lasting))
    indent = " " * STATE
    if name in state.tripped:
        words = f"{OVER} {bound} for {duration(measured.beyond)}"
        pieces: list[Piece] = [(indent, ""), (words, STYLES["bad"])]
        if back:
            pieces += [("  ", ""), (f" {back} ", KEY), (" rolls back", "bold")]
        return pieces
    if measured.armed:
        waiting = state.monitors.get(trigger.monitor, Monitored()).waiting is not None
        held = "" if measured.last is not None and not waiting else ", held: no data"
        return [(f"{indent}{OVER} {bound}: {duration(measured.beyond)} of {lasting}{held}", STYLES["turn"])]
    return [(f"{indent}  proposes the rollback when {bound} for {lasting}", LABEL)]


def _cell(text: str, width: int) -> str:
    shortened = set_cell_size(text, width - 2) + "… " if len(text) > width - 1 else text
    return set_cell_size(shortened, width)
