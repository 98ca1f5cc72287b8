"""The http probe against servers that hang, break off, speak something else or answer in an odd way."""

import socket
import ssl
from typing import Any

import pytest

from tests.support.runbooks.asked_web import Asking, answer, failed
from tests.support.servers.certificates import Authority, serving
from tests.support.servers.sshd import free_port
from tests.support.servers.web_server import Reply, hang, serving_raw, serving_web
from tui.probes.http.wire import LIMIT
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport


def behave(said: bytes, reads: bool = True, hangs: bool = False) -> Any:
    def talk(connection: socket.socket) -> None:
        if reads:
            connection.recv(65536)
        connection.sendall(said)
        if hangs:
            hang(connection)

    return talk


@pytest.mark.parametrize(
    ("scheme", "talk", "words"),
    [
        ("http", hang, "s passed waiting for an answer"),
        ("https", hang, "waiting for the TLS handshake"),
        (
            "http",
            behave(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", hangs=True),
            "waiting for the rest of the answer",
        ),
        ("http", behave(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), "broke off in the middle"),
        ("http", behave(b"", reads=True), "closed the connection without an answer"),
        ("http", behave(b"SSH-2.0-OpenSSH_9.2\r\n"), "does not answer in HTTP"),
        ("https", behave(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak TLS"),
        ("https", behave(b""), "closed the connection during the TLS handshake"),
    ],
)
def test_servers_that_misbehave(place: Transport, authority: Authority, scheme: str, talk: Any, words: str) -> None:
    with serving_raw(talk) as port:
        site = Asking(place, authority, f"{scheme}://localhost:{port}")
        assert words in site.failing("/", seconds=0.6 if "passed" in words or "waiting" in words else 10.0).message


def ending(context: ssl.SSLContext, said: bytes, polite: bool) -> Any:
    """A TLS server that says this and ends the connection, with TLS's farewell or without."""

    def talk(connection: socket.socket) -> None:
        secured = context.wrap_socket(connection, server_side=True)
        secured.recv(65536)
        secured.sendall(said)
        if polite:
            secured.unwrap()
        secured.close()

    return talk


LENGTH, CHUNKED = b"Content-Length: 2\r\n", b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("head", "body", "polite", "whole"),
    [
        (b"", b"ok", True, True),
        (b"", b"ok", False, False),
        (b"Connection: close\r\n", b"ok", False, False),
        (b"", b"", False, False),
        (LENGTH, b"ok", False, True),
        (LENGTH, b"o", False, False),
        (LENGTH, b"o", True, False),
        (CHUNKED, b"2\r\nok\r\n0\r\n\r\n", False, True),
        (CHUNKED, b"2\r\nok\r\n", False, False),
        (CHUNKED, b"2\r\nok\r\n", True, False),
    ],
)
def test_an_answer_that_was_cut_is_not_taken_for_whole(
    place: Transport, authority: Authority, head: bytes, body: bytes, polite: bool, whole: bool
) -> None:
    said = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body
    with serving_raw(ending(serving(authority.issue("localhost")), said, polite)) as port:
        site = Asking(place, authority, f"https://localhost:{port}")
        if whole:
            assert site("get", "/").document["size"] == 2
        else:
            message = site.failing("/").message
            assert "was cut" in message or "broke off in the middle of its answer" in message


def test_nothing_listens(place: Transport, authority: Authority) -> None:
    assert "refuses connections" in Asking(place, authority, f"https://localhost:{free_port()}").failing("/").message


def test_a_request_leaves_in_one_piece(authority: Authority) -> None:
    """A piece of its own for the body would wait for the server's delayed acknowledgement, 40 ms, behind a tunnel."""
    pieces = []

    def talk(connection: socket.socket) -> None:
        pieces.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serving_raw(talk) as port:
        Asking(LocalTransport("here"), authority, f"http://localhost:{port}")("call", "/", body='{"a": 1}')
    assert pieces[0].endswith(b'{"a": 1}')


def test_an_upload_is_refused_before_it_has_ended(authority: Authority) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        hang(connection)

    with serving_raw(talk) as port:
        site = Asking(LocalTransport("here"), authority, f"http://localhost:{port}")
        reading = site("upload", "/", bytes=5_000_000)
    assert failed(reading) == ["HTTP 413"]
    assert "client_max_body_size" in reading.details[0]


def test_a_body_compressed_unasked(place: Transport, authority: Authority) -> None:
    import gzip

    bomb = gzip.compress(b"[" + b" " * (LIMIT * 2) + b"]")
    pages = {
        "/small": Reply(200, gzip.compress(b'{"a":1}'), {"content-encoding": "gzip"}),
        "/bomb": Reply(200, bomb, {"content-encoding": "gzip"}),
        "/odd": Reply(200, b"{}", {"content-encoding": "br"}),
    }
    with serving_web(lambda request: pages[request.path]) as port:
        site = Asking(place, authority, f"http://localhost:{port}")
        assert site("get", "/small", json=True).document["json"] == {"a": 1}
        assert "more than 5 MB" in site.failing("/bomb", json=True).message
        assert "encoded as 'br'" in site.failing("/odd").message


def test_a_request_that_a_reloaded_server_did_not_take_is_sent_again_over_another_connection(
    place: Transport, authority: Authority
) -> None:
    certificate = authority.issue("localhost")
    with serving_web(answer, serving(certificate, "h2"), leaving=1) as port:
        reading = Asking(place, authority, f"https://localhost:{port}")("get", "/health/")
        assert (reading.document["status"], reading.document["protocol"]) == (200, "HTTP/2")
    with serving_web(answer, serving(certificate, "h2"), leaving=2) as port:
        told = Asking(place, authority, f"https://localhost:{port}").failing("/health/")
        assert "closed the connection without an answer" in told.message
        assert "it may be restarting" in told.hint
