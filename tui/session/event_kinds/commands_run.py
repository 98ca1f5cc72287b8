"""What happens to a command: it is announced, it ends, it is judged."""

from tui.session.event_base import Check, Event
from tui.session.outcome import Outcome


class AttemptStarted(Event, frozen=True, kw_only=True):
    """A command is about to start. `attempt` counts through the session; `action` is the action's place in its step.

    A `durable` one continues to run when the connection or this program ends. With `again` the check of a step that is
    settled already is made again; the step stays what it was. `stdin` is what the command gets on standard input.
    A command outside the runbook has the action -2: `operator` ran it beside the step, and `confirmed` is what they
    pressed or typed to allow it.
    """

    attempt: int
    step: str
    action: int
    host: str
    command: str
    mutates: bool = False
    durable: bool = False
    again: bool = False
    stdin: str = ""
    operator: str = ""
    confirmed: str = ""


class AttemptRejoined(Event, frozen=True, kw_only=True):
    """A durable command that kept running by itself is followed again, from these bytes of its two outputs on."""

    attempt: int
    operator: str
    out: int = 0
    err: int = 0


class JobsCleared(Event, frozen=True, kw_only=True):
    """What durable commands left on a host was removed; `left` still run there, `problem` says why it was not."""

    host: str
    left: int = 0
    problem: str = ""


class AttemptFinished(Event, frozen=True, kw_only=True):
    """A command ended, with the size and SHA-256 of its output file; `lost` says why not all of it could be kept.

    `timing` is the SHA-256 of the file that says when the output came, and from which stream. `said` is the first line
    of the output that tells of an error, of a command that did not end by itself. `retrying` where it is waited for
    something, the host did not answer or not in time, and the command runs again.
    """

    attempt: int
    outcome: Outcome
    seconds: float
    size: int = 0
    sha256: str = ""
    lost: str = ""
    timing: str = ""
    said: str = ""
    retrying: bool = False


class AttemptChecked(Event, frozen=True, kw_only=True):
    """The expectations were compared with an attempt; `retrying` when they did not hold and the action runs again.

    Where they did not hold, `said` is the first line of the output that tells of an error.
    """

    attempt: int
    checks: tuple[Check, ...]
    retrying: bool = False
    said: str = ""


class OutcomeResolved(Event, frozen=True, kw_only=True):
    """A person decides what an unknown outcome was: `succeeded` or `failed`, and how they know."""

    attempt: int
    operator: str
    succeeded: bool
    reason: str


AttemptEvent = AttemptStarted | AttemptRejoined | AttemptFinished | AttemptChecked | OutcomeResolved
"""What happens to a command."""
