"""Channels of one connection beside each other: what is late on one harms no other, and each refusal has its words."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import paramiko
import pytest
from paramiko.common import cMSG_CHANNEL_DATA

from tests.support.servers.sshd import Sshd
from tui.transports.base import Stream
from tui.transports.ssh.received import inbox, turn
from tui.transports.ssh.received.inbox import Inbox
from tui.transports.ssh.transport import SSHTransport
from tui.transports.ssh.wire import ChannelRefused, Connection

pytestmark = pytest.mark.needs("sshd", "ssh")


def data(channel: Any) -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_DATA)
    message.add_int(channel.remote_chanid)
    message.add_string(b"rm late\n")
    return message


def end(channel: Any) -> paramiko.Message:
    with channel.lock:
        message: paramiko.Message = channel._send_eof()
    return message


def read_to_its_end(inbox: Inbox) -> bytes:
    found = b""
    while (chunks := inbox.take(10)) is not None:
        found += b"".join(piece for _, piece in chunks)
    return found


def settled(connection: Connection) -> None:
    """Wait until both sides have read all that was sent before."""
    connection.global_request("keepalive@openssh.com", wait=True)


@pytest.fixture
def connection(host: SSHTransport) -> Connection:
    host.connect()
    return host._connected()[0]


def ended(connection: Connection, *late: Callable[[Any], paramiko.Message]) -> tuple[Any, list[paramiko.Message]]:
    """A channel whose command has ended, and what was made for it before and is not sent yet.

    As by a thread that a busy machine stops between the two: paramiko lets go of the channel's lock there.
    """
    channel, inbox = connection.open_ordered(timeout=10)
    channel.exec_command("exec true")
    made = [make(channel) for make in late]
    read_to_its_end(inbox)
    assert channel.status_event.wait()
    settled(connection)
    assert channel.closed
    return channel, made


@pytest.mark.parametrize("late", [end, data])
def test_what_is_late_on_a_closed_channel_does_not_end_the_connection(
    connection: Connection, late: Callable[[Any], paramiko.Message]
) -> None:
    channel, made = ended(connection, late)
    for message in made:
        channel.transport._send_user_message(message)
    settled(connection)
    assert connection.is_active(), connection.goodbye


def test_what_is_late_on_a_closed_channel_does_not_reach_the_next_command(connection: Connection) -> None:
    channel, made = ended(connection, data, end)
    opened = [connection.open_ordered(timeout=10) for _ in range(3)]
    following, inbox = next(one for one in opened if one[0].remote_chanid == channel.remote_chanid)
    following.exec_command("exec cat")
    for message in made:
        channel.transport._send_user_message(message)
    following.sendall(b"its own\n")
    following.shutdown_write()
    assert read_to_its_end(inbox) == b"its own\n"


def test_every_channel_is_made_in_the_one_way_that_keeps_its_messages_in_order(connection: Connection) -> None:
    session = connection.open_ordered(timeout=10)[0]
    with socket.create_server(("127.0.0.1", 0)) as server:
        fields = paramiko.Message()
        fields.add_string("127.0.0.1")
        fields.add_int(server.getsockname()[1])
        fields.add_string("127.0.0.1")
        fields.add_int(0)
        tunnel = connection.open_of_kind("direct-tcpip", fields.asbytes(), 10)
        kinds = {type(one.transport) for one in (session, tunnel)}
    assert len(kinds) == 1
    assert Connection not in kinds
    for one in (session, tunnel):
        one.close()
    settled(connection)
    assert connection.is_active()


@pytest.fixture
def unserved() -> Iterator[Connection]:
    """A connection that gets no answer."""
    near, far = socket.socketpair()
    made = Connection(near, lambda: None)
    yield made
    made.close()
    far.close()


def refusal(number: int, words: bytes) -> paramiko.Message:
    message = paramiko.Message()
    message.add_int(number)
    message.add_int(2)
    message.add_string(words)
    message.add_string("")
    message.rewind()
    return message


def test_a_refusal_in_words_that_are_not_utf_8_is_a_refusal(
    unserved: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(message: paramiko.Message) -> None:
        message.rewind()
        message.get_byte()
        message.get_text()
        unserved._parse_channel_open_failure(refusal(message.get_int(), b"verbunden \xfcber nichts"))

    monkeypatch.setattr(unserved, "is_active", lambda: True)
    monkeypatch.setattr(unserved, "_send_user_message", refuse)
    with pytest.raises(ChannelRefused, match="verbunden \ufffdber nichts"):
        unserved.open_of_kind("session", b"", 3600)


def test_who_begins_to_wait_as_the_connection_ends_does_not_wait_on(
    unserved: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thread that waits is told once, when the connection ends; the request may be entered a moment later."""
    sent = threading.Event()
    monkeypatch.setattr(unserved, "is_active", lambda: not sent.is_set())
    monkeypatch.setattr(unserved, "_send_user_message", lambda message: sent.set())
    with pytest.raises(EOFError):
        unserved.open_of_kind("session", b"", 3600)


def test_more_channels_than_the_server_has_are_refused_one_by_one(
    own_sshd: Callable[..., Sshd],
) -> None:
    host = own_sshd("MaxSessions 1").transport()
    connection = host._connected()[0]
    first = connection.open_ordered(timeout=10)[0]
    for _ in range(2):
        with pytest.raises(ChannelRefused):
            connection.open_ordered(timeout=10)
    assert connection.is_active()
    first.close()
    host.close()


def test_who_stops_taking_much_that_comes_slows_nobody_down() -> None:
    before = turn.STREAMS.count
    box = inbox.Inbox()
    for _ in range(2):
        box.put(Stream.OUT, b"x" * inbox.PACKET)
    assert box.take(0) == [(Stream.OUT, b"xx" * inbox.PACKET)]
    assert turn.STREAMS.count == before + 1
    box.let_go()
    box.let_go()
    assert turn.STREAMS.count == before


def test_nobody_waits_for_more_after_the_first_words_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(inbox.time, "sleep", slept.append)
    box = inbox.Inbox()
    box.put(Stream.ERR, b"begins\n")
    box.put(Stream.OUT, b"begins\n")
    assert len(box.take(0) or ()) == 2
    box.close()
    assert box.take(0) is None
    assert slept == []
    for piece in range(inbox.FEW + 1):
        box.put(Stream.OUT, b"%d" % piece)
    box.take(0)
    box.take(0)
    assert slept == [inbox.GATHER]
    box.let_go()
