"""What a session came to, how long users were cut off, and what is left to do after it: the values alone."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from tui.runbook.model import FollowUp
from tui.text.amounts import duration, roughly


class Tone(StrEnum):
    """Whether something is as it was meant to be."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


COMPLETED, ROLLED_BACK, ABANDONED = "completed", "rolled back", "abandoned"
"""What a session is finished as, in the journal."""
DEPLOYED, UNFINISHED = "deployed", "unfinished"
"""What people call a deployment that was completed, and a session that is still open."""

SIGNS = {Tone.GOOD: "✔", Tone.BAD: "✖", Tone.OPEN: "◆"}
OUTCOME_SIGNS = {DEPLOYED: "✔", COMPLETED: "✔", ROLLED_BACK: "↺", ABANDONED: "–", UNFINISHED: "◆"}
"""One sign for each thing that a session can come to, so that none is mistaken for another."""


class Called(Struct, frozen=True):
    """What something is called, and its tone."""

    words: str
    tone: Tone

    @property
    def sign(self) -> str:
        """The sign of the outcome, or else of its tone."""
        return OUTCOME_SIGNS.get(self.words, SIGNS[self.tone])

    def __str__(self) -> str:
        return f"{self.sign} {self.words}"


class Outage(Struct, frozen=True):
    """Users were cut off from `began` until `ended` (UTC), None while nothing shows that it is over.

    It is not `sure` where the command that was to cut them off did not succeed: they may have been served longer.
    """

    began: datetime
    ended: datetime | None = None
    sure: bool = True


class Downtime(Struct, frozen=True, kw_only=True):
    """All outages of a session in `seconds` of `planned` ones (0: not said); None of it is told where not `known`.

    `since` is when the one began that is not over.
    """

    known: bool
    seconds: float = 0.0
    sure: bool = True
    since: datetime | None = None
    planned: float = 0.0
    outages: tuple[Outage, ...] = ()

    @property
    def over(self) -> bool:
        """Whether it is longer than was planned."""
        return self.seconds > self.planned > 0

    @property
    def words(self) -> str:
        """The whole in words: none, 1:52, up to 1:52, 1:52 and not over, not known."""
        return self.words_of(duration(self.seconds))

    def words_of(self, length: str) -> str:
        """The same, with its length written otherwise."""
        if not self.known:
            return "not known"
        if not self.outages:
            return "none"
        length = length if self.sure else f"up to {length}"
        return f"{length} and not over" if self.since else length


class Done(Struct, frozen=True):
    """Who ticked a follow-up off, when, and what they wrote."""

    at: datetime
    operator: str
    note: str = ""


class Due(Struct, frozen=True, kw_only=True):
    """A follow-up of a session of the `runbook` of this title: when it is due (UTC), and who did it.

    `of` is the runbook's id, `environment` what the session's is called.
    """

    session: str
    runbook: str = ""
    of: str = ""
    environment: str = ""
    followup: FollowUp
    due: datetime
    done: Done | None = None

    def overdue(self, now: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.done is None and now > self.due

    def words(self, now: datetime) -> str:
        """Where it stands: overdue by 2 h 10 m, due in 40 m, done by ana."""
        if self.done is not None:
            note = f": {self.done.note}" if self.done.note else ""
            return f"done {self.done.at:%Y-%m-%d %H:%M} UTC by {self.done.operator}{note}"
        if now > self.due:
            return f"overdue by {roughly(now - self.due)}"
        if self.due - now < timedelta(seconds=1):
            return "due now"
        return f"due in {roughly(self.due - now)}"
