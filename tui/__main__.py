"""Starts the program, as `runbook` and as `python -m tui`, and ends it; its version needs nothing else of it."""

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import tui

GARBAGE = 50_000
"""Collecting garbage after every 700 new objects, as Python does, took a quarter of the time to the first screen."""

WITHOUT = {"--headless", "--dry-run", "--demo", "--help", "-h", "--version"}
"""Options after which no screen opens, or one whose runbook is not read beside."""
COMPLETING = "_RUNBOOK_COMPLETE"
"""The variable by which a shell asks for what completes a command line."""


def main() -> None:
    """Do what the command line says."""
    if sys.argv[1:] == ["--version"] and sys.argv[0].endswith("runbook"):
        with suppress(OSError, ValueError, AttributeError):  # it cannot be written: that is said as for every command
            sys.stdout.write(f"runbook, version {tui.__version__}\n")
            sys.stdout.flush()
            return
    gc.set_threshold(GARBAGE)  # before anything is imported: what is, stays
    if opens_screen(sys.argv[1:]):
        from tui.execution.beginning.read_beside import begin

        begin()
    with leaving():
        from tui.cli.main import main as commands

        commands()


def opens_screen(words: list[str]) -> bool:
    """Whether a command line looks as if it opened the screen of a runbook; who reads it in earnest decides that."""
    named = not words or words[0] in ("run", "replay") or words[0].startswith("-")
    return named and WITHOUT.isdisjoint(words) and COMPLETING not in os.environ


@contextmanager
def leaving() -> Iterator[None]:
    """Have the process end at once when the block is over, with the status that it leaves with.

    Threads are waited for, `atexit` does what it has to, and what was written is flushed, as ever. Then Python would
    free what threads use: before Python 3.12 one that begins in that moment ends the process by SIGSEGV, and its status
    is lost (https://github.com/python/cpython/issues/104690). Where the block ends by an error, or something cannot be
    flushed, Python ends as it always does, and says so.
    """
    status: int | None = None

    def end() -> None:
        if status is None:
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError):
            return
        os._exit(status)

    atexit.register(end)  # before all others, so that it runs after them
    try:
        yield
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
        raise
    status = 0


if __name__ == "__main__":
    main()
