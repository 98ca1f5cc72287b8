"""Logs in by what is typed: a server's questions in any number of rounds, passwords, passphrases, several ways."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.asking_server import AskingServer
from tests.support.servers.pam import CodeService
from tests.support.servers.sshd import Sshd, make_key, public
from tests.support.sessions.ran import run
from tui.errors import AuthenticationRefused, HostError
from tui.transports.asking import Asking
from tui.transports.base import LinkState
from tui.transports.ssh.connect import open_connection
from tui.transports.ssh.logging_in.client_keys import Credentials
from tui.transports.ssh.transport import SSHTransport
from tui.transports.ssh_config.resolved import Resolved

pytestmark = pytest.mark.needs("sshd", "ssh")


class Operator:
    """Answers what is asked, and keeps the questions."""

    def __init__(self, *answers: "str | None | Callable[[], str]") -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, title: str, lines: Sequence[str]) -> str | None:
        self.asked.append((title, list(lines)))
        answer = self.answers.pop(0) if self.answers else None
        return answer() if callable(answer) else answer


@pytest.fixture
def asking_server() -> Iterator[Callable[..., AskingServer]]:
    made: list[AskingServer] = []

    def make(*given: Any) -> AskingServer:
        made.append(AskingServer(*given))
        return made[-1]

    yield make
    for server in made:
        server.close()


def log_in(server: AskingServer, asking: Asking | None, **where: Any) -> bool:
    """Log in to a server of our own; whether anything was typed."""
    ways = where.pop("methods", ("publickey", "keyboard-interactive", "password"))
    where |= {"target": "box", "host": "127.0.0.1", "port": server.port, "user": "ana", "agent": "none"}
    target = Resolved(methods=ways, **where)
    credentials = Credentials(trusted=(server.key,), asking=asking or Asking(), asks=asking is not None)
    connection, _, typed = open_connection(target, credentials)
    connection.close()
    return typed


CODE = ("One-time password (OATH) for `root': ", False)


def test_the_server_s_questions_are_put_in_all_their_rounds(asking_server: Callable[..., AskingServer]) -> None:
    rounds = [("Welcome", [("Password: ", False), ("Site: ", True)]), ("", []), ("Sent to 07…42", [("Code: ", False)])]
    server = asking_server(rounds, ["hunter2", "north", "123456"])
    operator = Operator("hunter2", "north", "123456")
    assert log_in(server, Asking(operator)) is True
    assert server.answers == [["hunter2", "north"], [], ["123456"]]
    who = f"ana@127.0.0.1:{server.port} asks:"
    assert operator.asked == [
        ("Log in to box", [who, "  Welcome", "  Password:"]),
        ("Log in to box", [who, "  Welcome", "  Site:"]),
        ("Log in to box", [who, "  Sent to 07…42", "  Code:"]),
    ]


def test_a_wrong_answer_is_told_and_asked_again_three_times_at_most(
    asking_server: Callable[..., AskingServer],
) -> None:
    server = asking_server([("", [("Code: ", False)])], ["123456"])
    operator = Operator("1", "123456")
    assert log_in(server, Asking(operator)) is True
    assert [lines[0] for _, lines in operator.asked] == [
        f"ana@127.0.0.1:{server.port} asks:",
        "✖ That was not right.",
    ]
    wrong = Operator("1", "2", "3", "4")
    with pytest.raises(AuthenticationRefused, match="did not take what was typed"):
        log_in(server, Asking(wrong))
    assert len(wrong.asked) == 3


def test_a_password_is_not_asked_for_again_where_the_server_s_question_was_answered_wrongly(
    asking_server: Callable[..., AskingServer],
) -> None:
    server = asking_server([("", [("Password: ", False)])], ["right"])
    operator = Operator(*"abcdef")
    with pytest.raises(AuthenticationRefused):
        log_in(server, Asking(operator), password_prompts=1)
    assert len(operator.asked) == 1


def test_a_question_that_is_left_ends_the_login(asking_server: Callable[..., AskingServer]) -> None:
    server = asking_server([("", [("Code: ", False)])], ["123456"])
    with pytest.raises(AuthenticationRefused, match="left without an answer"):
        log_in(server, Asking(Operator(None)))
    assert server.logins == 0


@pytest.mark.parametrize("nobody", [None, Asking(never=True)])
def test_without_anybody_to_ask_it_says_so_and_asks_nothing(
    nobody: Asking | None, asking_server: Callable[..., AskingServer], tmp_path: Path
) -> None:
    make_key(tmp_path / "key")
    server = asking_server([("", [("Code: ", False)])], ["1"], ["publickey", "keyboard-interactive"])
    with pytest.raises(AuthenticationRefused) as caught:
        log_in(server, nobody, identities=(tmp_path / "key",))
    assert "takes a key, and a second factor is wanted: a code or a password typed in" in caught.value.message
    assert "--ask-never" in caught.value.hint
    assert server.answers == []


def test_the_batch_mode_of_the_configuration_asks_nothing(asking_server: Callable[..., AskingServer]) -> None:
    server = asking_server([("", [("Code: ", False)])], ["1"])
    operator = Operator("1")
    with pytest.raises(AuthenticationRefused):
        log_in(server, Asking(operator), batch=True)
    assert operator.asked == []


@pytest.mark.parametrize(
    "factors",
    [
        ("publickey", "keyboard-interactive"),
        ("keyboard-interactive", "publickey"),
        ("password", "publickey"),
        ("publickey", "password"),
        ("publickey", "keyboard-interactive", "publickey"),
    ],
)
def test_ways_that_are_wanted_one_after_the_other_are_gone_in_that_order(
    factors: tuple[str, ...], asking_server: Callable[..., AskingServer], tmp_path: Path
) -> None:
    for name in ("key", "other"):
        make_key(tmp_path / name)
    server = asking_server([("", [("Code: ", False)])], ["123456"], factors)
    operator = Operator("123456")
    assert log_in(server, Asking(operator), identities=(tmp_path / "key", tmp_path / "other")) is True
    assert (server.logins, len(operator.asked)) == (1, 1)


def test_what_a_server_asks_drives_no_terminal_and_fills_no_memory(asking_server: Callable[..., AskingServer]) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\u202eCode\n" + "x\n" * 500
    server = asking_server([(hostile, [("\x1b[31mCode\r\n: ", False)])], ["1"])
    operator = Operator("1")
    log_in(server, Asking(operator))
    lines = operator.asked[0][1]
    assert len(lines) < 20
    assert all(one.isprintable() for line in lines for one in line)
    server = asking_server([("", [("?", False)] * 40)], [])
    with pytest.raises(AuthenticationRefused, match="asks 40 things at once"):
        log_in(server, Asking(Operator(*"1" * 40)))
    server = asking_server([("", [("?", False)])] * 40, [])
    with pytest.raises(AuthenticationRefused, match="more than 20 times"):
        log_in(server, Asking(Operator(*"1" * 60)))


# real servers


def with_codes(server: Callable[..., Sshd], service: CodeService, *options: str) -> Sshd:
    return server("UsePAM yes", "KbdInteractiveAuthentication yes", *options, pam=service.file)


@pytest.mark.needs("pam_oath")
def test_a_key_and_then_a_code_log_in_to_a_real_sshd_and_the_commands_run(
    own_sshd: Callable[..., Sshd], tmp_path: Path
) -> None:
    service = CodeService(tmp_path)
    server = with_codes(own_sshd, service, "AuthenticationMethods publickey,keyboard-interactive")
    operator = Operator("000000x", service.code)
    host = server.transport(asking=Asking(operator))
    facts = host.connect()
    assert facts.typed
    assert len(operator.asked) == 2
    assert operator.asked[0][1][-1].startswith("  One-time password")
    assert run(host, "echo in").out == b"in\n"
    host.close()


@pytest.mark.needs("pam_oath")
def test_a_password_and_a_code_are_asked_for_in_one_login(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    service = CodeService(tmp_path, "correct horse")
    server = with_codes(own_sshd, service, "AuthenticationMethods keyboard-interactive")
    operator = Operator("correct horse", service.code)
    host = server.transport(asking=Asking(operator))
    assert host.connect().typed
    assert [lines[-1].partition(" (")[0] for _, lines in operator.asked] == ["  Password:", "  One-time password"]
    host.close()


@pytest.mark.needs("pam_oath")
def test_a_lost_connection_is_not_made_again_before_somebody_logs_in(
    own_sshd: Callable[..., Sshd], tmp_path: Path
) -> None:
    service = CodeService(tmp_path, "correct horse")
    server = with_codes(own_sshd, service, "AuthenticationMethods keyboard-interactive")
    operator = Operator("correct horse", service.code)
    asking = Asking(operator)
    links: list[LinkState] = []
    host = server.transport(asking=asking, on_link=lambda link, _: links.append(link))
    host.connect()
    tried = server.said("Connection from")
    connection = host._connection
    assert connection
    server.kill_connections()
    assert connection.ended.wait()
    with pytest.raises(HostError, match="somebody has to type"):
        host.connect()
    assert host.link() is LinkState.LOGGED_OUT
    assert LinkState.LOST not in links
    assert (server.said("Connection from"), len(operator.asked)) == (tried, 2)
    operator.answers = [None]
    asking.invite()
    with pytest.raises(AuthenticationRefused, match="left without an answer"):
        host.connect()
    with pytest.raises(AuthenticationRefused, match="somebody has to type"):
        host.connect()
    assert len(operator.asked) == 3
    host.close()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_the_passphrase_of_a_key_is_asked_for_once_whatever_hosts_use_it(kind: str, sshd: Sshd, tmp_path: Path) -> None:
    key = tmp_path / "locked"
    make_key(key, kind, "a passphrase")
    with (sshd.directory / "authorized_keys").open("a") as file:
        file.write(public(key) + "\n")
    file = tmp_path / "config"
    file.write_text(sshd.ssh_config.read_text().replace(str(sshd.directory / "client"), str(key)))
    operator = Operator("wrong", "a passphrase")
    asking = Asking(operator)
    hosts = [SSHTransport(name, "box", config_files=[file], asking=asking) for name in ("one", "two")]
    for host in hosts:
        assert not host.connect().typed
    assert [lines for _, lines in operator.asked] == [
        [f"The passphrase of {key}"],
        ["✖ That is not its passphrase.", f"The passphrase of {key}"],
    ]
    hosts[0]._let_go()  # a lost connection is made again by itself: the key stays unlocked, as in an agent
    assert run(hosts[0], "echo in").out == b"in\n"
    for host in hosts:
        host.close()


@pytest.fixture
def behind_codes(own_sshd: Callable[..., Sshd], tmp_path: Path) -> tuple[CodeService, Sshd, Path]:
    """A jump host that wants a code, and an ssh_config with three hosts behind it."""
    service = CodeService(tmp_path)
    jump = with_codes(own_sshd, service, "AuthenticationMethods publickey,keyboard-interactive")
    file = tmp_path / "config"
    hosts = [own_sshd().config(name, "ProxyJump jump") for name in ("one", "two", "three")]
    file.write_text("".join([jump.config("jump"), *hosts]))
    return service, jump, file


@pytest.mark.needs("pam_oath")
def test_a_jump_host_asks_once_for_all_hosts_behind_it(behind_codes: tuple[CodeService, Sshd, Path]) -> None:
    service, jump, file = behind_codes
    operator = Operator(service.code)
    asking = Asking(operator)
    hosts = [SSHTransport(name, name, config_files=[file], asking=asking) for name in ("one", "two", "three")]
    with ThreadPoolExecutor(3) as pool:
        assert all(facts.typed for facts in pool.map(SSHTransport.connect, hosts))
    assert len(operator.asked) == 1
    hosts[0].close()
    assert run(hosts[1], "echo in").out == b"in\n"
    asking.invite()
    assert run(hosts[0], "echo in").out == b"in\n"
    assert len(operator.asked) == 1
    left = jump.said("Closing connection to")
    for host in hosts:
        host.close()
    jump.wait_until_left(left + 1)  # nobody needs it any more
    operator.answers = [service.code]
    asking.invite()
    hosts[2].connect()
    assert len(operator.asked) == 2
    hosts[2].close()


@pytest.mark.needs("pam_oath")
def test_a_jump_host_whose_question_was_left_asks_no_second_time(
    behind_codes: tuple[CodeService, Sshd, Path],
) -> None:
    service, _, file = behind_codes
    operator = Operator(None, service.code)
    asking = Asking(operator)
    hosts = [SSHTransport(name, name, config_files=[file], asking=asking) for name in ("one", "two")]
    for host in hosts:
        with pytest.raises(AuthenticationRefused, match="left without an answer"):
            host.connect()
    assert len(operator.asked) == 1
    asking.invite()
    for host in hosts:
        assert host.connect().typed
    assert len(operator.asked) == 2
    for host in hosts:
        host.close()
