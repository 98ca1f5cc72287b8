"""Decides what the watch screen says: a card of a monitor, and for how long its triggers count."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from rich.cells import cell_len

from tui.once import once
from tui.runbook.model import Monitor, Trigger, seconds
from tui.session.folding.triggers import counting
from tui.session.samples import Monitored, Sample, TriggerState, bound_of
from tui.session.state import SessionState
from tui.text.amounts import clock_words
from tui.text.block import Piece, shown
from tui.widgets.glyphs import OVER, SPINNER, STYLES
from tui.widgets.graph.monitored import (
    NO_VALUE,
    NOT_YET,
    WAITING,
    before_words,
    beyond_words,
    failed_words,
    limit_words,
    monitors_of,
    place_words,
    sample_at,
    sample_words,
    seen_monitor,
    seen_value,
    value_words,
)
from tui.widgets.head.mode import cut
from tui.widgets.looks.bars import bar

SOFT, FAINT = "$soft", "$faint"
AHEAD = 0.97
"""The share of a graph that is after a time that was chosen, where that was longer ago than a graph shows."""
BAR = 8
"""The fewest cells of the bar of a trigger's time."""
COUNTED = 5
"""Seconds by which it is counted down to the first sample: each step paints every card."""


class Sight(Struct, frozen=True, kw_only=True):
    """How the monitors are looked at: the time, how many seconds of them, and a time that was chosen."""

    now: datetime
    span: float
    at: datetime | None = None

    @property
    def end(self) -> datetime:
        """Until when graphs are drawn: until now, but where the chosen time would not be on them."""
        if self.at is None:
            return self.now
        return min(self.now, self.at + timedelta(seconds=self.span * AHEAD))

    @property
    def until(self) -> datetime | None:
        """Until when samples are drawn, where that is not until now."""
        return self.end if self.end < self.now else None


def card_head(state: SessionState, name: str, look: Sight, width: int) -> list[list[Piece]]:
    """What was measured last, or at the chosen time; its limit; what was usual before. A reason may take more lines."""
    monitor, monitored = state.runbook.monitors[name], state.monitors.get(name, Monitored())
    if look.at is not None:
        sample = sample_at(monitor, monitored, look.at)
        return [_head(*_then(monitor, sample, look.at), monitor, monitored, width), *_place(sample, width)]
    stands = seen_monitor(monitor, monitored)
    if stands is WAITING and monitored.waiting is not None:
        return _lines(f"{stands.sign} waiting for a free session on {monitored.waiting.host}", stands.style, width)
    if stands is NOT_YET:
        return [[(first_sample(state, monitor, look.now), stands.style)]]
    if stands is NO_VALUE:
        why = f": {monitored.detail}" if monitored.detail else ""
        return _lines(f"{stands}{why}", stands.style, width)
    if failed := failed_words(monitor, monitored):
        return _lines(f"{stands.sign} {failed}", stands.style, width)
    style = stands.style if stands.class_ == "bad" else "bold $strong"
    words = limit_words(monitor, monitored.value)
    head = _head(value_words(monitor, monitored), words, style, monitor, monitored, width)
    return [head, *_place(monitored.samples[-1], width)]


def _then(monitor: Monitor, sample: Sample | None, at: datetime) -> tuple[str, str, str]:
    """What was measured at a time, when that was, and its style."""
    when = f"at {at:%H:%M:%S}"
    if sample is None or sample.value is None:
        return NO_VALUE.word, when, NO_VALUE.style
    class_ = seen_value(monitor, sample.value).class_
    return sample_words(monitor, sample), when, STYLES["bad"] if class_ == "bad" else "bold $strong"


def _place(sample: Sample | None, width: int) -> list[list[Piece]]:
    return _lines(words, SOFT, width) if (words := place_words(sample)) else []


def _head(value: str, beside: str, style: str, monitor: Monitor, monitored: Monitored, width: int) -> list[Piece]:
    """One line: the value first, which is cut last; what was usual before at the right, where there is room."""
    value, beside = cut(shown(value), min(width, cell_len(shown(value)))), f"  {shown(beside)}"
    left: list[Piece] = [(value, style)]
    used = cell_len(value)
    if used + cell_len(beside) <= width:
        left.append((beside, style if style == STYLES["bad"] else SOFT))
        used += cell_len(beside)
    before = shown(before_words(monitor, monitored))
    right = f"before {before}" if before else ""
    if right and used + cell_len(right) + 2 <= width:
        left += [(" " * (width - used - cell_len(right)), ""), (right, SOFT)]
    return left


def first_sample(state: SessionState, monitor: Monitor, now: datetime) -> str:
    """When the first sample is here at the latest, as far as that is known."""
    left = _due_in(state, monitor, now)
    steps = math.ceil(left / COUNTED)
    return (
        f"{SPINNER[steps % len(SPINNER)]} first sample within {steps * COUNTED} s" if left >= 1 else f"○ {NOT_YET.word}"
    )


def first_samples_due(state: SessionState, now: datetime) -> bool:
    """Whether it is counted down to the first sample of any monitor."""
    return any(
        _due_in(state, monitor, now) >= 1 for name, monitor in monitors_of(state).items() if unmeasured(state, name)
    )


def unmeasured(state: SessionState, name: str) -> bool:
    """Whether a monitor has no sample yet."""
    return name not in state.monitors or not state.monitors[name].samples


def _due_in(state: SessionState, monitor: Monitor, now: datetime) -> float:
    """Seconds until the first sample of a monitor is here at the latest."""
    return seconds(monitor.timeout) - (now - (state.started_at or now)).total_seconds()


def card_foot(state: SessionState, name: str) -> list[Piece]:
    """How the monitor stands, in a word; since when where nothing is measured."""
    monitor, monitored = state.runbook.monitors[name], state.monitors.get(name, Monitored())
    stands = seen_monitor(monitor, monitored)
    if stands is NOT_YET:
        return []
    if stands is WAITING and monitored.waiting is not None:
        return [(f"{stands} since {monitored.waiting.since:%H:%M:%S}", stands.style)]
    if stands is NO_VALUE and monitored.lost_since is not None:
        return [(f"{stands} since {monitored.lost_since:%H:%M:%S}", stands.style)]
    return [(str(stands), stands.style)]


def triggers_of(state: SessionState, name: str) -> dict[str, TriggerState | None]:
    """Where the triggers of a monitor stand."""
    return {one: state.triggers.get(one) for one, of in state.runbook.triggers.items() if of.monitor == name}


def trigger_lines(state: SessionState, name: str, width: int) -> list[list[Piece]]:
    """A line for each trigger of a monitor: for how long its bound is passed, or what it does."""
    unit = state.runbook.monitors[name].number.unit
    return [
        _trigger(state, trigger_name, trigger, unit, width)
        for trigger_name, trigger in state.runbook.triggers.items()
        if trigger.monitor == name
    ]


def _trigger(state: SessionState, name: str, trigger: Trigger, unit: str, width: int) -> list[Piece]:
    measured = state.triggers.get(name, TriggerState())
    limit = bound_of(trigger)
    bound = shown(beyond_words(limit, unit)) if limit is not None else "beyond a bound that is not known yet"
    wanted = seconds(trigger.lasting)
    tripped = name in state.tripped
    if tripped or measured.armed:
        waiting = state.monitors.get(trigger.monitor, Monitored()).waiting is not None
        held = "" if measured.last is not None and not waiting else ", held: no value"
        beyond = measured.beyond
        if tripped:  # it begins again in a resumed session; of a share only the last samples are looked at
            beyond = wanted if measured.counts else max(beyond, wanted)
        time = f"{clock_words(beyond)} of {clock_words(wanted)}"
        style = STYLES["bad"]
        for words in (f" {time} {bound}{held}", f" {time}{held}", f" {time}"):
            room = width - 2 - cell_len(words)
            if room >= BAR:
                share = beyond / wanted if wanted else 1.0
                return [(f"{OVER} ", style), *bar(room, share, style), (words, style)]
        return [(_longest((f"{OVER} {time} {bound}", f"{OVER} {time}"), width), style)]
    lasting = clock_words(wanted)
    if not _counts(state, trigger):
        if state.rollback is not None:
            choices = (
                f"{OVER} {bound} for {lasting} does not count during a rollback",
                "– does not count in a rollback",
            )
        else:
            counts = "counts once the release is live"
            choices = (f"{OVER} {bound} for {lasting} {counts}", f"{OVER} {counts}")
        return [(_longest(choices, width), FAINT)]
    told = f"{OVER} {bound} for {lasting}"
    return [(_longest((f"{told} proposes to roll back", f"{told}: rollback", told), width), FAINT)]


@once
def _counts(state: SessionState, trigger: Trigger) -> bool:
    return counting(state, trigger)


def _longest(choices: Iterable[str], width: int) -> str:
    """The first that fits; the last of all is cut."""
    words = ""
    for words in choices:
        if cell_len(words) <= width:
            return words
    return cut(words, width).rstrip()


def _lines(text: str, style: str, width: int) -> list[list[Piece]]:
    """Words in as many lines as they need: why there is no value must be read whole."""
    lines, line = [], ""
    for word in shown(text).split(" "):
        if line and cell_len(line) + 1 + cell_len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [[(one, style)] for one in (*lines, line)]
