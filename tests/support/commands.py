"""Runs many commands of the program, each in a process of its own, in the terminal this one was started in.

`python -m tests.support.commands FILE`: a JSON list of command lines; a line `@@ N` is written before each.
"""

import json
import os
import sys
import traceback
from pathlib import Path

from tui.cli import main


def say(text: str) -> None:
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    sys.stdout.flush()


def each(lines: list[list[str]]) -> None:
    for place, line in enumerate(lines):
        say(f"@@ {place}")
        child = os.fork()
        if child == 0:
            status = 70
            try:
                main(line, prog_name="runbook")
            except SystemExit as end:
                status = int(end.code or 0) if isinstance(end.code, int | None) else 1
            except BaseException:
                say(traceback.format_exc())
            finally:
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
                os._exit(status)
        say(f"@@ ended {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


if __name__ == "__main__":
    each(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
