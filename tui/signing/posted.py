"""The signed messages by which somebody who follows a session speaks to its writer: what is signed, and by whom."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from msgspec import Struct

from tui.errors import SignatureInvalid
from tui.people import same_person
from tui.session.event_base import Posted, Signature
from tui.signing import public_keys, sshsig
from tui.signing.signers import Signers, matches
from tui.signing.statement import Key, quoted

VERSION = 1
ID = re.compile(r"[0-9a-f]{32}")
HASH = re.compile(r"[0-9a-f]{64}")


class MessageKind(StrEnum):
    """What a message is."""

    NOTE = "note"
    ASKS_FOR_SESSION = "asks for the session"
    GRANTED = "approval granted"
    REFUSED = "approval refused"

    @property
    def answers(self) -> bool:
        """Whether it answers the question whether a step may start."""
        return self in (MessageKind.GRANTED, MessageKind.REFUSED)

    @property
    def namespace(self) -> str:
        """What its signature is for: a key that may write notes may be one that may not approve."""
        return "runbook-approval@runbook" if self.answers else "runbook-message@runbook"


class InboxMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one person says to the writer of a session; times are UTC, to the second.

    `count` and `head` are the number of journal lines that the sender has verified and the hash of the last of them;
    of an answer to a question they are those that the question names. `host` and `commands` are the question's too.
    `text` is a note, or the reason.
    """

    id: str
    kind: MessageKind
    session: str
    sender: str
    sent: datetime
    expires: datetime
    count: int
    head: str
    step: str = ""
    host: str = ""
    commands: str = ""
    text: str = ""
    version: int = VERSION

    def statement(self) -> bytes:
        """The bytes that are signed: lines that a person can read; equal for equal messages, else different."""
        lines = (
            f"runbook message, version {self.version}",
            f"id: {quoted(self.id)}",
            f"kind: {quoted(self.kind.value)}",
            f"session: {quoted(self.session)}",
            f"signed by: {quoted(self.sender)}",
            f"sent: {_time(self.sent)}",
            f"expires: {_time(self.expires)}",
            f"step: {quoted(self.step)}",
            f"host: {quoted(self.host)}",
            f"commands: sha256 {quoted(self.commands)}",
            f"text: {quoted(self.text)}",
            f"journal: {self.count} lines, head {quoted(self.head)}",
        )
        return "".join(f"{line}\n" for line in lines).encode()


class SignedMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """A message with its sender's signature."""

    message: InboxMessage
    signature: Signature

    def posted(self) -> Posted:
        """What an event keeps of it."""
        one = self.message
        return Posted(
            id=one.id,
            kind=one.kind.value,
            sent=one.sent,
            expires=one.expires,
            count=one.count,
            head=one.head,
            signature=self.signature,
        )


def message_id() -> str:
    """A new message's id."""
    return uuid4().hex


def to_second(at: datetime) -> datetime:
    """The time as a message has it."""
    return at.astimezone(UTC).replace(microsecond=0)


def new_message(
    kind: MessageKind, session: str, sender: str, now: datetime, within: timedelta, place: tuple[int, str], text: str
) -> InboxMessage:
    """A message that counts from `now` on for `within`.

    Args:
        place: how many lines of the journal the sender has verified, and the hash of the last.
    """
    sent = to_second(now)
    count, head = place
    return InboxMessage(
        id=message_id(),
        kind=kind,
        session=session,
        sender=sender,
        sent=sent,
        expires=sent + within,
        count=count,
        head=head,
        text=text,
    )


def sign_message(message: InboxMessage, key: Key) -> SignedMessage:
    """Have the message signed, and make sure that what was received verifies.

    Raises:
        SigningRefused: the key does not sign.
        SignatureInvalid: what it answered is not a good signature.
    """
    public, namespace = key.public, message.kind.namespace
    data = sshsig.to_sign(message.statement(), namespace)
    raw = key.sign(data)
    public_keys.check(public, data, raw)
    blob = sshsig.encode(sshsig.Blob(public.blob, namespace, sshsig.HASHES[0], raw))
    text = base64.b64encode(blob).decode("ascii")
    return SignedMessage(message, Signature(text, public.line, public.fingerprint))


def verify_message(signed: SignedMessage) -> public_keys.PublicKey:
    """The key that signed this message, for what it is and nothing else.

    Raises:
        SignatureInvalid: the signature is damaged, of another key than it says, or for something else.
    """
    message, signature = signed.message, signed.signature
    blob = sshsig.parse(sshsig.unbase64(signature.blob, "the signature"))
    key = public_keys.public_key(blob.public_key)
    if (signature.key, signature.fingerprint) != (key.line, key.fingerprint):
        raise SignatureInvalid("the signature is made by another key than the message says")
    if blob.namespace != message.kind.namespace:
        wanted = message.kind.namespace
        raise SignatureInvalid(f"the signature is for {blob.namespace!r}, not for {wanted}")
    public_keys.check(key, sshsig.to_sign(message.statement(), blob.namespace, blob.hash_algorithm), blob.signature)
    return key


def vouched_for(signed: SignedMessage, signers: Signers, at: datetime) -> public_keys.PublicKey:
    """The key that signed a message, where the list of signers says that it is the sender's, and may do that.

    Raises:
        SignatureInvalid: the signature does not hold, or nobody vouches for it.
    """
    key, sender = verify_message(signed), signed.message.sender
    own = [line for line in signers.of(key) if matches(sender, line.principals)]
    refusals = [line.why_not(signed.message.kind.namespace, at) for line in own]
    if "" in refusals:
        return key
    if refusals:
        raise SignatureInvalid(f"signed as {sender}, but {refusals[0]}", f"see {signers.path}")
    others = ", ".join(line.principals for line in signers.of(key))
    whose = f"by the key of {others}" if others else "by a key nobody vouches for"
    hint = f"a line in {signers.path} says whose key it is"
    raise SignatureInvalid(f"signed as {sender} {whose} ({key.fingerprint})", hint)


def two_keys(
    sender: str, key: public_keys.PublicKey, operator: str, signers: Signers, own: Callable[[], str] = str
) -> None:
    """Make sure that what answers the operator's question is another person, by a key that is not the operator's.

    Args:
        own: the public line of the operator's own key as the settings have it; "" where it is not known.

    Raises:
        SignatureInvalid: it is the operator, or their key.
    """
    if same_person(sender, operator):
        raise SignatureInvalid(f"{sender} is the operator", "the second person must be somebody else")
    if any(matches(operator, line.principals) for line in signers.of(key)) or key.line == own():
        raise SignatureInvalid(
            f"signed as {sender} by the key of {operator} ({key.fingerprint})",
            "the second person signs with a key of their own",
        )


def _time(at: datetime) -> str:
    return to_second(at).strftime("%Y-%m-%dT%H:%M:%SZ")
