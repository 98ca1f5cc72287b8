"""Runs many commands of the program, each in a process of its own, in the terminal this one was started in.

`python -m tests.support.runbooks.commands FILE`: a JSON list of command lines; a line `@@ N` is written before each.
"""

import json
import os
import sys
import traceback
from pathlib import Path

import tui.cli.drills
import tui.cli.launching
import tui.cli.printing
import tui.cli.sessions
import tui.cli.wiring
import tui.drill.record
import tui.drill.scenario_files
import tui.execution.workspace
import tui.exports.asciicast
import tui.exports.html.document
import tui.exports.ics
import tui.exports.json
import tui.exports.markdown
import tui.headless.debriefs
import tui.headless.found
import tui.headless.tables
import tui.session.archive.bundle
import tui.session.archive.verifying
from tui.cli.main import main

IMPORTED = tui
"""Once for all commands: each runs in a process that begins with these modules."""


COMPLETE = "@complete"
"""The first word of what is asked as a shell asks it: then how it asks, and the words that were typed."""


def say(text: str) -> None:
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    sys.stdout.flush()


def each(lines: list[list[str]]) -> None:
    for place, line in enumerate(lines):
        say(f"@@ {place}")
        child = os.fork()
        if child == 0:
            status = 70
            if line[:1] == [COMPLETE]:
                typed = " ".join(line[2:])
                os.environ |= {"_RUNBOOK_COMPLETE": line[1], "COMP_WORDS": typed, "COMP_CWORD": str(len(line) - 3)}
                line = []
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
