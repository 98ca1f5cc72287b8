"""What the events of a session are made of."""

from datetime import datetime

from msgspec import Struct


class Check(Struct, frozen=True, omit_defaults=True):
    """One expectation compared with what was received, both in words; a `warning` is shown and fails no step."""

    expected: str
    came: str
    ok: bool
    warning: bool = False


class Signature(Struct, frozen=True):
    """A signature as an event keeps it: the signed blob in base64, the public key's line, and its fingerprint."""

    blob: str
    key: str
    fingerprint: str


class Posted(Struct, frozen=True, kw_only=True):
    """What an event keeps of the signed message that caused it, so that the signature can be proved from the journal.

    The other lines of the message are the event's own (signing/posted). `count` and `head` are how far its sender had
    followed the journal: how many lines, and the hash of the last.
    """

    id: str
    kind: str
    sent: datetime
    expires: datetime
    count: int
    head: str
    signature: Signature


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag=str.lower):
    """Base of the events; the tag in the journal is the class name in lower case."""


class Place(Struct, frozen=True, omit_defaults=True):
    """Where a host is: an SSH target with user and port, another host's connection, or this machine; the directory."""

    target: str = ""
    user: str = ""
    port: int | None = None
    local: bool = False
    connection: str = ""
    directory: str = ""


class Evidence(Struct, frozen=True):
    """A file of the session's folder that shows what was done: its name there, its size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str
