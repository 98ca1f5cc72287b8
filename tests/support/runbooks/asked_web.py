"""A small application for the http probe to ask, with everything that can be wrong, and one that asks it."""

import json
from typing import Any

from tests.support.runbooks.probed import failure, probed
from tests.support.servers.certificates import Authority
from tests.support.servers.web_server import Reply, Request, document
from tui.probes.base import ProbeFailed, Reading
from tui.probes.http.probe import HttpProbe
from tui.probes.http.wire import LIMIT
from tui.runbook.probing.http import SPEC
from tui.transports.base import Transport

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


class Asking:
    """Checks of one server from one place."""

    def __init__(self, place: Transport, authority: Authority, url: str) -> None:
        self.place, self.settings = place, {"url": url, "ca_file": str(authority.file)}

    def __call__(self, check: str, path: str, seconds: float = 10.0, **given: Any) -> Reading:
        return probed(HttpProbe(), SPEC, check, self.settings, {"path": path, **given}, self.place, seconds)

    def failing(self, path: str, check: str = "get", seconds: float = 10.0, **given: Any) -> ProbeFailed:
        return failure(HttpProbe(), SPEC, check, self.settings, {"path": path, **given}, self.place, seconds)


def failed(reading: Reading) -> list[str]:
    return [check.came for check in reading.checks if not check.ok]
