"""A message of the inbox counts where its sender signed it, once, in time, of this journal; nothing else does."""

import os
import random
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.hostile.tampering import tampered
from tests.support.sessions.signing import SoftKey, make_keys
from tui.errors import SignatureInvalid
from tui.sharing.messages import (
    InboxGuard,
    InboxMessage,
    MessageKind,
    MessageRefused,
    SignedMessage,
    encode_message,
    new_message,
    sign_message,
)
from tui.signing.posted import two_keys, vouched_for
from tui.signing.signers import Signers, parse_signers

pytestmark = pytest.mark.needs("ssh-keygen")
LONG = os.environ.get("RUNBOOK_APPROVALS") == "long"
TAMPERED = 10_000 if LONG else 600
NOW = datetime(2026, 3, 1, 2, 0, 0, tzinfo=UTC)
HEADS = {3: "a" * 64, 7: "b" * 64}
SESSION = "20260301T020000Z-deploy-abc123"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SoftKey]:
    folder = tmp_path_factory.mktemp("keys")
    made = make_keys(folder, ("ben", ("-t", "ed25519")), ("cem", ("-t", "ed25519")))
    return {"ana": SoftKey(made["ed25519"]), "ben": SoftKey(made["ben"]), "cem": SoftKey(made["cem"])}


@pytest.fixture
def signers(keys: dict[str, SoftKey]) -> Signers:
    lines = "".join(f"{name} {keys[name].public.line}\n" for name in ("ana", "ben"))
    return parse_signers(lines + f'dan namespaces="runbook-message@runbook" {keys["cem"].public.line}\n')


def asked(kind: MessageKind = MessageKind.GRANTED, sender: str = "ben", **given: Any) -> InboxMessage:
    message = new_message(kind, SESSION, sender, NOW, timedelta(minutes=10), (3, HEADS[3]), "read it")
    if kind.answers:
        message = replace(message, step="b-migrate", host="web", commands="c" * 64)
    return replace(message, **given)


def guard(signers: Signers, **given: Any) -> InboxGuard:
    return InboxGuard(SESSION, lambda: signers, HEADS.get, **given)


def taken(signed: SignedMessage, signers: Signers, now: datetime = NOW) -> SignedMessage:
    return guard(signers).take(encode_message(signed), now)


@pytest.mark.parametrize("kind", MessageKind)
def test_what_a_person_signed_is_taken_as_theirs_whatever_it_is(
    kind: MessageKind, keys: dict[str, SoftKey], signers: Signers
) -> None:
    signed = sign_message(asked(kind), keys["ben"])
    assert taken(signed, signers) == signed


def test_a_stock_ssh_keygen_verifies_the_same_lines(tmp_path: Path, keys: dict[str, SoftKey], signers: Signers) -> None:
    from tui.signing.statement import armoured

    signed = sign_message(asked(text='a "quoted"\nnote\u202e'), keys["ben"])
    (tmp_path / "said.sig").write_text(armoured(signed.signature))
    (tmp_path / "allowed").write_text(f"ben {keys['ben'].public.line}\n")
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "ben", "-n", "runbook-approval@runbook"]
    statement = signed.message.statement()
    ran = subprocess.run([*command, "-s", "said.sig"], input=statement, cwd=tmp_path, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "\u202e".encode() not in statement
    assert statement.count(b"\n") == 12


def test_each_message_is_taken_once_also_after_the_writer_was_begun_again(
    keys: dict[str, SoftKey], signers: Signers
) -> None:
    raw, inbox = encode_message(sign_message(asked(), keys["ben"])), guard(signers)
    first = inbox.take(raw, NOW)
    with pytest.raises(MessageRefused, match="the same message again"):
        inbox.take(raw, NOW)
    with pytest.raises(MessageRefused, match="the same message again"):
        guard(signers, seen=[first.message.id]).take(raw, NOW)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"session": "20260301T020000Z-deploy-other"}, "another session"),
        ({"head": "d" * 64}, "lines that this journal does not have"),
        ({"count": 7}, "lines that this journal does not have"),
        ({"count": 0}, "lines that this journal does not have"),
        ({"sent": NOW + timedelta(minutes=5), "expires": NOW + timedelta(minutes=9)}, "ahead of this clock"),
        ({"expires": NOW + timedelta(hours=2)}, "counts for too long"),
        ({"sent": NOW - timedelta(minutes=9), "expires": NOW - timedelta(minutes=1)}, "60 s too late"),
        ({"expires": NOW - timedelta(minutes=1)}, "no time"),
        ({"version": 2}, "version 2"),
        ({"id": "x"}, "without an id"),
        ({"sender": " "}, "without a sender"),
        ({"text": "x" * 5000}, "more than 4096"),
        ({"commands": ""}, "does not say to which question"),
        ({"sent": NOW.replace(microsecond=5)}, "not to the second"),
    ],
)
def test_what_is_late_or_of_another_session_or_journal_is_refused_with_the_reason(
    given: dict[str, Any], words: str, keys: dict[str, SoftKey], signers: Signers
) -> None:
    with pytest.raises(MessageRefused, match=words):
        taken(sign_message(asked(**given), keys["ben"]), signers)


def test_who_is_not_vouched_for_or_not_any_more_is_refused(keys: dict[str, SoftKey], signers: Signers) -> None:
    signed = sign_message(asked(), keys["ben"])
    for other, words in [
        (parse_signers(f"ana {keys['ana'].public.line}\n"), "a key nobody vouches for"),
        (parse_signers(f"cem {keys['ben'].public.line}\n"), "by the key of cem"),
        (parse_signers(f'ben valid-before="20260101Z" {keys["ben"].public.line}\n'), "not valid after"),
    ]:
        with pytest.raises(MessageRefused, match=words):
            taken(signed, other)
    with pytest.raises(MessageRefused, match="may not sign for runbook-approval"):
        taken(sign_message(asked(sender="dan"), keys["cem"]), signers)
    assert taken(sign_message(asked(MessageKind.NOTE, sender="dan"), keys["cem"]), signers)


def test_a_signature_for_a_note_is_none_for_an_approval(keys: dict[str, SoftKey], signers: Signers) -> None:
    note = sign_message(asked(MessageKind.NOTE, step="b-migrate", host="web", commands="c" * 64), keys["ben"])
    turned = replace(note, message=replace(note.message, kind=MessageKind.GRANTED))
    with pytest.raises(MessageRefused, match="is for 'runbook-message@runbook'"):
        taken(turned, signers)


def test_the_operator_cannot_be_the_second_person_by_another_name(keys: dict[str, SoftKey]) -> None:
    both = parse_signers(f"ana,ben {keys['ana'].public.line}\nben {keys['ben'].public.line}\n")
    signed = sign_message(asked(), keys["ana"])
    key = vouched_for(signed, both, NOW)
    with pytest.raises(SignatureInvalid, match="signed as ben by the key of ana"):
        two_keys("ben", key, "ana", both)
    with pytest.raises(SignatureInvalid, match="ANA is the operator"):
        two_keys("ANA", keys["ben"].public, "ana", both)
    with pytest.raises(SignatureInvalid, match="by the key of ana"):
        two_keys("ben", keys["ben"].public, "ana", both, own=lambda: keys["ben"].public.line)
    two_keys("ben", keys["ben"].public, "ana", both)


@pytest.mark.timeout(600)
def test_no_tampered_message_is_taken(keys: dict[str, SoftKey], signers: Signers) -> None:
    luck = random.Random(20260301)
    genuine = sign_message(asked(), keys["ben"])
    others = [
        sign_message(asked(MessageKind.REFUSED), keys["ben"]),
        sign_message(asked(MessageKind.NOTE), keys["ben"]),
        sign_message(asked(sender="ana", commands="e" * 64), keys["ana"]),
        sign_message(asked(sender="dan", count=7, head=HEADS[7]), keys["cem"]),
    ]
    made = accepted = 0
    for raw in islice(tampered(genuine, others, luck), TAMPERED):
        made += 1
        try:
            guard(signers).take(raw, NOW)
        except MessageRefused:
            continue
        accepted += 1
    print(f"\ntampered messages: {made}, accepted: {accepted}")  # noqa: T201 – the long form is read
    assert (made, accepted) == (TAMPERED, 0)
    assert guard(signers).take(encode_message(genuine), NOW) == genuine
