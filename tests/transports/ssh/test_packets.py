"""What comes on channels is handed to them packet by packet, and is what paramiko's own reader would have given."""

import os
import random
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from paramiko import Message
from paramiko.packet import Packetizer

from tui.transports.ssh.received.ahead import ReadAhead
from tui.transports.ssh.received.packets import Packets

KEY, NONCE = os.urandom(16), os.urandom(12)
OURS = 3
"""The channel whose data is handed over."""
END = bytes([96]) + struct.pack(">I", OURS)


@pytest.fixture
def wire() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    near.settimeout(0.01)  # a slow sender has the reader wait more than once, in the middle of packets too
    yield near, far
    near.close()
    far.close()


def data(channel: int, what: bytes) -> bytes:
    return bytes([94]) + struct.pack(">II", channel, len(what)) + what


def errors(channel: int, what: bytes) -> bytes:
    return bytes([95]) + struct.pack(">III", channel, 1, len(what)) + what


def under_gcm(packets: Any, inbound: bool) -> Any:
    engine = AESGCM(KEY)
    if inbound:
        packets.set_inbound_cipher(engine, 16, None, 16, None, aead=True, iv_in=NONCE)
    else:
        packets.set_outbound_cipher(engine, 16, None, 16, None, aead=True, iv_out=NONCE)
    return packets


def reading(near: socket.socket) -> tuple[Packets, list[bytes]]:
    packets, came = under_gcm(Packets(ReadAhead(near)), inbound=True), []
    packets.feed_of = lambda channel: (lambda view: came.append(bytes(view))) if channel == OURS else None
    return packets, came


def send(far: socket.socket, *payloads: bytes) -> None:
    packets = under_gcm(Packetizer(far), inbound=False)
    for payload in payloads:
        packets.send_message(Message(payload))


def read_until_end(packets: Any) -> list[tuple[int, bytes, int]]:
    found = []
    while not found or found[-1][:2] != (96, END[1:]):
        kind, message = packets.read_message()
        found.append((kind, message.asbytes(), message.seqno))
    return found


def test_all_that_comes_is_handed_over_or_returned_as_paramiko_does(wire: tuple[socket.socket, socket.socket]) -> None:
    near, far = wire
    by_chance = random.Random(23)
    sent = [
        by_chance.choice([data, data, data, errors])(by_chance.choice([OURS, OURS, 4]), by_chance.randbytes(length))
        for length in (0, 1, 15, 16, 17, 32 << 10, 200 << 10, *(by_chance.randrange(40 << 10) for _ in range(60)))
    ]
    sent.append(END)
    sender = threading.Thread(target=send, args=(far, *sent))
    sender.start()
    packets, came = reading(near)
    returned = read_until_end(packets)
    sender.join()
    ours = [payload for payload in sent if payload[:5] == bytes([94]) + struct.pack(">I", OURS)]
    assert came == [payload[9:] for payload in ours]
    places = [place for place, payload in enumerate(sent) if payload not in ours]
    assert returned == [(sent[place][0], sent[place][1:], place) for place in places]


def test_paramiko_can_read_on_where_it_left_off(wire: tuple[socket.socket, socket.socket]) -> None:
    near, far = wire
    send(far, data(OURS, b"one"), data(OURS, b"two"), END)
    packets, came = reading(near)
    while not came:
        packets._opened(packets._packet(), vars(packets))
    kind, message = Packetizer.read_message(packets)
    assert (kind, message.asbytes()[8:], message.seqno) == (94, b"two", 1)
    assert read_until_end(packets) == [(96, END[1:], 2)]


def test_a_length_beyond_the_packet_is_left_to_paramiko(wire: tuple[socket.socket, socket.socket]) -> None:
    near, far = wire
    lie = bytes([94]) + struct.pack(">II", OURS, 1 << 30) + b"short"
    send(far, lie, bytes([94]), END)
    packets, came = reading(near)
    assert [message[:2] for message in read_until_end(packets)] == [(94, lie[1:]), (94, b""), (96, END[1:])]
    assert not came


def test_a_packet_that_was_tampered_with_is_nobodys(wire: tuple[socket.socket, socket.socket]) -> None:
    near, far = wire
    other, there = socket.socketpair()
    send(there, data(OURS, b"rm -rf /"))
    there.close()
    packet = bytearray(other.recv(1 << 16))
    other.close()
    packet[20] ^= 1
    far.sendall(packet)
    packets, came = reading(near)
    with pytest.raises(InvalidTag):
        packets.read_message()
    assert not came


def test_the_end_in_the_middle_of_a_packet_is_the_end(wire: tuple[socket.socket, socket.socket]) -> None:
    near, far = wire
    far.sendall(struct.pack(">I", 4096) + b"begun")
    far.close()
    packets, came = reading(near)
    with pytest.raises(EOFError):
        packets.read_message()
    assert not came
