"""Decides what the screens say of a monitor: what it is seen as, what it measured at a time, and its graph."""

from datetime import datetime, timedelta

from tui.runbook.described.expectations import bounds
from tui.runbook.facts import may_hold
from tui.runbook.model import Monitor, Runbook, seconds
from tui.session.samples import GAP, Limit, Monitored, Sample, limits, limits_of
from tui.session.state import SessionState
from tui.text.amounts import figure
from tui.widgets.graph.text import Graphed
from tui.widgets.seen import Seen

SPAN, LONGEST = 600.0, 3600.0
"""Seconds that are shown of a monitor: as a rule, and where a trigger takes long."""
NO_LIMIT, FAILED = "no limit", "failed"
GOOD, MEASURED = Seen("✔", "good", "good"), Seen("✔", "measured", "good")
WAITING = Seen("…", "waiting", "turn")
NOT_YET, NO_VALUE = Seen("⠋", "no sample yet", "quiet"), Seen("?", "no value", "turn")
OVER, UNDER = Seen("▲", "over its limit", "bad"), Seen("▲", "under its limit", "bad")


def monitors_of(state: SessionState) -> dict[str, Monitor]:
    """The monitors that apply to a session, by name; those with a trigger first."""
    watched = {trigger.monitor for trigger in state.runbook.triggers.values()}
    applying = [name for name, one in state.runbook.monitors.items() if may_hold(one.when, state.facts)]
    return {name: state.runbook.monitors[name] for name in sorted(applying, key=lambda name: name not in watched)}


def seen_monitor(monitor: Monitor, monitored: Monitored) -> Seen:
    """How a monitor stands now; while it waits its last sample says nothing."""
    if monitored.waiting is not None:
        return WAITING
    if not monitored.samples:
        return NOT_YET
    return NO_VALUE if monitored.value is None else seen_value(monitor, monitored.value)


def seen_value(monitor: Monitor, value: float) -> Seen:
    """How a figure of a monitor stands."""
    own = list(limits_of(monitor.number))
    passed = [one for one in own if one.passed(value)]
    if not passed:
        return GOOD if own else MEASURED
    return OVER if passed[0].high else UNDER


def graphed(state: SessionState, name: str, until: datetime | None = None) -> Graphed:
    """What a graph of a monitor shows, `until` a time where that is given; from when on it waits nothing is known."""
    monitor, monitored = state.runbook.monitors[name], state.monitors.get(name, Monitored())
    values = [(sample.at.timestamp(), sample.value) for sample in monitored.samples]
    if monitored.waiting is not None:
        values.append((monitored.waiting.since.timestamp(), None))
    if until is not None:
        values = [(when, value) for when, value in values if when <= until.timestamp()]
    return Graphed(
        values=tuple(values),
        limits=limits(state.runbook, name),
        unit=monitor.number.unit,
        every=seconds(monitor.every),
    )


def span_of(runbook: Runbook) -> float:
    """How many seconds are shown: twice as long as the longest trigger takes, at least."""
    longest = max((seconds(trigger.lasting) for trigger in runbook.triggers.values()), default=0.0)
    return min(LONGEST, max(SPAN, 2 * longest))


def sample_at(monitor: Monitor, monitored: Monitored, at: datetime) -> Sample | None:
    """The sample that stood at a time; None where nothing was measured around it."""
    found = next((sample for sample in reversed(monitored.samples) if sample.at <= at), None)
    known = found is not None and at - found.at <= timedelta(seconds=GAP * seconds(monitor.every))
    return found if known else None


def limit_words(monitor: Monitor, value: float | None = None) -> str:
    """The limit in words; where a figure is beyond it, on which side of it that is."""
    number = monitor.number
    own = list(limits_of(number))
    passed = next((one for one in own if value is not None and one.passed(value)), None)
    if passed is not None:
        words = beyond_words(passed, number.unit)
        return (
            words if value != passed.value else f"not {'below' if passed.high else 'above'} {words.partition(' ')[2]}"
        )
    if not own:
        return NO_LIMIT
    if len(own) > 1:
        return bounds(number)
    side = ("at most" if own[0].high else "at least") if own[0].included else ("below" if own[0].high else "above")
    return f"{side} {figure(own[0].value, number.unit)}"


def beyond_words(limit: Limit, unit: str) -> str:
    """On which side of a limit a figure is that passed it: above 10 %."""
    return f"{'above' if limit.high else 'below'} {figure(limit.value, unit)}"


def value_words(monitor: Monitor, monitored: Monitored) -> str:
    """What was measured last, or that there is no value."""
    if monitored.waiting is not None or monitored.value is None:
        return NO_VALUE.word if monitored.samples else "–"
    return sample_words(monitor, monitored.samples[-1])


def sample_words(monitor: Monitor, sample: Sample) -> str:
    """What a sample measured; a request that failed has no figure, it counts for as long as an answer is waited for."""
    if sample.value is None:
        return NO_VALUE.word
    return FAILED if sample.failed else figure(sample.value, monitor.number.unit)


def failed_words(monitor: Monitor, monitored: Monitored) -> str:
    """That the last sample failed, what it counts for, and why it did; empty where it did not or nothing counts."""
    last = monitored.samples[-1] if monitored.samples else None
    if monitored.waiting is not None or last is None or not last.failed or last.value is None:
        return ""
    return f"{FAILED}, counts as {figure(last.value, monitor.number.unit)}: {last.detail}".removesuffix(": ")


def place_words(sample: Sample | None) -> str:
    """On which host of a group a sample's figure was measured, and what is wrong with the others; else empty."""
    return sample.detail if sample is not None and sample.value is not None else ""


def before_words(monitor: Monitor, monitored: Monitored) -> str:
    """What was usual before the first change."""
    return figure(monitored.baseline, monitor.number.unit) if monitored.baseline is not None else ""
