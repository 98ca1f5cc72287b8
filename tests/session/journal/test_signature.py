"""Checks that a signature holds for exactly one statement, by one key, and that stock ssh-keygen agrees."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.harness.examples import examples
from tests.support.sessions.signing import KINDS, SoftKey, make_keys, stock_sign, stock_verify
from tui.errors import RunbookError, SignatureInvalid
from tui.session.event_base import Signature
from tui.signing import sshsig
from tui.signing.public_keys import check, public_key, read_line
from tui.signing.statement import NAMESPACE, Statement, armoured, from_armoured, sign, verify
from tui.signing.vouching import Proof, command, write_proofs

pytestmark = pytest.mark.needs("ssh")
AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
STATEMENT = Statement(
    session="20260301T020000Z-deploy-abc123",
    step="migrate-apply",
    operator="ana",
    second_operator="ben",
    signer="ana",
    note="plan reviewed",
    attempts=2,
    commands="a" * 64,
    outputs="b" * 64,
    count=41,
    head="c" * 64,
)
SECURITY_KEYS = {"sk-ed25519": "ed25519", "sk-ecdsa": "ecdsa256"}
OTHER = {str: "other", int: 7}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return make_keys(folder, ("other", ("-t", "ed25519")), ("small", ("-t", "rsa", "-b", "1024")))


@pytest.fixture(scope="module")
def keys(paths: dict[str, Path]) -> dict[str, SoftKey]:
    soft = {name: SoftKey(paths[name]) for name in (*KINDS, "other")}
    return soft | {name: SoftKey(paths[kind], b"ssh:") for name, kind in SECURITY_KEYS.items()}


@pytest.fixture(scope="module")
def signed(keys: dict[str, SoftKey]) -> dict[str, Signature]:
    return {name: sign(STATEMENT, key) for name, key in keys.items()}


def raw(signature: Signature) -> bytes:
    return base64.b64decode(signature.blob)


def with_raw(blob: bytes, key: SoftKey) -> Signature:
    return Signature(base64.b64encode(blob).decode(), key.public.line, key.public.fingerprint)


def by_hand(key: SoftKey, namespace: str = NAMESPACE, algorithm: str = "sha512") -> Signature:
    """A signature of the statement made for another purpose, or by another hash."""
    data = sshsig.to_sign(STATEMENT.text(), namespace, algorithm)
    return with_raw(sshsig.encode(sshsig.Blob(key.public.blob, namespace, algorithm, key.sign(data))), key)


def test_what_is_signed_can_be_read() -> None:
    assert STATEMENT.text().decode() == (
        "runbook sign-off, version 1\n"
        'session: "20260301T020000Z-deploy-abc123"\n'
        'step: "migrate-apply"\n'
        'operator: "ana"\n'
        'second operator: "ben"\n'
        'signed by: "ana"\n'
        'note: "plan reviewed"\n'
        "attempts: 2\n"
        f"commands: sha256 {'a' * 64}\n"
        f"outputs: sha256 {'b' * 64}\n"
        f"journal: 41 lines, head {'c' * 64}\n"
    )


@given(st.text(), st.text())
def test_no_two_names_read_the_same(one: str, other: str) -> None:
    texts = [msgspec.structs.replace(STATEMENT, operator=name).text() for name in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)
    assert texts[0].count(b"\n") == STATEMENT.text().count(b"\n")


@pytest.mark.parametrize("code", ["u0022", "u000a", "u005c"])
def test_a_name_that_spells_a_code_is_not_the_character(code: str) -> None:
    one, other = (msgspec.structs.replace(STATEMENT, operator=name) for name in ("\\" + code, chr(int(code[1:], 16))))
    assert one.text() != other.text()


def test_a_note_cannot_pass_for_another_line() -> None:
    note = 'x"\nsigned by: "ben\u202e\x1b[2J'
    text = msgspec.structs.replace(STATEMENT, note=note).text().decode()
    assert 'note: "x\\u0022\\u000asigned by: \\u0022ben\\u202e\\u001b[2J"\n' in text


@pytest.mark.parametrize("name", [*KINDS, *SECURITY_KEYS])
def test_our_own_verification_accepts_each_kind_of_key(
    name: str, keys: dict[str, SoftKey], signed: dict[str, Signature]
) -> None:
    assert verify(STATEMENT, signed[name]) == keys[name].public


@pytest.mark.parametrize("name", [*KINDS, *SECURITY_KEYS])
def test_stock_ssh_keygen_verifies_ours(name: str, signed: dict[str, Signature], tmp_path: Path) -> None:
    (how,) = write_proofs(tmp_path / "proofs", [Proof(STATEMENT, signed[name], AT)])
    good, said = stock_verify(tmp_path / "proofs", how)
    assert good, said
    assert f'Good "{NAMESPACE}" signature for ana' in said
    assert signed[name].fingerprint in said
    statement = tmp_path / "proofs" / "01-migrate-apply.txt"
    statement.write_bytes(STATEMENT.text().replace(b"41 lines", b"42 lines"))
    assert not stock_verify(tmp_path / "proofs", how)[0]


@pytest.mark.parametrize("algorithm", ["sha512", "sha256"])
@pytest.mark.parametrize("name", KINDS)
def test_what_ssh_keygen_signs_is_accepted(name: str, algorithm: str, paths: dict[str, Path]) -> None:
    stock = stock_sign(paths[name], STATEMENT.text(), NAMESPACE, "-O", f"hashalg={algorithm}")
    signature = from_armoured(stock)
    assert verify(STATEMENT, signature).line == read_line(Path(f"{paths[name]}.pub").read_text()).line
    assert armoured(signature) == stock


@pytest.mark.parametrize("namespace", ["git", "file", NAMESPACE + "x", NAMESPACE.upper()])
def test_a_signature_for_something_else_is_refused(
    namespace: str, keys: dict[str, SoftKey], paths: dict[str, Path]
) -> None:
    for signature in (
        by_hand(keys["ed25519"], namespace),
        from_armoured(stock_sign(paths["ed25519"], STATEMENT.text(), namespace)),
    ):
        with pytest.raises(SignatureInvalid, match="not for sign-offs"):
            verify(STATEMENT, signature)


def test_renaming_the_namespace_of_a_signature_does_not_help(keys: dict[str, SoftKey]) -> None:
    key = keys["ed25519"]
    other = sshsig.parse(raw(by_hand(key, "git")))
    renamed = sshsig.encode(msgspec.structs.replace(other, namespace=NAMESPACE))
    with pytest.raises(SignatureInvalid, match="does not fit"):
        verify(STATEMENT, with_raw(renamed, key))


@pytest.mark.parametrize("field", Statement.__struct_fields__)
def test_a_statement_changed_in_any_field_does_not_verify(field: str, signed: dict[str, Signature]) -> None:
    old = getattr(STATEMENT, field)
    changed = msgspec.structs.replace(STATEMENT, **{field: OTHER[type(old)]})
    with pytest.raises(SignatureInvalid, match="does not fit"):
        verify(changed, signed["ed25519"])


@pytest.mark.parametrize("name", ["ed25519", "ecdsa256", "rsa", "sk-ed25519", "sk-ecdsa"])
def test_no_bit_of_a_signature_can_be_changed(
    name: str, keys: dict[str, SoftKey], signed: dict[str, Signature]
) -> None:
    """The blob holds key, namespace, hash and signature: every bit of each is turned."""
    whole, key = raw(signed[name]), keys[name]
    verify(STATEMENT, with_raw(whole, key))
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureInvalid):
            verify(STATEMENT, with_raw(bytes(changed), key))


def test_no_bit_of_the_statement_can_be_changed(keys: dict[str, SoftKey], signed: dict[str, Signature]) -> None:
    text, blob = STATEMENT.text(), sshsig.parse(raw(signed["ed25519"]))
    check(keys["ed25519"].public, sshsig.to_sign(text, NAMESPACE), blob.signature)
    for bit in range(len(text) * 8):
        changed = bytearray(text)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureInvalid):
            check(keys["ed25519"].public, sshsig.to_sign(bytes(changed), NAMESPACE), blob.signature)


@pytest.mark.parametrize("field", ["blob", "key", "fingerprint"])
def test_no_letter_of_what_the_journal_keeps_can_be_changed(field: str, signed: dict[str, Signature]) -> None:
    text = getattr(signed["ecdsa256"], field)
    for place in range(len(text)):
        for letter in {"A", "B", "=", "\n", "é"} - {text[place]}:
            changed = text[:place] + letter + text[place + 1 :]
            with pytest.raises(SignatureInvalid):
                verify(STATEMENT, msgspec.structs.replace(signed["ecdsa256"], **{field: changed}))


def test_the_signature_of_another_key_does_not_fit(keys: dict[str, SoftKey], signed: dict[str, Signature]) -> None:
    mine, other = sshsig.parse(raw(signed["ed25519"])), sshsig.parse(raw(signed["other"]))
    mixed = sshsig.encode(msgspec.structs.replace(mine, signature=other.signature))
    with pytest.raises(SignatureInvalid, match="does not fit"):
        verify(STATEMENT, with_raw(mixed, keys["ed25519"]))
    with pytest.raises(SignatureInvalid, match="another key"):
        verify(STATEMENT, msgspec.structs.replace(signed["ed25519"], key=signed["other"].key))


def test_a_security_key_must_have_been_touched(paths: dict[str, Path]) -> None:
    with pytest.raises(SignatureInvalid, match="not touched"):
        sign(STATEMENT, SoftKey(paths["ed25519"], b"ssh:", flags=0))


def test_rsa_with_sha1_is_refused_and_rsa_with_sha256_read(paths: dict[str, Path]) -> None:
    with pytest.raises(SignatureInvalid, match="ssh-rsa"):
        sign(STATEMENT, SoftKey(paths["rsa"], rsa="ssh-rsa"))
    key = SoftKey(paths["rsa"], rsa="rsa-sha2-256")
    assert verify(STATEMENT, sign(STATEMENT, key)) == key.public


def test_an_rsa_signature_without_its_leading_zero_is_read(paths: dict[str, Path]) -> None:
    key = SoftKey(paths["rsa"])
    for number in range(5000):
        data = b"%d" % number
        reader = sshsig.Reader(key.sign(data), "it")
        kind, signature = reader.string(), reader.string()
        if signature[0] == 0:
            check(key.public, data, sshsig.packed(kind, signature[1:]))
            return
    pytest.fail("no signature began with a zero")


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha384", "SHA512", ""])
def test_no_other_hash_is_read(algorithm: str, signed: dict[str, Signature]) -> None:
    blob = msgspec.structs.replace(sshsig.parse(raw(signed["ed25519"])), hash_algorithm=algorithm)
    with pytest.raises(SignatureInvalid, match="hash"):
        sshsig.parse(sshsig.encode(blob))


def test_small_keys_dsa_and_certificates_are_refused(paths: dict[str, Path]) -> None:
    with pytest.raises(SignatureInvalid, match="1024 bits"):
        read_line(Path(f"{paths['small']}.pub").read_text())
    for kind in ("ssh-dss", "ssh-ed25519-cert-v01@openssh.com", "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"):
        with pytest.raises(SignatureInvalid, match="not accepted"):
            public_key(sshsig.packed(kind.encode(), b"x" * 32))


def test_one_signature_has_one_spelling(keys: dict[str, SoftKey], signed: dict[str, Signature]) -> None:
    """What other readers let pass: it would make two texts of one signature, or hide something in it."""
    key, whole = keys["ecdsa256"], raw(signed["ecdsa256"])
    blob = sshsig.parse(whole)
    reserved = whole.replace(
        sshsig.packed(NAMESPACE.encode(), b"", b"sha512"), sshsig.packed(NAMESPACE.encode(), b"!", b"sha512")
    )
    with pytest.raises(SignatureInvalid, match="reserved"):
        verify(STATEMENT, with_raw(reserved, key))
    reader = sshsig.Reader(blob.signature, "it")
    kind, pair = reader.string(), reader.string()
    longer = sshsig.encode(msgspec.structs.replace(blob, signature=sshsig.packed(kind, pair + b"\0")))
    with pytest.raises(SignatureInvalid, match="continues after its end"):
        verify(STATEMENT, with_raw(longer, key))
    with pytest.raises(SignatureInvalid, match="continues after its end"):
        public_key(key.public.blob + b"\0")
    assert sshsig.unbase64("QQ==", "it") == b"A"
    for text in ("QR==", "QQ", "QQ==\n", "Q Q==", "QQ==QQ=="):
        with pytest.raises(SignatureInvalid, match="base64"):
            sshsig.unbase64(text, "it")


def test_a_point_is_written_in_full(keys: dict[str, SoftKey]) -> None:
    kind, curve, point = b"ecdsa-sha2-nistp256", b"nistp256", keys["ecdsa256"].public.blob[-65:]
    assert public_key(sshsig.packed(kind, curve, point)) == keys["ecdsa256"].public
    with pytest.raises(SignatureInvalid, match="do not fit"):
        public_key(sshsig.packed(kind, curve, bytes([2 + point[-1] % 2]) + point[1:33]))


def test_what_is_too_long_is_not_looked_at() -> None:
    for read in (sshsig.parse, public_key):
        with pytest.raises(SignatureInvalid, match="too long"):
            read(bytes(sshsig.LONGEST + 1))


@pytest.mark.parametrize("namespace", ["", "a\nb", "a\x00", "\x7f", "a\x85b"])
def test_a_namespace_with_control_characters_is_refused(namespace: str) -> None:
    with pytest.raises(SignatureInvalid, match="namespace"):
        sshsig.to_sign(b"", namespace)


@given(st.binary(max_size=300))
@settings(max_examples=examples(300))
def test_nonsense_never_raises_anything_else(junk: bytes) -> None:
    text = junk.decode("latin-1")
    for act in (
        lambda: sshsig.parse(junk),
        lambda: sshsig.parse(b"SSHSIG\0\0\0\1" + junk),
        lambda: sshsig.dearmour(text),
        lambda: from_armoured(sshsig.armour(b"SSHSIG\0\0\0\1" + junk)),
        lambda: public_key(junk),
        lambda: read_line(text),
        lambda: read_line("ssh-rsa " + base64.b64encode(junk).decode()),
        lambda: verify(STATEMENT, Signature(text, text, text)),
    ):
        with pytest.raises(RunbookError):
            act()


@pytest.mark.parametrize("kind", ["ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com"])
@given(
    fields=st.lists(st.binary(max_size=300) | st.sampled_from([b"nistp256", b"\x04" * 65, b"\x7f" * 256]), max_size=4)
)
@settings(max_examples=examples(100))
def test_a_key_of_nonsense_never_raises_anything_else(kind: str, fields: list[bytes]) -> None:
    try:
        key = public_key(sshsig.packed(kind.encode(), *fields))
        check(key, b"data", sshsig.packed(kind.encode(), *fields))
    except SignatureInvalid:
        return
    pytest.fail("nonsense was taken for a signature")


@pytest.mark.parametrize("name", ["ed25519", "rsa", "ecdsa521", "sk-ecdsa"])
def test_a_signature_cut_off_anywhere_or_too_long_is_refused(
    name: str, keys: dict[str, SoftKey], signed: dict[str, Signature]
) -> None:
    whole = raw(signed[name])
    for size in range(len(whole)):
        with pytest.raises(SignatureInvalid):
            verify(STATEMENT, with_raw(whole[:size], keys[name]))
    for tail in (b"\0", whole, b"x" * sshsig.LONGEST):
        with pytest.raises(SignatureInvalid):
            verify(STATEMENT, with_raw(whole + tail, keys[name]))


def test_the_armour_is_ssh_keygens_and_text_about_it_is_refused(signed: dict[str, Signature]) -> None:
    text = armoured(signed["rsa"])
    assert max(map(len, text.splitlines())) == 70
    assert sshsig.dearmour(text.replace("\n", "\r\n")) == sshsig.dearmour(text) == raw(signed["rsa"])
    for changed in ("x" + text, text + "x", text.replace("BEGIN", "END"), text[: len(text) // 2], text + text):
        with pytest.raises(SignatureInvalid):
            sshsig.dearmour(changed)


def test_a_name_that_needs_quoting_is_verified_too(keys: dict[str, SoftKey], tmp_path: Path) -> None:
    names = ["Ana Lee", 'o\'neil, "pat"', "-x", "#1", "Zoë", "!who", "a*[b]?", "$(id)`id`;\\"]
    statements = [msgspec.structs.replace(STATEMENT, operator=name, signer=name) for name in names]
    proofs = [Proof(one, sign(one, keys["ed25519"]), AT) for one in statements]
    for how in write_proofs(tmp_path / "proofs", proofs):
        good, said = stock_verify(tmp_path / "proofs", how)
        assert good, said
    other = command(msgspec.structs.replace(STATEMENT, signer="nobody"), "01-migrate-apply.txt")
    assert not stock_verify(tmp_path / "proofs", other)[0]
    assert (tmp_path / "proofs").stat().st_mode & 0o777 == 0o700
    with pytest.raises(RunbookError, match="cannot write"):
        write_proofs(tmp_path / "proofs", proofs)
