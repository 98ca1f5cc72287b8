"""Who has a session: what the engine asks before it starts a change."""

from typing import Protocol

from tui.errors import RunbookError, TakenOver
from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.transports.base import UNSHARED, Fence

ASK_THEM = "follow it, or ask them for it"


class Holding(Protocol):
    """That this process has a session, and in which epoch; safe to use from any thread."""

    @property
    def fence(self) -> Fence:
        """What each start carries to its host."""

    @property
    def lost(self) -> RunbookError | None:
        """Why nothing may be started any more; None as long as nobody took the session over, as far as is known."""

    @property
    def trouble(self) -> str:
        """Since when nobody knows whether it is still held, and why; empty where that is known."""

    def sure(self) -> None:
        """Make sure of it before something starts; it may ask elsewhere, and blocks for so long.

        Raises:
            TakenOver: another person has taken the session over.
        """

    def lose(self, error: TakenOver) -> None:
        """Take note that another person has it: a host said so."""

    def release(self) -> None:
        """Give it back; it may ask elsewhere, and blocks for so long."""


class Team(Protocol):
    """Those who share sessions."""

    def begin(self, session: str, operator: str) -> Holding:
        """Have a new session, at once: nobody else can know of it yet."""

    def resume(self, session: str, operator: str, epoch: int) -> Holding:
        """Have a session again whose journal was last written in an epoch; blocks.

        Raises:
            SessionHeld: somebody else has it.
            TakenOver: somebody has had it since then: what this machine has of it is not all.
        """


class Alone:
    """A session that is not shared: nobody is asked, and it is lost only where a host says so."""

    fence = UNSHARED
    trouble = ""

    def __init__(self, epoch: int = 0, holder: str = "") -> None:
        if epoch:
            self.fence = Fence(epoch, holder)
        self.lost: RunbookError | None = None

    def sure(self) -> None:
        """Raises: TakenOver: a host has said that another person has taken the session over."""
        if self.lost is not None:
            raise self.lost

    def lose(self, error: TakenOver) -> None:
        """Take note that another person has it."""
        self.lost = self.lost or error

    def release(self) -> None:
        """Nobody waits for it."""


def refused(holding: Holding) -> Outcome | None:
    """The outcome of a change that does not start, since another person has the session; None where it may start."""
    try:
        holding.sure()
    except TakenOver as error:
        return Outcome(OutcomeKind.UNREACHABLE, detail=f"{NOT_RUN}: {error.message}", fenced=True)
    return None


def told_by(outcome: Outcome) -> TakenOver:
    """What a host's refusal says of who has the session."""
    return TakenOver(outcome.detail.removeprefix(f"{NOT_RUN}: "), ASK_THEM)


def begun(team: Team | None, session: str, operator: str) -> Holding:
    """A new session, in the first epoch where it is shared."""
    return team.begin(session, operator) if team is not None else Alone()


def resumed(team: Team | None, session: str, operator: str, epoch: int) -> Holding:
    """A session again whose journal was last written in an epoch, by whom it is had from now on.

    Raises:
        SessionHeld: somebody else has it.
        TakenOver: somebody has had it since then.
    """
    return team.resume(session, operator, epoch) if team is not None else Alone(epoch, operator)
