"""What happens when a second person is asked to allow a step before it starts."""

from datetime import datetime
from enum import StrEnum

from tui.session.event_base import Event, Posted


class AnsweredBy(StrEnum):
    """How the second person's answer reached the session."""

    KEY = "key"
    """Signed, at the terminal of the session or at another machine."""
    NAME = "name"
    """A name typed at the session's terminal, where no list of signers is set up."""
    DRILL = "drill"
    """Made up by the drill."""


class WhyEnded(StrEnum):
    """Why a question was closed without the second person's answer."""

    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"
    """What would run is not what was asked about any more."""


class ApprovalRequested(Event, frozen=True, kw_only=True):
    """A second person is asked whether the commands of a step may start.

    `commands` is the SHA-256 of what would run from action `action` on, with its standard input (execution/approving);
    with `first` the whole step from its first action. `host` is where its first command runs. `count` and `head` are
    the number of journal lines before this one and the hash of the last of them. `expires` is until when the answer
    counts. `confirmed` is what the operator typed or pressed.
    """

    step: str
    action: int
    host: str
    commands: str
    operator: str
    count: int
    head: str
    expires: datetime
    first: bool = False
    confirmed: str = ""


class ApprovalGranted(Event, frozen=True, kw_only=True):
    """The second person, `operator`, allows it; `request` is the number of the question's line.

    Where they signed, `posted` is their signed message.
    """

    step: str
    request: int
    operator: str
    how: AnsweredBy
    note: str = ""
    posted: Posted | None = None


class ApprovalRefused(Event, frozen=True, kw_only=True):
    """The second person does not allow it, and why; see ApprovalGranted."""

    step: str
    request: int
    operator: str
    how: AnsweredBy
    note: str = ""
    posted: Posted | None = None


class ApprovalEnded(Event, frozen=True, kw_only=True):
    """The question is closed without an answer that counts, and nothing starts."""

    step: str
    request: int
    why: WhyEnded
    operator: str = ""


class StartedAlone(Event, frozen=True, kw_only=True):
    """Nobody was reachable: the operator starts the step alone, with a reason, where the runbook allows that."""

    step: str
    request: int
    operator: str
    reason: str


ApprovalEvent = ApprovalRequested | ApprovalGranted | ApprovalRefused | ApprovalEnded | StartedAlone
"""What happens to a question that asks a second person to allow a step."""
