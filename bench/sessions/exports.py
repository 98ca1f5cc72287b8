"""A session of a million events as Markdown, HTML and JSON, beside reading it as JSON: by the clock, and memory.

Targets: at most 1.0 of what Python's own JSON library takes to read the same journal, and under 100 MiB. Each export is
made by a process of its own, which reads the journal as JSON as well. Where there are two processors and more the
journal is read on all of them, so the processor time is told too: that of the process, and that of its copies.
"""

import gc
import os
import resource
import statistics
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
TIMES = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        from bench.support.large_session import large_session

        directory = large_session(Path(name), EVENTS)
        ratios: dict[str, list[float]] = {form: [] for form in FORMS}
        for _ in range(TIMES):
            for form in FORMS:
                command = [sys.executable, "-m", "bench.sessions.exports", str(directory.path), form]
                told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                print(told, end="")
                ratios[form].append(float(told.split()[3]))
    for form, found in ratios.items():
        print(f"{form:5} {statistics.median(found):.2f} of reading it as JSON (median of {TIMES}, target 1.0)")


def exported(directory: SessionDirectory, form: str) -> None:
    """Write a session in one form, and say what it took."""
    gc.set_threshold(GARBAGE)  # as the command does
    before, began = os.times(), time.perf_counter()
    with (directory.path.parent / f"out.{form}").open("wb") as file:
        write(directory, form, file)
    took, after = time.perf_counter() - began, os.times()
    own = after.user + after.system - before.user - before.system
    copies = after.children_user + after.children_system - before.children_user - before.children_system
    most = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    from bench.sessions.replay import read_as_json  # it loads Textual, which the command does not

    plain = read_as_json(directory)
    print(
        f"{form:5} {took:6.2f} s, {took / plain:5.2f} of reading it as JSON (target 1.0);"
        f" processor {own:.2f} s, its copies {copies:.2f}; at most {most[0]:.0f} MiB, a copy {most[1]:.0f} (under 100)"
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        exported(SessionDirectory(Path(sys.argv[1])), sys.argv[2])
    else:
        main()
