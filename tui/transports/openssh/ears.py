"""What an `ssh` says while it logs in and afterwards: its log, and what the programs on the way say on stderr."""

import os
import re
import selectors
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tui import threads
from tui.transports.one_line import one_line

MOST = 4096
"""Bytes of a line that are looked at."""
KEPT = 12
"""Lines kept that tell why it ended."""
DRAIN = 1.0
"""Seconds in which what was said last is read."""

_DEBUG = re.compile(r"debug[123]: ")
_CHATTER = ("OpenSSH_", "Authenticated to ", "Transferred: ", "Bytes per second: ")
_KEY = re.compile(r"debug1: Server host (?:key|certificate): (\S+) ([A-Z0-9]+:[^\s,]+)")
_TOUCHED = re.compile(r"debug1: Server accepts key: .* (?:ED25519|ECDSA)-SK(?:-CERT)? ")
"""What comes before ssh signs with a security key; without a terminal of its own it says nothing of a touch."""
_NEW = re.compile(r"debug1: channel (\d+): new .*(stdio-forward|direct-streamlocal)")
_OPENED = re.compile(r"debug2: channel (\d+): open confirm ")
_REFUSED = re.compile(r"channel (\d+): open failed: (.*)")


class Ears:
    """Listens on a thread of its own, for as long as anybody may speak."""

    def __init__(self, log: Path, show: Callable[[str], None] | None, touch: Callable[[], None]) -> None:
        """Args:
        show: is given each line that a person at the terminal has to see, safe for it.
        touch: called when a security key is about to be used.
        """
        self._show = show
        self._touch = touch
        self._kept: deque[str] = deque(maxlen=KEPT)
        self._news = threading.Condition()
        self._tunnels = 0
        self._channels: dict[str, int] = {}
        self._answers: dict[int, str] = {}
        self.key = ("", "")
        """The kind of the host's key, and its fingerprint, told before the host may say anything."""
        reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
        self._writer = os.open(log, os.O_WRONLY)
        erring, self.stderr = os.pipe()
        self._open = {reader: b"", erring: b""}
        self._log = reader
        self._thread = threads.start("what ssh says", self._listen)

    def begun(self) -> None:
        """It is started, or will not be."""
        os.close(self.stderr)

    def words(self) -> str:
        """The last lines that tell why it ended, in one."""
        self._thread.join(DRAIN)
        return "; ".join(self._kept)

    def logged_in(self) -> None:
        """It has the log open, or has ended: there is no other speaker, and the terminal is somebody else's again."""
        self._show = None
        os.close(self._writer)

    def tunnels(self) -> int:
        """How many tunnels were begun so far: the number of the last one."""
        with self._news:
            return self._tunnels

    def is_begun(self, tunnel: int, timeout: float) -> bool:
        """Whether the tunnel of this number is begun in time."""
        with self._news:
            return self._news.wait_for(lambda: self._tunnels >= tunnel, timeout)

    def refusal(self, tunnel: int, timeout: float) -> str | None:
        """Why a tunnel is refused; empty where it is open, None where neither is told in time."""
        with self._news:
            self._news.wait_for(lambda: tunnel in self._answers, timeout)
            return self._answers.pop(tunnel, None)

    def forget(self, tunnel: int) -> None:
        """Nobody wants to know any more."""
        with self._news:
            self._answers.pop(tunnel, None)

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            for file in self._open:
                selector.register(file, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    if not self._heard(key.fd):
                        selector.unregister(key.fd)
                        os.close(key.fd)

    def _heard(self, file: int) -> bool:
        """Take what was said; False at the end."""
        try:
            data = os.read(file, 1 << 16)
        except BlockingIOError:
            return True
        *lines, rest = (self._open[file] + data).split(b"\n")
        self._open[file] = rest[-MOST:]
        for line in lines if data else [*lines, rest]:
            self._line(line[:MOST].decode(errors="replace").rstrip("\r"), file == self._log)
        return bool(data)

    def _line(self, line: str, logged: bool) -> None:
        if logged:
            self._noted(line)
        if not line.strip() or _DEBUG.match(line) or line.startswith(_CHATTER):
            return
        shown = one_line(line)
        self._kept.append(shown)
        if self._show is not None:
            self._show(shown)

    def _noted(self, line: str) -> None:
        if not self.key[0] and (found := _KEY.match(line)):
            self.key = (found[1], found[2])
            return
        if _TOUCHED.match(line):
            self._touch()
            return
        with self._news:
            if found := _NEW.match(line):
                self._tunnels += 1
                self._channels[found[1]] = self._tunnels
            elif (found := _OPENED.match(line) or _REFUSED.match(line)) and found[1] in self._channels:
                self._answers[self._channels.pop(found[1])] = found[2] if found.re is _REFUSED else ""
            self._news.notify_all()
