"""Judges what a monitor measures: takes the samples there are, and waits for those that are still to come."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tui.errors import RunbookError
from tui.runbook.model import Action, Expect, Monitor, Watched, seconds
from tui.runbook.problem import quoted
from tui.runbook.templates.variables import fill_shown, fill_whole, is_count
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.samples import Sample
from tui.session.state import Attempt, SessionState
from tui.transports.base import CancelToken, OutputSink, Stream

LOOK = 0.2
"""Seconds between two looks for samples that came."""

PATIENCE = 3
"""How many times as long as the samples should take they are waited for, where the action has no timeout."""

LEAST = 60.0


def words_of_watch(action: Action, values: Mapping[str, str]) -> str:
    """A watch as the operator reads it: watch response_time: 30 samples since verify-http."""
    assert action.watch is not None
    since = f" since {action.watch.since}" if action.watch.since else ""
    return f"watch {action.watch.monitor}: {fill_shown(action.watch.samples, values)} samples{since}"


def samples_of(watched: Watched, values: Mapping[str, str]) -> int:
    """How many samples are judged.

    Raises:
        RunbookError: a value that it names is not known yet, or it is not a number of samples.
    """
    text = fill_whole(watched.samples, values).strip()
    if not is_count(text):
        what = f"{quoted(text)} is not a number of samples"
        raise RunbookError(what, f"{watched.samples} must be a whole number, 1 or more")
    return int(text)


def expected_of_watch(action: Action) -> Expect:
    """What is expected of the samples: each number is compared with the values, as they stand in the output."""
    numbers = tuple(
        replace(number, pattern=r"^\d\d:\d\d:\d\d (-?[\d.]+(?:e[-+]?\d+)?)") for number in action.expect.numbers
    )
    return replace(action.expect, numbers=numbers)


def since(state: SessionState, watched: Watched, now: datetime, step: str = "", action: int = 0) -> datetime:
    """From when on samples count: the step named was settled, or the session began.

    Once `action` of `step` has judged samples, others count: those since then, and since the last change to a host.
    """
    begun = (state.step(watched.since).settled if watched.since else state.started_at) or now
    judged = [
        _end(attempt, now) for attempt in state.attempts.values() if (attempt.step, attempt.action) == (step, action)
    ]
    if not judged:
        return begun
    changed = [_end(attempt, now) for attempt in state.attempts.values() if attempt.mutates and not attempt.aside]
    return max(begun, *judged, *changed)


def _end(attempt: Attempt, now: datetime) -> datetime:
    return attempt.started + timedelta(seconds=attempt.seconds) if attempt.seconds is not None else now


def undisturbed(state: SessionState, sample: Sample) -> bool:
    """Whether at most one command ran when the sample was taken: several checks at once are a load of their own."""
    running = 0
    for attempt in state.attempts.values():
        running += attempt.started <= sample.at <= _end(attempt, sample.at)
    return running <= 1


def line(sample: Sample, monitor: Monitor) -> str:
    """A sample as a line of the output; one that failed counts for as long as an answer is waited for."""
    value = sample.value
    if value is None and sample.failed and monitor.number.unit == "s":
        value = seconds(monitor.timeout)
    said = f"{value:g} {monitor.number.unit}".rstrip() if value is not None else "no data"
    why = f": {sample.detail}" if sample.detail else ""
    return f"{sample.at:%H:%M:%S} {said}{why}\n"


class SamplesWanted(Struct, frozen=True, kw_only=True):
    """The samples that an action judges: `count` of a monitor, those that were begun since `begun`.

    `within` is after how many seconds they are waited for no longer; `alone` leaves out those that were taken while
    several commands ran.
    """

    name: str
    monitor: Monitor
    count: int
    begun: datetime
    within: float
    alone: bool = False


def wanted_by(action: Action, monitor: Monitor, values: Mapping[str, str], begun: datetime) -> SamplesWanted:
    """The samples that a watch judges; raises as `samples_of`."""
    assert action.watch is not None
    count = samples_of(action.watch, values)
    within = patience(action, monitor, count)
    return SamplesWanted(name=action.watch.monitor, monitor=monitor, count=count, begun=begun, within=within)


def follow(state: Callable[[], SessionState], wanted: SamplesWanted, sink: OutputSink, cancel: CancelToken) -> Outcome:
    """Write every sample that is wanted, until enough of them have a value or have failed; blocks."""
    told = wanted.begun
    count, left = 0, wanted.within
    while True:
        current = state()
        monitored = current.monitors.get(wanted.name)
        for sample in monitored.samples if monitored else ():
            if sample.at <= told or count >= wanted.count:
                continue
            told = sample.at
            if sample.begun < wanted.begun or (wanted.alone and not undisturbed(current, sample)):
                continue
            count += sample.value is not None or sample.failed
            sink(Stream.OUT, line(sample, wanted.monitor).encode())
        if count >= wanted.count:
            return Outcome.exited(0)
        if left <= 0:
            detail = f"{count} of {wanted.count} samples in {wanted.within:g} s"
            return Outcome(OutcomeKind.TIMED_OUT, detail=detail)
        if cancel.wait(LOOK):
            return Outcome(OutcomeKind.CANCELLED)
        left -= LOOK


def patience(action: Action, monitor: Monitor, wanted: int) -> float:
    """How long samples are waited for, in seconds."""
    return seconds(action.timeout) if action.timeout else max(LEAST, PATIENCE * wanted * seconds(monitor.every))
