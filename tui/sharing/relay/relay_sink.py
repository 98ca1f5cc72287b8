"""Hands a session on to the team's Redis server, and fills it again from the disk once it has lost something."""

import time
from typing import Any

import msgspec

from tui.sharing.handed_on import (
    BEAT,
    CHUNK,
    FILE,
    FRAME,
    LINE,
    LINES_MOST,
    PRESENCE,
    TEXT,
    Beat,
    HasTakenOver,
    KeyFrame,
    OtherWriter,
    OwnLine,
    ShareFailed,
    StrayLines,
    beat_of,
)
from tui.sharing.relay.client import Command, Relay
from tui.sharing.relay.names_there import KEPT, SESSIONS, RelayKeys
from tui.sharing.seals import Seals

PRESENT = 10.0
"""Seconds after which a follower who said nothing counts as gone."""
MOST_MESSAGES = 100
MOST_FOLLOWERS = 200
INBOX_LENGTH = 1000
MOST_BESIDE = 10_000
"""Lines of a writer who has lost the session that are kept, about."""


class RelaySink:
    """See Sink. The streams' ids are the lines' numbers: what is sent twice is refused, and a gap is seen.

    What a writer who has lost the session still writes is in a stream of its own, for as long as the others are kept.
    """

    every = 0.5
    looks_back = LINES_MOST

    def __init__(self, relay: Relay, seals: Seals, epoch: int = 1) -> None:
        self.where = str(relay.address)
        self._relay = relay
        self._seals = seals
        self._keys = RelayKeys(seals.session)
        self._epoch = epoch
        self._text = b""
        self._count = 0
        self._inbox = "0"
        self._epoch_there = 0
        self._seen: dict[bytes, tuple[int, float]] = {}
        self._renewed = 0.0
        self._lost = False
        self._looked = 0
        self._seen_of: dict[int, int] = {}

    def begin(self, text: bytes, own: OwnLine) -> int:
        """See Sink."""
        self._give_way()
        sealed = self._seals.sealed(TEXT, "", text)
        last, length, _, _ = self._asked(
            ("XREVRANGE", self._keys.journal, "+", "-", "COUNT", 1),
            ("XLEN", self._keys.journal),
            ("SET", self._keys.text, sealed, "EX", KEPT),
            ("ZADD", SESSIONS, int(time.time()), self._seals.session),
        )
        self._count = 0
        if last:
            number, line, seal = part_of(last[0])
            if number + 1 == int(length) and own(number) == line:
                self._count = number + 1
            else:
                self._other(number, line, seal)
                self.forget()
        return self._count

    def forget(self) -> None:
        """Take the lines away, to be handed on again from the first."""
        self._relay.ask("DEL", self._keys.journal, self._keys.frame)
        self._count = 0

    def lines(self, first: int, lines: list[bytes]) -> None:
        """See Sink."""
        if self._lost:
            self._beside(first, lines)
            return
        key = self._keys.journal
        commands: list[Command] = []
        for number, line in enumerate(lines, first):
            seal = self._seals.seal(LINE, str(number), line)
            commands.append(("XADD", key, f"{number + 1}-0", "l", line, "s", seal))
        commands.append(("XLEN", key))
        *answers, length = self._relay.many(commands)
        refused = self._relay.refusal(answers)
        if refused is not None and not _is_there(answers):
            raise refused
        whole = not isinstance(length, Exception) and int(length) == first + len(lines)
        if refused is not None or not whole:
            found = self._relay.ask("XRANGE", key, f"{first + 1}-0", f"{first + len(lines)}-0")
            whole = whole and [part_of(one)[1] for one in found] == lines
        if not whole:
            self.forget()
            raise ShareFailed(f"{self.where} had lost lines, or had others", "it is filled again from this disk")
        self._count = first + len(lines)

    def held(self, attempts: list[int]) -> dict[int, int]:
        """See Sink."""
        commands: list[Command] = [
            ("XREVRANGE", self._keys.output(number), "+", "-", "COUNT", 1) for number in attempts
        ]
        sizes: dict[int, int] = {}
        for attempt, answer in zip(attempts, self._asked(*commands), strict=True):
            if not answer:
                continue
            offset, data, seal = part_of(answer[0])
            if self._seals.holds(CHUNK, f"{attempt}:{offset}", data, seal):
                sizes[attempt] = offset + len(data)
        return sizes

    def output(self, attempt: int, offset: int, data: bytes) -> None:
        """See Sink."""
        key = self._keys.output(attempt)
        seal = self._seals.seal(CHUNK, f"{attempt}:{offset}", data)
        commands: list[Command] = [("DEL", key)] if offset == 0 else []
        commands += [("XADD", key, f"{offset + 1}-0", "l", data, "s", seal), ("EXPIRE", key, KEPT)]
        answers = self._relay.many(commands)
        refused = self._relay.refusal(answers)
        if refused is not None and not _is_there(answers):
            raise refused

    def files(self) -> frozenset[str]:
        """See Sink."""
        return frozenset(name.decode("ascii", "replace") for name in self._relay.ask("HKEYS", self._keys.files))

    def file(self, name: str, data: bytes) -> None:
        """See Sink."""
        sealed = self._seals.sealed(FILE, name, data)
        self._asked(("HSET", self._keys.files, name, sealed), ("EXPIRE", self._keys.files, KEPT))

    def frame(self, frame: KeyFrame) -> None:
        """See Sink."""
        data = self._seals.sealed(FRAME, "", msgspec.msgpack.encode(frame))
        self._relay.ask("SET", self._keys.frame, data, "EX", KEPT)

    def beat(self, beat: Beat) -> None:
        """See Sink."""
        self._give_way()
        keys = self._keys
        data = self._seals.sealed(BEAT, "", msgspec.json.encode(beat))
        commands: list[Command] = [("SET", keys.beat, data, "EX", KEPT), ("XLEN", keys.journal), ("EXISTS", keys.text)]
        if time.monotonic() - self._renewed > PRESENT or not self._renewed:
            commands += [("EXPIRE", one, KEPT) for one in (keys.journal, keys.text, keys.frame, keys.inbox, keys.files)]
            commands.append(("ZADD", SESSIONS, int(time.time()), self._seals.session))
            self._renewed = time.monotonic()
        _, length, text, *_ = self._asked(*commands)
        if int(length) != self._count or not text:
            self.forget()
            raise ShareFailed(f"{self.where} has lost what it had", "it is filled again from this disk")

    def followers(self) -> int | None:
        """See Sink; a follower counts who says something new, sealed with the team's key."""
        said = self._relay.ask("HGETALL", self._keys.followers)
        now = time.monotonic()
        for name, value in list(zip(said[::2], said[1::2], strict=True))[:MOST_FOLLOWERS]:
            place = name.decode("ascii", "replace")
            opened = self._seals.opened(PRESENCE, place, value)
            number = int(opened) if opened is not None and opened.isdigit() and len(opened) < 20 else -1
            if number > self._seen.get(name, (-1, 0.0))[0]:
                self._seen[name] = (number, now)
        self._seen = {name: one for name, one in self._seen.items() if now - one[1] < KEPT}
        return sum(now - at < PRESENT for _, at in self._seen.values())

    def messages(self) -> list[bytes]:
        """See Sink."""
        after = f"({self._inbox}" if self._inbox != "0" else "-"
        found = self._relay.ask("XRANGE", self._keys.inbox, after, "+", "COUNT", MOST_MESSAGES)
        if found:
            self._inbox = found[-1][0].decode("ascii", "replace")
        return [fields[1] for _, fields in found if fields and len(fields) >= 2 and isinstance(fields[1], bytes)]

    def strays(self) -> list[StrayLines]:
        """See Sink; each time it is asked it looks at one of the epochs before."""
        if self._epoch == 1:
            return []
        epoch = 1 + self._looked % (self._epoch - 1)
        self._looked += 1
        after = self._seen_of.get(epoch, 0)
        found = self._relay.ask("XRANGE", self._keys.beside(epoch), f"{after + 1}-0", "+", "COUNT", LINES_MOST)
        strays: list[StrayLines] = []
        for number, line, seal in map(part_of, found or ()):
            if not self._seals.holds(LINE, str(number), line, seal):
                continue
            if strays and number == strays[-1].first + len(strays[-1].lines):
                strays[-1].lines.append(line)
            else:
                strays.append(StrayLines(epoch, number, [line]))
            self._seen_of[epoch] = number + 1
        return strays

    def close(self) -> None:
        """See Sink."""
        self._relay.close()

    def _beside(self, first: int, lines: list[bytes]) -> None:
        """Keep lines beside those of who has the session now; what is there already is not put there again."""
        key = self._keys.beside(self._epoch)
        commands: list[Command] = []
        for number, line in enumerate(lines, first):
            seal = self._seals.seal(LINE, str(number), line)
            commands.append(("XADD", key, "MAXLEN", "~", MOST_BESIDE, f"{number + 1}-0", "l", line, "s", seal))
        answers = self._relay.many([*commands, ("EXPIRE", key, KEPT)])
        refused = self._relay.refusal(answers)
        if refused is not None and not _is_there(answers):
            raise refused

    def _give_way(self) -> None:
        """Make sure that nobody with a later epoch writes this session.

        Raises:
            OtherWriter: somebody does.
        """
        answer = self._relay.ask("GET", self._keys.beat)
        other = beat_of(self._seals, answer if isinstance(answer, bytes) else None)
        if other is None:
            return
        self._epoch_there = other.epoch
        if other.epoch > self._epoch:
            who = f"{other.operator} on {other.machine}" if other.machine else other.operator
            self._lost = True
            raise HasTakenOver(
                f"{who} has taken this session over", "what is written here is kept beside it, as a fork"
            )

    def _other(self, number: int, line: bytes, seal: bytes) -> None:
        """What is there is not ours: give way to another writer of the team, take anything else away.

        Raises:
            OtherWriter: somebody with the team's key writes this session as well, and did not take over before us.
        """
        if self._epoch <= self._epoch_there and self._seals.holds(LINE, str(number), line, seal):
            raise OtherWriter(
                "another program hands on this session with other lines",
                "is a copy of its folder open elsewhere? what is written here is not handed on",
            )

    def _asked(self, *commands: Command) -> list[Any]:
        if not commands:
            return []
        answers = self._relay.many(list(commands))
        refused = self._relay.refusal(answers)
        if refused is not None:
            raise refused
        return answers


def part_of(entry: Any) -> tuple[int, bytes, bytes]:
    """The number, the data and the seal of an entry of a stream; what is not one has no seal."""
    try:
        name, (_, data, _, seal) = entry
        if isinstance(data, bytes) and isinstance(seal, bytes):
            return int(name.partition(b"-")[0]) - 1, data, seal
    except (ValueError, TypeError, AttributeError):
        pass
    return -1, b"", b""


def _is_there(answers: list[Any]) -> bool:
    """Whether all that was refused is there already, as after an answer that was lost; the count tells what is."""
    return all("equal or smaller" in str(one) for one in answers if isinstance(one, Exception))
