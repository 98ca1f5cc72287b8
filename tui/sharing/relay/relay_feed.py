"""Reads a session that another machine hands on to the team's Redis server."""

from typing import Any

from tui.sharing.handed_on import SealedPart
from tui.sharing.relay.client import Command, Relay
from tui.sharing.relay.names_there import KEPT, SESSION, SESSIONS, RelayKeys
from tui.sharing.relay.relay_sink import INBOX_LENGTH, part_of

PIECES = 16
"""Pieces of output that are asked for at a time."""
NEWEST = 200


class RelayFeed:
    """See Feed."""

    every = 0.25

    def __init__(self, relay: Relay, session: str) -> None:
        self.where = str(relay.address)
        self._relay = relay
        self._keys = RelayKeys(session)

    def beat(self) -> bytes | None:
        """See Feed."""
        return _bytes(self._relay.ask("GET", self._keys.beat))

    def text(self) -> bytes | None:
        """See Feed."""
        return _bytes(self._relay.ask("GET", self._keys.text))

    def frame(self) -> bytes | None:
        """See Feed."""
        return _bytes(self._relay.ask("GET", self._keys.frame))

    def lines(self, first: int, most: int, wait: float) -> list[SealedPart]:
        """See Feed; lines are asked for by their numbers, so that what a relay puts behind them hides none."""
        found = self._range(self._keys.journal, first, most)
        if not found and wait:
            block: Command = (
                "XREAD",
                "COUNT",
                1,
                "BLOCK",
                int(wait * 1000),
                "STREAMS",
                self._keys.journal,
                f"{first}-0",
            )
            self._relay.ask(*block, wait=wait)
            found = self._range(self._keys.journal, first, most)
        return found

    def output(self, attempt: int, offset: int) -> list[SealedPart]:
        """See Feed."""
        return self._range(self._keys.output(attempt), offset, PIECES)

    def file(self, name: str) -> bytes | None:
        """See Feed."""
        return _bytes(self._relay.ask("HGET", self._keys.files, name))

    def present(self, follower: str, sealed: bytes) -> None:
        """See Feed."""
        self._relay.many([("HSET", self._keys.followers, follower, sealed), ("EXPIRE", self._keys.followers, KEPT)])

    def send(self, message: bytes) -> None:
        """See Feed."""
        self._relay.ask("XADD", self._keys.inbox, "MAXLEN", "~", INBOX_LENGTH, "*", "m", message)

    def close(self) -> None:
        """See Feed."""
        self._relay.close()

    def _range(self, key: str, first: int, most: int) -> list[SealedPart]:
        entries = self._relay.ask("XRANGE", key, f"{first + 1}-0", "+", "COUNT", most)
        return [SealedPart(*part_of(one)) for one in entries or ()]


def relayed_sessions(relay: Relay) -> list[tuple[str, bytes]]:
    """The ids of the sessions on a relay, the newest first, each with its last beat, sealed."""
    names = relay.ask("ZREVRANGE", SESSIONS, 0, NEWEST - 1)
    ids = [text for name in names if SESSION.fullmatch(text := name.decode("ascii", "replace"))]
    beats = relay.many([("GET", RelayKeys(one).beat) for one in ids]) if ids else []
    return [(one, beat) for one, beat in zip(ids, beats, strict=True) if isinstance(beat, bytes)]


def _bytes(answer: Any) -> bytes | None:
    return answer if isinstance(answer, bytes) else None
