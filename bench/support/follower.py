"""Follows a session in a process of its own: says when it has joined, and how far behind each event was shown."""

import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from tui.session.clock import SystemClock
from tui.session.events import Entry
from tui.session.state import SessionState
from tui.sharing.following.followed_session import Follower
from tui.sharing.relay.client import Relay, RelayAddress
from tui.sharing.relay.relay_feed import RelayFeed
from tui.sharing.seals import Seals


def main(port: str, session: str, folder: str, last: str) -> None:
    """Follow until the event of number `last` was shown; then print the seconds between each and its own time."""
    address, password = RelayAddress("127.0.0.1", int(port)), os.environ["BENCH_PASSWORD"]
    behind: list[float] = []
    done = threading.Event()

    def shown(entry: Entry, state: SessionState) -> None:
        behind.append((datetime.now(UTC) - entry.at).total_seconds())
        if entry.seq >= int(last):
            done.set()

    follower = Follower(
        lambda: RelayFeed(Relay(address, password), session),
        Seals(os.environ["BENCH_KEY"], session),
        Path(folder),
        SystemClock(),
    )
    follower.subscribe(shown)
    print("joined", flush=True)
    done.wait()
    for one in behind:
        print(one)


if __name__ == "__main__":
    main(*sys.argv[1:])
