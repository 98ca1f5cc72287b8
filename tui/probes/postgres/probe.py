"""Asks a PostgreSQL server whether it answers, how full it is, how far its standbys are, and what a query returns."""

import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.probes.databases import place, port
from tui.probes.postgres import errors as postgres_errors
from tui.probes.postgres.answers import READERS
from tui.probes.postgres.errors import StatementRefused
from tui.probes.sql_answers import MOST_MIGRATIONS, MOST_ROWS, Result, SqlAnswers, migrations_of, readable

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

READS = ("select", "show", "explain", "values", "table", "with")
_BY_CURSOR = ("select", "values", "table", "with")
"""Those that a cursor takes, which has no more rows sent than are wanted."""

_SERVER = (
    "SELECT current_setting('server_version'), pg_is_in_recovery(),"
    " floor(extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()))::bigint"
)
_STANDBYS = (
    "SELECT application_name, client_addr::text, state, sync_state, round(extract(epoch FROM replay_lag)::numeric, 3),"
    " pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,"
    " replay_lsn)::bigint FROM pg_stat_replication ORDER BY replay_lsn"
)
_REPLAY = (
    "SELECT (SELECT status FROM pg_stat_wal_receiver LIMIT 1),"
    " CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE"
    " round(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::numeric, 3) END,"
    " pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint, pg_is_wal_replay_paused()"
)
_CONNECTIONS = (
    "SELECT (SELECT sum(numbackends) FROM pg_stat_database)::int,"
    " count(*) FILTER (WHERE state = 'active' AND pid <> pg_backend_pid()),"
    " count(*) FILTER (WHERE state LIKE 'idle in transaction%'),"
    " count(*) FILTER (WHERE query = '<insufficient privilege>'),"
    " current_setting('max_connections')::int FROM pg_stat_activity"
)
_TRANSACTIONS = (
    "SELECT pid, usename, datname, state, wait_event,"
    " round(extract(epoch FROM clock_timestamp() - xact_start)::numeric, 1)"
    " FROM pg_stat_activity WHERE xact_start IS NOT NULL AND datname IS NOT NULL AND pid <> pg_backend_pid()"
    " AND backend_type IS DISTINCT FROM 'parallel worker' AND backend_type IS DISTINCT FROM 'autovacuum worker'"
    " ORDER BY xact_start"
)
QUESTIONS: Mapping[str, Mapping[str, str]] = {
    "ping": {"server": _SERVER},
    "connections": {"connections": _CONNECTIONS},
    "replication": {"server": _SERVER, "standbys": _STANDBYS},
    "transactions": {"transactions": _TRANSACTIONS, "prepared": "SELECT count(*) FROM pg_prepared_xacts"},
}

_TRUE, _WHOLE, _DECIMAL = (16,), (20, 21, 23, 26), (700, 701, 1700)
"""The numbers that PostgreSQL gives its types: bool; int8, int2, int4, oid; float4, float8, numeric."""

_UNPROVEN = "!password,!gss,!sspi"
"""What a server may not ask for whom nothing proves: the password itself, and the operator's own tickets."""


class PostgresProbe:
    """The postgres kind; see Probe."""

    kind = "postgres"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> SqlAnswers:
        """Log in and ask; see Probe."""
        questions, most = dict(QUESTIONS.get(check, {})), MOST_ROWS
        if check == "query":
            questions = {"query": readable(str(given["sql"]), READS)}
        if check == "migrations":
            questions, most = {"migrations": migrations_of(str(given["table"]), '"')}, MOST_MIGRATIONS
        started, allowed = time.monotonic(), reach.left
        try:
            with _connected(settings, reach) as connection:
                results = {name: _ask(connection, sql, reach.left, most) for name, sql in questions.items()}
                if check == "replication" and results["server"].rows[0][1]:
                    results["replay"] = _ask(connection, _REPLAY, reach.left)
        except ProbeFailed:
            raise
        except Exception as error:  # whatever a library makes of bytes that are not PostgreSQL's
            raise postgres_errors.worded(error, settings, allowed, not reach.left) from None
        return SqlAnswers(
            where=place(settings), seconds=round(time.monotonic() - started, 4), results=results, denied=frozenset()
        )

    def interpret(self, check: str, given: Given, raw: SqlAnswers) -> Reading:
        """What the answers mean; see Probe."""
        return READERS[check](given, raw)


@contextmanager
def _connected(settings: Given, reach: Reach) -> "Iterator[Connection[Any]]":
    """A connection that takes nothing from the operator's environment or home."""
    import psycopg

    if not settings.get("user"):
        raise NoData("the service has no `user`", "name it: the operator's own name is not taken for it")
    proof = _proof(settings)
    with _address(settings, reach) as address:
        connection = psycopg.connect(
            "",
            autocommit=True,
            user=str(settings["user"]),
            password=str(settings.get("password") or ""),
            dbname=str(settings.get("database") or "postgres"),
            connect_timeout=max(2, round(reach.left) + 1),  # later than the deadline, at which the socket ends
            application_name="runbook",
            client_encoding="utf8",
            options="",
            passfile=os.devnull,
            gssencmode="disable",
            sslcertmode="disable",
            target_session_attrs="any",
            **address,
            **proof,
        )
        with connection:
            yield connection


@contextmanager
def _address(settings: Given, reach: Reach) -> Iterator[dict[str, Any]]:
    """Where libpq, which dials itself, finds the service: a place of this machine that leads there."""
    if path := settings.get("socket"):
        folder = Path(tempfile.mkdtemp(prefix="runbook-"))  # of mode 0700: nobody else comes in by it
        try:
            with reach.forward_unix(str(path), folder / ".s.PGSQL.5432"):
                yield {"host": str(folder), "hostaddr": "", "port": 5432}
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    host = str(settings["host"])
    with reach.forward(host, port(settings)) as (here, there):
        yield {"host": host, "hostaddr": here, "port": there}


def _proof(settings: Given) -> dict[str, Any]:
    match settings.get("tls") or "preferred":
        case "off":
            return {"sslmode": "disable", "sslrootcert": "", "require_auth": _UNPROVEN}
        case "preferred":
            return {"sslmode": "prefer", "sslrootcert": "", "require_auth": _UNPROVEN}
        case "verified":
            return {"sslmode": "verify-full", "sslrootcert": _authorities(str(settings.get("ca_file") or ""))}
        case other:
            raise NoData(f"tls is {other}", "it is one of: off, preferred, verified")


def _authorities(ca_file: str) -> str:
    """The file of the authorities to trust."""
    if not ca_file:
        built = ssl.get_default_verify_paths().openssl_cafile
        return built if Path(built).is_file() else "system"
    path = Path(os.path.expanduser(ca_file))
    if not path.is_file():
        raise NoData(f"the authority's certificate {ca_file} cannot be read", "look at `ca_file`")
    return str(path)


def _ask(connection: "Connection[Any]", sql: str, left: float, most: int = MOST_ROWS) -> Result:
    """The rows of one statement, asked in a transaction that cannot write and that the server ends in time.

    It is sent so that the server takes one statement only. A pooler before the server keeps nothing of it.
    """
    _run(connection, "BEGIN READ ONLY")
    try:
        _run(connection, f"SET LOCAL statement_timeout = {max(100, int(left * 1000))}")
        first = sql.lstrip(" (\n\t").lower()
        if first.startswith(_BY_CURSOR):
            _run(connection, f"DECLARE runbook NO SCROLL CURSOR FOR {sql}")
            sql = f"FETCH {most + 1} FROM runbook"
        return _result(_run(connection, sql), most)
    finally:
        _run(connection, "ROLLBACK")


def _run(connection: "Connection[Any]", sql: str) -> "PGresult":
    from psycopg.pq import DiagnosticField, ExecStatus

    done = connection.pgconn.exec_params(sql.encode(), None)
    if done.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        state = done.error_field(DiagnosticField.SQLSTATE) or b""
        said = done.error_field(DiagnosticField.MESSAGE_PRIMARY) or done.error_message
        raise StatementRefused(state.decode(), said.decode(errors="replace"))
    return done


def _result(done: "PGresult", most: int) -> Result:
    if done.ntuples > most:
        raise ProbeFailed(f"the statement returns more than {most} rows", "count them: SELECT count(*)")
    columns = range(done.nfields)
    names = tuple((done.fname(at) or b"").decode(errors="replace") for at in columns)
    kinds = [done.ftype(at) for at in columns]
    rows = (tuple(_value(done.get_value(row, at), kinds[at]) for at in columns) for row in range(done.ntuples))
    return Result(names, tuple(rows))


def _value(data: bytes | None, kind: int) -> Any:
    """A value as JSON has it: numbers and truth; all else is the text that the server writes."""
    if data is None:
        return None
    text = data.decode(errors="replace")
    if kind in _TRUE:
        return text == "t"
    if kind in _WHOLE:
        return int(text)
    if kind in _DECIMAL and text not in ("NaN", "Infinity", "-Infinity"):
        number = float(text)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return text
