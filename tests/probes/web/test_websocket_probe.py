"""The websocket probe against a real WebSocket server, directly and through a real sshd."""

import base64
import hashlib
import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest
from websockets import Subprotocol
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests.support.runbooks.probed import failure, probed
from tests.support.servers.certificates import Authority, serving
from tests.support.servers.sshd import free_port
from tests.support.servers.web_server import Reply, hang, serving_raw, serving_web
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.websocket import LIMIT, Spoken, WebsocketProbe
from tui.runbook.probing.websocket import SPEC
from tui.transports.base import Transport

TOKEN = "tok/3n+very secret"


def choose(connection: ServerConnection, request: Request) -> Response | None:
    """Refuse what is not at one of the application's paths, and who has not the token where one is needed."""
    path = request.path.partition("?")[0]
    if path == "/ws/prompts/" and request.path != "/ws/prompts/?v=1&token=tok%2F3n%2Bvery+secret":
        return connection.respond(403, "no")
    if path == "/ws/bearer/" and request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return connection.respond(401, "no")
    if path == "/ws/header/" and request.headers.get("X-Token") != TOKEN:
        return connection.respond(401, "no")
    return None if path.startswith("/ws/") else connection.respond(404, "no")


def talk(connection: ServerConnection) -> None:
    """Echo; greet or send too much where the path says so."""
    assert connection.request
    path = connection.request.path.partition("?")[0]
    if path == "/ws/long/":
        connection.send("x" * (LIMIT + 1))
    elif path == "/ws/greets/":
        connection.send("welcome")
    for message in connection:
        assert isinstance(message, str)
        connection.send(iter([message[:3], message[3:]]) if path == "/ws/parts/" else message)


def agree(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((one for one in offered if one == "v1.chat"), None)


@contextmanager
def serving_websocket(context: ssl.SSLContext | None = None) -> Iterator[int]:
    quiet = logging.Logger("quiet", logging.CRITICAL)
    told: dict[str, Any] = {"process_request": choose, "select_subprotocol": agree, "logger": quiet}
    server = serve(talk, "127.0.0.1", 0, ssl=context, **told)
    with server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def ports(authority: Authority) -> Iterator[dict[str, int]]:
    with ExitStack() as stack:
        yield {
            "ws": stack.enter_context(serving_websocket()),
            "wss": stack.enter_context(serving_websocket(serving(authority.issue("localhost", "site.example")))),
        }


class Talking:
    """Checks of one server from one place."""

    def __init__(self, place: Transport, authority: Authority, url: str) -> None:
        self.place, self.settings = place, {"url": url, "ca_file": str(authority.file)}

    def __call__(self, check: str = "ping", path: str = "/ws/", **given: Any) -> Reading:
        return probed(WebsocketProbe(), SPEC, check, self.settings, {"path": path, **given}, self.place)

    def failing(self, path: str = "/ws/", check: str = "ping", seconds: float = 10.0, **given: Any) -> ProbeFailed:
        return failure(WebsocketProbe(), SPEC, check, self.settings, {"path": path, **given}, self.place, seconds)


@pytest.fixture(params=["ws", "wss"])
def site(place: Transport, authority: Authority, ports: dict[str, int], request: pytest.FixtureRequest) -> Talking:
    return Talking(place, authority, f"{request.param}://localhost:{ports[request.param]}")


def test_a_ping_is_answered(site: Talking) -> None:
    reading = site(subprotocols=("v2.chat", "v1.chat"))
    assert reading.document["subprotocol"] == "v1.chat"
    assert 0 < reading.document["seconds_pong"] <= reading.document["seconds"]
    assert 0 < reading.document["seconds_connect"] <= reading.document["seconds"]
    assert reading.summary.startswith("connected in ")
    assert site("ping", "/ws/greets/").document["subprotocol"] == ""


def test_a_message_is_answered(site: Talking) -> None:
    text = json.dumps({"type": "hello", "name": "ü"})
    reading = site("message", text=text, json=True)
    assert reading.document["json"] == {"type": "hello", "name": "ü"}
    assert reading.document["size"] == len(text.encode())
    assert reading.document["seconds_reply"] > 0
    assert site("message", "/ws/parts/", text=text, json=True).document["json"]["type"] == "hello"
    assert site("message", "/ws/greets/", text="hello").document["size"] == len("welcome")
    assert site("message", "/ws/greets/", text="hello", reply_has="ell").document["size"] == len("hello")


@pytest.mark.parametrize(
    ("path", "how", "status"),
    [
        ("/ws/prompts/?v=1", {"token_query": "token"}, 403),
        ("/ws/bearer/", {}, 401),
        ("/ws/header/", {"token_header": "X-Token"}, 401),
    ],
)
def test_the_token_goes_where_it_should_and_nowhere_else(
    site: Talking, caplog: pytest.LogCaptureFixture, path: str, how: dict[str, str], status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    reading = site("ping", path, token=TOKEN, **how)
    refused = site.failing(path, token="wrong", **how)
    assert refused.message.endswith(f"refuses the upgrade to WebSocket with HTTP {status}")
    shown = f"{reading} {refused.message} {refused.hint} {refused.__cause__!r} {refused.__context__!r} {caplog.text}"
    for secret in (TOKEN, "tok%2F3n", "wrong"):
        assert secret not in shown


def test_servers_that_do_not_want_to(site: Talking) -> None:
    assert "with HTTP 404" in site.failing("/elsewhere").message
    assert "more than 1 MB" in site.failing("/ws/long/", "message", text="hello").message


def test_a_reply_that_is_no_json(site: Talking) -> None:
    assert "not JSON" in site.failing(check="message", text="{", json=True).message


CLOSE = b"\x88\x0f" + (4401).to_bytes(2) + b"token expired"


def accepting(connection: socket.socket, after: bytes = b"", stays: bool = True) -> None:
    """Take the upgrade, say `after`, then answer nothing or go."""
    asked = connection.recv(65536).decode()
    key = next(line.partition(": ")[2] for line in asked.splitlines() if line.startswith("Sec-WebSocket-Key"))
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    connection.sendall(f"{head}{base64.b64encode(digest).decode()}\r\n\r\n".encode() + after)
    if stays:
        hang(connection)


def saying(said: bytes) -> Any:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(said)

    return talk


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (hang, "waiting for the upgrade to WebSocket"),
        (accepting, "waiting for the pong"),
        (partial(accepting, after=b"\xff\xff\xff"), "closed it without a word"),
        (partial(accepting, after=CLOSE), "closed it with code 4401 (token expired), before any pong"),
        (partial(accepting, after=CLOSE, stays=False), "closed it with code 4401 (token expired), before any pong"),
        (partial(accepting, stays=False), "before any pong"),
        (saying(b""), "instead of answering the upgrade"),
        (saying(b"SSH-2.0-OpenSSH_9.2\r\n"), "does not answer as a WebSocket server does"),
        (saying(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "does not answer as a WebSocket server does"),
    ],
)
def test_servers_that_misbehave(place: Transport, authority: Authority, behaviour: Any, words: str) -> None:
    with serving_raw(behaviour) as port:
        site = Talking(place, authority, f"ws://localhost:{port}")
        assert words in site.failing(seconds=0.6 if "waiting" in words else 10.0).message


def test_a_web_server_that_does_not_upgrade(place: Transport, authority: Authority) -> None:
    pages = {"/ws/": Reply(200, b"hello"), "/moved": Reply(301, b"", {"location": "/ws/"})}
    with serving_web(lambda request: pages[request.path]) as port:
        site = Talking(place, authority, f"ws://localhost:{port}")
        assert "plain page" in site.failing("/ws/").hint
        assert site.failing("/moved").hint == "it redirects to /ws/"


def test_tls_of_a_websocket(place: Transport, authority: Authority, ports: dict[str, int]) -> None:
    site = Talking(place, authority, f"wss://127.0.0.1:{ports['wss']}")
    assert "is not for 127.0.0.1" in site.failing().message
    site.settings["host"] = "site.example"
    assert site().document["seconds"] > 0
    assert "during the TLS handshake" in Talking(place, authority, f"wss://localhost:{ports['ws']}").failing().message
    with serving_web(lambda request: Reply(), serving(authority.issue("localhost", days=-1))) as port:
        assert "has expired" in Talking(place, authority, f"wss://localhost:{port}").failing().message
    assert "refuses connections" in Talking(place, authority, f"ws://localhost:{free_port()}").failing().message
    assert isinstance(Talking(place, authority, "https://localhost").failing(), NoData)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 426, 500, 502, 503, 504])
def test_every_refusal_says_what_to_look_at(status: int) -> None:
    with pytest.raises(ProbeFailed, match=f"HTTP {status}") as failed:
        WebsocketProbe().interpret("ping", {}, Spoken(place="site:443", status=status))
    assert failed.value.hint


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1008, 1009, 1011, 1012, 1013, 4401])
def test_every_closing_says_what_to_look_at(code: int) -> None:
    with pytest.raises(ProbeFailed, match="before any reply") as failed:
        WebsocketProbe().interpret("message", {}, Spoken(place="site:443", status=101, closed=code))
    assert failed.value.hint
