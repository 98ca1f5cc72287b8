"""Carries a job's requests to a shell on the operator's own machine."""

import os
import selectors
import subprocess
from contextlib import suppress
from pathlib import Path

from tui import threads
from tui.errors import HostError
from tui.transports.base import CancelToken, Stream
from tui.transports.local.pipes import feed, received
from tui.transports.shell import Wrapped

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LocalChannels:
    """The way to this machine's shell; it cannot be lost."""

    def login_shell(self) -> str:
        """The one that `exchange` starts."""
        return "sh"

    def boot_id(self) -> str:
        """Which start of this machine it is."""
        try:
            return BOOT_ID.read_text().strip()
        except OSError:
            return ""

    def exchange(self, wrapped: Wrapped, cancel: CancelToken, urgent: bool = False) -> "LocalExchange":
        """Start a shell for a request; see Channels."""
        try:
            process = subprocess.Popen(
                ["sh", "-c", wrapped.request],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise HostError(f"cannot start a shell: {error.strerror}", "look at this machine's processes") from error
        return LocalExchange(process, wrapped.stdin)


class LocalExchange:
    """One request's shell."""

    def __init__(self, process: "subprocess.Popen[bytes]", stdin: bytes) -> None:
        self._process = process
        self._selector = selectors.DefaultSelector()
        assert process.stdin
        threads.start("stdin", feed, process.stdin, stdin)
        for file, stream in ((process.stdout, Stream.OUT), (process.stderr, Stream.ERR)):
            assert file
            self._selector.register(file, selectors.EVENT_READ, stream)

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        """What has come; see Exchange."""
        return received(self._selector, wait)

    def whole(self) -> bool:
        """Whether the shell ended by itself."""
        return self._process.wait() >= 0

    def close(self) -> None:
        """End the shell, which only follows; the job keeps running."""
        self._selector.close()
        with suppress(OSError):
            os.killpg(self._process.pid, 15)
        for file in (self._process.stdout, self._process.stderr):
            assert file
            file.close()
        self._process.wait()
