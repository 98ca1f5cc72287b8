"""Checks the way through a host: streams, forwards and UNIX sockets over its connection, and how each fails."""

import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.machines.reach import THROUGH, Misbehaving, reaching, way
from tests.support.servers.sshd import Sshd, free_port
from tui.execution.measuring.reach import MOST_OUTPUT, failure
from tui.probes.base import NoData, ProbeFailed
from tui.transports.base import Address, DialFailed, Transport, Undialled

pytestmark = pytest.mark.needs("sshd", "ssh")
MakeSshd = Callable[..., Sshd]


@pytest.fixture(params=("direct", *THROUGH))
def place(request: pytest.FixtureRequest, sshd: Sshd) -> Iterator[Transport]:
    with way(request.param, sshd) as transport:
        yield transport


@contextmanager
def echo(family: int = socket.AF_INET, path: str = "") -> Iterator[int]:
    """A server that says everything back and keeps count of nothing."""
    listener = socket.socket(family)
    listener.bind(path or ("127.0.0.1", 0))
    listener.listen(64)

    def carry(stream: socket.socket) -> None:
        with stream, suppress(OSError):
            while data := stream.recv(65536):
                stream.sendall(data)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=carry, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield 0 if path else listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def said_back(stream: socket.socket, data: bytes) -> bytes:
    writer = threading.Thread(target=lambda: (stream.sendall(data), stream.shutdown(socket.SHUT_WR)), daemon=True)
    writer.start()
    came = bytearray()
    while chunk := stream.recv(65536):
        came += chunk
    writer.join()
    return bytes(came)


def test_a_stream_carries_every_byte_both_ways_and_its_end(place: Transport) -> None:
    data = os.urandom(3_000_000)
    with echo() as port, reaching(place) as reach:
        back = said_back(reach.tcp("127.0.0.1", port), data)
    assert hashlib.sha256(back).digest() == hashlib.sha256(data).digest()


def test_the_far_sides_end_is_heard_while_ours_is_open(place: Transport) -> None:
    with Misbehaving(b"bye", closes=True) as far, reaching(place, 60) as reach:
        stream = reach.tcp("127.0.0.1", far.port)
        stream.settimeout(10)
        assert b"".join(iter(lambda: stream.recv(10), b"")) == b"bye"


def test_a_unix_socket_of_the_place_is_a_stream_too(place: Transport, tmp_path: Path) -> None:
    path = str(tmp_path / "a socket")
    with echo(socket.AF_UNIX, path), reaching(place) as reach:
        assert said_back(reach.unix(path), b"hello" * 1000) == b"hello" * 1000


def test_a_forward_relays_several_connections_and_ends_with_its_block(place: Transport) -> None:
    with echo() as port, reaching(place) as reach:
        with reach.forward("127.0.0.1", port) as here:
            assert here[0] == "127.0.0.1"
            with socket.create_connection(here) as one, socket.create_connection(here) as other:
                for stream, data in ((one, b"one"), (other, b"other"), (one, b"again")):
                    stream.sendall(data)
                    assert stream.recv(100) == data
            left = socket.create_connection(here)
            left.sendall(b"x")
            assert left.recv(1) == b"x"
        assert left.recv(1) == b""
        left.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(here)


def test_a_forward_relays_more_in_turn_than_at_once(place: Transport) -> None:
    with echo() as port, reaching(place) as reach, reach.forward("127.0.0.1", port) as here:
        for number in range(20):
            with socket.create_connection(here) as stream:
                stream.sendall(b"%d" % number)
                assert stream.recv(10) == b"%d" % number


def test_what_was_opened_is_closed_at_the_end(place: Transport) -> None:
    with echo() as port, reaching(place) as reach:
        stream = reach.tcp("127.0.0.1", port)
    assert stream.fileno() == -1


@pytest.mark.parametrize("name", THROUGH)
def test_a_channel_ends_when_its_stream_is_closed(name: str, sshd: Sshd) -> None:
    """Though the far side never closes: else each timed-out probe would leave one behind."""
    with way(name, sshd) as host, Misbehaving() as silent:
        before = {thread for thread in threading.enumerate() if thread.name.startswith("tunnel")}
        host.dial(Address(host="127.0.0.1", port=silent.port), 10).close()
        for thread in threading.enumerate():
            if thread.name.startswith("tunnel") and thread not in before:
                thread.join()


def test_a_refusal_says_who_refuses_and_on_which_port(place: Transport) -> None:
    port = free_port()
    with reaching(place) as reach, pytest.raises(ProbeFailed, match=rf"127\.0\.0\.1 refuses .* port {port}") as told:
        reach.tcp("127.0.0.1", port)
    assert f":{port}" in told.value.hint
    assert not isinstance(told.value, NoData)
    with reaching(place) as reach, pytest.raises(ProbeFailed, match="refuses"), reach.forward("127.0.0.1", port):
        pytest.fail("there is nothing to forward to")


@pytest.mark.parametrize("name", THROUGH)
def test_many_refusals_at_once_each_keep_their_own_words(name: str, sshd: Sshd) -> None:
    """paramiko itself keeps one refusal for all of its channels."""
    found: list[Undialled] = []
    port = free_port()

    def dial(address: Address) -> None:
        try:
            host.dial(address, 10).close()
        except DialFailed as failed:
            found.append(failed.why)

    with way(name, sshd) as host, echo() as open_port:
        host.connect()
        places = [Address(host="127.0.0.1", port=port), Address(host="127.0.0.1", port=open_port)] * 15
        threads = [threading.Thread(target=dial, args=(address,)) for address in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [Undialled.REFUSED] * 15


def test_a_wrong_name_is_told_apart_from_a_refusal(place: Transport) -> None:
    with reaching(place) as reach, pytest.raises(ProbeFailed, match="does not know the name db.invalid") as told:
        reach.tcp("db.invalid", 3306)
    assert "/etc/hosts" in told.value.hint


def test_the_words_for_a_unix_socket_that_is_not_there_or_not_a_socket(place: Transport, tmp_path: Path) -> None:
    with reaching(place) as reach, pytest.raises(ProbeFailed, match="has no socket /nowhere"):
        reach.unix("/nowhere")
    stale = str(tmp_path / "stale")
    with closing(socket.socket(socket.AF_UNIX)) as was:
        was.bind(stale)
    with reaching(place) as reach, pytest.raises(ProbeFailed, match=f"nothing listens on {stale}"):
        reach.unix(stale)


@pytest.mark.parametrize("name", THROUGH)
def test_a_server_that_forbids_tunnels_is_no_data(name: str, own_sshd: MakeSshd) -> None:
    with way(name, own_sshd("AllowTcpForwarding no")) as host, reaching(host) as reach, echo() as port:
        with pytest.raises(NoData, match="box's SSH server forbids a tunnel to") as told:
            reach.tcp("127.0.0.1", port)
        assert "AllowTcpForwarding" in told.value.hint


@pytest.mark.parametrize("name", THROUGH)
def test_a_host_that_cannot_be_reached_is_no_data(name: str, own_sshd: MakeSshd) -> None:
    server = own_sshd()
    with way(name, server) as host:
        server.stop()
        with reaching(host) as reach, pytest.raises(NoData):
            reach.tcp("127.0.0.1", 1)
        with reaching(host) as reach, pytest.raises(NoData):
            reach.run("true")


def test_a_stream_ends_at_the_deadline_under_its_reader(place: Transport) -> None:
    with Misbehaving() as silent, reaching(place, 0.3) as reach:
        stream = reach.tcp("127.0.0.1", silent.port)
        stream.settimeout(None)
        assert stream.recv(1) == b""
        assert reach.left == 0
        with pytest.raises(ProbeFailed, match=r"no answer within 0\.3 s") as late:
            reach.tcp("127.0.0.1", silent.port)
    assert late.value.hint == f"is {place.name} busy, or `timeout` too short?"


@pytest.mark.parametrize("name", THROUGH)
def test_more_streams_than_sessions_are_open_at_once(name: str, own_sshd: MakeSshd) -> None:
    with way(name, own_sshd("MaxSessions 2")) as host, reaching(host) as reach, echo() as port:
        streams = [reach.tcp("127.0.0.1", port) for _ in range(20)]
        for number, stream in enumerate(streams):
            stream.sendall(b"%d" % number)
        assert [stream.recv(10) for stream in streams] == [b"%d" % number for number in range(20)]


def test_a_command_runs_with_its_secrets_and_says_how_it_ended(place: Transport) -> None:
    with reaching(place) as reach:
        ran = reach.run('printf %s "$TOKEN" | tr a-z A-Z; echo no >&2; exit 3', {"TOKEN": "hush"})
    assert (ran.exit, ran.out, ran.err) == (3, "HUSH", "no\n")


def test_a_command_that_hangs_or_floods_is_a_verdict(place: Transport) -> None:
    with reaching(place, 0.5) as reach, pytest.raises(ProbeFailed, match=r"does not end within 0\.5 s") as late:
        reach.run("sleep 30")
    assert late.value.hint
    with reaching(place) as reach, pytest.raises(ProbeFailed, match="prints more than 8 MiB"):
        reach.run(f"head -c {MOST_OUTPUT * 3} /dev/zero; sleep 30")


def test_an_address_in_words() -> None:
    assert [str(Address(host="db", port=3306)), str(Address(host="::1", port=1)), str(Address(path="/run/x"))] == [
        "db:3306",
        "[::1]:1",
        "/run/x",
    ]


def test_a_socket_that_may_not_be_used_is_no_data() -> None:
    """Root, which often runs these tests, may use every socket."""
    told = failure("web1", Address(path="/run/docker.sock"), Undialled.DENIED, "", 5)
    assert isinstance(told, NoData)
    assert "no permission to use /run/docker.sock on web1" in told.message


@pytest.mark.parametrize("name", ["direct", *THROUGH])
def test_at_the_deadline_a_stream_ends_also_where_a_library_has_taken_its_handle_over(name: str, sshd: Sshd) -> None:
    """As `ssl` does: the object that the reach gave is empty then, and the library's own timeout may be long."""
    with way(name, sshd) as transport, Misbehaving() as server, reaching(transport, 1.0) as reach:
        taken = socket.socket(fileno=reach.tcp("127.0.0.1", server.port).detach())
        with taken:
            taken.settimeout(None)
            assert taken.recv(1) == b""
            assert not reach.left
