"""Checks that the drill's host speaks SSH as a real one does, and that it can do nothing else."""

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from tests.support.harness.forked_hosts import begun_anew
from tests.support.runbooks.runbooks import SMALL
from tui.drill import embedded_host
from tui.drill.embedded_host import DrillHost, start_drill, transports_for
from tui.drill.scenario_files import parse_scenario
from tui.execution.there import HostNeed, look_there
from tui.resources import PACKAGE
from tui.runbook.reading.load import load_text

INSTANT = float("inf")
SCENARIO = parse_scenario(
    r"""
    format = 1
    title = "A drill"
    facts = { count = "none" }
    rules = [
      { match = 'count (?P<to>\w+)', output = "was {{ count }}\n2> to {{ to }}\n", set.count = "{{ to }}", exit = 3 },
      { match = "long", output = "1\n2\n3\n4\n", pace = "1000h" },
      { match = "hang", output = "so far\n", ending = "hang" },
      { match = "killed", signal = "KILL" },
      { match = "cut", ending = "disconnect" },
      { match = "who", output = "{{ host }}\n" },
    ]
    """,
    "a.toml",
)


@pytest.fixture(scope="module")
def drill() -> Iterator[DrillHost]:
    """One that is begun as the program begins it, and not as a fork."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(embedded_host, "begun", begun_anew)
        with start_drill(SCENARIO, INSTANT) as host:
            yield host


def connect(drill: DrillHost, key: paramiko.PKey | None = None, user: str = "production") -> paramiko.Transport:
    connection = socket.create_connection((drill.address, drill.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(connection)
    transport.connect(hostkey=drill.trusted_key, username=user, pkey=key or drill.client_key)
    return transport


@pytest.fixture
def client(drill: DrillHost) -> Iterator[paramiko.Transport]:
    transport = connect(drill)
    yield transport
    transport.close()


def run(client: paramiko.Transport, command: str) -> tuple[bytes, bytes, int]:
    channel = client.open_session()
    channel.exec_command(command)
    out, err = channel.makefile("rb").read(), channel.makefile_stderr("rb").read()
    return out, err, channel.recv_exit_status()


def test_a_command_is_answered_by_both_outputs_its_exit_and_changed_facts(client: paramiko.Transport) -> None:
    assert run(client, "count one") == (b"was none\n", b"to one\n", 3)
    assert run(client, "count two") == (b"was one\n", b"to two\n", 3)
    out, err, status = run(client, "unheard of")
    assert (out, status) == (b"", 127)
    assert b"no answer to: unheard of" in err


def test_without_pace_nothing_takes_time(client: paramiko.Transport) -> None:
    assert run(client, "long") == (b"1\n2\n3\n4\n", b"", 0)


def test_the_user_name_says_which_host_is_meant(drill: DrillHost) -> None:
    transport = connect(drill, user="workstation")
    assert run(transport, "who")[0] == b"workstation\n"
    transport.close()


def test_many_commands_at_once_are_answered_each(client: paramiko.Transport) -> None:
    channels = [client.open_session() for _ in range(30)]
    for channel in channels:
        channel.exec_command("who")
    assert [channel.recv(100) for channel in channels] == [b"production\n"] * 30


def test_a_command_that_hangs_leaves_the_others_alone(client: paramiko.Transport) -> None:
    channel = client.open_session()
    channel.exec_command("hang")
    assert channel.recv(100) == b"so far\n"
    assert run(client, "who")[0] == b"production\n"
    assert not channel.exit_status_ready()
    channel.close()


def test_death_by_signal_is_no_exit_status(client: paramiko.Transport) -> None:
    assert run(client, "killed") == (b"", b"", -1)


def test_a_connection_can_be_lost_under_a_command(drill: DrillHost) -> None:
    transport = connect(drill)
    channel = transport.open_session()
    channel.exec_command("cut")
    assert channel.recv_exit_status() == -1
    transport.join()
    assert not transport.is_active()
    connect(drill).close()


def test_only_the_key_of_this_run_gets_in(drill: DrillHost) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        connect(drill, key=paramiko.ECDSAKey.generate())


def test_nothing_is_tunnelled_and_no_file_is_served(client: paramiko.Transport) -> None:
    with pytest.raises(paramiko.ChannelException):
        client.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1))
    with pytest.raises(paramiko.SSHException):
        client.open_session().invoke_subsystem("sftp")
    with pytest.raises(paramiko.SSHException):
        client.open_session().invoke_shell()
    with pytest.raises(paramiko.SSHException):
        client.request_port_forward("127.0.0.1", 0)


def test_every_run_has_keys_and_a_port_of_its_own(drill: DrillHost) -> None:
    with start_drill(SCENARIO, INSTANT) as other:
        assert other.trusted_key != drill.trusted_key
        assert other.client_key != drill.client_key
        assert other.port != drill.port
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((other.address, other.port)).close()


def test_the_host_dies_with_who_started_it() -> None:
    starter = textwrap.dedent("""
        import os, tests.drill.test_host as here
        context = here.start_drill(here.SCENARIO, 1.0)
        print(context.__enter__().port, flush=True)
        os.kill(os.getpid(), 9)
    """)
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", starter], cwd=root, capture_output=True, text=True, check=False)
    assert ran.returncode == -9, ran.stderr
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", int(ran.stdout))).close()
        except OSError:
            return
        time.sleep(0.005)
    pytest.fail("the drill's host outlived its parent")


FORBIDDEN = {
    "a program": "import subprocess; subprocess.run(['true'])",
    "a shell": "import os; os.system('true')",
    "a fork": "import os; os.fork()",
    "an exec": "import os; os.execv('/bin/true', ['true'])",
    "a spawn": "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "a signal": "import os; os.kill(os.getpid(), 0)",
    "a written file": "open('written', 'w')",
    "a written descriptor": "import os; os.open('written', os.O_WRONLY | os.O_CREAT)",
    "a removed file": "import os; os.remove('kept')",
    "a call": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "a datagram": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))",
    "a door to the world": "import socket; socket.socket().bind(('0.0.0.0', 0))",
}


@pytest.mark.parametrize("deed", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_process_can_change_nothing_outside(deed: str, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    prepare = "import os, socket, subprocess\nfrom tui.drill.guard import Forbidden, forbid\nforbid()"
    script = f"{prepare}\ntry:\n    {deed}\nexcept Forbidden:\n    print('refused')"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.stdout == "refused\n", ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    ("rule", "room"),
    [
        ("", "170 GiB free on /, 29 % full"),
        (
            r"""{ match = '^# room and programs', output = "/dev/sdb 100 97 3 97% /srv\n" },""",
            "⚠ 3 KiB free on /srv, 97 % full",
        ),
        ("{ match = '.' },", "170 GiB free on /, 29 % full"),
    ],
)
def test_the_look_before_a_session_is_answered_and_runs_no_program(rule: str, room: str) -> None:
    text = f"""
    format = 1
    title = "A drill"
    facts = {{ backup = "none" }}
    rules = [ {rule} {{ match = "mysqldump", set.backup = "made", exit = 3 }} ]
    """
    with start_drill(parse_scenario(text, "a.toml"), INSTANT) as host:
        web = transports_for(load_text(SMALL, "r.toml"), host)["web"]
        try:
            said = look_there(HostNeed("web", ("mysqldump", "jq")), web)
        finally:
            web.close()
    assert [one.words for one in said] == [room, "2 programs found"]
