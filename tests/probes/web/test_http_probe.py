"""The http probe against a real application, directly and through a real sshd."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.runbooks.asked_web import PAGES, PASSWORD, TOKEN, Asking, answer, failed
from tests.support.servers.certificates import Authority, serving
from tests.support.servers.web_server import serving_web
from tui.probes.base import NoData
from tui.probes.http.wire import LIMIT
from tui.transports.base import Transport


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


@pytest.fixture
def site(place: Transport, authority: Authority, ports: dict[str, int]) -> Asking:
    return Asking(place, authority, f"https://localhost:{ports['h2']}")


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
        assert "not an address" in site.failing(nowhere).message


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
def test_an_upload_is_compared_with_what_the_server_says_of_it(site: Asking, size: int) -> None:
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
