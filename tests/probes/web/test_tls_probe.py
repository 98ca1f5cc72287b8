"""The tls probe against real TLS servers, good and bad; what it reads in certificates, as a table."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.support.runbooks.probed import failure, probed
from tests.support.servers.certificates import Authority, serving
from tests.support.servers.sshd import free_port
from tests.support.servers.web_server import hang, serving_raw
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.tls import PresentedCertificate, TlsProbe, covers
from tui.probes.tls_trust import refusal
from tui.runbook.probing.tls import SPEC
from tui.transports.base import Transport


@contextmanager
def showing(certificate: Path, **limits: ssl.TLSVersion) -> Iterator[int]:
    """The port of a server that shows this certificate and then waits for the client to go."""
    context = serving(certificate)
    for name, version in limits.items():
        setattr(context, name, version)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            hang(secured)

    with serving_raw(talk) as port:
        yield port


def told(authority: Authority, port: int, **more: Any) -> dict[str, Any]:
    return {"host": "localhost", "port": float(port), "ca_file": str(authority.file), **more}


def looked(place: Transport, settings: dict[str, Any]) -> Reading:
    return probed(TlsProbe(), SPEC, "certificate", settings, {}, place)


def failing(place: Transport, settings: dict[str, Any], seconds: float = 10.0) -> ProbeFailed:
    return failure(TlsProbe(), SPEC, "certificate", settings, {}, place, seconds)


def verdicts(reading: Reading) -> list[bool]:
    """In force, trusted, for the name."""
    return [check.ok for check in reading.checks]


def test_a_good_certificate(place: Transport, authority: Authority) -> None:
    with showing(authority.issue("localhost", "127.0.0.1", "*.example.org", days=60.5)) as port:
        reading = looked(place, told(authority, port))
        found = reading.document
        assert verdicts(reading) == [True, True, True]
        assert found["days_left"] == 60.5
        assert (found["issuer"], found["subject"]) == ("Test Authority", "localhost")
        assert found["names"] == ["localhost", "*.example.org", "127.0.0.1"]
        assert found["protocol"] == "TLSv1.3"
        assert found["chain_valid"] is found["name_matches"] is True
        assert reading.summary == "60 days left, from Test Authority, TLSv1.3"
        for other in ("127.0.0.1", "a.example.org"):
            assert verdicts(looked(place, told(authority, port, verify_name=other))) == [True, True, True]


@pytest.mark.parametrize(
    ("made", "holds", "words"),
    [
        ({"days": -3}, [False, False, True], "it has expired"),
        ({"begins": 5}, [True, False, True], "it is not valid yet"),
        ({"name": "other.example"}, [True, True, False], "for other.example"),
        ({"name": "other.example", "days": -3}, [False, False, False], "it has expired"),
        ({"self_signed": True}, [True, False, True], "it is self-signed"),
        ({"ours": True}, [True, False, True], "it comes from an authority that is not trusted here"),
    ],
)
def test_a_bad_certificate_is_described(
    place: Transport, authority: Authority, tmp_path: Path, made: dict[str, Any], holds: list[bool], words: str
) -> None:
    made = dict(made)
    issuer = Authority(tmp_path) if made.pop("ours", False) else authority
    name = made.pop("name", "localhost")
    certificate = issuer.self_signed(name) if made.pop("self_signed", False) else issuer.issue(name, **made)
    with showing(certificate) as port:
        reading = looked(place, told(authority, port))
    assert verdicts(reading) == holds
    assert words in [check.came for check in reading.checks]
    assert (reading.document["subject"], reading.document["protocol"]) == (name, "TLSv1.3")
    assert (reading.document["days_left"] < 0) == (made.get("days", 0) < 0)
    assert reading.details


def test_an_older_protocol_is_named(place: Transport, authority: Authority) -> None:
    with showing(authority.issue("localhost"), maximum_version=ssl.TLSVersion.TLSv1_2) as port:
        assert looked(place, told(authority, port)).document["protocol"] == "TLSv1.2"


def test_servers_without_tls(place: Transport, authority: Authority) -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving_raw(plain) as port:
        assert "does not speak TLS" in failing(place, told(authority, port)).message
    with serving_raw(lambda connection: None) as port:
        assert "during the TLS handshake" in failing(place, told(authority, port)).message
    with serving_raw(hang) as port:
        assert "waiting for the TLS handshake" in failing(place, told(authority, port), seconds=0.6).message
    assert "refuses connections" in failing(place, told(authority, free_port())).message


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (ssl.SSLError, "internal error"),
        (ssl.SSLSyscallError, "Some I/O error occurred (_ssl.c:997)"),
        (ssl.SSLWantReadError, ""),
    ],
)
def test_a_handshake_that_fails_without_a_name_of_openssls_has_words(kind: type[ssl.SSLError], said: str) -> None:
    told = refusal(kind(1, said), "db:5432", "db").message
    assert told.startswith("the TLS handshake with db:5432 failed: ")
    assert "_ssl.c" not in told
    assert told.endswith(said.partition(" (")[0] or kind.__name__)


@pytest.mark.parametrize("more", [{"port": 0.0}, {"port": 1.5}, {"port": "https"}, {"verify_name": ".x"}])
def test_settings_that_cannot_be(place: Transport, authority: Authority, more: dict[str, Any]) -> None:
    with showing(authority.issue("localhost")) as port:
        assert isinstance(failing(place, told(authority, port) | more), NoData)


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("site.example", "site.example", True),
        ("Site.Example", "site.example.", True),
        ("site.example", "www.site.example", False),
        ("*.site.example", "www.site.example", True),
        ("*.site.example", "a.www.site.example", False),
        ("*.site.example", "site.example", False),
        ("*.example", "site.example", False),
        ("*", "localhost", False),
        ("192.0.2.1", "192.0.2.1", True),
    ],
)
def test_names_that_a_certificate_covers(pattern: str, name: str, covered: bool) -> None:
    assert covers(pattern, name) == covered


@pytest.mark.parametrize(
    ("days", "left", "summary"),
    [(60, 59.5, "60 days left"), (0.25, 0.25, "0 days left"), (-2, -2.0, "expired 2 days ago")],
)
def test_days_are_counted_from_when_it_was_shown(authority: Authority, days: float, left: float, summary: str) -> None:
    certificate = x509.load_pem_x509_certificate(authority.issue("localhost", days=days).read_bytes())
    der = certificate.public_bytes(serialization.Encoding.DER)
    at = certificate.not_valid_after_utc - timedelta(days=left)
    reading = TlsProbe().interpret(
        "certificate", {}, PresentedCertificate(der, "TLSv1.3", "", "", "localhost", at, 0.0)
    )
    assert reading.document["days_left"] == round(left, 1)
    assert reading.summary.startswith(summary)
    assert reading.checks[0].ok == (left >= 0)


def test_a_certificate_that_is_none() -> None:
    shown = PresentedCertificate(b"nothing", "TLSv1.3", "", "", "localhost", datetime.now(UTC), 0.0)
    with pytest.raises(ProbeFailed, match="cannot be read"):
        TlsProbe().interpret("certificate", {}, shown)
