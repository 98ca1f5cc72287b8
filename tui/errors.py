"""One tree of errors, each with what is wrong, what to do next, and the exit status the command line ends with."""


class RunbookError(Exception):
    """Something the operator can be told in one line.

    Args:
        message: what is wrong and where, in plain words.
        hint: what to do next; may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def told(self) -> str:
        """What is wrong and what to do next, where that has to stand in one line with other words."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(RunbookError):
    """The command line or an answers file asks for something that does not exist."""

    exit_code = 2


class RunbookInvalid(RunbookError):
    """The runbook (or a scenario) cannot be read; `problems` has every fault found, not just the first."""

    exit_code = 3

    def __init__(self, message: str, hint: str = "", problems: tuple[object, ...] = ()) -> None:
        super().__init__(message, hint)
        self.problems = problems


class HostError(RunbookError):
    """A host cannot be reached, or is not the host it should be."""

    exit_code = 4


class HostKeyRefused(HostError):
    """The host's key is unknown, changed or revoked (invariant 7)."""


class AuthenticationRefused(HostError):
    """The host refused every key offered, or the user."""


class LoginWanted(AuthenticationRefused):
    """Somebody has to type for the login, and nobody has, or not what is right."""


class SudoRefused(HostError):
    """sudo on a host will not do what the runbook wants of it."""


class SecretMissing(RunbookError):
    """A secret has no value where the runbook says it comes from."""

    exit_code = 5


class SessionError(RunbookError):
    """A session's directory or journal cannot be used."""

    exit_code = 6


class SessionHeld(SessionError):
    """Another process writes the session; `holder` says which, in words."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"the session is open elsewhere: {holder}", "close it there first")
        self.holder = holder


class SessionOver(SessionError):
    """The session is finished, and nobody has said that it is to be opened again; `ended` says how it ended."""

    def __init__(self, session: str, ended: str) -> None:
        super().__init__(f"{session} is finished: {ended}", f"`runbook resume {session}` asks, and opens it again")
        self.ended = ended


class HostsMoved(SessionError):
    """Hosts or values of a session are others today; a person says which hold. `moved` has a line for each."""

    def __init__(self, session: str, moved: tuple[str, ...]) -> None:
        ways = "add --as session to take those of the session, --as today to take those of today"
        super().__init__(f"{session}: not everything is today as the session has it; {'; '.join(moved)}", ways)
        self.session = session
        self.moved = moved


class JournalDamaged(SessionError):
    """A journal line is not what was written; says which line and why."""


class JournalUnwritable(SessionError):
    """An event could not be made durable, so what it announces must not happen."""


class SignatureInvalid(SessionError):
    """A signature, a public key or a list of signers is not what it should be."""


class SigningRefused(RunbookError):
    """No key of the SSH agent signs: there is none, it is locked, or it will not."""


class TakenOver(RunbookError):
    """Another person has taken the session over; nothing is done here any more."""


class NotNow(RunbookError):
    """The operator asked for something that the session's state does not allow."""
