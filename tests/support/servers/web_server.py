"""Real web servers for tests: HTTP/2 (by the library h2) beside HTTP/1.1, and servers that misbehave as told."""

import contextlib
import io
import itertools
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import h2.config
import h2.connection
import h2.events
from msgspec import Struct


class Request(Struct, frozen=True):
    """What a client asked; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(Struct, frozen=True):
    """What to answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}


def document(found: Any, status: int = 200) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(found).encode(), {"content-type": "application/json"})


Answering = Callable[[Request], Reply]


@contextmanager
def serving_web(answer: Answering, context: ssl.SSLContext | None = None, leaving: int = 0) -> Iterator[int]:
    """The port of a server that answers so, under TLS if there is a context; it goes away on the first `leaving`."""
    connections = itertools.count()

    def talk(connection: socket.socket) -> None:
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True)
        if isinstance(connection, ssl.SSLSocket) and connection.selected_alpn_protocol() == "h2":
            if next(connections) < leaving:
                go_away(connection)
            else:
                _talk_h2(connection, answer)
        else:
            _talk_h1(connection, answer)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    with serving_raw(talk) as port:
        yield port


@contextmanager
def serving_raw(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that does with each connection what it is told; what it meets is not its own failure."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError, h2.exceptions.ProtocolError):
                talk(self.request)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def go_away(connection: socket.socket) -> None:
    """Over HTTP/2, say that no request is taken on this connection any more, as a server that is reloaded does."""
    state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    state.initiate_connection()
    state.close_connection(last_stream_id=0)
    connection.sendall(state.data_to_send())
    while connection.recv(65536):
        pass


def hang(connection: socket.socket) -> None:
    """Say nothing until the client goes."""
    while connection.recv(65536):
        pass


def _talk_h1(connection: socket.socket, answer: Answering) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        rbufsize = -1

        def setup(self) -> None:
            self.rfile = connection.makefile("rb")
            self.wfile = io.BytesIO()

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.reply
            raise AttributeError(name)

        def reply(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            made = answer(Request(self.command, self.path, headers, body))
            self.send_response(made.status)
            for name, value in {"content-length": str(len(made.body)), **made.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(made.body)
            connection.sendall(self.wfile.getvalue())
            self.wfile = io.BytesIO()

        def finish(self) -> None:
            self.rfile.close()

        def log_message(self, *given: Any) -> None:
            pass

    Handler(connection, ("127.0.0.1", 0), None)  # type: ignore[arg-type]  # it asks its server nothing


def _talk_h2(connection: socket.socket, answer: Answering) -> None:
    state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    state.initiate_connection()
    asked: dict[int, tuple[dict[str, str], bytearray]] = {}
    waiting: dict[int, bytes] = {}
    while True:
        connection.sendall(state.data_to_send())
        data = connection.recv(65536)
        if not data:
            return
        for event in state.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                asked[event.stream_id] = (dict(event.headers), bytearray())
            elif isinstance(event, h2.events.DataReceived):
                asked[event.stream_id][1].extend(event.data)
                state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                headers, body = asked.pop(event.stream_id)
                made = answer(Request(headers[":method"], headers[":path"], headers, bytes(body)))
                state.send_headers(event.stream_id, [(":status", str(made.status)), *made.headers.items()])
                waiting[event.stream_id] = b"" if headers[":method"] == "HEAD" else made.body
            elif isinstance(event, h2.events.StreamReset):
                waiting.pop(event.stream_id, None)
        for stream in list(waiting):
            _send(connection, state, stream, waiting)


def _send(connection: socket.socket, state: h2.connection.H2Connection, stream: int, waiting: dict[int, bytes]) -> None:
    """Send as much of a body as the client's window takes; the rest waits for its next word."""
    body = waiting[stream]
    while room := min(state.local_flow_control_window(stream), state.max_outbound_frame_size, len(body)):
        state.send_data(stream, body[:room])
        connection.sendall(state.data_to_send())
        body = body[room:]
    waiting[stream] = body
    if not body:
        state.end_stream(stream)
        del waiting[stream]
