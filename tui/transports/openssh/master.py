"""One `ssh` that is logged in and keeps a control socket for as long as this program holds it."""

import os
import select
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from tui import threads
from tui.transports.base import LinkState
from tui.transports.connected import steadied
from tui.transports.openssh.ears import Ears
from tui.transports.openssh.folder import ControlFolder
from tui.transports.openssh.mux import Control

END_PATIENCE = 3.0
"""Seconds that it has to end by itself when it is told to."""


class Master:
    """The connection. While one connection to its control socket is held, it does not count down to its end."""

    def __init__(self, place: ControlFolder, ears: Ears, environment: Sequence[str] = ()) -> None:
        """Args: environment: what of this machine's environment each command gets (SendEnv).

        Raises:
            EOFError, OSError: it has gone already.
        """
        self.place = place
        self.ears = ears
        self.environment = environment
        self.round_trip: float | None = None
        self.dialling = threading.Lock()
        """Held while a tunnel is begun: its refusal is told by what is said next."""
        self._held = Control(place.control)
        self._process = self._held.alive()
        self.let_go: Callable[[], None] = lambda: None
        """Lets go of what leads there, once it has ended."""
        self._closing = threading.Lock()
        self._closed = False

    def is_active(self) -> bool:
        """Whether it is there: it says nothing more on the held connection, so that any news is its end."""
        return not self._closed and not _has_news(self._held.fileno(), 0)

    def wait(self) -> None:
        """Wait until it has ended, or is let go of."""
        with suppress(OSError, ValueError):  # it is let go of already
            file = os.dup(self._held.fileno())
            try:
                _has_news(file, None)
            finally:
                os.close(file)

    def answers(self) -> bool:
        """Whether it is there and has dealt with all that came before."""
        try:
            control = Control(self.place.control)
        except (EOFError, OSError):
            return False
        try:
            return control.alive() == self._process
        except (EOFError, OSError):
            return False
        finally:
            control.close()

    def control(self) -> Control:
        """A connection to its control socket.

        Raises:
            EOFError, OSError: it has gone.
        """
        return Control(self.place.control)

    def took(self, seconds: float) -> None:
        """Take note of how long the host took to answer."""
        self.round_trip = steadied(self.round_trip, seconds)

    def last_words(self) -> str:
        """What was said that may be why it ended."""
        return self.ears.words()

    def close(self) -> None:
        """End it, with everything that it carries; it may be called again."""
        with self._closing:
            if self._closed:
                return
            with suppress(EOFError, OSError):
                control = Control(self.place.control, END_PATIENCE)
                control.terminate()
                control.close()
            for number in (0, signal.SIGKILL):
                if number:
                    with suppress(OSError):
                        os.kill(self._process, number)
                if _has_news(self._held.fileno(), END_PATIENCE):
                    break
            self._closed = True
            self._held.close()
            self.place.remove()
            self.let_go()


def _has_news(file: int, wait: float | None) -> bool:
    """Whether there is something to read, or the end, within `wait` seconds; None waits for it."""
    poll = select.poll()  # one of its own: two threads may not use the same one
    poll.register(file, select.POLLIN)
    return bool(poll.poll(None if wait is None else wait * 1000))


class MasterEnd:
    """Tells when a connection has gone; see LossTold."""

    def __init__(self, master: Master, noticed: Callable[[LinkState, str], None]) -> None:
        self._master = master
        self._noticed = noticed
        self._stopped = False
        threads.start("ssh has gone", self._run)

    @property
    def round_trip(self) -> float | None:
        """How long the host took to answer when a command was last begun."""
        return self._master.round_trip

    def stop(self) -> None:
        """Tell nothing any more; it is closed on purpose."""
        self._stopped = True

    def _run(self) -> None:
        self._master.wait()
        if not self._stopped:
            why = self._master.last_words()
            self._noticed(LinkState.LOST, "the connection was closed" + (f": {why}" if why else ""))
