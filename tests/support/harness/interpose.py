"""Stands between a process and its disk, so that a harness can kill the process or fail the call at any of them.

Only for a process made to be broken: `install` changes the functions of `os`, `fcntl` and `pathlib` themselves, and has
to come before the modules that keep them are imported.
"""

import fcntl
import io
import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

CALLS = (
    *((os, name) for name in ("open", "write", "pwrite", "fsync", "fdatasync", "ftruncate", "close", "mkdir")),
    *((os, name) for name in ("rename", "replace", "link", "unlink", "stat", "listdir")),
    (fcntl, "flock"),
    (io, "open"),
)
"""What reaches the disk; `io.open` is what pathlib opens files with."""

WRITES = ("write", "pwrite")
CHANGES = (*WRITES, "ftruncate")
SYNCS = ("fsync", "fdatasync")

Act = Callable[[], None]
"""What befalls the call or the process: it raises, or it does not return."""

Meet = Callable[[str, str], Act | None]
"""Asked what befalls a call, by its name and when: before it, in the middle (half of the bytes are written), after it;
and "short", where anything but None makes a write take half of the bytes and say so."""

Seen = Callable[[str, Sequence[Any], bool], None]
"""Told of every write, truncation and sync after it: its name, its arguments, and whether it did what it should."""

real_write = os.write


class Gate:
    """Where the calls of this process's threads meet what befalls them, one at a time; they pass while it is open."""

    def __init__(self) -> None:
        self.meet: Meet | None = None
        self.root = ""
        """Paths that do not begin so are none of the harness's business, such as the program's own files."""
        self.seen: Seen = lambda name, args, done: None
        self._lock = threading.RLock()
        self._inside = False

    def call(self, name: str, call: Callable[..., Any], args: Sequence[Any], given: dict[str, Any]) -> Any:
        with self._lock:
            if self.meet is None or self._inside or self._elsewhere(args[0]):
                return call(*args, **given)
            self._inside = True
            try:
                return self._met(self.meet, name, call, args, given)
            finally:
                self._inside = False

    def _elsewhere(self, place: Any) -> bool:
        return isinstance(place, (str, bytes, os.PathLike)) and not os.fsdecode(place).startswith(self.root)

    def _met(self, meet: Meet, name: str, call: Callable[..., Any], args: Sequence[Any], given: dict[str, Any]) -> Any:
        try:
            if act := meet(name, "before"):
                act()
            if name in WRITES:
                size = len(args[1])
                if meet(name, "short"):
                    return self._written(name, call, (args[0], args[1][: (size + 1) // 2], *args[2:]))
                if act := meet(name, "middle"):
                    self._written(name, call, (args[0], args[1][: size // 2], *args[2:]))
                    act()
            result = self._written(name, call, args) if name in CHANGES else call(*args, **given)
            if act := meet(name, "after"):
                act()
        except OSError:
            if name in SYNCS:
                self.seen(name, args, False)
            raise
        if name in SYNCS:
            self.seen(name, args, True)
        return result

    def _written(self, name: str, call: Callable[..., Any], args: Sequence[Any]) -> Any:
        result = call(*args)
        self.seen(name, args, True)
        return result


gate = Gate()


def install() -> None:
    """Put the gate before every call."""
    for owner, name in CALLS:
        setattr(owner, name, _gated("io.open" if owner is io else name, getattr(owner, name)))


def _gated(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def gated(*args: Any, **given: Any) -> Any:
        return call(*args, **given) if gate.meet is None else gate.call(name, call, args, given)

    return gated


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def failing(number: int) -> Act:
    """What fails a call with this errno."""

    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return fail
