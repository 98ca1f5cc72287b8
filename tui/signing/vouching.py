"""Tells whose signature a sign-off carries, and writes what a person needs to see it with a stock ssh-keygen."""

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from tui.errors import SessionError, SignatureInvalid
from tui.people import same_person
from tui.session.event_base import Signature
from tui.session.journal.chain import ProvedLine
from tui.signing.public_keys import PublicKey
from tui.signing.signers import Signers, matches
from tui.signing.statement import NAMESPACE, SignOff, Statement, armoured, sign_offs, verify


class Standing(StrEnum):
    """What is known of the key of a good signature."""

    VOUCHED = "vouched for"
    STRANGER = "nobody vouches for the key"
    SOMEBODY_ELSE = "the key is somebody else's"
    NOT_ALLOWED = "the key may not sign this"
    UNCHECKED = "no list of signers to look the key up in"


class SignatureVerdict(Struct, frozen=True, kw_only=True):
    """A good signature, and whose it is. `key` is the one that signed; `detail` says why it is not vouched for."""

    step: str
    signer: str
    key: PublicKey
    standing: Standing
    detail: str = ""

    @property
    def vouched(self) -> bool:
        """Whether the list of signers says that this key is this person's."""
        return self.standing is Standing.VOUCHED

    def __str__(self) -> str:
        """The verdict in words, as reports say it."""
        print_ = self.key.fingerprint
        match self.standing:
            case Standing.VOUCHED:
                return f"signed by {self.signer} ({print_})"
            case Standing.STRANGER:
                return f"signed as {self.signer} by a key nobody vouches for ({print_})"
            case Standing.SOMEBODY_ELSE:
                return f"signed as {self.signer} by the key of {self.detail} ({print_})"
            case Standing.NOT_ALLOWED:
                return f"signed as {self.signer}, but {self.detail} ({print_})"
            case Standing.UNCHECKED:
                return f"signed as {self.signer} ({print_}); no list of signers is given to look the key up in"


class Proof(Struct, frozen=True):
    """A statement, its signature, and when the journal says it was made."""

    statement: Statement
    signature: Signature
    at: datetime


class Judged(Struct, frozen=True):
    """A sign-off with what is to be said of each person's signature: None where somebody did not sign by key."""

    sign_off: SignOff
    verdicts: tuple[SignatureVerdict | None, ...]

    @property
    def signed(self) -> bool:
        """Whether everybody signed by key."""
        return None not in self.verdicts

    @property
    def vouched(self) -> bool:
        """Whether everybody signed by a key that the list of signers says is theirs."""
        return all(verdict is not None and verdict.vouched for verdict in self.verdicts)

    def __str__(self) -> str:
        """One line for a report."""
        words = (
            str(verdict) if verdict else f"{statement.signer} without a signature"
            for statement, verdict in zip(self.sign_off.statements, self.verdicts, strict=True)
        )
        return f"{self.sign_off.event.step}: {'; '.join(words)}"


def judge_all(lines: Iterable[ProvedLine], signers: Signers | None) -> Iterator[Judged]:
    """Every sign-off of a journal by a person, and whose signatures it carries.

    Raises:
        SignatureInvalid: a signature does not hold, is of another journal, or is one person's where it takes two.
    """
    for sign_off in sign_offs(lines):
        pairs = zip(sign_off.statements, sign_off.signatures, strict=True)
        verdicts = tuple(
            judge(Proof(statement, signature, sign_off.entry.at), signers) if signature else None
            for statement, signature in pairs
        )
        if len(verdicts) == 2 and verdicts[0] and verdicts[1]:
            two_people(verdicts[0], verdicts[1])
        yield Judged(sign_off, verdicts)


def proofs_of(lines: Iterable[ProvedLine]) -> list[Proof]:
    """Every signature of a journal with its statement, for `write_proofs`.

    Raises:
        SignatureInvalid: a sign-off is of another journal.
    """
    return [
        Proof(statement, signature, sign_off.entry.at)
        for sign_off in sign_offs(lines)
        for statement, signature in zip(sign_off.statements, sign_off.signatures, strict=True)
        if signature
    ]


def judge(proof: Proof, signers: Signers | None) -> SignatureVerdict:
    """Whose signature this is, by the list of signers as of the time of signing.

    Raises:
        SignatureInvalid: it is not a good signature of the statement at all.
    """
    statement = proof.statement
    try:
        key = verify(statement, proof.signature)
    except SignatureInvalid as error:
        hint = "the journal or the signature was changed after signing; compare it with another copy"
        raise SignatureInvalid(f"{statement.step}, signed as {statement.signer}: {error.message}", hint) from None
    standing, detail = _standing(statement.signer, key, proof.at, signers)
    return SignatureVerdict(step=statement.step, signer=statement.signer, key=key, standing=standing, detail=detail)


def two_people(first: SignatureVerdict, second: SignatureVerdict) -> None:
    """Make sure that two signatures of a two-person step are of two people, by two keys.

    Raises:
        SignatureInvalid: they are not.
    """
    if same_person(first.signer, second.signer):
        raise SignatureInvalid(f"{first.step} is signed twice by {first.signer}", "it needs two different people")
    if first.key == second.key:
        raise SignatureInvalid(
            f"{first.step} is signed by {first.signer} and {second.signer} with one and the same key",
            "each person signs with a key of their own",
        )


def write_proofs(folder: Path, proofs: Iterable[Proof]) -> tuple[str, ...]:
    """Write each statement, its `.sig` file and an allowed_signers file into a new folder.

    The keys in it are those that signed: a person still has to see that each key belongs to the person it names.

    Returns: the commands that verify them, to be run in that folder.

    Raises:
        SessionError: the folder is there already, or cannot be written.
    """
    listed: list[str] = []
    commands: list[str] = []
    try:
        folder.mkdir(mode=0o700, parents=True)
        for number, proof in enumerate(proofs, 1):
            statement, signature = proof.statement, proof.signature
            name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{number:02}-{statement.step}")[:100] + ".txt"
            _write(folder / name, statement.text())
            _write(folder / f"{name}.sig", armoured(signature).encode())
            listed.append(f'{_principal(statement.signer)} namespaces="{NAMESPACE}" {signature.key}')
            commands.append(command(statement, name))
        head = (
            "# The keys that signed, as the journal names them. Compare each with one you know to be that person's.\n"
        )
        _write(folder / "allowed_signers", (head + "".join(f"{line}\n" for line in dict.fromkeys(listed))).encode())
        _write(folder / "verify.txt", "".join(f"{line}\n" for line in commands).encode())
    except OSError as error:
        raise SessionError(f"cannot write to {folder}: {error.strerror}", "name a folder that is not there") from error
    return tuple(commands)


def command(statement: Statement, name: str) -> str:
    """The stock command that verifies a statement's file against the `.sig` beside it."""
    who = shlex.quote(statement.signer)
    return f"ssh-keygen -Y verify -f allowed_signers -I {who} -n {NAMESPACE} -s {name}.sig < {name}"


def _standing(signer: str, key: PublicKey, at: datetime, signers: Signers | None) -> tuple[Standing, str]:
    if signers is None:
        return Standing.UNCHECKED, ""
    lines = signers.of(key)
    own = [line for line in lines if matches(signer, line.principals)]
    refusals = [line.why_not(NAMESPACE, at) for line in own]
    if "" in refusals:
        return Standing.VOUCHED, ""
    if refusals:
        return Standing.NOT_ALLOWED, refusals[0]
    if lines:
        return Standing.SOMEBODY_ELSE, lines[0].principals
    return Standing.STRANGER, ""


def _principal(name: str) -> str:
    """A pattern that fits this name; what a pattern cannot spell stands as any one character."""
    pattern = re.sub(r'[\x00-\x1f\x7f"*,!\[\]]', "?", name)
    return f'"{pattern}"'


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
