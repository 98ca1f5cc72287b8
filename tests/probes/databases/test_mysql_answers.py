"""Checks what the mysql probe makes of answers and errors, by tables and without a server."""

from decimal import Decimal
from typing import Any

import pymysql
import pytest

from tui.probes.base import ProbeFailed, Reading
from tui.probes.mysql.errors import worded
from tui.probes.mysql.probe import READS, MysqlProbe
from tui.probes.sql_answers import Result, SqlAnswers, readable
from tui.runbook.probing.databases.mysql import SPEC

PASSWORD = "never-to-be-seen"


def given_of(check: str, **given: Any) -> dict[str, Any]:
    defaults = {one.name: one.default for one in SPEC.check(check).parameters if one.default is not None}
    return {**defaults, **given}


def read(check: str, raw: SqlAnswers, **given: Any) -> Reading:
    """The reading, whose document has exactly the fields that the check declares."""
    reading = MysqlProbe().interpret(check, given_of(check, **given), raw)
    assert list(reading.document) == [field.name for field in SPEC.check(check).fields]
    return reading


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (pymysql.OperationalError(2026, "SSL connection error"), "db:3306 does not speak TLS"),
        (pymysql.OperationalError(1040, "Too many connections"), "no free connection for shop: Too many connections"),
        (
            pymysql.OperationalError(1130, "Host '10.0.0.1' is not allowed"),
            "does not accept connections from there: Host '10.0.0.1'",
        ),
        (pymysql.OperationalError(3024, "Query execution was interrupted"), "ended the statement, which took over 5 s"),
        (pymysql.OperationalError(1053, "Server shutdown in progress"), "refuses: Server shutdown in progress (1053)"),
        (pymysql.InternalError("Packet sequence number wrong"), "does not speak MySQL"),
        (IndexError(), "does not speak MySQL"),
    ],
)
def test_errors_in_words(error: Exception, words: str) -> None:
    settings = {"host": "db", "port": 3306, "user": "shop", "password": PASSWORD}
    assert words in worded(error, settings, 5.0, late=False).message
    assert worded(error, settings, 5.0, late=True).message.startswith("db:3306 does ")


def answers(**results: tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]) -> SqlAnswers:
    return SqlAnswers(where="db:3306", seconds=0.012, results={name: Result(*one) for name, one in results.items()})


def pairs(**values: object) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    return ("Variable_name", "Value"), tuple((name, str(value)) for name, value in values.items())


@pytest.mark.parametrize(
    ("connected", "share", "ok"), [(1, 1.0, True), (79, 79.0, True), (80, 80.0, False), (100, 100.0, False)]
)
def test_threads_warn_from_their_percentage(connected: int, share: float, ok: bool) -> None:
    raw = answers(status=pairs(Threads_connected=connected, Threads_running=1), variables=pairs(max_connections=100))
    reading = read("threads", raw)
    assert reading.document["percent"] == share
    assert reading.document["refused"] is None
    assert [(check.ok, check.warning) for check in reading.checks] == [(ok, True)]


def test_max_used_is_compared_with_the_limit() -> None:
    raw = answers(status=pairs(Max_used_connections=90, Uptime=86400), variables=pairs(max_connections=100))
    reading = read("max-used", raw)
    assert reading.summary == "at most 90 of 100 connections (90.0 %) at once"
    assert not reading.checks[0].ok
    assert read("max-used", raw, warning=95).checks[0].ok


@pytest.mark.parametrize(
    ("rows", "empty", "summary", "oks"),
    [
        ((), True, "no rows", []),
        ((), False, "no rows", [False]),
        (((1,),), False, "1 row, the first 1", [True]),
        (((None,), (2,)), True, "2 rows, the first NULL", []),
        (((Decimal("1.50"),),), True, "1 row, the first 1.5", []),
    ],
)
def test_a_query_in_words(rows: tuple[tuple[Any, ...], ...], empty: bool, summary: str, oks: list[bool]) -> None:
    reading = read("query", answers(query=(("value",), rows)), empty=empty)
    assert reading.summary == summary
    assert [check.ok for check in reading.checks] == oks


def test_a_slow_log_in_a_file_has_its_path_and_one_that_is_off_a_warning() -> None:
    variables = pairs(
        slow_query_log="OFF", slow_query_log_file="/var/log/slow", long_query_time="10.0", log_output="FILE"
    )
    reading = read("slow-log", answers(status=pairs(Slow_queries=7), variables=variables))
    assert reading.document == {
        "enabled": False,
        "long_query_time": 10.0,
        "slow_queries": 7,
        "file": "/var/log/slow",
        "output": "FILE",
        "recent": None,
    }
    assert [(check.ok, check.warning) for check in reading.checks] == [(False, True)]


@pytest.mark.parametrize(
    ("given", "oks", "pending"),
    [
        ({}, [], None),
        ({"applied": ("a.0001",)}, [True], 0),
        ({"applied": ("a.0001", "a.0002")}, [False], 1),
        ({"not_applied": ("a.0002",)}, [True], None),
        ({"not_applied": ("a.0001",), "applied": ("b.0001",)}, [False, False], 1),
    ],
)
def test_migrations_that_must_and_must_not_be(given: dict[str, Any], oks: list[bool], pending: int | None) -> None:
    raw = answers(migrations=(("app", "name", "applied"), (("a", "0001", "2026-01-01"),)))
    reading = read("migrations", raw, **given)
    assert [check.ok for check in reading.checks] == oks
    assert reading.document["pending"] == pending


def test_a_database_without_migrations_and_a_wrong_name() -> None:
    raw = answers(migrations=(("app", "name", "applied"), ()))
    assert read("migrations", raw).summary == "none applied"
    with pytest.raises(ProbeFailed, match="0001_initial is not a migration's name"):
        read("migrations", raw, applied=("0001_initial",))


def test_a_server_that_does_not_tell_is_a_verdict() -> None:
    with pytest.raises(ProbeFailed, match="does not tell its Threads_connected"):
        read("threads", answers(status=pairs(), variables=pairs(max_connections=1)))


@pytest.mark.parametrize(
    "sql", ["select 1", "(SELECT 1) UNION (SELECT 2)", "  # why\n show status ;", "/* a */ desc t"]
)
def test_statements_that_read(sql: str) -> None:
    assert readable(sql, READS) == sql.strip().rstrip(";").strip()


@pytest.mark.parametrize(
    ("told", "read_only"),
    [
        (0, False),
        (1, True),
        ("OFF", False),
        ("ON", True),
        ("off", False),
        (b"OFF", False),
        ("NO_LOCK", True),
        ("NO_LOCK_NO_ADMIN", True),
        ("0", False),
        ("1", True),
    ],
)
def test_a_switch_of_mariadb_12_is_a_word(told: object, read_only: bool) -> None:
    server = (("VERSION()", "@@GLOBAL.read_only"), (("12.0.2-MariaDB", told),))
    reading = read("ping", answers(server=server, status=pairs(Uptime=5)))
    assert reading.document["read_only"] is read_only
    assert ("read-only" in reading.summary) is read_only
