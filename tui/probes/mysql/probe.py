"""Asks a MySQL or MariaDB server whether it answers, how full it is, what is slow and what a query returns."""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tui.probes import tls_trust
from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.probes.databases import dial, place
from tui.probes.mysql import errors as mysql_errors
from tui.probes.mysql.answers import READERS
from tui.probes.sql_answers import MOST_MIGRATIONS, MOST_ROWS, Result, SqlAnswers, migrations_of, readable

if TYPE_CHECKING:
    from pymysql.connections import Connection

UNKNOWN_VARIABLE = 1193
READS = ("select", "show", "explain", "describe", "desc", "with", "check", "values", "table")

_STATUS = "SHOW GLOBAL STATUS WHERE Variable_name IN "
_VARIABLES = "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
_LIMIT = _VARIABLES + "('max_connections')"

QUESTIONS: Mapping[str, Mapping[str, str]] = {
    "ping": {"server": "SELECT VERSION(), @@GLOBAL.read_only", "status": _STATUS + "('Uptime')"},
    "threads": {
        "status": _STATUS + "('Threads_connected', 'Threads_running', 'Connection_errors_max_connections')",
        "variables": _LIMIT,
    },
    "max-used": {"status": _STATUS + "('Max_used_connections', 'Uptime')", "variables": _LIMIT},
    "slow-log": {
        "status": _STATUS + "('Slow_queries')",
        "variables": _VARIABLES + "('slow_query_log', 'slow_query_log_file', 'long_query_time', 'log_output')",
    },
}
_RECENT = "SELECT COUNT(*) FROM mysql.slow_log WHERE start_time > NOW() - INTERVAL %s MINUTE"
_LAST = (
    "SELECT start_time, query_time, rows_examined, db, LEFT(CONVERT(sql_text USING utf8mb4), 200) AS statement"
    " FROM mysql.slow_log ORDER BY start_time DESC LIMIT %s"
)
_OPEN = (b"mysql_clear_password", b"dialog", b"mysql_old_password")
"""Ways to log in that give any server the password, or nearly so; the servers' own clients refuse them too."""


class MysqlProbe:
    """The mysql kind; see Probe."""

    kind = "mysql"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> SqlAnswers:
        """Log in and ask; see Probe."""
        questions: dict[str, tuple[str, tuple[Any, ...]]] = {
            name: (sql, ()) for name, sql in QUESTIONS.get(check, {}).items()
        }
        most = MOST_ROWS
        if check == "query":
            questions = {"query": (readable(str(given["sql"]), READS), ())}
        if check == "migrations":
            most = MOST_MIGRATIONS
            questions = {"migrations": (migrations_of(str(given["table"]), "`"), ())}
        started = time.monotonic()
        with _connected(settings, reach) as connection:
            results = {name: _ask(connection, sql, values, most) for name, (sql, values) in questions.items()}
            denied: set[str] = set()
            if check == "slow-log":
                results |= _slow_table(connection, given, results["variables"], denied)
        seconds = round(time.monotonic() - started, 4)
        return SqlAnswers(where=place(settings), seconds=seconds, results=results, denied=frozenset(denied))

    def interpret(self, check: str, given: Given, raw: SqlAnswers) -> Reading:
        """What the answers mean; see Probe."""
        return READERS[check](given, raw)


@contextmanager
def _connected(settings: Given, reach: Reach) -> "Iterator[Connection[Any]]":
    """A connection that refuses to write and outlasts no deadline, on either side."""
    if not settings.get("user"):
        raise NoData("the service has no `user`", "name it: the operator's own name is not taken for it")
    allowed = reach.left
    sock = dial(settings, reach)
    connection: Connection[Any] | None = None
    try:
        connection = _made(
            host=str(settings.get("host", "")),
            user=str(settings["user"]),
            password=str(settings.get("password") or "").encode(),  # of text the library would make Latin-1
            database=str(settings.get("database") or "") or None,
            charset="utf8mb4",
            conv=_conversions(),
            autocommit=True,
            read_timeout=max(1, round(allowed)) + 1,  # later than the deadline, at which the socket ends
            write_timeout=max(1, round(allowed)) + 1,
            defer_connect=True,
            local_infile=False,
            **_tls(settings),
        )
        connection.connect(sock)
        _tame(connection, reach.left)
        yield connection
    except ProbeFailed:
        raise
    except Exception as error:  # whatever a library makes of bytes that are not MySQL's
        raise mysql_errors.worded(error, settings, allowed, not reach.left) from None
    finally:
        if connection is not None and connection.open:
            connection._force_close()  # type: ignore[attr-defined]  # a polite end waits for a server that may hang
        sock.close()


def _made(**given: Any) -> "Connection[Any]":
    """A connection of the library, whose TLS takes nothing from the environment."""
    from pymysql.connections import Connection

    class Made(Connection):
        """Without `tls = "verified"` a certificate is not looked at; see trust.anyone."""

        proven = isinstance(given.get("ssl"), ssl.SSLContext)

        def _process_auth(self, plugin_name: bytes, *asked: Any) -> Any:
            if plugin_name in _OPEN and not self.proven:
                name = plugin_name.decode()
                raise ProbeFailed(
                    f"the server asks for the password itself ({name}), and nothing proves who it is",
                    'set `tls = "verified"` for the service, or another way to log in for the user',
                )
            return super()._process_auth(plugin_name, *asked)  # type: ignore[misc]  # private: the stubs leave it out

        def _create_ssl_ctx(self, wanted: Any) -> ssl.SSLContext:
            return wanted if isinstance(wanted, ssl.SSLContext) else tls_trust.anyone()

    return Made(**given)


def _conversions() -> dict[Any, Any]:
    """The library's conversions, without those of dates and times: these are kept as the server writes them.

    Python would write a TIME of -01:00:00 as "-1 day, 23:00:00", and one of 25 hours as "1 day, 1:00:00".
    """
    from pymysql.constants import FIELD_TYPE
    from pymysql.converters import conversions

    kept = {FIELD_TYPE.DATE, FIELD_TYPE.TIME, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP}
    known = {kind: convert for kind, convert in conversions.items() if kind not in kept}
    return known | {FIELD_TYPE.BIT: lambda value: int.from_bytes(value, "big")}


def _tame(connection: "Connection[Any]", left: float) -> None:
    """Make the session read only, and let the server end a statement whose asker has gone."""
    import pymysql

    connection.query("SET SESSION TRANSACTION READ ONLY")
    milliseconds = max(100, int(left * 1000))
    mariadb = "mariadb" in str(connection.get_server_info()).lower()  # type: ignore[no-untyped-call]  # the stubs have no type for it
    limit = f"max_statement_time = {milliseconds / 1000}" if mariadb else f"max_execution_time = {milliseconds}"
    try:
        connection.query(f"SET SESSION {limit}")
    except pymysql.MySQLError as error:
        if error.args[0] != UNKNOWN_VARIABLE:  # servers before MySQL 5.7.8 have no such limit
            raise


def _tls(settings: Given) -> dict[str, Any]:
    match settings.get("tls") or "preferred":
        case "off":
            return {"ssl_disabled": True}
        case "preferred":
            return {}
        case "verified":
            return {"ssl": tls_trust.context(str(settings.get("ca_file") or ""), of="mysql")}
        case other:
            raise NoData(f"tls is {other}", "it is one of: off, preferred, verified")


def _ask(connection: "Connection[Any]", sql: str, values: tuple[Any, ...] = (), most: int = MOST_ROWS) -> Result:
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION sql_select_limit = {most + 1}")  # the server stops there, unless LIMIT says more
        cursor.execute(sql, values or None)
        if cursor.rowcount > most:
            raise ProbeFailed(f"the statement returns more than {most} rows", "count them: SELECT COUNT(*)")
        columns = tuple(str(column[0]) for column in cursor.description or ())
        return Result(columns, tuple(tuple(row) for row in cursor.fetchall()))


def _slow_table(connection: "Connection[Any]", given: Given, variables: Result, denied: set[str]) -> dict[str, Result]:
    """The log's own rows, where it goes to a table and the user may read it."""
    import pymysql

    if not any(name == "log_output" and "TABLE" in str(value).upper() for name, value in variables.rows):
        return {}
    try:
        return {
            "recent": _ask(connection, _RECENT, (int(given["minutes"]),)),
            "last": _ask(connection, _LAST, (int(given["lines"]),)),
        }
    except pymysql.MySQLError as error:
        if error.args[0] not in mysql_errors.DENIED:
            raise
        denied.add("recent")
        return {}
