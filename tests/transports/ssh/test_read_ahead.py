"""Much that comes on many connections: taken in large pieces, and worked on by one thread at a time."""

import os

import pytest

from tui.transports.ssh.received import ahead, turn


class Coming:
    """A connection on which bytes came, in pieces of up to `most`."""

    def __init__(self, data: bytes, most: int) -> None:
        self.left, self.most = data, most
        self.asked = 0

    def recv(self, most: int) -> bytes:
        self.asked += 1
        piece, self.left = self.left[: min(most, self.most)], self.left[min(most, self.most) :]
        return piece


def read_as_packets(connection: ahead.ReadAhead) -> bytes:
    """Read 16 bytes and 32 KiB in turn, as packets are."""
    came, wanted, part = b"", 16, b""
    while data := connection.recv(wanted - len(part)):
        part += data
        if len(part) == wanted:
            came, wanted, part = came + part, (32 << 10 if wanted == 16 else 16), b""
    return came + part


class ComingInto(Coming):
    """The same as a socket has it, whose bytes are put where they are wanted."""

    def recv_into(self, room: memoryview) -> int:
        piece = self.recv(len(room))
        room[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("kind", [Coming, ComingInto])
@pytest.mark.parametrize("most", [7, 1000, 40 << 10, 1 << 20])
def test_what_is_read_ahead_is_what_came(most: int, kind: type[Coming]) -> None:
    data = os.urandom(100_000)
    assert read_as_packets(ahead.ReadAhead(kind(data, most))) == data


def test_much_is_read_in_few_pieces() -> None:
    coming = Coming(bytes(4 << 20), 1 << 20)
    assert len(read_as_packets(ahead.ReadAhead(coming))) == 4 << 20
    assert coming.asked < 30, "packet by packet it is 256, and each may wait for every other thread"


def test_a_connection_on_which_little_comes_keeps_little() -> None:
    coming = Coming(bytes(4 << 20), 1 << 20)
    connection = ahead.ReadAhead(coming)
    while coming.left:
        connection.recv(ahead.MOST)
    assert len(connection._kept) >= ahead.MOST
    for _ in range(6):
        while connection.here(1):
            connection.recv(ahead.MOST)
        coming.left = b"little"
        assert connection.recv(16) == b"little"
    assert len(connection._kept) <= 4 * ahead.LEAST


def test_where_much_comes_on_many_channels_one_thread_works_at_a_time() -> None:
    turn.STREAMS.add(turn.FEW + 1)
    first, second = (ahead.ReadAhead(Coming(bytes(ahead.LEAST), ahead.LEAST)) for _ in range(2))
    try:
        first.recv(16)
        assert first._turn._has
        second.recv(16)
        assert not second._turn._has, "it has waited, and goes on all the same"
        first.recv(ahead.LEAST)
        first.recv(16)
        assert not first._turn._has, "it waits for more"
    finally:
        turn.STREAMS.add(-turn.FEW - 1)
        first.let_go()
        second.let_go()
    assert not turn._working.locked()


def test_few_channels_wait_for_no_turn() -> None:
    only = ahead.ReadAhead(Coming(bytes(ahead.LEAST), ahead.LEAST))
    only.recv(16)
    assert not only._turn._has
