"""Checks signing through a real ssh-agent, and that each way it can fail is told in plain words."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.house.test_import_hygiene import loaded_after
from tests.support.sessions.signing import KINDS, SoftKey, make_keys, stock_verify
from tui.errors import RunbookError, SigningRefused
from tui.signing.public_keys import read_line
from tui.signing.sshsig import packed
from tui.signing.statement import Statement, sign, verify
from tui.signing.vouching import Proof, write_proofs
from tui.transports.ssh import agent as module
from tui.transports.ssh.agent import agent_key, agent_keys

pytestmark = pytest.mark.needs("ssh")
STATEMENT = Statement(
    session="s", step="migrate", operator="ana", signer="ana", attempts=0, commands="", outputs="", count=3, head="c"
)
AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def empty_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real agent without keys, named by SSH_AUTH_SOCK; the program that it asks for a confirmation says no."""
    path = str(tmp_path / "agent")
    environment = {**os.environ, "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.PIPE, env=environment)
    assert process.stdout
    process.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", path)
    yield path
    process.terminate()
    process.wait()
    process.stdout.close()


@pytest.fixture
def agent(empty_agent: str, paths: dict[str, Path]) -> str:
    """The agent with a key of each kind."""
    ssh_add(*map(str, paths.values()))
    return empty_agent


@pytest.fixture
def impostor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Something at SSH_AUTH_SOCK that answers the first, the second, … request with these messages, then goes."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "impostor"))
    server.listen()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "impostor"))
    threads: list[threading.Thread] = []

    def answer(answers: tuple[bytes, ...]) -> None:
        with suppress(OSError):
            while True:
                link, _ = server.accept()
                with link, suppress(OSError):
                    for message in answers:
                        link.recv(65536)
                        link.sendall(message)

    def start(*answers: bytes) -> None:
        threads.append(threading.Thread(target=answer, args=(answers,)))
        threads[-1].start()

    yield start
    server.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
    server.close()


def ssh_add(*arguments: str, **given: str) -> None:
    subprocess.run(["ssh-add", "-q", *arguments], check=True, capture_output=True, env={**os.environ, **given})


def refusal(act: Callable[[], object]) -> SigningRefused:
    with pytest.raises(SigningRefused) as caught:
        act()
    assert caught.value.hint
    return caught.value


def listed(key: SoftKey, comment: bytes = b"soft") -> bytes:
    """An agent's answer that shows one key."""
    return packed(b"\x0c" + (1).to_bytes(4, "big") + packed(key.public.blob, comment))


def test_every_key_is_listed_with_fingerprint_and_comment(agent: str, paths: dict[str, Path]) -> None:
    shown = subprocess.run(["ssh-add", "-l"], capture_output=True, text=True, check=True).stdout
    held = agent_keys()
    assert [key.comment for key in held.keys] == list(KINDS)
    assert [key.public.fingerprint for key in held.keys] == [line.split()[1] for line in shown.splitlines()]
    assert str(held.keys[0]) == f"{held.keys[0].public.fingerprint} ed25519 (ssh-ed25519)"
    assert agent_keys(agent) == held


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_each_kind_signs_what_ssh_keygen_verifies(
    kind: str, agent: str, paths: dict[str, Path], tmp_path: Path
) -> None:
    key = agent_key(kind)
    signature = sign(STATEMENT, key)
    assert verify(STATEMENT, signature) == read_line(Path(f"{paths[kind]}.pub").read_text())
    (how,) = write_proofs(tmp_path / "proofs", [Proof(STATEMENT, signature, AT)])
    good, said = stock_verify(tmp_path / "proofs", how)
    assert good, said


def test_rsa_signs_with_sha512(agent: str) -> None:
    assert agent_key("rsa").sign(b"data").startswith(packed(b"rsa-sha2-512"))


@pytest.mark.parametrize("ask", ["fingerprint", "comment", "line", "whole line"])
def test_a_key_is_found_by_what_people_have_at_hand(ask: str, agent: str, paths: dict[str, Path]) -> None:
    line = Path(f"{paths['ed25519']}.pub").read_text().strip()
    key = read_line(line)
    wanted = {"fingerprint": key.fingerprint, "comment": "ed25519", "line": key.line, "whole line": line}[ask]
    assert agent_key(wanted).public == key


def test_a_key_that_is_not_there_and_one_of_several_are_refused(agent: str) -> None:
    missing = refusal(lambda: agent_key("SHA256:nobody"))
    assert "does not hold 'SHA256:nobody'; it holds SHA256:" in missing.message
    several = refusal(lambda: agent_key(""))
    assert "more than one" in several.message
    assert "fingerprint" in several.hint


def test_the_only_key_needs_no_name(empty_agent: str, paths: dict[str, Path]) -> None:
    ssh_add(str(paths["ecdsa256"]))
    assert agent_key("").comment == "ecdsa256"


def test_no_agent_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert "SSH_AUTH_SOCK is not set" in refusal(agent_keys).message
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "gone"))
    assert f"no SSH agent answers at {tmp_path / 'gone'}" in refusal(agent_keys).message
    assert "no SSH agent answers" in refusal(lambda: agent_keys("/" + "x" * 300)).message
    assert "no SSH agent answers" in refusal(lambda: agent_keys("\0")).message


def test_an_empty_and_a_locked_agent_are_told(agent: str) -> None:
    key = agent_key("ed25519")
    lock_agent(agent)
    assert "none, or it is locked" in refusal(agent_keys).message
    assert "ssh-add -X" in refusal(lambda: key.sign(b"data")).hint


def lock_agent(path: str) -> None:
    """What `ssh-add -x` does after asking for a password."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(path)
        link.sendall(packed(b"\x16" + packed(b"a password")))
        assert link.recv(5) == packed(b"\x06")


def test_a_key_removed_in_between_is_told(agent: str, paths: dict[str, Path]) -> None:
    key = agent_key("ed25519")
    ssh_add("-d", f"{paths['ed25519']}.pub")
    error = refusal(lambda: sign(STATEMENT, key))
    assert f"does not hold the key {key.public.fingerprint} (ed25519) any more" in error.message


def test_a_person_who_refuses_the_agents_question_is_told(empty_agent: str, paths: dict[str, Path]) -> None:
    ssh_add("-c", str(paths["ed25519"]))
    error = refusal(lambda: sign(STATEMENT, agent_key("")))
    assert "will not sign with SHA256:" in error.message
    assert "refused" in error.hint


def test_dsa_and_certificates_are_left_out(empty_agent: str, tmp_path: Path, paths: dict[str, Path]) -> None:
    mine = make_keys(tmp_path, ("authority", ("-t", "ed25519")))
    authority = ["ssh-keygen", "-q", "-s", str(mine["authority"]), "-I", "ana", "-n", "ana", f"{mine['ed25519']}.pub"]
    subprocess.run(authority, check=True)
    ssh_add(str(mine["ed25519"]))
    held = agent_keys()
    assert [key.comment for key in held.keys] == ["ed25519"]
    assert len(held.left_out) == 1
    assert "ssh-ed25519-cert-v01@openssh.com are not accepted" in held.left_out[0]
    assert sign(STATEMENT, held.keys[0]).key == held.keys[0].public.line


def test_an_answer_too_long_is_refused(impostor: Callable[..., None]) -> None:
    impostor(b"\x7f\xff\xff\xff", b"")
    assert "an answer of 2147483647 bytes" in refusal(agent_keys).message


def test_a_list_with_something_behind_it_is_refused(impostor: Callable[..., None], paths: dict[str, Path]) -> None:
    impostor(packed(listed(SoftKey(paths["ed25519"]))[4:] + b"!"))
    assert "continues after its end" in refusal(agent_keys).message


def test_a_comment_in_another_encoding_hides_no_key(impostor: Callable[..., None], paths: dict[str, Path]) -> None:
    impostor(listed(SoftKey(paths["ed25519"]), b"Zo\xeb"))
    assert [key.comment for key in agent_keys().keys] == ["Zo\ufffd"]


def test_an_agent_with_nothing_but_dsa_is_refused(impostor: Callable[..., None]) -> None:
    impostor(packed(b"\x0c" + (1).to_bytes(4, "big") + packed(packed(b"ssh-dss", b"\x7f"), b"old")))
    assert "no key that can sign (old: keys of the kind ssh-dss are not accepted)" in refusal(agent_keys).message


@pytest.mark.parametrize(
    "junk",
    [b"", b"\0\0", b"SSH-2.0-OpenSSH\r\n"[:4], packed(b""), packed(b"\x05"), packed(b"\x0c\xff\xff\xff\xff"),
     packed(b"\x0c\0\0\0\1\0\0\0\2xx"), packed(b"\x0c\0\0\0\1" + packed(packed(b"ssh-rsa", b"\0"), b"\xff"))],
)  # fmt: skip
def test_whatever_answers_is_told_in_one_line(junk: bytes, impostor: Callable[..., None]) -> None:
    impostor(junk)
    with pytest.raises(RunbookError) as caught:
        agent_keys()
    assert type(caught.value) is SigningRefused


def test_an_agent_that_signs_rsa_by_sha1_is_refused(impostor: Callable[..., None], paths: dict[str, Path]) -> None:
    key = SoftKey(paths["rsa"], rsa="ssh-rsa")
    impostor(listed(key), packed(b"\x0e" + packed(key.sign(b"data"))))
    error = refusal(lambda: agent_key("").sign(b"data"))
    assert "signs by ssh-rsa where rsa-sha2-512 is asked for" in error.message


@pytest.mark.parametrize("answer", [packed(b"\x05"), packed(b"\x0e"), packed(b"\x0e" + packed(b"")), b"", b"\0"])
def test_an_answer_that_is_no_signature_is_refused(
    answer: bytes, impostor: Callable[..., None], paths: dict[str, Path]
) -> None:
    impostor(listed(SoftKey(paths["ed25519"])), answer)
    refusal(lambda: sign(STATEMENT, agent_key("")))


def test_a_signature_of_something_else_is_never_recorded(impostor: Callable[..., None], paths: dict[str, Path]) -> None:
    key = SoftKey(paths["ed25519"])
    impostor(listed(key), packed(b"\x0e" + packed(key.sign(b"something else"))))
    with pytest.raises(RunbookError, match="does not fit what was signed"):
        sign(STATEMENT, agent_key(""))


def test_an_agent_that_never_answers_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent"))
        silent.listen()
        assert "did not answer" in refusal(lambda: agent_keys(str(tmp_path / "silent"))).message


def test_no_module_of_signing_loads_paramiko_or_cryptography_before_it_signs() -> None:
    loaded = loaded_after(
        "import tui.transports.ssh.agent, tui.signing.statement, tui.signing.vouching, tui.signing.signers"
    )
    assert not loaded & {"paramiko", "cryptography"}
