"""One session as lists show it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from tui.runbook.model import FlowKind
from tui.session.event_base import Place
from tui.session.listed.values import Called, Downtime, Due, Tone

UNREADABLE = Called("cannot be read", Tone.BAD)


class ListedSession(Struct, frozen=True, kw_only=True):
    """One session as most lists show it; times in UTC, lengths in seconds; `problem` says why it cannot be read.

    `runbook` is the id of its runbook, `recorded` the title that its journal has, `environment` what the one it was in
    is called, `apart` the same where it is not the runbook's own. `flow_id` and `method_id` are those of the runbook.
    `scenario` is what a drill rehearsed, `what` what was done, `reason` why it came to that. `started` and `closed` are
    when its first and its last event said so. `took` grows until it has `ended`, and is then what it took. `at` is the
    step it is at, `running` where a command of it was running when its last event was written; `counts` are the steps
    by their status, `places` those of the hosts that it reached. `open` is one that can still be gone back from.
    `owing` is how many of its follow-ups nobody has done yet.
    """

    id: str
    path: Path
    problem: str = ""
    called: Called = UNREADABLE
    finished: bool = True
    runbook: str = ""
    title: str = ""
    recorded: str = ""
    environment: str = ""
    apart: str = ""
    scenario: str = ""
    flow: str = ""
    flow_id: str = ""
    kind: FlowKind | None = None
    what: str = ""
    method: str = ""
    method_id: str = ""
    operator: str = ""
    version: str = ""
    people: str = ""
    began: datetime
    started: datetime | None = None
    closed: datetime | None = None
    open: bool = False
    last: datetime | None = None
    ended: datetime | None = None
    took: float = 0.0
    budget: float = 0.0
    downtime: Downtime = Downtime(known=False)
    reason: str = ""
    settled: int = 0
    steps: int = 0
    counts: Mapping[str, int] = {}
    at: str = ""
    running: str = ""
    places: Mapping[str, Place] = {}
    owing: int = 0

    @property
    def readable(self) -> bool:
        """Whether it could be read."""
        return not self.problem

    @property
    def sign(self) -> str:
        """The sign of what it came to."""
        return self.called.sign if self.readable else "?"

    @property
    def deploys(self) -> bool:
        """Whether it is a deployment, or a change that goes as one does."""
        return self.kind is not None and self.kind.offered_as is FlowKind.DEPLOY

    @property
    def completed(self) -> bool:
        """Whether it was a deployment and went to its end as it was begun; what is usual is known by such."""
        return self.deploys and self.called.tone is Tone.GOOD and self.took > 0


class KnownSession(ListedSession, frozen=True, kw_only=True):
    """One session with its follow-ups, which are most of what is kept of it."""

    followups: tuple[Due, ...] = ()

    @property
    def owes(self) -> tuple[Due, ...]:
        """The follow-ups that nobody has done yet."""
        return tuple(due for due in self.followups if due.done is None)
