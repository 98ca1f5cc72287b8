"""The websocket probe: connects, then pings or says something, all of it by the probe's one deadline.

The library's protocol is used without its input and output; docs/dependencies.md says why.
"""

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tui.probes.base import Given, ProbeFailed, Reach, Reading
from tui.probes.dialling import Dialled
from tui.probes.http import bodies
from tui.probes.site import Site, site

if TYPE_CHECKING:
    from websockets.client import ClientProtocol
    from websockets.http11 import Request

LIMIT = 1_000_000
"""Bytes of a message that are read."""

_PORTS = {"ws": 80, "wss": 443}
_REFUSED = {
    400: "the server does not take it for an upgrade: does its proxy pass on the headers Upgrade and Connection?",
    401: "not authorised: is the token right, or expired?",
    403: "forbidden: look at the token, and at the origins that the application allows",
    404: "nothing is there: look at the path, and whether the server passes it to the application's ASGI part",
    426: "it wants another version of the protocol",
    502: "the web server does not reach the application: is its ASGI part running?",
    503: "the service says that it is not available",
    504: "the application did not answer the web server in time",
}
_CLOSED = {
    1001: "it is shutting down or restarting",
    1006: "look at the application's log: it may have failed as it took the connection",
    1008: "the application refuses by its rules: look at the token",
    1009: "it finds the message too big",
    1011: "the application failed: its log has the traceback",
    1012: "it is restarting",
    1013: "it is overloaded",
}


class Spoken(Struct, frozen=True, kw_only=True):
    """What happened: the upgrade's status (0: none came), then the close code if it closed before it answered."""

    place: str
    status: int = 0
    malformed: bool = False
    location: str = ""
    subprotocol: str = ""
    closed: int = 0
    reason: str = ""
    too_big: bool = False
    reply: bytes = b""
    seconds: float = 0.0
    connect: float = 0.0
    answer: float = 0.0


class WebsocketProbe:
    """Talks to a WebSocket endpoint."""

    kind = "websocket"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> Spoken:
        """Ask for the upgrade and, when it is granted, ping or say the text."""
        where = site(settings, _PORTS)
        began = time.monotonic()
        with Dialled(reach, where.address.host, where.address.port, where.address.place) as dialled:
            if where.address.scheme == "wss":
                dialled.prove(where.context, where.name)
            talk = _Talk(dialled, _protocol(where, given))
            dialled.waiting_for = "the upgrade to WebSocket"
            spoken = talk.upgrade(_request(talk.protocol, where, given))
            connected = time.monotonic()
            if spoken.status == 101 and not spoken.malformed:
                spoken = talk.ping() if check == "ping" else talk.say(given)
            ended = time.monotonic()
            talk.farewell()
            return msgspec.structs.replace(
                spoken, seconds=ended - began, connect=connected - began, answer=ended - connected
            )

    def interpret(self, check: str, given: Given, raw: Spoken) -> Reading:
        """What it means that the server did this."""
        if raw.status != 101 or raw.malformed:
            raise _not_upgraded(raw)
        wanted = "pong" if check == "ping" else "reply"
        if raw.too_big:
            raise ProbeFailed(f"{raw.place} sends a message of more than 1 MB", "that is not an answer to a probe")
        if raw.closed:
            raise _closed(raw, wanted)
        took = f"seconds_{wanted}"
        document: dict[str, Any] = {
            "seconds": round(raw.seconds, 4),
            "seconds_connect": round(raw.connect, 4),
            "subprotocol": raw.subprotocol,
            took: round(raw.answer, 4),
        }
        if check == "message":
            document["size"] = len(raw.reply)
            if given.get("json"):
                document["json"] = _json(raw)
        return Reading(
            document=document,
            summary=f"connected in {raw.connect * 1000:.0f} ms, {wanted} in {raw.answer * 1000:.0f} ms",
        )


class _Talk:
    """A conversation over a dialled socket; every wait ends by the socket's own deadline."""

    def __init__(self, dialled: Dialled, protocol: "ClientProtocol") -> None:
        self.protocol = protocol
        self._dialled = dialled
        self._events: deque[Any] = deque()
        self._ended = False

    def upgrade(self, request: "Request") -> Spoken:
        """Ask for the upgrade; the status is 0 when the connection ended instead of an answer."""
        from websockets.exceptions import InvalidStatus
        from websockets.http11 import Response

        self.protocol.send_request(request)
        self._flush()
        event = self._next()
        problem = self.protocol.handshake_exc
        if isinstance(problem, InvalidStatus):
            response = problem.response
            location = response.headers.get("Location", "")
            return self._spoken(status=response.status_code, location=location[:200])
        if isinstance(event, Response) and problem is None:
            return self._spoken(status=101, subprotocol=str(self.protocol.subprotocol or ""))
        return self._spoken(malformed=problem is not None and not self._ended, status=101 if event else 0)

    def ping(self) -> Spoken:
        """Send a ping and wait for its pong."""
        from websockets.frames import Opcode

        self._say("the pong", lambda: self.protocol.send_ping(b"runbook"))
        while frame := self._next():
            if frame.opcode is Opcode.PONG and bytes(frame.data) == b"runbook":
                return self._spoken(status=101, subprotocol=str(self.protocol.subprotocol or ""))
        return self._closed()

    def say(self, given: Given) -> Spoken:
        """Send the text and wait for the message that answers it."""
        text = str(given["text"]).encode()
        self._say("a reply", lambda: self.protocol.send_text(text))
        sought = str(given.get("reply_has") or "").encode()
        while (message := self._message()) is not None:
            if sought in message:
                return self._spoken(status=101, subprotocol=str(self.protocol.subprotocol or ""), reply=message)
        return self._closed()

    def farewell(self) -> None:
        """Close as the protocol wants it, so that the server notes no broken connection; its echo is not waited for."""
        self._say("the end", lambda: self.protocol.send_close(1000))
        with contextlib.suppress(ProbeFailed):
            self._dialled.flush()

    def _say(self, waiting_for: str, frame: Callable[[], None]) -> None:
        """Send a frame; a server that has closed meanwhile has said why, which is read next."""
        from websockets.exceptions import InvalidState

        self._dialled.waiting_for = waiting_for
        with contextlib.suppress(InvalidState, ProbeFailed):
            frame()
            self._flush()

    def _message(self) -> bytes | None:
        """The next whole message, its fragments joined."""
        from websockets.frames import Opcode

        parts = bytearray()
        while frame := self._next():
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                parts += frame.data
                if frame.fin:
                    return bytes(parts)
        return None

    def _next(self) -> Any:
        """The next event; None once nothing more comes."""
        from websockets.frames import Opcode

        while not self._events:
            if self._ended or self.protocol.handshake_exc or self.protocol.parser_exc:
                return None
            data = self._dialled.receive()
            self._ended = not data
            if data:
                self.protocol.receive_data(data)
            else:
                self.protocol.receive_eof()
            self._events += self.protocol.events_received()
            with contextlib.suppress(ProbeFailed):  # a farewell to who is gone; what came before it counts
                self._flush()
        event = self._events.popleft()
        if getattr(event, "opcode", None) is Opcode.CLOSE:
            self._ended = True
            self._events.clear()
            return None
        return event

    def _flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self._dialled.send(data)

    def _closed(self) -> Spoken:
        from websockets.exceptions import PayloadTooBig

        too_big = isinstance(self.protocol.parser_exc, PayloadTooBig)
        came = self.protocol.close_rcvd
        return self._spoken(
            status=101, too_big=too_big, closed=int(came.code) if came else 1006, reason=came.reason if came else ""
        )

    def _spoken(self, **found: Any) -> Spoken:
        return Spoken(place=self._dialled.place, **found)


def _protocol(where: Site, given: Given) -> "ClientProtocol":
    from websockets.client import ClientProtocol
    from websockets.uri import WebSocketURI

    path, _, query = bodies.path(given).partition("?")
    token, variable = given.get("token"), given.get("token_query")
    if token and variable:
        query = "&".join(filter(None, (query, urlencode({str(variable): str(token)}))))
    silent = logging.Logger("websocket probe")
    silent.disabled = True  # the library logs requests, and a request has the token
    at = where.address
    return ClientProtocol(
        WebSocketURI(at.scheme == "wss", at.host, at.port, at.path + path, query),
        origin=given.get("origin") or None,
        subprotocols=list(given.get("subprotocols") or ()) or None,
        max_size=LIMIT,
        logger=silent,
    )


def _request(protocol: "ClientProtocol", where: Site, given: Given) -> "Request":
    request = protocol.connect()
    if where.host:
        del request.headers["Host"]
        request.headers["Host"] = where.host
    request.headers["User-Agent"] = "runbook"
    token = given.get("token")
    if token and given.get("token_header"):
        request.headers[str(given["token_header"])] = bodies.sendable(str(token))
    elif token and not given.get("token_query"):
        request.headers.update(bodies.bearer(given))
    return request


def _not_upgraded(raw: Spoken) -> ProbeFailed:
    if raw.malformed:
        return ProbeFailed(
            f"{raw.place} does not answer as a WebSocket server does", "is this its port, and ws or wss as it wants?"
        )
    if not raw.status:
        return ProbeFailed(
            f"{raw.place} closed the connection instead of answering the upgrade", "look at the server's error log"
        )
    if 300 <= raw.status < 400:
        hint = f"it redirects to {raw.location}" if raw.location else "look at its redirects"
    else:
        hint = _REFUSED.get(raw.status, "look at the server's error log")
    if raw.status == 200:
        hint = "a plain page answers at this path: does the proxy pass the upgrade on?"
    return ProbeFailed(f"{raw.place} refuses the upgrade to WebSocket with HTTP {raw.status}", hint)


def _closed(raw: Spoken, wanted: str) -> ProbeFailed:
    how = "without a word" if raw.closed == 1006 else f"with code {raw.closed}"
    reason = f" ({raw.reason[:100]})" if raw.reason else ""
    hint = _CLOSED.get(raw.closed, "the application's own code: look at the token, and at what it means there")
    return ProbeFailed(f"{raw.place} took the connection and closed it {how}{reason}, before any {wanted}", hint)


def _json(raw: Spoken) -> Any:
    try:
        return msgspec.json.decode(raw.reply)
    except (ValueError, RecursionError):
        raise ProbeFailed(f"{raw.place} replies with what is not JSON", "compare with what it should reply") from None
