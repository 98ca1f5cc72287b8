"""Runs one command on a transport and keeps how it ended."""

from typing import Any, NamedTuple

from tui.session.outcome import Outcome
from tui.transports.base import CancelToken, Command, Stream, Transport


class Ran(NamedTuple):
    """A command's end and its output, in chunks as they came."""

    outcome: Outcome
    chunks: list[tuple[Stream, bytes]]

    @property
    def out(self) -> bytes:
        return b"".join(data for stream, data in self.chunks if stream is Stream.OUT)

    @property
    def err(self) -> bytes:
        return b"".join(data for stream, data in self.chunks if stream is Stream.ERR)


def run(transport: Transport, script: str, cancel: CancelToken | None = None, **given: Any) -> Ran:
    """Run it to its end."""
    chunks: list[tuple[Stream, bytes]] = []
    command = Command(script=script, **{"timeout": 60.0, **given})
    outcome = transport.run(command, lambda stream, data: chunks.append((stream, data)), cancel or CancelToken())
    return Ran(outcome, chunks)
