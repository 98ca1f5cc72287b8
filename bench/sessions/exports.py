"""A session of a million events as Markdown, HTML and JSON, beside reading it as JSON: processor time and memory.

Targets: at most 1.0 of what Python's own JSON library takes to read the same journal, and under 100 MiB. Each export is
made by a process of its own, which reads the journal as JSON as well.
"""

import gc
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tui.__main__ import GARBAGE
from tui.exports.registry import write
from tui.session.archive.store import SessionDirectory

EVENTS = 1_000_000
FORMS = ("md", "html", "json")
TIMES = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        from bench.support.large_session import large_session

        directory = large_session(Path(name), EVENTS)
        for _ in range(TIMES):
            for form in FORMS:
                subprocess.run([sys.executable, "-m", "bench.sessions.exports", str(directory.path), form], check=True)


def exported(directory: SessionDirectory, form: str) -> None:
    """Write a session in one form, and say what it took."""
    gc.set_threshold(GARBAGE)  # as the command does
    began = time.process_time()
    with (directory.path.parent / f"out.{form}").open("wb") as file:
        write(directory, form, file)
    took, most = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    from bench.sessions.replay import read_as_json  # it loads Textual, which the command does not

    began = time.process_time()
    read_as_json(directory)
    plain = time.process_time() - began
    print(
        f"{form:5} {took:6.2f} s, {took / plain:5.2f} of reading it as JSON (target 1.0), {most:4.0f} MiB (under 100)"
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        exported(SessionDirectory(Path(sys.argv[1])), sys.argv[2])
    else:
        main()
