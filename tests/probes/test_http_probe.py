"""The http probe against real servers, directly and through a real sshd; what it makes of answers, as a table."""

import itertools
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority, serving
from tests.support.probed import failure, probed
from tests.support.sshd import free_port
from tests.support.web_server import Reply, Request, document, hang, serving_raw, serving_web
from tui.probes import http_bodies
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.http import HttpProbe
from tui.probes.http_wire import LIMIT, Answer
from tui.runbook.probing.http import SPEC
from tui.transports.base import Transport
from tui.transports.local import LocalTransport

PASSWORD, TOKEN = "s3cret-pass", "tok-3n-very-secret"
LONG = b"[" + b"1," * (LIMIT // 2) + b"1]"


def answer(request: Request) -> Reply:
    """A small application: health, login, a protected page, orders, uploads, and everything that is wrong."""
    path = request.path.partition("?")[0]
    if path == "/api/login/":
        given = json.loads(request.body)
        right = given == {"email": "test@example.com", "password": PASSWORD}
        return document(
            {"access": TOKEN, "user": {"refresh": "r-" + TOKEN}} if right else {"detail": "no"}, 200 if right else 401
        )
    if path.startswith("/api/") and request.headers.get("authorization") != f"Bearer {TOKEN}":
        return document({"detail": "Authentication credentials were not provided."}, 401)
    if path == "/api/orders/":
        return document({"order_id": "order_1", "got": json.loads(request.body)}, 201)
    if path == "/api/form/":
        return document({"got": request.body.decode(), "type": request.headers["content-type"]})
    if path == "/api/upload/":
        return uploaded(request)
    return PAGES.get(path, Reply(404, b"<html><title>404 Not Found</title></html>", {"content-type": "text/html"}))


def uploaded(request: Request) -> Reply:
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    for part in request.body.split(b"--" + boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        if b'filename="' in head:
            name = head.partition(b'filename="')[2].partition(b'"')[0].decode()
            return document({"file": {"name": name, "size": len(content) - 2}, "ok": True}, 201)
    return document({"detail": "no file"}, 400)


PAGES = {
    "/health/": document({"status": "healthy", "checks": [{"db": "ok"}]}),
    "/base/health/": document({"status": "below"}),
    "/me": document({"host": "mine"}),
    "/html": Reply(502, b"<html><head><title>502 Bad\n Gateway</title></head></html>", {"content-type": "text/html"}),
    "/page": Reply(200, b"<!DOCTYPE html><title>Sign in</title>", {"content-type": "text/html; charset=utf-8"}),
    "/long": Reply(200, LONG, {"content-type": "application/json"}),
    "/broken": Reply(200, b'{"status":', {"content-type": "application/json"}),
    "/deep": Reply(200, b"[" * 100_000, {"content-type": "application/json"}),
    "/latin": Reply(200, b'{"name":"\xff"}', {"content-type": "application/json"}),
    "/empty": Reply(204, b""),
    "/ring/a": Reply(302, b"", {"location": "/ring/b"}),
    "/ring/b": Reply(302, b"", {"location": "a"}),
    "/to/health": Reply(301, b"", {"location": "/health/"}),
    "/to/http": Reply(301, b"", {"location": "http://localhost/health/"}),
    "/to/other": Reply(301, b"", {"location": "https://other.example/"}),
    "/to/nowhere": Reply(301, b"", {"location": "ftp://localhost/"}),
    "/to/bad": Reply(301, b"", {"location": "https://[::1/"}),
} | {f"/far/{n}": Reply(307, b"", {"location": f"/far/{n + 1}"}) for n in range(9)}


@pytest.fixture(scope="module")
def ports(authority: Authority) -> Iterator[dict[str, int]]:
    """The application over HTTP/2, over HTTP/1.1 alone, and without TLS."""
    certificate = authority.issue("localhost", "site.example")
    with ExitStack() as stack:
        yield {
            "h2": stack.enter_context(serving_web(answer, serving(certificate, "h2", "http/1.1"))),
            "h1": stack.enter_context(serving_web(answer, serving(certificate, "http/1.1"))),
            "plain": stack.enter_context(serving_web(answer)),
        }


class Asking:
    """Checks of one server from one place."""

    def __init__(self, place: Transport, authority: Authority, url: str) -> None:
        self.place, self.settings = place, {"url": url, "ca_file": str(authority.file)}

    def __call__(self, check: str, path: str, seconds: float = 10.0, **given: Any) -> Reading:
        return probed(HttpProbe(), SPEC, check, self.settings, {"path": path, **given}, self.place, seconds)

    def failing(self, path: str, check: str = "get", seconds: float = 10.0, **given: Any) -> ProbeFailed:
        return failure(HttpProbe(), SPEC, check, self.settings, {"path": path, **given}, self.place, seconds)


@pytest.fixture
def site(place: Transport, authority: Authority, ports: dict[str, int]) -> Asking:
    return Asking(place, authority, f"https://localhost:{ports['h2']}")


def failed(reading: Reading) -> list[str]:
    return [check.came for check in reading.checks if not check.ok]


@pytest.mark.parametrize(("server", "protocol"), [("h2", "HTTP/2"), ("h1", "HTTP/1.1"), ("plain", "HTTP/1.1")])
def test_get_measures_an_answer_and_keeps_its_document(
    place: Transport,
    authority: Authority,
    ports: dict[str, int],
    server: str,
    protocol: str,
) -> None:
    scheme = "http" if server == "plain" else "https"
    reading = Asking(place, authority, f"{scheme}://localhost:{ports[server]}")("get", "/health/", json=True)
    found = reading.document
    assert not failed(reading)
    assert (found["status"], found["protocol"], found["type"]) == (200, protocol, "application/json")
    assert found["json"]["checks"][0] == {"db": "ok"}
    assert found["size"] == len(PAGES["/health/"].body)
    assert (found["seconds_tls"] > 0) == (scheme == "https")
    parts = found["seconds_connect"] + found["seconds_tls"] + found["seconds_first_byte"]
    assert 0 < parts <= found["seconds"] + 0.001
    assert f"HTTP 200 over {protocol}" in reading.summary


def test_get_asks_below_the_services_path_and_with_other_methods(site: Asking) -> None:
    assert site("get", "/health/", method="HEAD").document["size"] == 0
    assert site("get", "/health/", method="OPTIONS").document["status"] == 200
    site.settings["url"] += "/base/"
    assert site("get", "/health/", json=True).document["json"] == {"status": "below"}


def test_a_host_and_a_name_of_their_own(place: Transport, authority: Authority, ports: dict[str, int]) -> None:
    site = Asking(place, authority, f"https://127.0.0.1:{ports['h2']}")
    assert "is not for 127.0.0.1" in site.failing("/health/").message
    site.settings["host"] = "site.example"
    assert site("get", "/health/").document["status"] == 200
    assert site("get", "/to/health").document["redirects"] == 1
    site.settings |= {"host": "other.example", "verify_name": "site.example"}
    assert site("get", "/health/").document["status"] == 200


def test_redirects(site: Asking) -> None:
    reading = site("get", "/to/health", json=True)
    assert (reading.document["redirects"], reading.document["json"]["status"]) == (1, "healthy")
    assert "after 1 redirect" in reading.summary
    stays = site("get", "/to/health", follow=False, status=301)
    assert (failed(stays), stays.document["location"]) == ([], "/health/")
    assert "in a loop: /ring/a → /ring/b → /ring/a" in site.failing("/ring/a").message
    assert "more than 5 times" in site.failing("/far/0").message
    assert site("get", "/far/4", status=404).document["redirects"] == 5
    assert "from https to http" in site.failing("/to/http").message
    other = site("get", "/to/other")
    assert failed(other) == ["HTTP 301"]
    assert "it redirects to https://other.example/" in other.details
    for nowhere in ("/to/nowhere", "/to/bad"):
        assert "no address" in site.failing(nowhere).message


def test_a_token_is_not_taken_along_a_redirect(site: Asking) -> None:
    reading = site("get", "/to/health", token=TOKEN)
    assert failed(reading) == ["HTTP 301"]
    assert "it redirects to /health/" in reading.details


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/html", "with HTTP 502 with an HTML page (502 Bad Gateway) where JSON should be"),
        ("/page", "with an HTML page (Sign in) where JSON should be"),
        ("/long", "more than 5 MB"),
        ("/broken", "JSON that is damaged"),
        ("/deep", "JSON that is damaged"),
        ("/latin", "JSON that is damaged"),
        ("/empty", "nothing where JSON should be"),
    ],
)
def test_what_comes_instead_of_json(site: Asking, path: str, words: str) -> None:
    assert words in site.failing(path, json=True).message


def test_no_more_of_a_body_is_read_than_is_kept(site: Asking) -> None:
    reading = site("get", "/long")
    assert (reading.document["size"], failed(reading)) == (LIMIT, [])
    assert "over 5 MB" in reading.summary


def test_a_login_hands_its_tokens_over_as_secrets(site: Asking) -> None:
    given = {"user": "test@example.com", "password": PASSWORD, "tokens": ("access", "user.refresh")}
    reading = site("login", "/api/login/", **given)
    assert not failed(reading)
    assert reading.secrets == {"access": TOKEN, "user.refresh": "r-" + TOKEN}
    assert reading.document["token"] is True
    assert reading.document["tokens"] == ["access", "user.refresh"]
    shown = f"{reading.document} {reading.summary} {reading.checks} {reading.details}"
    assert TOKEN not in shown
    assert PASSWORD not in shown


def test_a_refused_login_and_one_without_the_token(site: Asking) -> None:
    given = {"user": "test@example.com", "password": "wrong"}
    reading = site("login", "/api/login/", **given)
    assert (failed(reading), reading.secrets, reading.document["token"]) == (["HTTP 401"], {}, False)
    assert "credentials were refused" in reading.details[0]
    other = site("login", "/api/login/", user="test@example.com", password=PASSWORD, tokens=("access", "token"))
    assert failed(other) == ["none"]
    assert other.document["tokens"] == ["access"]


def test_protected_pages_and_calls(site: Asking) -> None:
    refused = site("get", "/api/form/")
    assert failed(refused) == ["HTTP 401"]
    assert "the server says: Authentication credentials were not provided." in refused.details
    order = site("call", "/api/orders/", token=TOKEN, body='{"plan_id": 1}', status=201, json=True)
    assert order.document["json"] == {"order_id": "order_1", "got": {"plan_id": 1}}
    form = site("call", "/api/form/", token=TOKEN, form=("a=1", "b=x y=z"), json=True)
    assert form.document["json"] == {"got": "a=1&b=x+y%3Dz", "type": "application/x-www-form-urlencoded"}
    assert "json" not in site("call", "/api/form/", token=TOKEN, form=("a=1",)).document


@pytest.mark.parametrize("size", [1000, 300_000])
def test_an_upload_is_held_against_what_the_server_says_of_it(site: Asking, size: int) -> None:
    given = {"token": TOKEN, "name": "test.pdf", "form": ("title=Test",), "json": True}
    reading = site("upload", "/api/upload/", bytes=size, size_at="file.size", name_at="file.name", **given)
    assert not failed(reading)
    assert len(reading.checks) == 3
    assert (reading.document["sent"], reading.document["json"]["ok"]) == (size, True)
    wrong = site("upload", "/api/upload/", bytes=size, size_at="file.length", **given)
    assert failed(wrong) == ["nothing"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": "health"}, "not a path"),
        ({"path": "/a b"}, "not a path"),
        ({"method": "POST"}, "does not send POST"),
        ({"token": "tok\nen"}, "cannot hold"),
        ({"check": "call", "body": "{'a': 1}"}, "not JSON"),
        ({"check": "call", "form": ("a",)}, "name=value"),
        ({"check": "call", "form": ("a=1",), "body": "{}"}, "not both"),
        ({"check": "upload", "bytes": 1e9}, "is not uploaded"),
        ({"method": "HEAD", "json": True}, "no JSON"),
    ],
)
def test_what_is_asked_wrongly_is_not_sent(site: Asking, given: dict[str, Any], words: str) -> None:
    told = site.failing(**{"path": "/", **given})
    assert isinstance(told, NoData)
    assert words in told.message
    assert "tok\nen" not in f"{told.message} {told.__cause__} {told.__context__}"


@pytest.mark.parametrize(
    "url",
    ["localhost", "ftp://localhost", "https://", "https://localhost:99999", "https://me:pw@localhost", "https://[::1"],
)
def test_an_address_that_is_none(site: Asking, url: str) -> None:
    site.settings["url"] = url
    told = site.failing("/")
    assert isinstance(told, NoData)
    assert "pw" not in told.message


def test_authorities_that_cannot_be_read(site: Asking, tmp_path: Path) -> None:
    site.settings["ca_file"] = str(tmp_path / "none.pem")
    assert "cannot be read" in site.failing("/").message
    (tmp_path / "empty.pem").write_text("nothing")
    site.settings["ca_file"] = str(tmp_path / "empty.pem")
    assert "has no certificate in it" in site.failing("/").message


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"days": -1}, "has expired"),
        ({"begins": 5}, "is not valid yet"),
        ({"name": "other.example"}, "is not for localhost"),
        ({"self_signed": True}, "is self-signed"),
        ({"ours": True}, "an authority that is not trusted here"),
    ],
)
def test_certificates_that_are_refused(
    place: Transport,
    authority: Authority,
    tmp_path: Path,
    made: dict[str, Any],
    words: str,
) -> None:
    made = dict(made)
    issuer = Authority(tmp_path) if made.pop("ours", False) else authority
    name = made.pop("name", "localhost")
    certificate = issuer.self_signed(name) if made.pop("self_signed", False) else issuer.issue(name, **made)
    with serving_web(answer, serving(certificate)) as port:
        assert words in Asking(place, authority, f"https://localhost:{port}").failing("/health/").message


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
        ("http", hang, "hangs: 0.6 s passed waiting for an answer"),
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


def came(status: int, body: bytes = b"{}", kind: str = "application/json", **more: Any) -> Answer:
    told = {"place": "site:443", "status": status, "protocol": "HTTP/2", "type": kind, "body": body, "complete": True}
    return Answer(**(told | more))


@pytest.mark.parametrize(
    ("wanted", "status", "right"),
    [
        (0, 200, True),
        (0, 204, True),
        (0, 301, False),
        (0, 404, False),
        (404, 404, True),
        (200, 204, False),
        (201, 201, True),
    ],
)
def test_the_status_wanted(wanted: int, status: int, right: bool) -> None:
    reading = HttpProbe().interpret("get", {"status": wanted}, came(status))
    assert [check.ok for check in reading.checks] == [right]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 429, 500, 501, 502, 503, 504])
def test_every_refusal_says_what_to_look_at(status: int) -> None:
    assert HttpProbe().interpret("get", {}, came(status)).details


def test_what_a_login_refuses_to_show() -> None:
    reading = HttpProbe().interpret("login", {}, came(400, b'{"detail": "password hunter2 is wrong"}'))
    assert "hunter2" not in str(reading)


def test_files_are_as_large_as_they_should_be() -> None:
    for ending, size in itertools.product(("pdf", "txt"), (0, 1, 71, 72, 73, 74, 75, 1000)):
        assert len(http_bodies.made(ending, size)) == size
    assert http_bodies.made("pdf", 1000).startswith(b"%PDF-1.4\n")
    assert http_bodies.made("pdf", 1000).endswith(b"%%EOF\n")


@pytest.mark.parametrize(
    ("dotted", "found"), [("a.b", 1), ("l.0.x", 2), ("l.1", None), ("a.b.c", None), ("l.x", None), ("none", None)]
)
def test_dotted_paths(dotted: str, found: object) -> None:
    assert http_bodies.at({"a": {"b": 1}, "l": [{"x": 2}]}, dotted) == found
