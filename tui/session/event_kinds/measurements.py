"""The events of what is measured beside a session: probes, monitors, triggers, and a drill's faults."""

from collections.abc import Mapping

from tui.session.event_base import Event


class ProbeMeasured(Event, frozen=True, kw_only=True):
    """The figures that a probe found, by field; `about` are its parameters in words."""

    attempt: int
    service: str
    check: str
    about: str = ""
    figures: Mapping[str, float] = {}


class MonitorSampled(Event, frozen=True, kw_only=True):
    """A monitor measured; without a `value` it could not, and `detail` says why; of a group, whose value it is.

    `clock` is monotonic, in seconds of the process that measured; in a drill of the drill's time. `took`: how many
    seconds the measurement took. `failed`: what was asked did not answer as it should; where it did not answer at all,
    `value` is how long it is waited for. `of`: how many requests a share is of, where that is known.
    """

    monitor: str
    value: float | None = None
    detail: str = ""
    clock: float = 0.0
    took: float = 0.0
    failed: bool = False
    of: float = 0.0


class MonitorsWaiting(Event, frozen=True, kw_only=True):
    """Monitors that are due are not measured: no session of the connection to `host` is free for them.

    What a person runs comes first. It is not a sample, nor a failed one; the next sample of a monitor ends its waiting.
    """

    host: str
    monitors: tuple[str, ...]


class BaselineTaken(Event, frozen=True, kw_only=True):
    """The operator says that what the monitors measured until now is what is usual; see `usual_so_far`."""

    operator: str


class TriggerArmed(Event, frozen=True, kw_only=True):
    """A monitor went beyond a trigger's bound: the time for which it may stay there begins.

    Of a group `detail` says which host's value it is, here and in the two below.
    """

    trigger: str
    monitor: str
    value: float
    detail: str = ""


class TriggerTripped(Event, frozen=True, kw_only=True):
    """A monitor stayed beyond the bound for the trigger's whole time: rolling back is proposed, and only proposed."""

    trigger: str
    monitor: str
    value: float
    dwell: float
    detail: str = ""


class TriggerCleared(Event, frozen=True, kw_only=True):
    """A monitor is within the bound again."""

    trigger: str
    monitor: str
    value: float
    detail: str = ""


class FaultStruck(Event, frozen=True, kw_only=True):
    """In a drill something went wrong: by itself (`how` is timed), by chance (random), or because `by` asked for it."""

    fault: str
    title: str
    how: str
    by: str = ""
