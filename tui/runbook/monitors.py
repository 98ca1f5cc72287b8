"""What an author writes about figures that are measured again and again, and what follows when they are bad."""

from msgspec import field

from tui.runbook.kinds import Duration, Facts, Identifier, Lines, Model, Name
from tui.runbook.results import Bound, Number
from tui.runbook.services import Probe


class Monitor(Model, frozen=True, kw_only=True):
    """A figure measured every so often by a command or a probe, exactly one of `run` and `probe`.

    `number` finds it (in the output of `run`; for a probe `name` is the field of its result) and says what is good.
    What exits otherwise than 0, or has no number in it, is not data. `share_of` is a pattern with one group around how
    many requests a share in per cent is of: a dip of a few of them does not end a trigger's time beyond its bound.
    `reads` says that a command which is not known to only read changes nothing, `errexit = false` that one of several
    lines continues after a line that fails.
    """

    title: str
    run: str | None = None
    probe: Probe | None = None
    on: Name = ""
    secrets: tuple[Name, ...] = ()
    when: Facts = {}
    every: Duration = "30s"
    timeout: Duration = "20s"
    number: Number = field(default_factory=Number)
    share_of: str = ""
    reads: bool = False
    errexit: bool = True
    source: Lines = ""


class Trigger(Model, frozen=True, kw_only=True):
    """Proposes the rollback when a monitor is `above` (or `below`) a bound for as long as `lasting`.

    `reason` names the runbook's reason for rolling back that this is. `live` names the value that a deployment captures
    when its release is live: until then, and while its section changes something again, no sample counts. A bound may
    be a value, `{{ name }}`; one that is not known, or turns out not to be a number, is never passed.
    """

    monitor: Name
    above: Bound = None
    below: Bound = None
    lasting: Duration = field(name="for")
    reason: Identifier
    live: Name = ""
    title: str = ""
    source: Lines = ""


class Watched(Model, frozen=True, kw_only=True):
    """Judges the last `samples` of a monitor since step `since` was settled (or since the session began).

    It waits for those that are still to come; the action's expected numbers are compared with each of them or with
    their average, as `of` says.
    """

    monitor: Name
    samples: str = "30"
    since: Identifier = ""
