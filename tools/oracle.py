"""Runs the document's own checks on a host, and compares each verdict with what a session of ours came to.

    python -m tools.oracle ask before b ssh -F ssh_config production-server > before.json
    python -m tools.oracle compare before.json SESSION

`ask` types the document's lines into a login shell, as a person would: those of before a deployment, after it, or
after a rollback (`back`). `compare` reads a session's journal. tests/data/oracle.toml has what is asked, and what a
person who reads the output calls good. It ends with 1 where two verdicts differ and nothing explains it.
"""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from tests.support.source.oracle import Answer, ask_all, compare
from tui.cli.wiring import open_store
from tui.session.archive.bundle import opened_session


def main(arguments: Sequence[str]) -> int:
    """Ask a host, or compare what it said with a session."""
    match arguments:
        case ["ask", phase, method, *shell] if shell:
            answers = ask_all(phase, method, shell, partial(print, file=sys.stderr))
            print(json.dumps({"phase": phase, "method": method, "answers": msgspec.to_builtins(answers)}, indent=1))
            return 0
        case ["compare", file, session]:
            given = json.loads(Path(file).read_text(encoding="utf-8"))
            answers = msgspec.convert(given["answers"], list[Answer])
            with opened_session(open_store(), session) as directory:
                lines, unexplained = compare(answers, given["phase"], given["method"], directory.load()[1])
            print("\n".join(lines))
            return int(unexplained > 0)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
