"""sudo with a password on a real host: it works wherever a command calls it, and the password is not to be found."""

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.machines.sudo_host import ALL, HOME, USER, WORD, SudoHost
from tests.support.sessions import durable
from tests.support.sessions.ran import run
from tui.errors import SudoRefused
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.sudo import SudoNeed, ask_once, is_free, look
from tui.session.outcome import OutcomeKind
from tui.transports.asking import Asking
from tui.transports.base import CancelToken, Command, Stream
from tui.transports.later import LaterTransport
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.sudo import NOT_TAKEN, SudoTransport

pytestmark = pytest.mark.needs("sshd", "ssh", "sudo")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SudoHost]:
    server = SudoHost(tmp_path_factory.mktemp("sudo") / "host")
    yield server
    server.stop()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., SudoHost]]:
    servers: list[SudoHost] = []

    def make(*rules: str) -> SudoHost:
        servers.append(SudoHost(tmp_path / f"host-{len(servers)}", *rules))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


def way(server: SudoHost, word: str = WORD) -> SudoTransport:
    transport = SudoTransport("web", server.transport)
    transport.word = word
    return transport


@pytest.fixture
def web(shared: SudoHost) -> Iterator[SudoTransport]:
    transport = way(shared)
    yield transport
    transport.close()


class Operator:
    """Answers what is asked, and keeps the questions."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, title: str, lines: Sequence[str]) -> str | None:
        self.asked.append((title, list(lines)))
        return self.answers.pop(0) if self.answers else None


# how commands get it


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("sudo id -u", "0\n"),
        ("sudo -n id -u", "0\n"),
        ("sudo --non-interactive -u ana id -un", "ana\n"),
        ("exec sudo id -u", "0\n"),
        ("env sudo id -u", "0\n"),
        ("echo -u | xargs sudo id", "0\n"),
        ("bash -c 'sudo id -u'; sh -c 'sudo id -u'", "0\n0\n"),
        ("PATH=/usr/bin:/bin; sudo id -u", "0\n"),
        ("sudo sh -c 'id -u' | sudo cat", "0\n"),
        ("for n in 1 2 3 4 5 6; do sudo echo $n & done | sort; wait", "1\n2\n3\n4\n5\n6\n"),
        ("true & wait; sudo id -u", "0\n"),
        ("sudo cat <<EOF\nfrom here\nEOF", "from here\n"),
        ("sudo cat", ""),
        ("set -eu; x=$(sudo id -u); echo $x; sudo -k; sudo id -u", "0\n0\n"),
        ("sudo -l >/dev/null && sudo -v && echo listed", "listed\n"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_sudo_gets_its_password_however_a_command_calls_it(
    script: str, out: str, shell: str, web: SudoTransport
) -> None:
    ran = run(web, script, shell=shell)
    assert (ran.out.decode(), ran.err.decode(), ran.outcome.exit_status) == (out, "", 0)


def test_what_a_command_reads_is_its_own(web: SudoTransport) -> None:
    data = b"first\nsecond\n" + bytes(range(256)) * 300
    for start in (run, durable.run):
        assert start(web, "sudo cat", stdin=data, key=f"in/{start.__module__}/1").out == data
        assert start(web, "read -r line; echo $line; sudo cat", stdin=data, key=f"in/{start.__module__}/2").out == data
        again = start(web, "sleep 0.3; cat /dev/stdin", stdin=b"sudo\n", key=f"in/{start.__module__}/3")
        assert again.out == b"sudo\n"
    assert run(web, "sudo true; exit 7", stdin=data).outcome.exit_status == 7  # nobody reads it


def test_a_changing_command_gets_it_whether_it_names_sudo_or_not(web: SudoTransport, shared: SudoHost) -> None:
    program = shared.root / HOME[1:] / "deploy"
    program.write_text("#!/bin/sh\nsudo id -u\n")
    program.chmod(0o755)
    assert durable.run(web, f"{HOME}/deploy", key="any/deploy/1").out == b"0\n"
    assert run(web, f"{HOME}/deploy").outcome.exit_status == 1  # it changes nothing, and does not say sudo


def test_a_command_keeps_it_when_the_connection_is_lost(shared: SudoHost) -> None:
    cut = way(shared)
    script = f"echo begun; while [ ! -e {HOME}/go ]; do sleep 0.1; done; sudo id -u; sudo id -un"
    begun: list[bytes] = []

    def seen(data: bytes) -> None:
        if not begun:
            begun.append(data)
            shared.kill_connections()
            (shared.root / HOME[1:] / "go").touch()

    ran = durable.run(cut, script, seen=seen, key=durable.KEY)
    assert (ran.out, ran.outcome.exit_status) == (b"begun\n0\nroot\n", 0)
    cut.close()


def test_what_sudo_started_ends_with_the_command(shared: SudoHost) -> None:
    web = SudoTransport("web", lambda: shared.transport(patience=30.0))  # however busy the machine is
    web.word = WORD
    for start in (run, durable.run):
        cancel = CancelToken()
        key = f"end/{start.__module__}/1"
        script = "echo begun; sudo sh -c 'trap \"\" TERM; echo runs; while :; do sleep 1; done'"
        chunks: list[bytes] = []

        def seen(stream: Stream, data: bytes, chunks: list[bytes] = chunks, cancel: CancelToken = cancel) -> None:
            chunks.append(data)
            if b"runs" in b"".join(chunks):
                cancel.cancel()

        command = Command(script=script, timeout=60.0, key=key, durable=start is durable.run)
        assert web.run(command, seen, cancel).kind is OutcomeKind.CANCELLED
    assert run(web, "ps -eo args | grep -c '[e]cho runs; while'").out == b"0\n"
    web.close()


def test_the_operator_s_own_ssh_carries_it_too(shared: SudoHost) -> None:
    web = SudoTransport("web", lambda: OpenSSHTransport("web", "box", config_files=[shared.ssh_config]))
    operator = Operator(WORD)
    ask_once(web, Redactor(), Asking(operator))
    for start in (run, durable.run):
        ran = start(web, "sudo id -u; sudo cat", stdin=b"read\n", key=f"by-ssh/{start.__module__}/1")
        assert (ran.out, ran.err, ran.outcome.exit_status) == (b"0\nread\n", b"", 0)
    cancel = CancelToken()
    command = Command(script="sudo sh -c 'echo runs; exec sleep 31415'", timeout=60.0, key="by-ssh/end/1", durable=True)
    assert web.run(command, lambda stream, data: cancel.cancel(), cancel).kind is OutcomeKind.CANCELLED
    assert run(web, "ps -eo args | grep -c '^sleep 3141[5]'").out == b"0\n"
    web.close()


# where it is not


def everywhere() -> Iterator[tuple[str, bytes]]:
    """What all processes show of themselves to everybody, or to their user."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            for name in ("cmdline", "environ"):
                try:
                    yield f"{folder}/{name}", (folder / name).read_bytes()
                except OSError:
                    continue


FORMS = (WORD.encode(), base64.b64encode(WORD.encode())[:20])


@pytest.mark.parametrize("lasting", [False, True])
def test_no_argument_environment_file_or_output_has_it(lasting: bool, shared: SudoHost) -> None:
    web = way(shared)
    home = shared.root / HOME[1:]
    found: list[str] = []
    said: list[bytes] = []

    def seen(stream: Stream, data: bytes) -> None:
        said.append(data)
        if b"inside" in data:
            found.extend(name for name, text in everywhere() if any(form in text for form in FORMS))
            files = [file for file in (shared.root / "mnt").rglob("*") if file.is_file()]
            found.extend(str(file) for file in files if any(form in bytes_of(file) for form in FORMS))
            (home / "looked").touch()

    (home / "looked").unlink(missing_ok=True)
    wait = f"echo inside; while [ ! -e {HOME}/looked ]; do sleep 0.1; done"
    script = f"sudo sh -c '{wait}'; env; set; sudo env"
    command = Command(script=script, timeout=60.0, key=f"no/where/{int(lasting)}", durable=lasting)
    outcome = web.run(command, seen, CancelToken())
    assert outcome.exit_status == 0
    assert found == []
    assert not any(form in b"".join(said) for form in FORMS)
    web.close()


def bytes_of(file: Path) -> bytes:
    """What a file has; nothing where it has gone meanwhile."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def test_nothing_of_it_is_left_once_the_command_has_ended(web: SudoTransport, shared: SudoHost) -> None:
    run(web, "sudo true")
    run(web, "sudo true; kill -KILL $$")
    left = "ls -d ~/.local/state/runbook/sudo.* /tmp/sudo.* 2>/dev/null; ps -eo args | grep '[r]unbook-sudo'"
    again = f"for n in 1 2 3 4 5 6 7 8 9 10; do {left} || exit 0; sleep 0.5; done; exit 1"
    plain = LaterTransport("web", shared.transport)
    ran = run(plain, again)
    assert ran.outcome.exit_status == 0, ran.out
    plain.close()


# asking for it


def test_it_is_asked_for_once_and_is_known_to_be_right(shared: SudoHost) -> None:
    web = SudoTransport("web", shared.transport)
    redactor = Redactor()
    operator = Operator(WORD)
    asking = Asking(operator)
    assert ask_once(web, redactor, asking).startswith("takes the password")
    assert operator.asked == [("sudo on web", [f"The password of sudo for {USER}@127.0.0.1:{shared.port}"])]
    assert ask_once(web, redactor, asking) == "takes the password that was typed before"
    assert len(operator.asked) == 1
    assert redactor.redact(f"it is {WORD}") == "it is •••"
    assert run(web, "sudo id -u").out == b"0\n"
    web.close()


def test_two_preflights_at_once_ask_once(shared: SudoHost) -> None:
    web = SudoTransport("web", shared.transport)
    operator = Operator(WORD)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: ask_once(web, Redactor(), Asking(operator)), range(2)))
    assert (len(found), len(operator.asked)) == (2, 1)
    web.close()


def test_a_wrong_one_is_told_as_that_and_counts_once(made: Callable[..., SudoHost]) -> None:
    server = made()
    web = SudoTransport("web", server.transport)
    operator = Operator("wrong one", "abc", WORD)
    redactor = Redactor()
    ask_once(web, redactor, Asking(operator))
    assert server.tried == 1
    assert [lines[0] for _, lines in operator.asked[1:]] == [
        "✖ sudo did not take that.",
        "✖ A password that short could not be hidden in what the host prints.",
    ]
    assert "wrong one" not in redactor.redact("it was the wrong one")
    server.change("another")  # as somebody may while the session runs
    before = server.tried
    ran = run(web, "sudo id -u")
    assert (ran.outcome.exit_status, server.tried) == (1, before + 1)
    assert NOT_TAKEN in ran.err.decode()
    web.close()


def test_three_wrong_ones_or_none_leave_it_unknown(made: Callable[..., SudoHost]) -> None:
    server = made()
    web = SudoTransport("web", server.transport)
    with pytest.raises(SudoRefused, match="did not take what was typed"):
        ask_once(web, Redactor(), Asking(Operator("wrong", "wronger", "wrongest", WORD)))
    assert server.tried == 3
    with pytest.raises(SudoRefused, match="was not given"):
        ask_once(web, Redactor(), Asking(Operator(None)))
    for nobody in (Asking(), Asking(Operator(WORD), never=True)):
        with pytest.raises(SudoRefused, match="nobody is there to type it") as caught:
            ask_once(web, Redactor(), nobody)
        assert "--ask-never" in caught.value.hint
    ran = run(web, "sudo id -u")
    assert ran.outcome.kind is OutcomeKind.UNREACHABLE
    assert "password of sudo on web is not known" in ran.outcome.detail
    assert run(web, "id -un").out == b"ana\n"
    web.close()


def test_who_may_not_use_sudo_is_told_so_before_anything(made: Callable[..., SudoHost]) -> None:
    server = made("nobody ALL=(ALL) ALL")
    web = SudoTransport("web", server.transport)
    with pytest.raises(SudoRefused, match="sudo refuses there: .*ana"):
        ask_once(web, Redactor(), Asking(Operator(WORD)))
    plain = LaterTransport("web", server.transport)
    with pytest.raises(SudoRefused, match="sudo"):
        look(plain, SudoNeed("web"))
    for transport in (web, plain):
        transport.close()


# hosts that are to give it no password


@pytest.mark.parametrize(
    ("rules", "commands", "refused"),
    [
        ([f"{USER} ALL=(ALL) NOPASSWD: ALL"], ["systemctl restart app"], ""),
        ([ALL], ["systemctl restart app"], "sudo wants a password there, and its commands would fail"),
        ([ALL, f"{USER} ALL=(root) NOPASSWD: /usr/bin/id"], ["id -u"], ""),
        ([ALL, f"{USER} ALL=(root) NOPASSWD: /usr/bin/id"], ["id", "cat /etc/shadow"], "for: cat /etc/shadow"),
    ],
)
def test_what_sudo_will_refuse_is_told_before(
    rules: list[str], commands: list[str], refused: str, made: Callable[..., SudoHost]
) -> None:
    server = made(*rules)
    plain = LaterTransport("web", server.transport)
    need = SudoNeed("web", tuple(commands))
    if refused:
        with pytest.raises(SudoRefused, match=refused) as caught:
            look(plain, need)
        assert 'sudo = "password" in [hosts.web]' in caught.value.hint
    else:
        assert "without a password" in look(plain, need)
    assert server.tried == 0
    plain.close()


LISTED = """\
Matching Defaults entries for ana on box:
    !lecture, secure_path=/usr/sbin\\:/usr/bin

User ana may run the following commands on box:
    (ALL : ALL) ALL
    (root) NOPASSWD: /usr/bin/systemctl restart app, /usr/bin/journalctl, PASSWD: /usr/bin/apt
    (root) NOPASSWD: SETENV: /opt/deploy/*
"""


@pytest.mark.parametrize(
    ("command", "free"),
    [
        ("systemctl restart app", True),
        ("systemctl restart other", False),
        ("journalctl -u app", True),
        ("/usr/bin/journalctl", True),
        ("apt update", False),
        ("/opt/deploy/go now", True),
        ("reboot", False),
    ],
)
def test_the_list_of_sudo_tells_what_runs_without_a_password(command: str, free: bool) -> None:
    assert is_free(command, LISTED) is free
