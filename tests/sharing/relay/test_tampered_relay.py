"""What a relay drops, repeats, exchanges or makes up is never shown as true.

RUNBOOK_FAULTS=long makes 10,000 tampered messages; the usual run makes a part of them.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.hostile import faults_told
from tests.support.runbooks.runbooks import small
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.sessions.shared_session import KEY, relay_of
from tui.session.clock import SystemClock
from tui.session.events import Entry, NoteAdded
from tui.session.folding.packed import packed
from tui.session.journal.chain import START, digest, encode
from tui.session.state import initial
from tui.sharing.following.proving import LineProof
from tui.sharing.following.received_output import FollowedOutputs
from tui.sharing.handed_on import BEAT, CHUNK, FRAME, LINE, Beat, KeyFrame, SealedPart, beat_of
from tui.sharing.relay.relay_feed import RelayFeed
from tui.sharing.seals import Seals

LONG = os.environ.get("RUNBOOK_FAULTS") == "long"
TAMPERED = 10_000 if LONG else 300
WITHIN = 1500 if LONG else 120
"""Seconds, also on a machine that does much else."""
LENGTH = 40
MINE = "20260107T020000Z-deploy-aaaaaa"
OTHER = "20260107T020000Z-deploy-bbbbbb"


def journal(texts: list[str]) -> list[bytes]:
    lines: list[bytes] = []
    head = START
    for number, text in enumerate(texts):
        line = encode(Entry(number, SystemClock().now(), 0.0, NoteAdded(text=text, operator="ana")), head)
        lines.append(line)
        head = digest(line)
    return lines


TRUE = journal([f"note {number}" for number in range(LENGTH)])
MADE_UP = journal([f"forged {number}" for number in range(LENGTH)])
"""A whole journal that somebody without the key has made: each of its lines follows from the one before."""
SEALS, OTHERS, WITHOUT_KEY = Seals(KEY, MINE), Seals(KEY, OTHER), Seals("a key that the relay has guessed it is", MINE)
PARTS = [SealedPart(number, line, SEALS.seal(LINE, str(number), line)) for number, line in enumerate(TRUE)]


def forged_next(number: int, luck: random.Random) -> SealedPart:
    """A line that follows from the true ones before it, by somebody who has all of them but the key."""
    head = digest(TRUE[number - 1]) if number else START
    line = encode(Entry(number, SystemClock().now(), 0.0, NoteAdded(text="forged", operator="ana")), head)
    seals = luck.choice([OTHERS, WITHOUT_KEY])
    seal = luck.choice([seals.seal(LINE, str(number), line), PARTS[number].seal, b"", b"0" * 32, b"\xff" * 32])
    return SealedPart(number, line, seal)


def tampered(luck: random.Random) -> list[SealedPart]:
    """The session's lines as a relay gives them that means no good."""
    parts = list(PARTS)
    for _ in range(luck.randrange(1, 4)):
        place = luck.randrange(len(parts)) if parts else 0
        match luck.randrange(9):
            case 0 if parts:
                del parts[place]
            case 1 if parts:
                parts.insert(luck.randrange(len(parts)), parts[place])
            case 2:
                luck.shuffle(parts)
            case 3:
                parts.insert(place, forged_next(luck.randrange(LENGTH), luck))
            case 4:
                number = luck.randrange(LENGTH)
                parts[number:] = [SealedPart(n, MADE_UP[n], PARTS[n].seal) for n in range(number, LENGTH)]
            case 5 if parts:
                part = parts[place]
                data = bytearray(part.data)
                data[luck.randrange(len(data))] ^= 1 << luck.randrange(8)
                parts[place] = SealedPart(part.place, bytes(data), part.seal)
            case 6 if parts:
                part = parts[place]
                parts[place] = SealedPart(luck.randrange(-3, LENGTH + 3), part.data, part.seal)
            case 7 if parts:
                part = parts[place]
                parts[place] = SealedPart(part.place, part.data[: luck.randrange(len(part.data))], part.seal)
            case _:
                number = luck.randrange(LENGTH)
                seal = OTHERS.seal(LINE, str(number), TRUE[number])
                parts.insert(place, SealedPart(number, MADE_UP[number], seal))
    return parts


@pytest.mark.timeout(WITHIN)
def test_of_tampered_lines_none_is_taken_for_true(pytestconfig: pytest.Config) -> None:
    luck, shown_false, prefixes = random.Random(21), 0, 0
    for _ in range(TAMPERED):
        proof = LineProof(SEALS)
        given = tampered(luck)
        size = luck.randrange(1, 50)
        shown = [one.line for at in range(0, len(given), size) for one in proof.take(given[at : at + size])]
        shown_false += shown != TRUE[: len(shown)]
        prefixes += len(shown) > 0
        shown += [one.line for one in proof.take(PARTS)]  # an honest relay afterwards
        assert shown == TRUE
    faults_told.kept(pytestconfig).lines.append(
        f"{TAMPERED} tampered journals: {shown_false} shown as true, the true beginning of {prefixes}"
    )
    assert shown_false == 0


@pytest.mark.timeout(WITHIN)
def test_of_tampered_output_none_is_taken_for_true(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    luck, false, refused = random.Random(22), 0, 0
    pieces = [os.urandom(50) for _ in range(20)]
    whole = b"".join(pieces)
    parts = [SealedPart(50 * at, data, SEALS.seal(CHUNK, f"{1}:{50 * at}", data)) for at, data in enumerate(pieces)]
    for episode in range(TAMPERED):
        folder = tmp_path / str(episode % 50)
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        outputs = FollowedOutputs(folder, SEALS)
        given = list(parts)
        for _ in range(luck.randrange(1, 4)):
            place = luck.randrange(len(given))
            part = given[place]
            match luck.randrange(6):
                case 0:
                    luck.shuffle(given)
                case 1:
                    given[place] = SealedPart(part.place, os.urandom(50), part.seal)
                case 2:
                    given[place] = SealedPart(part.place, part.data[:-1], part.seal)
                case 3:
                    given.insert(place, given[luck.randrange(len(given))])
                case 4:
                    other = SEALS.seal(CHUNK, f"{2}:{part.place}", b"of another command")
                    given[place] = SealedPart(part.place, b"of another command", other)
                case _:
                    given[place] = SealedPart(luck.choice(parts).place, part.data, part.seal)
        outputs.take(1, given)
        kept = (folder / "0001.out").read_bytes() if (folder / "0001.out").exists() else b""
        false += kept != whole[: len(kept)]
        refused += outputs.forged > 0
    faults_told.kept(pytestconfig).lines.append(
        f"{TAMPERED} tampered outputs: {false} shown as true, forged pieces noticed in {refused}"
    )
    assert false == 0


@pytest.mark.timeout(WITHIN)
def test_of_tampered_beats_and_states_none_is_believed(pytestconfig: pytest.Config) -> None:
    luck = random.Random(23)
    beat = Beat(session=MINE, at=SystemClock().now(), epoch=1, count=3, head="x")
    sealed = SEALS.sealed(BEAT, "", msgspec.json.encode(beat))
    frame = SEALS.sealed(FRAME, "", msgspec.msgpack.encode(KeyFrame(3, "x", packed(initial(small())))))
    assert beat_of(SEALS, sealed) == beat
    believed = 0
    for _ in range(TAMPERED):
        whole = bytearray(luck.choice([sealed, frame]))
        kind = BEAT if whole[:32] == sealed[:32] else FRAME
        if luck.random() < 0.5:
            whole[luck.randrange(len(whole))] ^= 1 << luck.randrange(8)
        else:
            del whole[luck.randrange(len(whole)) :]
        believed += SEALS.opened(kind, "", bytes(whole)) is not None
    assert believed == 0
    assert SEALS.opened(FRAME, "", sealed) is None
    assert beat_of(OTHERS, sealed) is None
    moved = OTHERS.sealed(BEAT, "", msgspec.json.encode(beat))  # another session's own key says something of this one
    assert beat_of(OTHERS, moved) is None
    faults_told.kept(pytestconfig).lines.append(f"{TAMPERED} tampered beats and states: {believed} believed")


@pytest.fixture
def stream(redis_server: RedisServer) -> Iterator[Any]:
    relay = relay_of(redis_server)
    key = f"runbook:{MINE}:journal"
    relay.ask("DEL", key)
    yield lambda *command: relay.ask(command[0], key, *command[1:])
    relay.ask("DEL", key)
    relay.close()


@pytest.mark.needs("redis-server")
def test_a_real_stream_with_forged_entries_gives_the_true_ones(redis_server: RedisServer, stream: Any) -> None:
    for number in range(10):
        if number == 3:  # in between, by an id of its own
            stream("XADD", f"{number}-5", "l", MADE_UP[3], "s", PARTS[3].seal)
        stream("XADD", f"{number + 1}-0", "l", TRUE[number], "s", PARTS[number].seal)
    stream("XADD", "99-0", "nothing", "that", "was", "expected")
    stream("XADD", "999999999-0", "l", b"\xff" * 100, "s", b"")
    feed, proof = RelayFeed(relay_of(redis_server), MINE), LineProof(SEALS)
    shown = [one.line for one in proof.take(feed.lines(0, 100, 0.0))]
    assert shown == TRUE[:10]
    assert proof.forged == 3
    assert [one.line for one in proof.take(feed.lines(10, 100, 0.01))] == []
    stream("DEL")
    for number in range(12):
        stream("XADD", f"{number + 1}-0", "l", TRUE[number], "s", PARTS[number].seal)
    assert [one.line for one in proof.take(feed.lines(10, 100, 0.01))] == TRUE[10:12]
    feed.close()
