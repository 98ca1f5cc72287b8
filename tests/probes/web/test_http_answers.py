"""What the http probe makes of answers, as tables, and the bodies that it makes and reads."""

import itertools
from typing import Any

import pytest

from tui.probes.http import bodies as http_bodies
from tui.probes.http.probe import HttpProbe
from tui.probes.http.wire import HttpAnswer


def came(status: int, body: bytes = b"{}", kind: str = "application/json", **more: Any) -> HttpAnswer:
    told = {"place": "site:443", "status": status, "protocol": "HTTP/2", "type": kind, "body": body, "complete": True}
    return HttpAnswer(**(told | more))


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
