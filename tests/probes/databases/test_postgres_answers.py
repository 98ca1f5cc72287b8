"""Checks what the postgres probe makes of answers and errors, by tables and without a server."""

from typing import Any

import pytest

from tests.probes.databases.test_postgres_probe import given_of
from tui.probes.base import NoData, Reading
from tui.probes.postgres.errors import StatementRefused, worded
from tui.probes.postgres.probe import PostgresProbe
from tui.probes.sql_answers import Result, SqlAnswers

VIA = 'connection failed: connection to server at "127.0.0.1", port 41195 failed: '
SETTINGS = {"host": "db", "port": 5432, "user": "shop", "password": "never-to-be-seen", "database": "shop"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionError(VIA + "FATAL:  sorry, too many clients already"), "has no free connection for shop"),
        (ConnectionError(VIA + "FATAL:  the database system is starting up"), "accepts no connections now"),
        (ConnectionError(VIA + 'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "shop"'), "not accept the role"),
        (ConnectionError(VIA + "FATAL:  Passwort-Authentifizierung fehlgeschlagen"), "refuses: Passwort-Auth"),
        (ConnectionError(VIA + "server does not support SSL, but SSL was required"), "db:5432 does not speak TLS"),
        (ConnectionError(VIA + "SSL error: certificate verify failed"), "an authority that is not trusted here"),
        (ConnectionError(VIA + "SSL error: sslv3 alert handshake failure"), "the TLS handshake with db:5432 failed"),
        (ConnectionError(VIA + "received invalid response to SSL negotiation: H"), "does not speak PostgreSQL"),
        (ConnectionError(VIA + "server closed the connection unexpectedly"), "closed the connection before"),
        (
            StatementRefused("57014", "canceling statement due to statement timeout"),
            "ended the statement, which took over 5 s",
        ),
        (
            StatementRefused("57P01", "terminating connection due to administrator command"),
            "closed the connection before",
        ),
        (StatementRefused("XX000", "invalid page in block 0"), "refuses: invalid page in block 0 (XX000)"),
        (StatementRefused("", "connection not open"), "closed the connection before"),
        (KeyError("x"), "closed the connection before"),
    ],
)
def test_errors_in_words(error: Exception, words: str) -> None:
    told = worded(error, SETTINGS, 5.0, late=False)
    assert words in told.message
    assert "41195" not in told.message
    assert told.hint


def test_what_ends_at_the_deadline_is_silence() -> None:
    assert worded(ConnectionError("x"), SETTINGS, 5.0, late=True).message == "db:5432 does not answer within 5 s"


def read(check: str, results: dict[str, tuple[tuple[Any, ...], ...]], **given: Any) -> Reading:
    raw = SqlAnswers(where="db:5432", seconds=0.01, results={name: Result((), rows) for name, rows in results.items()})
    return PostgresProbe().interpret(check, given_of(check, **given), raw)


SERVER = ("15.4", False, 60)


@pytest.mark.parametrize(("lag", "ok"), [(None, True), (0, True), (29.9, True), (30, False), (400, False)])
def test_replication_warns_from_its_seconds(lag: float | None, ok: bool) -> None:
    row = ("second", "10.0.0.2", "streaming", "async", lag, 4096)
    reading = read("replication", {"server": (SERVER,), "standbys": (row,)})
    assert [check.ok for check in reading.checks] == [ok]
    assert all(check.warning for check in reading.checks)
    assert "4 KiB" in reading.summary


def test_no_standby_is_right_until_one_is_wanted() -> None:
    results: dict[str, Any] = {"server": (SERVER,), "standbys": ()}
    assert read("replication", results).summary == "no standby follows it"
    assert [check.ok for check in read("replication", results, standbys=1).checks] == [False]


def test_a_standby_that_receives_nothing_fails() -> None:
    results = {"server": (("15.4", True, 60),), "standbys": (), "replay": ((None, 12.5, 0, False),)}
    reading = read("replication", results)
    assert [(check.ok, check.warning) for check in reading.checks] == [(False, False), (True, True)]
    assert reading.summary == "a standby, nothing is received, 0:12 behind"


@pytest.mark.parametrize(("age", "ok"), [(299.9, True), (300, False)])
def test_open_transactions_warn_from_their_age(age: float, ok: bool) -> None:
    row = (17, "shop", "shop", "active", "ClientRead", age)
    reading = read("transactions", {"transactions": (row,), "prepared": ((0,),)})
    assert [(check.ok, check.warning) for check in reading.checks] == [(ok, True)]
    assert "process 17, shop in shop, active, waits for ClientRead" in reading.details[0]


def test_a_statement_that_is_not_understood_is_no_data() -> None:
    assert isinstance(worded(StatementRefused("42601", "syntax error"), SETTINGS, 5.0, late=False), NoData)
