"""Checks that a list of signers is read as ssh-keygen reads it, and that a sign-off says whose it is."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.sessions.signing import SoftKey, make_keys
from tui.errors import SignatureInvalid
from tui.signing.signers import Signers, matches, parse_signers, read_signers
from tui.signing.statement import NAMESPACE, Statement, armoured, sign
from tui.signing.vouching import Proof, Standing, judge, two_people

pytestmark = pytest.mark.needs("ssh")
AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
STATEMENT = Statement(
    session="s", step="migrate", operator="ana", signer="ana", attempts=0, commands="", outputs="", count=3, head="c"
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SoftKey]:
    made = make_keys(tmp_path_factory.mktemp("keys"), ("other", ("-t", "ed25519")))
    return {name: SoftKey(path) for name, path in made.items()}


@pytest.fixture(scope="module")
def proof(keys: dict[str, SoftKey]) -> Proof:
    return Proof(STATEMENT, sign(STATEMENT, keys["ed25519"]), AT)


def stock_says_good(folder: Path, line: str, proof: Proof) -> bool:
    """Whether `ssh-keygen -Y verify` takes this line for the signer, at the time of signing."""
    (folder / "allowed").write_text(line + "\n")
    (folder / "sig").write_text(armoured(proof.signature))
    at = f"verify-time={proof.at:%Y%m%d%H%M%S}Z"
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", proof.statement.signer, "-n", NAMESPACE]
    ran = subprocess.run(
        [*command, "-s", "sig", "-O", at], cwd=folder, input=proof.statement.text(), capture_output=True, check=False
    )
    return ran.returncode == 0


GOOD = [
    "ana {key}",
    "  ana\t{key} a comment",
    "ben,ana {key}",
    "a* {key}",
    "?na {key}",
    "*,!ben {key}",
    '"ben,ana" {key}',
    'ana namespaces="runbook-*" {key}',
    'ana NAMESPACES="git,runbook-signoff@runbook" {key}',
    'ana namespaces="*" {key}',
    'ana valid-after="20260301Z" {key}',
    'ana valid-after="20260301023000Z" {key}',
    'ana valid-before="20260301023000Z" {key}',
    'ana valid-after="20200101",valid-before="20300101" {key}',
    'ana namespaces="runbook-signoff@runbook",valid-before="203001010000" {key}',
    "# a comment\n\n   \nben {other}\nana {key}",
    "ben {key}\nana {key}",
    'ana namespaces="git" {key}\nana {key}',
]
NOT_VOUCHED = [
    "ben {key}",
    "Ana {key}",
    "ana,!a* {key}",
    "!ana,a* {key}",
    "!ben {key}",
    "an? {other}",
    '"ana ben" {key}',
    'ana namespaces="git" {key}',
    'ana namespaces="*,!runbook-*" {key}',
    'ana namespaces="RUNBOOK-SIGNOFF@RUNBOOK" {key}',
    'ana valid-after="20260301023001Z" {key}',
    'ana valid-before="20260301022959Z" {key}',
    'ana valid-before="20200101" {key}',
    "ana cert-authority {key}",
    'ana cert-authority,namespaces="runbook-*" {key}',
    "ana {other}",
    "# ana {key}",
]
REFUSED = [
    "ana",
    "ana namespaces",
    'ana namespaces="runbook-* {key}',
    "ana namespaces=runbook-* {key}",
    'ana namespaces="a",namespaces="runbook-*" {key}',
    'ana namespaces="" {key}',
    'ana namespaces="runbook-*", {key}',
    'ana valid-after="yesterday" {key}',
    'ana valid-after="20261301" {key}',
    'ana valid-after="20300101",valid-before="20200101" {key}',
    "ana restrict {key}",
    'ana touch-required="yes" {key}',
    'ana cert-authority="yes" {key}',
    '"ana {key}',
    '"" {key}',
    "ana ssh-ed25519",
    "ana ssh-ed25519 AAAA",
    "ana ssh-ed25519 {base64}x",
    "ana ecdsa-sha2-nistp256 {base64}",
]


def filled(line: str, keys: dict[str, SoftKey]) -> str:
    key = keys["ed25519"].public.line
    return line.format(key=key, other=keys["other"].public.line, base64=key.split()[1])


@pytest.mark.parametrize("line", GOOD)
def test_a_line_that_ssh_keygen_takes_vouches(
    line: str, keys: dict[str, SoftKey], proof: Proof, tmp_path: Path
) -> None:
    text = filled(line, keys)
    assert stock_says_good(tmp_path, text, proof)
    verdict = judge(proof, parse_signers(text))
    assert verdict.vouched
    assert str(verdict) == f"signed by ana ({keys['ed25519'].public.fingerprint})"


@pytest.mark.parametrize("line", NOT_VOUCHED)
def test_a_line_that_ssh_keygen_refuses_does_not_vouch(
    line: str, keys: dict[str, SoftKey], proof: Proof, tmp_path: Path
) -> None:
    text = filled(line, keys)
    assert not stock_says_good(tmp_path, text, proof)
    assert not judge(proof, parse_signers(text)).vouched


@pytest.mark.parametrize("line", REFUSED)
def test_a_line_that_cannot_be_interpreted_is_refused_with_its_place(
    line: str, keys: dict[str, SoftKey], proof: Proof, tmp_path: Path
) -> None:
    text = filled("ben {other}\n" + line, keys)
    assert not stock_says_good(tmp_path, text, proof)
    with pytest.raises(SignatureInvalid, match="allowed_signers, line 2: "):
        parse_signers(text)


@pytest.fixture
def in_india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is 5 h 30 min before UTC."""
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_india")
@pytest.mark.parametrize(("after", "vouched"), [("202603010800", True), ("20260301080001", False), ("20260301", True)])
def test_a_time_without_zone_is_local(
    after: str, vouched: bool, keys: dict[str, SoftKey], proof: Proof, tmp_path: Path
) -> None:
    line = filled(f'ana valid-after="{after}" {{key}}', keys)
    assert stock_says_good(tmp_path, line, proof) is vouched
    assert judge(proof, parse_signers(line)).vouched is vouched


def test_each_standing_is_told_in_words(keys: dict[str, SoftKey], proof: Proof) -> None:
    mark = f"({keys['ed25519'].public.fingerprint})"
    words = {
        "ana {key}": f"signed by ana {mark}",
        "ana {other}": f"signed as ana by a key nobody vouches for {mark}",
        "ben {key}": f"signed as ana by the key of ben {mark}",
        'ana namespaces="git" {key}': f"signed as ana, but the key may not sign for {NAMESPACE} {mark}",
        'ana valid-before="20260101Z" {key}': (
            f"signed as ana, but the key is not valid after 2026-01-01 00:00 UTC {mark}"
        ),
    }
    assert {line: str(judge(proof, parse_signers(filled(line, keys)))) for line in words} == words
    unchecked = judge(proof, None)
    assert unchecked.standing is Standing.UNCHECKED
    assert str(unchecked) == f"signed as ana {mark}; no list of signers is given to look the key up in"


def test_a_signature_that_does_not_hold_is_an_error_naming_the_step(keys: dict[str, SoftKey], proof: Proof) -> None:
    changed = msgspec.structs.replace(STATEMENT, note="never said")
    with pytest.raises(SignatureInvalid, match="migrate, signed as ana: the signature of SHA256:.* does not fit"):
        judge(msgspec.structs.replace(proof, statement=changed), parse_signers(filled("ana {key}", keys)))


def test_two_people_are_two_names_and_two_keys(keys: dict[str, SoftKey]) -> None:
    def verdict(name: str, key: str) -> object:
        statement = msgspec.structs.replace(STATEMENT, signer=name)
        return judge(Proof(statement, sign(statement, keys[key]), AT), None)

    two_people(verdict("ana", "ed25519"), verdict("ben", "other"))
    with pytest.raises(SignatureInvalid, match="one and the same key"):
        two_people(verdict("ana", "ed25519"), verdict("ben", "ed25519"))
    for name in ("ana", "ANA", " ana "):
        with pytest.raises(SignatureInvalid, match="signed twice"):
            two_people(verdict("ana", "ed25519"), verdict(name, "other"))


def test_a_list_without_a_signer_is_told(keys: dict[str, SoftKey]) -> None:
    signers = parse_signers(filled("ana cert-authority {key}\nana ssh-dss AAAA\nben {other}", keys))
    assert [signer.line for signer in signers.signers] == [3]
    assert [reason.partition(": ")[0] for reason in signers.left_out] == [
        "allowed_signers, line 1",
        "allowed_signers, line 2",
    ]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, keys: dict[str, SoftKey]) -> None:
    with pytest.raises(SignatureInvalid, match="cannot read the signers in .*No such file"):
        read_signers(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"\xff\n")
    with pytest.raises(SignatureInvalid, match="not UTF-8"):
        read_signers(tmp_path / "latin")
    (tmp_path / "good").write_bytes(filled("ana {key}\r\n", keys).encode())
    assert len(read_signers(tmp_path / "good").signers) == 1


@given(st.text())
@example("0 \xa0")
@example("0 verify-required \xa0")
def test_any_file_is_read_or_refused_by_our_error(text: str) -> None:
    with suppress(SignatureInvalid):
        assert isinstance(parse_signers(text), Signers)


@given(st.text(alphabet='an-e =",\\\t!*0Z', max_size=60), st.sampled_from(["namespaces", "valid-after", ""]))
def test_any_options_are_read_or_refused_by_our_error(text: str, option: str) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDO0VQD9TIdICZLWFWwtf7s8/aENve8twGTEmNV0myh5"
    with suppress(SignatureInvalid):
        assert isinstance(parse_signers(f'ana {option}="{text} {key}'), Signers)


def test_patterns_are_opensshs() -> None:
    assert matches("a[b]c", "a[b]c")
    assert not matches("abc", "a[b]c")
    assert matches("Zoë", "Zo??")  # OpenSSH counts bytes
    assert not matches("ana", "")
    assert not matches("ana", "ben,,")
