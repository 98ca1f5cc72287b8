"""Checks the postgres probe against a real PostgreSQL and a standby of it, directly and through sshd."""

import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.machines.reach import Misbehaving
from tests.support.runbooks.asked_database import AskedDatabase
from tests.support.servers.postgres import PASSWORD, Postgres
from tests.support.servers.sshd import free_port
from tui.probes import probe_of
from tui.probes.base import NoData
from tui.probes.postgres.probe import PostgresProbe
from tui.runbook.probing.databases.postgres import SPEC
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

pytestmark = pytest.mark.needs("postgres", "sshd", "ssh")

HERE = LocalTransport("here")


ASKED = AskedDatabase(PostgresProbe(), SPEC, PASSWORD)
given_of, probe, refusal = ASKED.given_of, ASKED.probe, ASKED.refusal


def test_ping_tells_the_version(place: Transport, postgres: Postgres) -> None:
    document = probe(place, postgres.settings(), "ping").document
    assert document["version"][0].isdigit()
    assert document["standby"] is False
    assert document["uptime"] >= 0
    assert 0 < document["seconds"] < 10


def test_its_unix_socket_leads_to_it_too(place: Transport, postgres: Postgres) -> None:
    settings = postgres.settings(socket=str(postgres.socket), host="", port=0, password="")
    assert probe(place, settings, "query", sql="SELECT current_user").document["value"] == "shop"


@pytest.mark.parametrize(
    ("sql", "rows", "value"),
    [
        ("SELECT 1;", 1, 1),
        ("SELECT count(*) FROM orders", 1, 3),
        ("SELECT total FROM orders ORDER BY id", 3, 9.5),
        ("SELECT 100::numeric(8,2)", 1, 100),
        ("SELECT placed FROM orders WHERE id = 1", 1, "2026-11-01 10:00:00"),
        ("SELECT note FROM orders WHERE id = 2", 1, None),
        ("SELECT id FROM orders WHERE id > 5", 0, None),
        ("SHOW max_connections", 1, "20"),
        ("VALUES (true)", 1, True),
        ("TABLE orders", 3, 1),
        ("WITH one AS (SELECT 2 AS n) SELECT n FROM one", 1, 2),
        ("-- how many\nSELECT '100 %', '{\"ä\": 1}'::json", 1, "100 %"),
        ("SELECT 'NaN'::float8", 1, "NaN"),
        ("SELECT interval '25:06:17'", 1, "25:06:17"),
        ("(SELECT 7)", 1, 7),
    ],
)
def test_query_returns_what_the_database_has(
    place: Transport, postgres: Postgres, sql: str, rows: int, value: object
) -> None:
    document = probe(place, postgres.settings(), "query", sql=sql).document
    assert (document["rows"], document["value"]) == (rows, value)


def test_connections_are_counted_against_the_limit(place: Transport, postgres: Postgres) -> None:
    client = postgres.held("BEGIN; SELECT 1;")
    document = probe(place, postgres.settings(user="monitor", database="postgres"), "connections").document
    assert document["max_connections"] == 20
    assert document["connections"] >= 2
    assert document["percent"] == round(100 * document["connections"] / 20, 1)
    assert document["idle_in_transaction"] >= 1
    reading = probe(place, postgres.settings(user="plain", database="postgres"), "connections")
    assert reading.document["active"] is None
    assert reading.details == ("this role does not see what others do: GRANT pg_monitor",)
    client.communicate()


def test_a_transaction_that_is_open_for_long_is_told(place: Transport, postgres: Postgres) -> None:
    client = postgres.held("BEGIN; SELECT 'a secret';")
    settings = postgres.settings(user="monitor", database="postgres")
    reading = probe(place, settings, "transactions", warning=0)
    assert reading.document["open"] >= 1
    assert reading.document["over"] == reading.document["open"]
    assert [check.ok for check in reading.checks] == [False]
    assert any("in shop, idle in transaction" in line for line in reading.details)
    assert "a secret" not in str(reading)
    assert [check.ok for check in probe(place, settings, "transactions").checks] == [True]
    client.communicate()
    admin = postgres.admin("BEGIN; CREATE TABLE later (id int); PREPARE TRANSACTION 'half'; SELECT 1", "shop")
    assert admin.endswith("1")
    assert probe(place, settings, "transactions").document["prepared"] == 1
    postgres.admin("ROLLBACK PREPARED 'half'", "shop")


def test_a_primary_and_its_standby_tell_how_far_behind(place: Transport, postgres: Postgres, standby: Postgres) -> None:
    primary, second = (server.settings(user="monitor", database="postgres") for server in (postgres, standby))
    while not probe(HERE, primary, "replication").document["streaming"]:
        postgres.admin("SELECT pg_sleep(0.05)")
    postgres.admin("CREATE TABLE more AS SELECT generate_series(1, 1000)", "shop")
    while standby.admin("SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()") != "t":
        standby.admin("SELECT pg_sleep(0.05)")
    found = probe(place, primary, "replication", standbys=1)
    assert (found.document["standby"], found.document["standbys"], found.document["streaming"]) == (False, 1, 1)
    assert found.document["lag_bytes"] is not None
    assert "1 follows it" in found.summary
    assert all(check.ok for check in found.checks)
    assert any(line.startswith("second") and "streaming" in line for line in found.details)
    there = probe(place, second, "replication").document
    assert (there["standby"], there["streaming"], there["lag"], there["paused"]) == (True, 1, 0, False)
    assert probe(place, second, "ping").document["standby"] is True
    standby.admin("SELECT pg_wal_replay_pause()")
    postgres.admin("DROP TABLE more", "shop")
    paused = probe(place, second, "replication", warning=0)
    assert paused.document["paused"] is True
    assert any(not check.ok and "replay" in check.expected for check in paused.checks)
    standby.admin("SELECT pg_wal_replay_resume()")
    missing = probe(place, primary, "replication", standbys=2)
    assert [check.ok for check in missing.checks][0] is False


def test_migrations_are_those_of_the_database(place: Transport, postgres: Postgres) -> None:
    wanted = ("coreapp.0002_orders", "coreapp.0003_refunds")
    reading = probe(place, postgres.settings(), "migrations", applied=wanted)
    assert reading.document["latest"] == {"authentication": "0001_initial", "coreapp": "0002_orders"}
    assert reading.document["missing"] == ["coreapp.0003_refunds"]
    assert [check.ok for check in reading.checks] == [False]


def test_nothing_of_the_operators_environment_or_home_is_used(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".pgpass").write_text(f"*:*:*:*:{PASSWORD}\n")
    (tmp_path / ".pgpass").chmod(0o600)
    for name, value in {
        "HOME": str(tmp_path),
        "PGPASSFILE": str(tmp_path / ".pgpass"),
        "PGPASSWORD": PASSWORD,
        "PGHOST": "other.example",
        "PGHOSTADDR": "192.0.2.1",
        "PGDATABASE": "private",
        "PGUSER": "postgres",
        "PGOPTIONS": "-c search_path=nowhere",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/nowhere",
        "PGAPPNAME": "other",
    }.items():
        monkeypatch.setenv(name, value)
    sql = "SELECT current_user || current_database() || current_setting('application_name')"
    assert probe(HERE, postgres.settings(), "query", sql=sql).document["value"] == "shopshoprunbook"
    assert "wants a password and got none" in refusal(HERE, postgres.settings(password="")).message


class Asking(threading.Thread):
    """A server that asks for the password in the clear, and keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.told = b""

    def run(self) -> None:
        """Refuse TLS, ask for the password, and read until the other side goes."""
        with self._listener, self._listener.accept()[0] as peer:
            peer.recv(8)
            peer.sendall(b"N")
            peer.recv(4096)
            peer.sendall(b"R\0\0\0\x08\0\0\0\x03")
            while data := peer.recv(4096):
                self.told += data


def test_a_server_that_asks_for_the_password_itself_does_not_get_it(place: Transport, postgres: Postgres) -> None:
    """Anything on the way could ask so; only a proven certificate says that it is the server."""
    server = Asking()
    server.start()
    told = refusal(place, postgres.settings(port=server.port))
    server.join()
    assert "asks for the password itself, and nothing proves who it is" in told.message
    assert PASSWORD.encode() not in server.told


def test_a_library_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        if name == "psycopg":
            raise ImportError(name)
        return __import__(name, fromlist=["x"])

    monkeypatch.setattr("tui.probes.import_module", missing)
    with pytest.raises(NoData, match="psycopg, which is not installed here") as told:
        probe_of("postgres")
    assert told.value.hint == "install it: pip install 'runbook-tui[postgres]'"


class TestWhatGoesWrong:
    def test_refused(self, place: Transport, postgres: Postgres) -> None:
        port = free_port()
        assert f"refuses connections on port {port}" in refusal(place, postgres.settings(port=port)).message

    def test_wrong_host_name(self, place: Transport, postgres: Postgres) -> None:
        assert "does not know the name db.invalid" in refusal(place, postgres.settings(host="db.invalid")).message

    def test_hanging(self, place: Transport, postgres: Postgres) -> None:
        with Misbehaving() as silent:
            told = refusal(place, postgres.settings(port=silent.port), seconds=0.4)
        assert told.message.startswith(f"127.0.0.1:{silent.port} does not answer within 0.")

    @pytest.mark.parametrize(
        "greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n" + b"x" * 99, b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    )
    def test_something_else_listens_there(self, place: Transport, postgres: Postgres, greeting: bytes) -> None:
        with Misbehaving(greeting, closes=True) as other:
            told = refusal(place, postgres.settings(port=other.port))
        assert "does not speak PostgreSQL" in told.message or "closed the connection" in told.message

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"password": "not-" + PASSWORD}, "refuses the role shop with this password"),
            ({"password": ""}, "wants a password and got none"),
            ({"user": "nobody"}, "refuses the role nobody with this password"),
            ({"database": "nowhere"}, "has no database nowhere"),
            ({"database": "private"}, "the role shop may not use the database private"),
            ({"user": "one"}, "has no free connection for one"),
            ({"user": ""}, "the service has no `user`"),
            ({"port": "x"}, "port is not a whole number: x"),
            ({"port": 70000}, "70000 is not a port"),
            ({"tls": "on"}, "tls is on"),
            ({"tls": "verified", "ca_file": "/nowhere"}, "the authority's certificate /nowhere cannot be read"),
        ],
    )
    def test_who_is_not_let_in(self, place: Transport, postgres: Postgres, changes: dict[str, Any], words: str) -> None:
        assert words in refusal(place, postgres.settings(**changes)).message

    @pytest.mark.parametrize(
        ("sql", "words"),
        [
            ("SELECT nothing FROM orders", 'does not understand the statement: column "nothing" does not exist'),
            ("SELECT FROM WHERE", "does not understand the statement: syntax error"),
            ("SELECT * FROM hidden", "may not ask that: permission denied for table hidden"),
            ("DELETE FROM orders", "must read"),
            ("", "must read"),
            ("SELECT 1; DELETE FROM orders", "does not understand the statement: cannot insert multiple commands"),
            ("SHOW max_connections; DELETE FROM orders", "cannot insert multiple commands"),
            ("WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone", "the statement would write"),
            ("EXPLAIN ANALYZE DELETE FROM orders", "the statement would write"),
            ("SELECT setval('django_migrations_id_seq', 1)", "the statement would write"),
            ("SELECT set_config('transaction_read_only', 'off', false)", "the statement would write"),
        ],
    )
    def test_a_statement_that_cannot_be_asked_is_no_data(
        self, place: Transport, postgres: Postgres, sql: str, words: str
    ) -> None:
        told = refusal(place, postgres.settings(), "query", sql=sql)
        assert isinstance(told, NoData)
        assert words in told.message
        assert postgres.admin("SELECT count(*) FROM orders", "shop") == "3"

    def test_no_such_table(self, place: Transport, postgres: Postgres) -> None:
        told = refusal(place, postgres.settings(), "query", sql="SELECT * FROM invoices")
        assert told.message.startswith("127.0.0.1:")
        assert told.message.endswith(': relation "invoices" does not exist')
        assert "is not the name of a table" in refusal(place, postgres.settings(), "migrations", table='a"b').message

    def test_a_long_statement_ends_on_the_server_too(self, place: Transport, postgres: Postgres) -> None:
        told = refusal(place, postgres.settings(), "query", sql="SELECT 4711, pg_sleep(600)", seconds=1)
        assert "within 1 s" in told.message or "over 1 s" in told.message
        running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%4711, pg_sleep%' AND state = 'active'"
        while postgres.admin(f"{running} AND pid <> pg_backend_pid()") != "0":
            postgres.admin("SELECT pg_sleep(0.05)")

    def test_more_rows_than_anybody_reads(self, place: Transport, postgres: Postgres) -> None:
        told = refusal(place, postgres.settings(), "query", sql="SELECT generate_series(1, 100000000)")
        assert told.message == "the statement returns more than 1000 rows"

    def test_tls_is_verified_where_that_is_asked(self, place: Transport, postgres: Postgres) -> None:
        settings = postgres.settings(host="localhost", tls="verified", ca_file=str(postgres.authority.file))
        sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert probe(place, settings, "query", sql=sql).document["value"] is True
        assert probe(place, postgres.settings(), "query", sql=sql).document["value"] is True
        assert probe(place, postgres.settings(tls="off"), "query", sql=sql).document["value"] is False
        wrong = refusal(place, {**settings, "host": "127.0.0.1"})
        assert wrong.message == f"the certificate of 127.0.0.1:{postgres.port} is not for 127.0.0.1"
        unknown = refusal(place, postgres.settings(host="localhost", tls="verified"))
        assert "an authority that is not trusted here" in unknown.message

    def test_many_at_once_share_one_connection(self, place: Transport, postgres: Postgres) -> None:
        found: list[object] = []

        def ask() -> None:
            found.append(probe(place, postgres.settings(), "query", sql="SELECT 1").document["value"])

        asking = [threading.Thread(target=ask) for _ in range(8)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert found == [1] * 8


def test_no_folder_and_no_environment_is_left(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = dict(os.environ)
    probe(HERE, postgres.settings(socket=str(postgres.socket), password=""), "ping")
    assert list(tmp_path.iterdir()) == []
    assert dict(os.environ) == before
