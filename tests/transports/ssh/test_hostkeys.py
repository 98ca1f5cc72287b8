"""Reads known_hosts as OpenSSH does: which line is about the host, and what is said when the key is not there."""

import base64
import subprocess
from pathlib import Path

import pytest

from tests.support.servers.sshd import make_key, public
from tui.errors import HostKeyRefused
from tui.transports.host_keys.keyblobs import HostKey, fingerprint
from tui.transports.host_keys.known_hosts import accept, known_keys, known_types

pytestmark = pytest.mark.needs("ssh")


def ed25519(word: bytes) -> bytes:
    return b"\0\0\0\x0bssh-ed25519" + len(word).to_bytes(4, "big") + word


KEY = ed25519(b"the key")
OTHER = ed25519(b"another")
RSA = b"\0\0\0\x07ssh-rsa" + 2 * b"\0\0\0\x01\x03"
ECDSA = b"\0\0\0\x13ecdsa-sha2-nistp256" + b"\0\0\0\x08nistp256" + b"\0\0\0\x01\x04"
TEXT = base64.b64encode(KEY).decode()
OTHER_TEXT = base64.b64encode(OTHER).decode()
SHOWN = f"ssh-ed25519 {fingerprint(KEY)}"


def verdict(path: Path, text: str, name: str = "web") -> HostKeyRefused | None:
    path.write_text(text)
    try:
        accept(name, HostKey("ssh-ed25519", KEY), known_keys(name, [path]), [path])
    except HostKeyRefused as error:
        return error
    return None


@pytest.mark.parametrize(
    ("names", "name", "fits"),
    [
        ("web", "web", True),
        ("WEB", "web", True),
        ("web", "Web", True),
        ("web", "webs", False),
        ("db,web,10.0.0.1", "10.0.0.1", True),
        ("web*", "web-1.example", True),
        ("web-?", "web-1", True),
        ("web-?", "web-10", False),
        ("*,!web", "web", False),
        ("!web,*", "web", False),
        ("!web", "db", False),
        ("*.example,!db.example", "web.example", True),
        ("[web]:2222", "[web]:2222", True),
        ("[web]:2222", "web", False),
        ("web", "[web]:2222", False),
        ("[web*]:22??", "[web-1]:2222", True),
        ("web-[12]", "web-1", False),
    ],
)
def test_a_line_is_about_the_hosts_it_names(names: str, name: str, fits: bool, tmp_path: Path) -> None:
    refused = verdict(tmp_path / "known_hosts", f"{names} ssh-ed25519 {TEXT}\n", name)
    assert (refused is None) is fits


def test_hashed_names_are_those_of_ssh_keygen(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("")
    make_key(tmp_path / "key")
    file.write_text(f"web {public(tmp_path / 'key')}\n[web]:2222 {public(tmp_path / 'key')}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    assert "web" not in file.read_text()
    assert [one.line for one in known_keys("web", [file])] == [1]
    assert [one.line for one in known_keys("[web]:2222", [file])] == [2]
    assert known_keys("db", [file]) == []


def test_the_fingerprint_is_the_one_ssh_keygen_prints(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    assert key is not None
    printed = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(tmp_path / "key.pub")], capture_output=True, text=True, check=True
    )
    assert fingerprint(key.asbytes()) == printed.stdout.split()[1]


def test_an_unknown_key_is_refused_with_its_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    refused = verdict(file, f"# a comment\n\ndb ssh-ed25519 {TEXT}\n")
    assert refused is not None
    assert refused.message == f"the key of web is unknown: {SHOWN}"
    assert refused.hint == f"compare the fingerprint with its owner's, then connect once with ssh so that {file} has it"


def test_a_changed_key_is_refused_with_both_fingerprints(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    refused = verdict(file, f"\nweb ssh-ed25519 {OTHER_TEXT}\n")
    assert refused is not None
    assert (
        refused.message
        == f"THE KEY OF web HAS CHANGED: it shows {SHOWN}, {file}:2 has ssh-ed25519 {fingerprint(OTHER)}"
    )
    assert "ssh-keygen -R 'web'" in refused.hint
    assert verdict(file, f"web ssh-ed25519 {OTHER_TEXT}\nweb ssh-ed25519 {TEXT}\n") is None


def test_a_host_known_by_another_kind_of_key_only_is_refused(tmp_path: Path) -> None:
    refused = verdict(tmp_path / "known_hosts", f"web ssh-rsa {base64.b64encode(RSA).decode()}\n")
    assert refused is not None
    assert "CHANGED" in refused.message
    assert f"ssh-rsa {fingerprint(RSA)}" in refused.message


def test_a_revoked_key_is_refused_even_where_it_is_also_known(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    refused = verdict(file, f"web ssh-ed25519 {TEXT}\n@revoked * ssh-ed25519 {TEXT}\n")
    assert refused is not None
    assert refused.message == f"the key of web is revoked ({file}:2): {SHOWN}"
    assert verdict(file, f"web ssh-ed25519 {TEXT}\n@revoked * ssh-ed25519 {OTHER_TEXT}\n") is None


def test_an_authority_is_not_taken_for_the_key_and_the_message_says_why(tmp_path: Path) -> None:
    refused = verdict(tmp_path / "known_hosts", f"@cert-authority * ssh-ed25519 {TEXT}\n")
    assert refused is not None
    assert "is unknown" in refused.message
    assert "(a @cert-authority line is there; only ssh verifies certificates)" in refused.message


@pytest.mark.parametrize(
    "line",
    ["web", "web ssh-ed25519", "web ssh-ed25519 !!!", "@odd web ssh-ed25519 " + TEXT, "|1|x|y ssh-ed25519 " + TEXT],
)
def test_a_line_that_makes_no_sense_trusts_nothing(line: str, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    assert verdict(file, line + "\n") is not None
    assert verdict(file, f"{line}\nweb ssh-ed25519 {TEXT}\n") is None


def test_a_file_that_is_not_there_knows_no_host(tmp_path: Path) -> None:
    assert known_keys("web", [tmp_path / "none"]) == []


def test_the_server_is_asked_for_the_kinds_of_key_that_are_known(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    rsa, ecdsa = (base64.b64encode(key).decode() for key in (RSA, ECDSA))
    file.write_text(f"web ssh-rsa {rsa}\nweb ecdsa-sha2-nistp256 {ecdsa}\n@revoked web ssh-ed25519 {TEXT}\n")
    assert known_types(known_keys("web", [file])) == {"ssh-rsa", "ecdsa-sha2-nistp256"}
