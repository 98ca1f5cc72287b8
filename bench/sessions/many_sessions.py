"""Many sessions: what lists them, the first time and when the index beside them knows them, ÷ reading their journals.

Targets for 1,000 sessions of 5,000 events each: under 0.3 s the second time, and under 0.15 of reading the journals.
`python -m bench.sessions.many_sessions 10 100 1000` draws the curve.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.support.large_session import large_session
from tui.session.archive.known import KnownSessions
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.journal import read

COUNTS = (200,)
EVENTS = 5_000
TIMES = 5
COMMANDS = (("sessions",), ("followups",), ("drills",), ("list",), ("search", "a text that is nowhere"))
FIRST = (COMMANDS[0], COMMANDS[-1])
"""Those that make an index."""


def main(counts: tuple[int, ...]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "sessions"
        root.mkdir(mode=0o700)
        one = large_session(Path(name), EVENTS)
        one.path.rename(Path(name) / "one")
        one = SessionDirectory(Path(name) / "one")
        bare = statistics.median(timed([sys.executable, "-m", "tui", "--version"], root) for _ in range(TIMES))
        print(f"`runbook --version` takes {bare:.2f} s; each session has {EVENTS:,} events")
        for count in counts:
            grow(root, one, count)
            shown(root, count, bare)


def grow(root: Path, one: SessionDirectory, count: int) -> None:
    """Copy a session until this number is there; the indexes are removed."""
    for number in range(len(list(root.iterdir())), count):
        shutil.copytree(
            one.path, root / f"2026{1 + number // 28 % 12:02}{1 + number % 28:02}T020000Z-deploy-{number:06x}"
        )
    for left in root.glob("*.sqlite*"):
        left.unlink()


def shown(root: Path, count: int, bare: float) -> None:
    begun = time.perf_counter()
    for path in root.glob("*/journal.jsonl"):
        for _ in read(path):
            pass
    journals = time.perf_counter() - begun
    print(f"\n{count:,} sessions: reading their journals takes {journals:.2f} s")
    for words in FIRST:
        first = timed([sys.executable, "-m", "tui", *words], root)
        print(f"  {words[0]:10} the first time     {first:7.2f} s = {first / journals:.2f} of the journals")
    for words in COMMANDS:
        again = statistics.median(timed([sys.executable, "-m", "tui", *words], root) for _ in range(TIMES))
        over = f"{again - bare:.2f} s over --version"
        print(f"  {words[0]:10} again              {again:7.2f} s = {again / journals:.3f}, {over}")
    home = statistics.median(listed(root) for _ in range(TIMES))
    print(f"  Home's lists again            {home:7.2f} s = {home / journals:.3f}")


def listed(root: Path) -> float:
    begun = time.perf_counter()
    found = list(KnownSessions(Store(root)).all())
    assert found
    return time.perf_counter() - begun


def timed(command: list[str], root: Path) -> float:
    begun = time.perf_counter()
    environment = {**os.environ, "RUNBOOK_SESSIONS": str(root)}
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    assert done.returncode in (0, 1, 20), done.stderr
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or COUNTS)
