"""Ways to tamper with a signed message: of its bytes, of each of its fields, of the signature."""

import base64
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from tui.sharing.messages import InboxMessage, MessageKind, SignedMessage, encode_message

Change = dict[str, Any]


def tampered(genuine: SignedMessage, others: list[SignedMessage], luck: random.Random) -> Iterator[bytes]:
    """Without end: the bytes of messages that nobody signed as they are."""
    ways = (_byte, _cut, _field, _signature, _mixed)
    while True:
        raw = luck.choice(ways)(genuine, others, luck)
        if _same(raw, genuine) or any(_same(raw, other) for other in others):
            continue  # the same message, spelled otherwise
        yield raw


def _same(raw: bytes, genuine: SignedMessage) -> bool:
    try:
        return msgspec.json.decode(raw, type=SignedMessage) == genuine
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return False


def _byte(genuine: SignedMessage, others: list[SignedMessage], luck: random.Random) -> bytes:
    raw = bytearray(encode_message(genuine))
    for _ in range(luck.randint(1, 3)):
        at = luck.randrange(len(raw))
        raw[at] = luck.choice([raw[at] ^ (1 << luck.randrange(8)), luck.randrange(256)])
    return bytes(raw)


def _cut(genuine: SignedMessage, others: list[SignedMessage], luck: random.Random) -> bytes:
    raw = encode_message(genuine)
    at, to = sorted(luck.sample(range(len(raw)), 2))
    return luck.choice([raw[:at], raw[:at] + raw[to:], raw + raw[at:to]])


def changes(message: InboxMessage) -> list[Change]:
    """One change of each field, to what an attacker would have it say."""
    return [
        {"id": message.id[::-1]},
        {"kind": MessageKind.REFUSED if message.kind is MessageKind.GRANTED else MessageKind.GRANTED},
        {"kind": MessageKind.NOTE},
        {"session": message.session + "-2"},
        {"sender": "cem"},
        {"sender": message.sender + " "},
        {"sender": message.sender.upper()},
        {"sent": message.sent - timedelta(seconds=1)},
        {"expires": message.expires + timedelta(seconds=1)},
        {"count": message.count + 1},
        {"count": message.count - 1},
        {"head": message.head[::-1]},
        {"step": message.step + "-2"},
        {"host": "production"},
        {"commands": message.commands[::-1]},
        {"text": message.text + "."},
    ]


def _field(genuine: SignedMessage, others: list[SignedMessage], luck: random.Random) -> bytes:
    changed: Change = {}
    for one in luck.sample(changes(genuine.message), luck.randint(1, 3)):
        changed |= one
    return encode_message(replace(genuine, message=replace(genuine.message, **changed)))


def _signature(genuine: SignedMessage, others: list[SignedMessage], luck: random.Random) -> bytes:
    blob = bytearray(base64.b64decode(genuine.signature.blob))
    at = luck.randrange(len(blob))
    blob[at] ^= 1 << luck.randrange(8)
    text = base64.b64encode(blob).decode()
    return encode_message(replace(genuine, signature=replace(genuine.signature, blob=text)))


def _mixed(genuine: SignedMessage, others: list[SignedMessage], luck: random.Random) -> bytes:
    """The message of one with the signature of another, or with the other's key only."""
    other = luck.choice(others)
    one = luck.choice(
        [
            replace(genuine, signature=other.signature),
            replace(other, signature=genuine.signature),
            replace(genuine, signature=replace(genuine.signature, key=other.signature.key)),
            replace(genuine, message=replace(genuine.message, commands=other.message.commands or "0" * 64)),
            replace(genuine, message=replace(genuine.message, head=other.message.head, count=other.message.count)),
        ]
    )
    return encode_message(one)
