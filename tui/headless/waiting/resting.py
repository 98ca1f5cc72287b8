"""Waits, without a screen, until nothing runs; a lost connection that takes a person is made again at the terminal."""

from collections.abc import Callable, Mapping

from tui.errors import AuthenticationRefused, RunbookError
from tui.execution.conductor.conductor import Conductor
from tui.execution.connections import Connections
from tui.transports.asking import Asking

PATIENCE = 60.0
"""Seconds that a full disk may stay so."""
PAUSE = 0.5


class Rest:
    """Called, it waits for one session."""

    def __init__(self, conductor: Conductor, asking: Asking, say: Callable[[str], None]) -> None:
        self._conductor = conductor
        self._connections = Connections(conductor.runbook, conductor.executor.transports)
        self._asking = asking
        self._say = say
        self._left: set[str] = set()
        """The hosts whose question was left between two rounds of checks."""

    @property
    def never(self) -> bool:
        """Whether nobody is asked (`--ask-never`)."""
        return self._asking.never

    def __call__(self) -> None:
        """Wait until nothing runs; a disk that stays full for longer than PATIENCE ends the run.

        Raises:
            JournalUnwritable: it does.
            AuthenticationRefused: nobody logs in again to a host whose connection was lost.
        """
        conductor, said = self._conductor, 0.0
        while conductor.busy:
            conductor.wait(PAUSE)
            if conductor.busy:
                self.log_in_again()
            trouble = conductor.trouble or conductor.outputs.trouble
            if trouble is not None and conductor.busy:
                if not said:
                    self._say(f"! {trouble.message}: waiting {PATIENCE:.0f} s for it ({trouble.hint})")
                said += PAUSE
                if said > PATIENCE:
                    break
        trouble = conductor.trouble or conductor.outputs.trouble
        if trouble is not None:
            raise trouble

    def log_in_again(self) -> None:
        """Have a person log in again to the hosts that wait for it.

        Raises:
            AuthenticationRefused: nobody does.
        """
        if failed := self._failed("the connection was lost; a command that is running there continues"):
            raise AuthenticationRefused(_words(failed), "what is running there continues")

    def offer_login(self) -> None:
        """The same between two rounds of checks: they continue without a host whose question was left."""
        failed = self._failed("the connection was lost")
        if left := {name: error for name, error in failed.items() if isinstance(error, AuthenticationRefused)}:
            self._left |= left.keys()
            rows = f"the rows of {', '.join(left)} stay without data"
            self._say(f"! {_words(left)}: {rows}; begin the check again to be asked again")

    def _failed(self, what: str) -> dict[str, RunbookError]:
        """Have a person log in to the hosts that wait for it, but to those that were left; returns who did not.

        Where somebody typed all of it and the connection was lost after that, they are asked again.
        """
        while hosts := [name for name in self._connections.logged_out() if name not in self._left]:
            self._say(f"! {', '.join(hosts)}: {what}. Log in again:")
            answered = self._asking.answered
            failed = self._connections.log_in_again(self._asking, self._left)
            refused = any(isinstance(error, AuthenticationRefused) for error in failed.values())
            if failed and (refused or self._asking.answered == answered):
                return failed
            if failed:
                self._say(f"! {_words(failed)}")
        return {}


def _words(failed: Mapping[str, RunbookError]) -> str:
    return "; ".join(error.message for error in failed.values())
