"""Waits, without a screen, until nothing runs; a lost connection that takes a person is made again at the terminal."""

from collections.abc import Callable

from tui.errors import AuthenticationRefused
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
        hosts = ", ".join(self._connections.logged_out())
        if not hosts:
            return
        self._say(f"! {hosts}: the connection was lost; a command that is running there continues. Log in again:")
        if failed := self._connections.log_in_again(self._asking):
            raise AuthenticationRefused("; ".join(failed), "what is running there continues")
