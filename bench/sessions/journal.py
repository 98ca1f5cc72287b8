"""One event appended to the journal beside one SQLite transaction with the same bytes: at least as fast."""

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from tui.session.clock import SystemClock
from tui.session.events import AttemptStarted
from tui.session.journal.journal import Journal

RUNS = 500


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="journal-") as name:
        folder = Path(name)
        journal = Journal.create(folder / "journal.jsonl", SystemClock())
        base = sqlite3.connect(folder / "base", isolation_level=None)
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=FULL")
        base.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, line BLOB)")
        ours, theirs = [], []
        for number in range(RUNS):
            event = AttemptStarted(
                attempt=number, step="migrate", action=0, host="web", command="docker-compose up", mutates=True
            )
            before = journal.path.stat().st_size
            started = time.perf_counter()
            journal.append(event)
            ours.append(time.perf_counter() - started)
            with journal.path.open("rb") as file:
                file.seek(before)
                line = file.read()
            started = time.perf_counter()
            base.execute("BEGIN IMMEDIATE")
            base.execute("INSERT INTO events (line) VALUES (?)", (line,))
            base.execute("COMMIT")
            theirs.append(time.perf_counter() - started)
        journal.close()
        base.close()
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f"SQLite, WAL, synchronous=FULL  median {other * 1000:7.3f} ms a transaction of {len(line)} bytes")
    print(f"ours, Journal.append           median {mine * 1000:7.3f} ms an event of the same bytes")
    print(f"SQLite / ours                  {other / mine:6.2f}   (target at least 1.00)")


if __name__ == "__main__":
    main()
