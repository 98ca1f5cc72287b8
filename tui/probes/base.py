"""What every probe is: something that fetches a result from a service, and a pure reading of it."""

import socket
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from tui.session.events import Check

Given = Mapping[str, Any]
"""Settings or parameters by name, of the shapes that the kind's specification says, with its defaults filled in."""

Raw = TypeVar("Raw")


class ProbeFailed(Exception):
    """The service answered, or refused to, in a way that is itself the verdict: failed.

    The message is for the operator (what happened), `hint` says what to look at; neither has a secret in it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NoData(ProbeFailed):
    """Nothing could be measured (no way to the service, no permission to ask): the verdict is "no data"."""


Socket = socket.socket
"""A connected socket of the operating system, whatever it leads through: any library may poll it or wrap it in TLS."""


class Ran(Struct, frozen=True):
    """What a command printed and its exit status."""

    exit: int
    out: str
    err: str


class Reach(Protocol):
    """The way to a service from where it is reached: through a host's connection, or from this machine.

    Every call ends by the deadline of the probe it was made for. What cannot be reached raises ProbeFailed (the place
    itself refuses or does not answer) or NoData (the way there is broken).
    """

    def tcp(self, host: str, port: int) -> Socket:
        """A socket connected to host:port, as the place sees them; no port of this machine listens for it."""

    def unix(self, path: str) -> Socket:
        """A socket connected to the UNIX socket at this path of the place."""

    def forward(self, host: str, port: int) -> AbstractContextManager[tuple[str, int]]:
        """A loopback address that leads to host:port while the block lasts, for a library that dials itself."""

    def forward_unix(self, path: str, here: Path) -> AbstractContextManager[None]:
        """A UNIX socket at `here`, a path in a folder that only this user enters, that leads to the place's `path`."""

    def run(self, script: str, secrets: Mapping[str, str] | None = None) -> Ran:
        """Run a read-only shell command at the place; `secrets` are exported to it and never in its arguments.

        Raises:
            ProbeFailed: it does not end by the deadline, or prints too much.
            NoData: it was killed, or the connection was lost: there is no exit status.
        """

    @property
    def left(self) -> float:
        """Seconds until the deadline; 0 when it has passed."""


class Reading(Struct, frozen=True, kw_only=True):
    """What a probe found.

    `document` has the check's fields, JSON types only; `summary` is the one line beside the verdict; `checks` are the
    judgements a probe makes by itself (a server that does not answer its ping, say), beside those of the runbook.
    `details` are further lines for a closer look. Nothing of these is secret; what is, a token that a login
    gave, is in `secrets` by the name it is captured by, and goes nowhere else.
    """

    document: Mapping[str, Any]
    summary: str
    checks: tuple[Check, ...] = ()
    details: tuple[str, ...] = ()
    secrets: Mapping[str, str] = {}


class ProbeKind(Protocol, Generic[Raw]):
    """One kind of probe. `fetch` reaches the service and decides nothing; `interpret` is pure and decides."""

    kind: str

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> Raw:
        """Ask the service. `settings` are the service's (secrets by value), `given` the check's parameters.

        Raises:
            ProbeFailed: the service is not as it should be.
            NoData: nothing could be measured.
        """

    def interpret(self, check: str, given: Given, raw: Raw) -> Reading:
        """What the answer means; pure, so that a test needs no service.

        Raises:
            ProbeFailed: what came is not what this kind of service says.
        """
