"""The way to a host: jumps that lead in a circle, and whatever a way or a server says is kept for who is refused."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness.waiting import until
from tests.support.servers.sshd import Sshd, make_key, name_of
from tui.errors import AuthenticationRefused, HostError, HostKeyRefused
from tui.transports.base import LinkState
from tui.transports.host_keys.keyblobs import HostKey
from tui.transports.one_line import MOST, one_line
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.connect import open_connection
from tui.transports.ssh.logging_in.client_keys import Credentials
from tui.transports.ssh.transport import SSHTransport
from tui.transports.ssh.trust import check_host_key
from tui.transports.ssh.way import direct, is_loopback
from tui.transports.ssh_config.resolved import HostChecks, Resolved, resolve

pytestmark = pytest.mark.needs("sshd", "ssh")

MakeSshd = Callable[..., Sshd]


def refusal(config: Path, text: str, target: str = "box") -> HostError:
    config.write_text(text)
    with pytest.raises(HostError) as caught:
        open_connection(resolve(target, None, None, [config]), Credentials())
    return caught.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Host a\n ProxyJump a\n", "a: ProxyJump leads to itself"),
        ("Host *\n ProxyJump hop\n", "hop: ProxyJump leads to itself"),
        ("Host a\n ProxyJump b\nHost b\n ProxyJump a\n", "a: ProxyJump leads to itself: a → b → a"),
        (
            "Host a\n ProxyJump b\nHost b\n ProxyJump c\nHost c\n ProxyJump a\n",
            "a: ProxyJump leads to itself: a → b → c → a",
        ),
        (
            "Host a\n ProxyJump b\nHost b\n HostName x\n ProxyJump c\nHost c\n HostName y\n ProxyJump b\n",
            "a: ProxyJump leads to itself: a → b → c → b",
        ),
        ("Host a\n ProxyJump b,c\nHost b\n ProxyJump a\n", "a: ProxyJump leads to itself: a → c → b → a"),
        ("Host a\n ProxyJump ssh://b:22/\nHost b\n ProxyJump a\n", "a: ProxyJump leads to itself: a → b → a"),
    ],
)
def test_a_jump_that_leads_to_itself_is_refused_before_anything_is_connected(
    text: str, said: str, tmp_path: Path
) -> None:
    error = refusal(tmp_path / "config", text, "a")
    assert error.message == said
    assert "ProxyJump none" in error.hint


THROUGH = "ProxyCommand ssh -F <config> -W %h:%p"


@pytest.fixture
def only_resolving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of ssh one that resolves names and connects nothing: the file that says it was to connect."""
    program, started = tmp_path / "bin/ssh", tmp_path / "started"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$1" = -G ] && exec {shutil.which("ssh")} "$@"\ntouch {started}; exit 255\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return started


def connect_own(config: Path) -> None:
    open_connection(resolve("a", None, None, [config]), Credentials())


def connect_openssh(config: Path) -> None:
    OpenSSHTransport("a", "a", config_files=[config]).connect()


@pytest.mark.parametrize("connect", [connect_own, connect_openssh])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"Host a\n {THROUGH} a\n", "a: ProxyCommand leads to itself: a → a"),
        (f"Host *\n {THROUGH} hop\n", "a: ProxyCommand leads to itself: a → hop → hop"),
        (f"Host a\n {THROUGH} b\nHost b\n {THROUGH} a\n", "a: ProxyCommand leads to itself: a → b → a"),
        (f"Host a\n ProxyJump b\nHost b\n {THROUGH} a\n", "a: ProxyCommand leads to itself: a → b → a"),
        (f"Host a\n {THROUGH} b\nHost b\n ProxyJump a\n", "a: ProxyCommand leads to itself: a → b → a"),
        (
            f"Host a\n HostName x\n {THROUGH} b\nHost b\n HostName x\n {THROUGH} a\n",
            "a: ProxyCommand leads to itself: a → b → a",
        ),
        (f"Host *\n {THROUGH} x%n\n", "xxxxxxxxxa: more than 8 jumps"),
        (
            "Host *\n ProxyCommand exec env LANG=C ssh hop -F '<config>' nc %h %p 2>/dev/null\n",
            "a: ProxyCommand leads to itself: a → hop → hop",
        ),
        ("Host a\n ProxyCommand ssh -F <config> -oProxyJump=hop hop\n", "hop: ProxyJump leads to itself"),
    ],
)
def test_an_ssh_that_a_proxy_command_starts_again_and_again_is_not_started(
    connect: Callable[[Path], None], text: str, said: str, only_resolving: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(text.replace("<config>", str(config)))
    with pytest.raises(HostError) as caught:
        connect(config)
    assert caught.value.message == said
    assert "none` in a block" in caught.value.hint or "fix ProxyCommand" in caught.value.hint
    assert not only_resolving.exists()


@pytest.mark.parametrize("connect", [connect_own, connect_openssh])
@pytest.mark.parametrize("more", ["hop", "hop -p $((1 + 1))", "-z hop", "", "hop 'left open"])
def test_an_ssh_that_gets_there_is_started_and_one_that_nobody_understands_is_ssh_s_to_refuse(
    connect: Callable[[Path], None], more: str, only_resolving: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(f"Host hop\n ProxyCommand none\nHost *\n {THROUGH} {more}\n".replace("<config>", str(config)))
    with pytest.raises(HostError) as caught:
        connect(config)
    assert "itself" not in caught.value.message
    assert only_resolving.exists() or more.endswith("open")


@pytest.mark.parametrize("kind", [SSHTransport, OpenSSHTransport])
def test_what_a_proxy_command_has_started_ends_with_a_connection_that_is_not_made(
    kind: type[SSHTransport] | type[OpenSSHTransport], tmp_path: Path
) -> None:
    program, started = tmp_path / "way", tmp_path / "started"
    program.write_text(f"#!/bin/sh\nsleep 600 &\necho $! >{started}\nwait\n")
    program.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"Host box\n ProxyCommand {program}\n")
    seconds = 1.0
    while not started.exists():  # where the machine is so busy that it is ended before it has begun
        host = kind("box", "box", config_files=[config], connect_timeout=seconds)
        with pytest.raises(HostError):
            host.connect()
        host.close()
        seconds *= 2
    until(lambda: name_of(int(started.read_text())) != "sleep", "what was killed, of which nobody is told, is gone")


def test_what_a_proxy_command_says_is_the_reason_and_drives_no_terminal(tmp_path: Path) -> None:
    program = tmp_path / "proxy"
    program.write_text(
        "#!/bin/sh\nprintf '\\033]52;c;aGk=\\007\\033[31mtoken refused\\033[0m\\r\\n' >&2\n"
        "echo 'your login has expired' >&2\nexit 7\n"
    )
    program.chmod(0o700)
    error = refusal(tmp_path / "config", f"Host box\n HostName db.invalid\n ProxyCommand {program}\n")
    assert error.message == (
        "db.invalid is not reached: its ProxyCommand ends with 7 and says: token refused; your login has expired"
    )


def test_a_proxy_command_that_says_nothing_is_still_named(tmp_path: Path) -> None:
    error = refusal(tmp_path / "config", "Host box\n HostName db.invalid\n ProxyCommand false\n")
    assert error.message == "db.invalid is not reached: its ProxyCommand ends with 1"


def test_a_proxy_command_that_ends_later_says_why_the_connection_was_lost(own_sshd: MakeSshd, tmp_path: Path) -> None:
    server = own_sshd()
    program = tmp_path / "proxy"
    program.write_text(
        "import os, socket, sys, threading\n"
        "s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def up():\n"
        "    while d := os.read(0, 65536): s.sendall(d)\n"
        "    os._exit(0)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "try:\n"
        "    while d := s.recv(65536): os.write(1, d)\n"
        "except OSError: pass\n"
        "print('your session has expired', file=sys.stderr)\n"
        "sys.stderr.flush()\n"
        "os._exit(9)\n"
    )
    config = tmp_path / "config"
    config.write_text(server.config("box", f"ProxyCommand python3 {program} %h %p"))
    told_of: list[str] = []
    lost = threading.Event()

    def on_link(link: LinkState, detail: str) -> None:
        if link is LinkState.LOST:
            told_of.append(detail)
            lost.set()

    host = SSHTransport("box", "box", config_files=[config], on_link=on_link)
    host.connect()
    server.kill_connections()
    assert lost.wait()
    host.close()
    assert told_of == ["the connection was closed: its ProxyCommand ends with 9 and says: your session has expired"]


def test_a_server_s_banner_is_told_to_who_is_refused(own_sshd: MakeSshd, tmp_path: Path) -> None:
    (tmp_path / "banner").write_text("Your account \x1b[31mended\x1b[0m in May.\nAsk ops.\n")
    server = own_sshd(f"Banner {tmp_path / 'banner'}")
    make_key(tmp_path / "stranger")
    text = server.config("box").replace(str(server.directory / "client"), str(tmp_path / "stranger"))
    error = refusal(tmp_path / "config", text)
    assert type(error) is AuthenticationRefused
    assert error.message.endswith(f"({tmp_path / 'stranger'}); it says: Your account ended in May.; Ask ops.")


def test_a_server_that_hangs_up_is_quoted(own_sshd: MakeSshd, tmp_path: Path) -> None:
    server = own_sshd("MaxAuthTries 1")
    make_key(tmp_path / "stranger")
    text = server.config("box").replace(str(server.directory / "client"), str(tmp_path / "stranger"))
    assert "Too many authentication failures" in refusal(tmp_path / "config", text).message


def test_a_key_known_for_the_address_but_another_one_is_refused_where_check_host_ip_says_so(tmp_path: Path) -> None:
    known, keys = tmp_path / "known_hosts", []
    for name in ("mine", "other"):
        make_key(tmp_path / name)
        keys.append((tmp_path / f"{name}.pub").read_text())
    made = make_key(tmp_path / "mine2")
    assert made is not None
    mine = HostKey("ssh-ed25519", made.asbytes())
    line = (tmp_path / "mine2.pub").read_text()

    def check(text: str, peer: str = "192.0.2.7", **given: Any) -> None:
        known.write_text(text)
        where = Resolved(target="db", host="db.example", checks=HostChecks(address_too=True), **given)
        check_host_key(where, mine, 256, peer, (known,))

    check(f"db.example {line}")
    check(f"db.example {line}192.0.2.7 {line}")
    check(f"db.example {line}192.0.2.7 {keys[0]}192.0.2.7 {line}")
    check(f"db.example {line}192.0.2.7 {keys[0]}", peer="")
    check(f"db.example {line}127.0.0.1 {keys[0]}", peer="127.0.0.1")
    with pytest.raises(HostKeyRefused, match="not the one known for its address 192.0.2.7 "):
        check(f"db.example {line}192.0.2.7 {keys[0]}")
    with pytest.raises(HostKeyRefused, match=r"its address \[192.0.2.7\]:2222 "):
        check(f"[db.example]:2222 {line}[192.0.2.7]:2222 {keys[1]}", port=2222)


def test_no_shell_for_a_proxy_command_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHELL", "/nonexistent/shell")
    error = refusal(tmp_path / "config", "Host box\n ProxyCommand nc %h %p\n")
    assert "cannot be started by /nonexistent/shell" in error.message


def test_only_addresses_of_this_machine_are_its_own() -> None:
    assert [is_loopback(one) for one in ("127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "")] == [True] * 3 + [False] * 2


def test_an_address_is_told_by_the_connection_itself(sshd: Sshd) -> None:
    way = direct(Resolved(target="box", host="localhost", port=sshd.port, family="inet"), 10.0)
    assert way.peer == "127.0.0.1"
    way.carrier.close()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (b"", ""),
        (b"\r\n \t\n", ""),
        (b"one\r\ntwo\n", "one; two"),
        (b"\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b]0;title\x07shown", "shown"),
        ("a\u202eb\u200bc", "abc"),
        (b"\x9b31m\xff", "\ufffd31m\ufffd"),
        ("x" * (MOST + 9), "…" + "x" * (MOST - 1)),
    ],
)
def test_words_of_others_are_shown_without_what_drives_a_terminal(words: bytes | str, shown: str) -> None:
    assert one_line(words) == shown
