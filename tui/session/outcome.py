"""How an attempt ended: seven outcomes that are never mistaken for one another; and what a look found."""

from enum import StrEnum

import msgspec


class OutcomeKind(StrEnum):
    """The seven ways an attempt ends (DESIGN, "The session on disk")."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SIGNALLED = "signalled"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class LookResult(StrEnum):
    """What a rollback step's look found, in words."""

    TO_UNDO = "it is to be undone"
    NOTHING = "there is nothing to undo"
    UNTOLD = "it cannot be told"


NOT_RUN = "it did not run"
"""How the detail of an `unreachable` command begins whose host was reached and ended it before it began."""


MADE_UP = "made up, as the runbook expects it"
"""The detail of an outcome in a drill whose scenario has no answer."""
MADE_UP_MARK = f"drill: {MADE_UP}"
"""The line by which a drill's host marks such an answer."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """The end of one command.

    `succeeded` and `failed` carry the exit status the command ended with (0 is the only success here; whether a
    non-zero status is good news is decided by the step's expectations). `unreachable` means that the command was
    never started; a connection lost under a running command is `unknown`. `unprotected` says why a command that should
    have outlived its connection ran without that. `fenced` where its host refused it, since somebody else has taken the
    session over.
    """

    kind: OutcomeKind
    exit_status: int | None = None
    signal: str = ""
    detail: str = ""
    unprotected: str = ""
    fenced: bool = False

    @classmethod
    def exited(cls, status: int) -> "Outcome":
        """The command ended by itself with this exit status."""
        return cls(OutcomeKind.SUCCEEDED if status == 0 else OutcomeKind.FAILED, status)

    @property
    def never_started(self) -> bool:
        """Whether the command cannot have changed anything, since it was not started."""
        return self.kind is OutcomeKind.UNREACHABLE

    @property
    def ended_by_itself(self) -> bool:
        """Whether there is an exit status to hold against the expectations."""
        return self.exit_status is not None

    def __str__(self) -> str:
        """The outcome in words, as every screen and report says it."""
        what = {
            OutcomeKind.FAILED: f"failed (exit {self.exit_status})",
            OutcomeKind.SIGNALLED: f"killed by {self.signal}",
            OutcomeKind.UNKNOWN: "UNKNOWN",
        }.get(self.kind, self.kind.value)
        if self.kind is OutcomeKind.UNREACHABLE and self.detail.startswith(NOT_RUN):
            what = self.detail
        elif self.detail:
            what = f"{what}: {self.detail}"
        return f"{what} (unprotected: {self.unprotected})" if self.unprotected else what
