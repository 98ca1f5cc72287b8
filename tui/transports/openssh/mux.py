"""Speaks to the control socket of an `ssh` that is logged in, as `ssh -S` does: PROTOCOL.mux of OpenSSH.

A process of `ssh -S` for each command would make a connection of its own where the control socket refuses or has gone,
and its exit status 255 would be the command's or its own. Here each of these is told apart.
"""

import select
import socket
import struct
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from tui import threads

VERSION = 4
HELLO = 0x00000001
NEW_SESSION, ALIVE_CHECK, TERMINATE = 0x10000002, 0x10000004, 0x10000005
OPEN_FORWARD, CLOSE_FORWARD, STDIO_FORWARD = 0x10000006, 0x10000007, 0x10000008
OK, PERMISSION_DENIED, FAILURE, EXIT_MESSAGE, ALIVE, SESSION_OPENED = (0x80000000 + n for n in range(1, 7))
FORWARD_LOCAL = 1
NO_ESCAPE = 0xFFFFFFFF
STREAMLOCAL = 0xFFFFFFFE
"""Stands for a port where the address is a path: -2."""

LONGEST = 256 << 10
"""Bytes of a message; what claims to be longer is not OpenSSH's."""

PATIENCE = 10.0
"""Seconds for an answer that needs nothing of the host."""
FOREVER = 86400.0


class MuxRefused(Exception):
    """The control socket, or the host through it, refuses; the words are OpenSSH's own."""


class Control:
    """One connection to a control socket; it carries one session or one tunnel. Of one thread at a time."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        """Connect.

        Args:
            patience: seconds for its greeting.

        Raises:
            OSError: nothing listens there.
            EOFError: what did ends.
        """
        self._socket = socket.socket(socket.AF_UNIX)
        self._unread = b""
        self._answered = True
        self._news = select.poll()
        self._news.register(self._socket, select.POLLIN)
        self.exit_status: int | None = None
        """How the session's process ended, once that is told."""
        try:
            self._socket.settimeout(patience)
            self._socket.connect(str(path))
            self._send(HELLO, VERSION)
            kind, rest = self._received(patience)
            if kind != HELLO or _number(rest) != VERSION:
                raise EOFError(f"the control socket speaks no version {VERSION} of its protocol")
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """For a selector: there is a message, or the end."""
        return self._socket.fileno()

    def close(self) -> None:
        """Let go of the connection; the session or tunnel on it is closed."""
        with suppress(OSError):  # who waits for its end is told
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def alive(self) -> int:
        """The number of the process that listens.

        Raises:
            EOFError, OSError: it has gone.
        """
        self._send(ALIVE_CHECK, 0)
        kind, rest = self._received(PATIENCE)
        if kind != ALIVE:
            raise EOFError("no answer of the control socket")
        return _number(rest[4:])

    def terminate(self) -> None:
        """Ask it to end, with every session."""
        with suppress(OSError):
            self._send(TERMINATE, 0)

    def begin(self, request: str, environment: Iterable[str], files: Sequence[int], term: str = "") -> None:
        """Ask for a session that executes a request, with these files as its standard ones; `term` gives it a terminal.

        Raises:
            OSError: it has gone.
        """
        no = 0
        words = [term, request, *environment]
        fields = struct.pack(">IIIIIII", NEW_SESSION, 0, 0, bool(term), no, 1, no) + struct.pack(">I", NO_ESCAPE)
        self._ask(fields + b"".join(map(_text, words)), files)

    def tunnel(self, host: str, port: int, files: Sequence[int]) -> None:
        """Ask for two files, one to read and one to write, to be connected with an address as the host sees it.

        Raises: as `begin`.
        """
        fields = struct.pack(">III", STDIO_FORWARD, 0, 0) + _text(host) + struct.pack(">I", port)
        self._ask(fields, files)

    def forward(self, here: str, there: str, end: bool = False) -> None:
        """Ask for a UNIX socket of this machine that leads to one of the host, or for its end.

        Raises: as `begin`.
        """
        fields = struct.pack(">III", CLOSE_FORWARD if end else OPEN_FORWARD, 0, FORWARD_LOCAL)
        fields += _text(here) + struct.pack(">I", STREAMLOCAL) + _text(there) + struct.pack(">I", STREAMLOCAL)
        self._ask(fields, ())

    def answer(self, patience: float) -> None:
        """Wait for what was asked for.

        Raises:
            MuxRefused: it is not granted.
            TimeoutError: there is no answer yet.
            EOFError, OSError: it has gone.
        """
        kind, rest = self._received(patience)
        self._answered = True
        if kind not in (SESSION_OPENED, OK):
            raise MuxRefused(_words(rest[4:]) if kind in (PERMISSION_DENIED, FAILURE) else "no answer that makes sense")

    def abandon(self) -> None:
        """Let go of what was asked for and is not granted; ssh is killed by who goes before it has answered."""
        if self._answered:
            self.close()
        else:
            threads.start("late answer of ssh", self._outwait)

    def _outwait(self) -> None:
        with suppress(MuxRefused, EOFError, OSError):
            self.answer(FOREVER)
        self.close()

    def _ask(self, message: bytes, files: Sequence[int]) -> None:
        self._answered = False
        self._socket.sendall(_text(message))
        for file in files:
            socket.send_fds(self._socket, [b"\0"], [file])

    def ended(self, wait: float) -> bool:
        """Whether the session has told how it ended, or never will, within `wait` seconds."""
        while self.exit_status is None:
            try:
                kind, rest = self._received(wait)
            except TimeoutError:
                return False
            except (EOFError, OSError):
                return True
            if kind == EXIT_MESSAGE:
                self.exit_status = _number(rest[4:])
        return True

    def _send(self, *numbers: int) -> None:
        self._socket.sendall(_text(struct.pack(f">{len(numbers)}I", *numbers)))

    def _received(self, wait: float) -> tuple[int, bytes]:
        """The next message.

        Raises:
            EOFError: there will be none.
            TimeoutError: there is none yet.
        """
        deadline = time.monotonic() + wait
        while True:
            if len(self._unread) >= 4:
                size = _number(self._unread)
                if not 4 <= size <= LONGEST:
                    raise EOFError("the control socket says what makes no sense")
                if len(self._unread) >= 4 + size:
                    message, self._unread = self._unread[4 : 4 + size], self._unread[4 + size :]
                    return _number(message), message[4:]
            if not self._news.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError("no answer of the control socket")
            data = self._socket.recv(1 << 16)
            if not data:
                raise EOFError("the control socket was closed")
            self._unread += data


def _text(text: str | bytes) -> bytes:
    data = text.encode(errors="surrogateescape") if isinstance(text, str) else text
    return struct.pack(">I", len(data)) + data


def _number(data: bytes) -> int:
    """The number at the beginning; 0 where there is none."""
    return int(struct.unpack(">I", data[:4])[0]) if len(data) >= 4 else 0


def _words(data: bytes) -> str:
    return data[4 : 4 + _number(data)].decode(errors="replace")
