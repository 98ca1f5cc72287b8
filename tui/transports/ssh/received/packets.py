"""Hands what comes on channels to them packet by packet, without the copies that paramiko makes of each."""

import socket
from collections.abc import Callable
from struct import Struct
from typing import Any, cast

from paramiko import Message
from paramiko.common import MSG_CHANNEL_DATA
from paramiko.packet import Packetizer

from tui.transports.ssh.received.ahead import ReadAhead

LENGTH, TAG = 4, 16
"""Bytes of a packet's length, which is not enciphered, and of what proves it (RFC 5647, 7)."""
MOST = 1 << 20
"""A longer packet is left to paramiko: no server sends one (OpenSSH's longest are 256 KiB)."""
DATA = Struct(">BBII")
"""How a packet with a channel's data begins: length of its padding, kind, channel, length of the data."""

Feed = Callable[[memoryview], None]
"""Takes what came on a channel; its bytes do not change."""


class Packets(Packetizer):
    """paramiko's reader of packets, but for the data of channels under AES-GCM."""

    def __init__(self, connection: ReadAhead) -> None:
        super().__init__(cast("socket.socket", connection))
        self._ahead = connection
        self.feed_of: Callable[[int], Feed | None] = lambda channel: None
        """What takes the data of a channel, by its number; None where paramiko is to."""

    def read_message(self) -> tuple[int, Message]:
        """The next message that is not handed over."""
        own = vars(self)
        if own["_Packetizer__aead_in"] and own["_Packetizer__compress_engine_in"] is None:
            while (packet := self._packet()) is not None:
                if message := self._opened(packet, own):
                    return message
        return super().read_message()

    def _packet(self) -> memoryview | None:
        """The next packet, as soon as it is here; None where paramiko is to read it."""
        ahead = self._ahead
        while True:
            length = ahead.here(LENGTH)
            if length is not None:
                size = LENGTH + int.from_bytes(length, "big") + TAG
                if size > MOST:
                    return None
                if (packet := ahead.here(size)) is not None:
                    ahead.skip(size)
                    return packet
            try:
                if not ahead.more():
                    return None
            except (TimeoutError, BlockingIOError):
                return None
            except OSError as error:
                if self.closed:
                    raise EOFError from error
                raise

    def _opened(self, packet: memoryview, own: dict[str, Any]) -> tuple[int, Message] | None:
        """What is in a packet; None where it was a channel's data, which is handed over."""
        nonce, number = own["_Packetizer__iv_in"], own["_Packetizer__sequence_number_in"]
        plain = own["_Packetizer__block_engine_in"].decrypt(nonce, packet[LENGTH:], packet[:LENGTH])
        own["_Packetizer__iv_in"] = nonce[:4] + (int.from_bytes(nonce[4:], "big") + 1).to_bytes(8, "big")
        own["_Packetizer__sequence_number_in"] = (number + 1) & 0xFFFFFFFF
        end = len(plain) - plain[0]
        if plain[1] == MSG_CHANNEL_DATA and end >= DATA.size:
            _, _, channel, length = DATA.unpack_from(plain)
            feed = self.feed_of(channel) if DATA.size + length <= end else None
            if feed is not None:
                feed(memoryview(plain)[DATA.size : DATA.size + length])
                return None
        message = Message(plain[2:end])
        message.seqno = number
        return plain[1], message
