"""Reads and checks what people who follow a session put into its inbox, and writes it; the relay is not trusted."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from tui.errors import RunbookError, SignatureInvalid
from tui.signing.posted import HASH, ID, VERSION, to_second, vouched_for
from tui.signing.posted import InboxMessage as InboxMessage
from tui.signing.posted import MessageKind as MessageKind
from tui.signing.posted import SignedMessage as SignedMessage
from tui.signing.posted import new_message as new_message
from tui.signing.posted import sign_message as sign_message
from tui.signing.signers import Signers

LONGEST = 64 << 10
"""Bytes of the largest message that is looked at."""
LONGEST_TEXT = 4096
"""Characters of a note or a reason."""
SKEW = timedelta(minutes=2)
"""How far a sender's clock may be ahead of ours."""
LONGEST_LIFE = timedelta(hours=1)
"""For how long a message may count: those that are taken have to be told from those seen for that long."""
NOTE_LIFE = timedelta(minutes=15)
"""For how long a note or a request for the session counts."""

HeadAt = Callable[[int], str | None]
"""The hash of the last of the first `count` lines of the journal; None where it does not have that many."""


class MessageRefused(RunbookError):
    """A message of the inbox is not taken, and why; `sender` as the message says it, empty where it cannot be read."""

    def __init__(self, message: str, hint: str = "", sender: str = "") -> None:
        super().__init__(message, hint)
        self.sender = sender


_decoder = msgspec.json.Decoder(SignedMessage, strict=True)


def encode_message(signed: SignedMessage) -> bytes:
    """The bytes of a message, as the inbox has it."""
    return msgspec.json.encode(signed)


def decode_message(raw: bytes) -> SignedMessage:
    """Read the bytes of a message; nothing of it is believed yet.

    Raises:
        MessageRefused: it is none, or of another version.
    """
    if len(raw) > LONGEST:
        raise MessageRefused(f"a message of {len(raw)} bytes; the longest has {LONGEST}")
    try:
        signed = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
        raise MessageRefused(f"what is in the inbox is not a message: {error}") from None
    _check_fields(signed.message)
    return signed


def _check_fields(message: InboxMessage) -> None:
    if message.version != VERSION:
        reason = f"a message of version {message.version}; this program reads {VERSION}"
    elif not ID.fullmatch(message.id) or not HASH.fullmatch(message.head):
        reason = "a message without an id or the journal's head"
    elif message.sent.utcoffset() is None or message.expires.utcoffset() is None:
        reason = "a message whose times have no timezone"
    elif message.sent != to_second(message.sent) or message.expires != to_second(message.expires):
        reason = "a message whose times are not to the second"  # the signature would not cover the rest
    elif not message.sender.strip() or len(message.text) > LONGEST_TEXT:
        reason = f"a message without a sender, or with more than {LONGEST_TEXT} characters"
    elif message.kind.answers and not (message.step and message.host and HASH.fullmatch(message.commands)):
        reason = "an answer that does not say to which question"
    else:
        return
    raise MessageRefused(reason)


class InboxGuard:
    """Takes each message of one session's inbox once, where it is its sender's, in time, and of this journal.

    Safe to use from any thread.
    """

    def __init__(self, session: str, signers: Callable[[], Signers], head_at: HeadAt, seen: Iterable[str] = ()) -> None:
        """Args:
        signers: reads who vouches for whom, each time: a person that is removed counts no more from then on.
        head_at: what the writer's own journal says.
        seen: the ids that were taken already, as the journal has them (`SessionState.posted`).
        """
        self._session = session
        self._signers = signers
        self._head_at = head_at
        self._seen = set(seen)
        self._lock = threading.Lock()

    def take(self, raw: bytes, now: datetime) -> SignedMessage:
        """The message in these bytes, checked; a second time it is refused.

        Raises:
            MessageRefused: it is not to be believed, or too late, or was taken before; says which.
        """
        signed = decode_message(raw)
        message = signed.message
        self._in_time(message, now)
        self._of_this_journal(message)
        try:
            vouched_for(signed, self._signers(), now)
        except SignatureInvalid as error:
            raise MessageRefused(error.message, error.hint, message.sender) from None
        with self._lock:
            if message.id in self._seen:
                raise MessageRefused("the same message again", "", message.sender)
            self._seen.add(message.id)
        return signed

    def _in_time(self, message: InboxMessage, now: datetime) -> None:
        if message.sent > now + SKEW:
            ahead = (message.sent - now).total_seconds()
            hint = "set the sender's clock, or this one"
            raise MessageRefused(f"a message from {ahead:.0f} s ahead of this clock", hint, message.sender)
        if message.expires - message.sent > LONGEST_LIFE or message.expires <= message.sent:
            raise MessageRefused("a message that counts for too long, or for no time", "", message.sender)
        if now >= message.expires:
            late = (now - message.expires).total_seconds()
            raise MessageRefused(f"a message that came {late:.0f} s too late", "ask them again", message.sender)

    def _of_this_journal(self, message: InboxMessage) -> None:
        if message.session != self._session:
            raise MessageRefused(f"a message to another session, {message.session}", "", message.sender)
        if message.count < 1 or self._head_at(message.count) != message.head:
            hint = "its sender follows another copy of the journal"
            raise MessageRefused("a message about lines that this journal does not have", hint, message.sender)
