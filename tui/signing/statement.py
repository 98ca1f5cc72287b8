"""Says in plain lines what a person signs for, so that the same lines can be made again from the journal alone."""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec
from msgspec import Struct

from tui.errors import SignatureInvalid
from tui.runbook.shell.script import with_input
from tui.session import events as ev
from tui.session.event_base import Signature
from tui.session.journal.chain import START, ProvedLine
from tui.session.state import AUTO as AUTO
from tui.session.state import SessionState
from tui.session.subject import step_of
from tui.signing import public_keys as public_keys
from tui.signing import sshsig

NAMESPACE = "runbook-signoff@runbook"
"""What our signatures are for: one made for Git or for a login is none of ours, nor the other way round."""

VERSION = 1

_ESCAPED = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff]')


class Statement(Struct, frozen=True, kw_only=True):
    """What one person answers for by signing. `signer` is that person: the operator, or the second one.

    `commands` is the SHA-256 over the step's commands as they ran and `outputs` that over their output, `attempts` how
    many there were; `count` and `head` are the number of journal lines before the sign-off and the hash of the last.
    """

    version: int = VERSION
    session: str
    step: str
    operator: str
    second_operator: str = ""
    signer: str
    note: str = ""
    attempts: int
    commands: str
    outputs: str
    count: int
    head: str

    def text(self) -> bytes:
        """The bytes that are signed: lines that a person can read; equal for equal statements, else different."""
        lines = (
            f"runbook sign-off, version {self.version}",
            f"session: {quoted(self.session)}",
            f"step: {quoted(self.step)}",
            f"operator: {quoted(self.operator)}",
            f"second operator: {quoted(self.second_operator)}",
            f"signed by: {quoted(self.signer)}",
            f"note: {quoted(self.note)}",
            f"attempts: {self.attempts}",
            f"commands: sha256 {self.commands}",
            f"outputs: sha256 {self.outputs}",
            f"journal: {self.count} lines, head {self.head}",
        )
        return "".join(f"{line}\n" for line in lines).encode()


class StatedAttempt(Struct, frozen=True, kw_only=True):
    """One attempt as a statement binds it."""

    number: int
    step: str
    host: str
    command: str
    sha256: str = ""


class SignOff(Struct, frozen=True):
    """A sign-off found in a journal, what each person should have signed for it, and what they signed (or did not).

    The operator comes first, then the second person, if there is one.
    """

    entry: ev.Entry
    event: ev.StepSigned
    statements: tuple[Statement, ...]
    signatures: tuple[Signature | None, ...]


class Key(Protocol):
    """A private key that can be asked to sign."""

    @property
    def public(self) -> public_keys.PublicKey:
        """Its public half."""

    def sign(self, data: bytes) -> bytes:
        """A signature in the key's SSH format.

        Raises:
            SigningRefused: it does not sign.
        """


def statement_of(state: SessionState, event: ev.StepSigned, signer: str) -> Statement:
    """What `signer` signs for, from the state before the sign-off and the event that is about to be recorded."""
    ran = (
        StatedAttempt(
            number=attempt.number, step=attempt.step, host=attempt.host, command=attempt.whole, sha256=attempt.sha256
        )
        for attempt in state.attempts.values()
    )
    return _statement(state.started.session if state.started else "", ran, event, signer)


def sign_offs(lines: Iterable[ProvedLine]) -> Iterator[SignOff]:
    """Every sign-off by a person, with its statements made again from the journal's lines before it.

    Raises:
        SignatureInvalid: a sign-off names a place that is not in this journal, or one before the step's last event.
    """
    session, heads = "", [START]
    ran: dict[int, StatedAttempt] = {}
    touched: dict[str, int] = {}
    for line in lines:
        event = line.entry.event
        if isinstance(event, ev.SessionStarted):
            session = event.session
        elif isinstance(event, ev.AttemptStarted):
            whole = with_input(event.command, event.stdin)
            ran[event.attempt] = StatedAttempt(number=event.attempt, step=event.step, host=event.host, command=whole)
        elif isinstance(event, ev.AttemptFinished) and event.attempt in ran:
            ran[event.attempt] = msgspec.structs.replace(ran[event.attempt], sha256=event.sha256)
        elif isinstance(event, ev.StepSigned) and event.operator != AUTO:
            _check_place(line.entry, event, heads, touched.get(event.step, -1))
            people = (event.operator, event.second_operator) if event.second_operator else (event.operator,)
            statements = tuple(_statement(session, ran.values(), event, person) for person in people)
            signatures = (event.signature, event.second_signature)[: len(people)]
            yield SignOff(line.entry, event, statements, signatures)
        touched[step_of(event, ran)] = line.entry.seq
        heads.append(line.head)


def _check_place(entry: ev.Entry, event: ev.StepSigned, heads: list[str], last: int) -> None:
    where = f"the sign-off of {event.step} (line {entry.seq + 1})"
    if not 0 <= event.count < len(heads) or event.head != heads[event.count]:
        raise SignatureInvalid(f"{where} is for another journal than this", "compare it with another copy")
    if last >= event.count:
        raise SignatureInvalid(f"{where} was made before line {last + 1}, which is of the same step", "sign it again")
    if event.second_signature and not event.second_operator:
        raise SignatureInvalid(f"{where} has a second signature and no second person")


def sign(statement: Statement, key: Key) -> Signature:
    """Have the statement signed, and make sure that what was received verifies.

    Raises:
        SigningRefused: the key does not sign.
        SignatureInvalid: what it answered is not a good signature.
    """
    public = key.public
    data = sshsig.to_sign(statement.text(), NAMESPACE)
    raw = key.sign(data)
    public_keys.check(public, data, raw)
    blob = sshsig.encode(sshsig.Blob(public.blob, NAMESPACE, sshsig.HASHES[0], raw))
    return Signature(base64.b64encode(blob).decode("ascii"), public.line, public.fingerprint)


def verify(statement: Statement, signature: Signature) -> public_keys.PublicKey:
    """The key that signed this statement, for sign-offs and nothing else.

    Raises:
        SignatureInvalid: the signature is damaged, of another key than it says, or for something else.
    """
    blob = sshsig.parse(sshsig.unbase64(signature.blob, "the signature"))
    key = public_keys.public_key(blob.public_key)
    if (signature.key, signature.fingerprint) != (key.line, key.fingerprint):
        raise SignatureInvalid("the signature is made by another key than the journal says")
    if blob.namespace != NAMESPACE:
        raise SignatureInvalid(f"the signature is for {blob.namespace!r}, not for sign-offs ({NAMESPACE})")
    public_keys.check(key, sshsig.to_sign(statement.text(), blob.namespace, blob.hash_algorithm), blob.signature)
    return key


def armoured(signature: Signature) -> str:
    """The text of a `.sig` file.

    Raises:
        SignatureInvalid: the blob is not base64.
    """
    return sshsig.armour(sshsig.unbase64(signature.blob, "the signature"))


def from_armoured(text: str) -> Signature:
    """A signature made elsewhere, as by `ssh-keygen -Y sign`.

    Raises:
        SignatureInvalid: it is none.
    """
    raw = sshsig.dearmour(text)
    key = public_keys.public_key(sshsig.parse(raw).public_key)
    return Signature(base64.b64encode(raw).decode("ascii"), key.line, key.fingerprint)


def _statement(session: str, ran: Iterable[StatedAttempt], event: ev.StepSigned, signer: str) -> Statement:
    own = sorted((attempt for attempt in ran if attempt.step == event.step), key=lambda one: one.number)
    return Statement(
        session=session,
        step=event.step,
        operator=event.operator,
        second_operator=event.second_operator,
        signer=signer,
        note=event.note,
        attempts=len(own),
        commands=_hash([(attempt.number, attempt.host, attempt.command) for attempt in own]),
        outputs=_hash([(attempt.number, attempt.sha256) for attempt in own]),
        count=event.count,
        head=event.head,
    )


def _hash(rows: list[tuple[int, str, str]] | list[tuple[int, str]]) -> str:
    """SHA-256 over compact JSON, which leaves no doubt where one command ends and the next begins."""
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()


def quoted(text: str) -> str:
    """Text in one line that shows as it is: what could break, hide or turn a line about is written as its code."""
    return '"' + _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + '"'
