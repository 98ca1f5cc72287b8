"""Matches a pattern in a process of its own, which is ended when it takes too long: `re` cannot be interrupted."""

import marshal
import select
import subprocess
import sys
import threading
from contextlib import suppress

Told = list[tuple[int, int, tuple[str | None, ...]]]

_WORK = """
import marshal, re, signal, sys
read, write = sys.stdin.buffer, sys.stdout.buffer
while len(head := read.read(8)) == 8:
    how, pattern, text, flags, bound = marshal.loads(read.read(int.from_bytes(head, "big")))
    signal.setitimer(signal.ITIMER_VIRTUAL, bound)
    compiled = re.compile(pattern, flags)
    found = compiled.finditer(text) if how == "finditer" else [getattr(compiled, how)(text)]
    said = marshal.dumps([(one.start(), one.end(), one.groups()) for one in found if one])
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    write.write(len(said).to_bytes(8, "big") + said)
    write.flush()
"""
# The timer counts the time that the process computes, so that a busy machine makes no pattern a slow one; it kills.

_WAIT = 20.0
"""How many seconds more than its bound an answer is waited for on a machine that is busy."""

_idle: list[subprocess.Popen[bytes]] = []
_guard = threading.Lock()


def matches(how: str, pattern: str, text: str, flags: int, bound: float) -> Told | None:
    """Start, end and groups of each match; None where it took more than `bound` seconds of computing.

    Args:
        how: search, fullmatch or finditer.
    """
    worker = _worker()
    try:
        found = _ask(worker, (how, pattern, text, flags), bound)
    except BaseException:
        _end(worker)
        raise
    if found is None:
        _end(worker)
    else:
        with _guard:
            _idle.append(worker)
    return found


def _ask(worker: subprocess.Popen[bytes], question: tuple[str, str, str, int], bound: float) -> Told | None:
    assert worker.stdin is not None
    assert worker.stdout is not None
    data = marshal.dumps((*question, bound))
    worker.stdin.write(len(data).to_bytes(8, "big") + data)
    worker.stdin.flush()
    poll = select.poll()
    poll.register(worker.stdout, select.POLLIN)
    if not poll.poll((bound + _WAIT) * 1000):
        return None
    head = worker.stdout.read(8)
    if len(head) < 8:
        return None
    told: Told = marshal.loads(worker.stdout.read(int.from_bytes(head, "big")))  # noqa: S302 - our own
    return told


def _worker() -> subprocess.Popen[bytes]:
    """A process that waits for a question; one that ended meanwhile is not taken."""
    with _guard:
        while _idle:
            worker = _idle.pop()
            if worker.poll() is None:
                return worker
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _WORK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    worker.wait()
