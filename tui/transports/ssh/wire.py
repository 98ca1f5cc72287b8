"""paramiko's connection and channels, taught what it does not tell: arrival order of both streams, and exit signals."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import paramiko
from paramiko.common import (
    MSG_CHANNEL_CLOSE,
    MSG_CHANNEL_EOF,
    MSG_CHANNEL_REQUEST,
    MSG_REQUEST_FAILURE,
    MSG_REQUEST_SUCCESS,
    cMSG_CHANNEL_CLOSE,
    cMSG_CHANNEL_OPEN,
    cMSG_CHANNEL_WINDOW_ADJUST,
    cMSG_GLOBAL_REQUEST,
)

from tui import threads
from tui.text.logs import silence
from tui.transports.base import Stream
from tui.transports.one_line import one_line
from tui.transports.shell import TICK
from tui.transports.ssh.negotiation import Negotiating
from tui.transports.ssh.received.ahead import ReadAhead
from tui.transports.ssh.received.inbox import Inbox
from tui.transports.ssh.received.packets import Feed, Packets
from tui.transports.ssh.received.turn import Many

silence()
# What it would log is either handled here or said in an outcome; on a screen it would be garbage.

WINDOW = 8 << 20
LEAST_WINDOW = 256 << 10
FULL_WINDOWS = 2
"""Connections that have a whole window each; more of them share as much, for what comes waits in memory."""
PACKET = 256 << 10
NEVER = 1 << 62
LOOKS = 1.0
"""Seconds between two looks of a silent connection's thread whether it is still wanted; paramiko's 0.1 is felt with
hundreds of them. Closing wakes it."""
_ANSWERS = (MSG_REQUEST_SUCCESS, MSG_REQUEST_FAILURE)
CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
WEAK = {
    "ciphers": ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1", "hmac-sha1-96"],
}
"""What paramiko still offers and nobody should take."""


# Parts of paramiko that its type stubs do not show.
_HANDLE_REQUEST: Any = vars(paramiko.Channel)["_handle_request"]
_SEND: Any = vars(paramiko.Transport)["_send_user_message"]
_OPEN_FAILURE: Any = vars(paramiko.Transport)["_parse_channel_open_failure"]
_OPEN_SUCCESS: Any = vars(paramiko.Transport)["_parse_channel_open_success"]
_HANDLERS: dict[int, Any] = vars(paramiko.Transport)["_channel_handler_table"]


_CONNECTIONS = Many()


def _window() -> int:
    """Bytes that a new channel may send ahead, by how many connections there are."""
    return max(LEAST_WINDOW, WINDOW * FULL_WINDOWS // max(FULL_WINDOWS, _CONNECTIONS.count))


class _Feed:
    """Stands where paramiko keeps one stream's bytes, and puts them in the inbox instead."""

    def __init__(self, inbox: Inbox, stream: Stream) -> None:
        self._inbox = inbox
        self._stream = stream

    def feed(self, data: bytes | memoryview) -> None:
        self._inbox.put(self._stream, data)

    def close(self) -> None:
        self._inbox.close()

    def __len__(self) -> int:
        return 0


def _on_request(channel: Any, message: paramiko.Message) -> None:
    """paramiko drops `exit-signal` (RFC 4254, 6.10): keep its name before it does."""
    kind = message.get_text()
    if kind == "exit-signal":
        message.get_boolean()
        channel.exit_signal = "SIG" + message.get_binary().decode(errors="replace")
        channel.status_event.set()
    message.rewind()
    message.get_int()
    _HANDLE_REQUEST(channel, message)


def _on_end(handle: Any) -> Any:
    """An end of output that the other side tells (RFC 4254, 5.3), unlike the one that a lost connection makes."""

    def on_end(channel: Any, message: paramiko.Message) -> None:
        channel.told_end = True
        handle(channel, message)

    return on_end


def told_end(channel: Any) -> bool:
    """Whether the other side said that all of the output has come; an exit status may come long before."""
    return bool(getattr(channel, "told_end", False))


class _Sending:
    """What a channel sends through, in place of its connection: nothing follows the message that closes it.

    paramiko makes a message while it holds the channel's lock, and sends it afterwards; the channel may be closed in
    between, by either side. Then its number is free at the server: sshd ends the whole connection, and with it
    whatever runs there, or gives what is late to the next command, whose channel has the number by then.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._order = threading.Lock()
        self._closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def _send_user_message(self, message: paramiko.Message) -> None:
        with self._order:
            if not self._closed:
                self._closed = message.asbytes()[:1] == cMSG_CHANNEL_CLOSE
                self._connection._send_user_message(message)


class ChannelRefused(paramiko.SSHException):
    """The server opens no such channel; `reason` is a number of RFC 4254, 5.1, `words` are the server's own."""

    def __init__(self, reason: int, words: str) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words


class Connection(Negotiating):
    """A connection set up for speed and for the ciphers of today; rekeying is left to the server's policy.

    `beneath` lets go of what it goes through (jump host, proxy command); it is called when the connection has ended,
    and perhaps again. `why` tells what that said.
    """

    _preferred_ciphers = CIPHERS
    _active_check_timeout = LOOKS
    _channel_handler_table = {
        **_HANDLERS,
        MSG_CHANNEL_REQUEST: _on_request,
        MSG_CHANNEL_EOF: _on_end(_HANDLERS[MSG_CHANNEL_EOF]),
        MSG_CHANNEL_CLOSE: _on_end(_HANDLERS[MSG_CHANNEL_CLOSE]),
    }

    def __init__(
        self,
        connection: socket.socket | paramiko.Channel,
        beneath: Callable[[], None],
        why: Callable[[], str] = lambda: "",
    ) -> None:
        read = ReadAhead(connection)
        super().__init__(
            cast("socket.socket", read),
            default_window_size=WINDOW,
            default_max_packet_size=PACKET,
            disabled_algorithms=WEAK,
            packetizer_class=Packets,
        )
        # A rekey of ours while a channel closes kills the connection (paramiko issue 822).
        self.packetizer.REKEY_BYTES = NEVER
        self.packetizer.REKEY_PACKETS = NEVER
        self.heard = time.monotonic()
        """When the other side last said anything."""
        packetizer: Any = self.packetizer
        packetizer.read_message = self._hearing(packetizer.read_message)
        packetizer.feed_of = self._feed_of
        self.given_up = ""
        """Why it was closed here, where the other side did not answer."""
        self.answered_in: float | None = None
        """How many seconds the other side took for the last answer to `ask_for_a_sign`."""
        self._asked_for_a_sign = 0.0
        self.ended = threading.Event()
        self._when_ended: Callable[[], object] = lambda: None
        self._refusals: dict[int, ChannelRefused] = {}
        self._given_up: dict[int, paramiko.Channel] = {}
        self._beneath = beneath
        self._read_ended = read.let_go
        self._why = why
        self.prepare: Callable[[paramiko.Channel], None] = lambda channel: None
        """Asks for what the configuration wants of each session, before its command."""

    def _hearing(self, read: Callable[[], Any]) -> Callable[[], Any]:
        def read_message() -> Any:
            message = read()
            self.heard = time.monotonic()
            if message[0] in _ANSWERS and self._asked_for_a_sign:
                self.answered_in, self._asked_for_a_sign = self.heard - self._asked_for_a_sign, 0.0
            self.look_at(*message)
            return message

        return read_message

    def _feed_of(self, number: int) -> Feed | None:
        """What takes the data of an ordered channel; None while keys are exchanged, and for any other channel."""
        self.heard = time.monotonic()
        inner: Any = self
        feed = getattr(inner._channels.get(number), "in_buffer", None)
        return feed.feed if isinstance(feed, _Feed) and not inner._expected_packet else None

    def last_words(self) -> str:
        """What the way here or the server said that may be why it ended; of any length, and for a terminal."""
        return self._why() or one_line(self.goodbye)

    def run(self) -> None:
        """Serve the connection; paramiko's thread is in here for as long as it lasts."""
        _CONNECTIONS.add(1)
        try:
            super().run()
        finally:
            self._read_ended()
            _CONNECTIONS.add(-1)
            with self.lock:
                self.ended.set()
            try:
                self._when_ended()
            finally:
                self._beneath()

    def when_ended(self, call: Callable[[], object]) -> None:
        """Have this called once the connection has ended, on any thread; it must not wait."""
        with self.lock:
            if not self.ended.is_set():
                self._when_ended = call
                return
        call()

    def ask_for_a_sign(self) -> None:
        """Have the other side say anything; `heard` is when it did. It waits where the connection takes nothing now."""
        request = paramiko.Message()
        request.add_byte(cMSG_GLOBAL_REQUEST)
        request.add_string("keepalive@openssh.com")
        request.add_boolean(True)
        self._asked_for_a_sign = time.monotonic()
        self._send_user_message(request)

    def get_remote_server_key(self) -> paramiko.PKey:
        """The key that the server proved to hold; paramiko does not tell it any more once the connection is lost."""
        key: paramiko.PKey | None = self.host_key
        return key or super().get_remote_server_key()

    def _send_user_message(self, data: Any) -> None:
        """Send; what a lost connection does not take is dropped, as paramiko does once it knows of the loss."""
        with suppress(EOFError, OSError):
            _SEND(self, data)

    def close(self) -> None:
        """Close it, and what it goes through."""
        with suppress(EOFError, OSError):  # the way there has gone first
            self.sock.shutdown(socket.SHUT_RDWR)
        with suppress(EOFError, OSError):
            super().close()
        with suppress(EOFError, OSError):
            self.sock.close()
        self._beneath()

    def open_ordered(self, timeout: float) -> tuple[paramiko.Channel, Inbox]:
        """A session channel whose output comes through an inbox; its bytes must be acknowledged with `took`.

        Raises: as `open_of_kind`.
        """
        channel: Any = self.open_of_kind("session", b"", timeout)
        inbox = Inbox()
        channel.in_buffer = _Feed(inbox, Stream.OUT)
        channel.in_stderr_buffer = _Feed(inbox, Stream.ERR)
        self.prepare(channel)
        return channel, inbox

    def open_of_kind(self, kind: str, fields: bytes, timeout: float) -> paramiko.Channel:
        """A channel of a kind, with the fields that its request has beside the usual.

        paramiko knows no kind but its own, keeps one refusal for all threads, and lets what is late follow the end of
        a channel.

        Raises:
            ChannelRefused: the server says why not.
            TimeoutError: it has not said anything yet; a channel that it opens later is closed.
            EOFError: the connection is lost.
        """
        inner: Any = self
        with inner.lock:
            number: int = inner._next_channel()
            channel: Any = paramiko.Channel(number)
            inner._channels.put(number, channel)
            inner.channel_events[number] = answered = threading.Event()
            inner.channels_seen[number] = True
            channel._set_transport(_Sending(self))
            window = _window()
            channel._set_window(window, PACKET)
        request = paramiko.Message()
        request.add_byte(cMSG_CHANNEL_OPEN)
        request.add_string(kind)
        for value in (number, window, PACKET):
            request.add_int(value)
        request.add_bytes(fields)
        self._send_user_message(request)
        deadline = time.monotonic() + timeout
        while self.is_active() and (left := deadline - time.monotonic()) > 0 and not answered.wait(min(TICK, left)):
            pass  # who waits when the connection ends is told, who begins to wait in that moment is not
        with inner.lock:
            if refusal := self._refusals.pop(number, None):
                raise refusal
            if not self.is_active():
                raise EOFError(": ".join(filter(None, ("the connection was lost", self.given_up))))
            if not answered.is_set():
                self._given_up[number] = channel
                raise TimeoutError(f"no answer within {timeout:g} s")
        return cast("paramiko.Channel", channel)

    def _parse_channel_open_failure(self, message: paramiko.Message) -> None:
        number, reason, words = message.get_int(), message.get_int(), message.get_binary()
        if self._given_up.pop(number, None) is None:
            self._refusals[number] = ChannelRefused(reason, words.decode(errors="replace"))
        known = paramiko.Message()
        for value in (number, reason):
            known.add_int(value)
        for text in ("", ""):  # words that are not UTF-8 would end the connection in paramiko
            known.add_string(text)
        _OPEN_FAILURE(self, paramiko.Message(known.asbytes()))

    def _parse_channel_open_success(self, message: paramiko.Message) -> None:
        number = message.get_int()
        message.rewind()
        _OPEN_SUCCESS(self, message)
        if late := self._given_up.pop(number, None):
            threads.start("close a late channel", late.close)


def took(channel: Any, size: int) -> None:
    """Let the other side send as many bytes more (RFC 4254, 5.2)."""
    more = channel._check_add_window(size)
    if more > 0:
        message = paramiko.Message()
        message.add_byte(cMSG_CHANNEL_WINDOW_ADJUST)
        message.add_int(channel.remote_chanid)
        message.add_int(more)
        channel.transport._send_user_message(message)
