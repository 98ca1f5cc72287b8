"""Checks the mysql probe against a real MariaDB, directly and through sshd, and its reading of answers by tables."""

import socket
import struct
import threading

import pytest

from tests.support.machines.reach import Misbehaving
from tests.support.runbooks.asked_database import AskedDatabase
from tests.support.servers.mariadb import PASSWORD, Mariadb
from tests.support.servers.sshd import free_port
from tui.probes.base import NoData
from tui.probes.mysql.probe import MysqlProbe
from tui.runbook.probing.databases.mysql import SPEC
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

pytestmark = pytest.mark.needs("mariadbd", "sshd", "ssh")

LONG = "SELECT 4711, SUM(SIN(a.seq * b.seq)) FROM seq_1_to_1000000 a, seq_1_to_1000000 b"
"""Unlike SLEEP, it does not notice by itself that its asker has gone."""


ASKED = AskedDatabase(MysqlProbe(), SPEC, PASSWORD)
probe, refusal = ASKED.probe, ASKED.refusal


@pytest.mark.parametrize("plugin", ["mysql_native_password", "ed25519"])
@pytest.mark.parametrize("password", ["pässwörd", "пароль", "密码🔑", "ab\u0301c"])
def test_a_password_beyond_latin_1_is_sent_as_the_servers_own_client_sends_it(
    mariadb: Mariadb, plugin: str, password: str
) -> None:
    user = f"letters{len(password)}{plugin[:2]}"
    how = f"VIA {plugin} USING PASSWORD('{password}')"
    if plugin == "ed25519":
        try:
            mariadb.admin("INSTALL SONAME 'auth_ed25519'")
        except AssertionError as missing:
            if "already" not in str(missing):
                pytest.skip("this MariaDB has no ed25519")
    mariadb.admin(f"SET NAMES utf8mb4; CREATE OR REPLACE USER {user}@'%' IDENTIFIED {how}")
    mariadb.admin(f"SET NAMES utf8mb4; CREATE OR REPLACE USER {user}@localhost IDENTIFIED {how}")
    settings = mariadb.settings(user=user, password=password, database="")
    assert "MariaDB" in probe(LocalTransport("here"), settings, "ping").document["version"]


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("TIME'-01:00:00'", "-01:00:00"),
        ("TIME'-838:59:59'", "-838:59:59"),
        ("TIME'25:06:17'", "25:06:17"),
        ("TIMEDIFF('2026-11-01 10:00:00', '2026-11-01 10:00:01.5')", "-00:00:01.5"),
        ("DATE'2026-11-01'", "2026-11-01"),
        ("CAST('2026-11-01 10:00:00.25' AS DATETIME(2))", "2026-11-01 10:00:00.25"),
        ("CAST('0000-00-00' AS DATE)", "0000-00-00"),
        ("b'101' + 0", 5),
        ("CAST(-0.50 AS DECIMAL(5,2))", -0.5),
        ("CAST(18446744073709551615 AS UNSIGNED)", 18446744073709551615),
        ("-9223372036854775807", -9223372036854775807),
        ("1e308", 1e308),
        ("JSON_OBJECT('ä', 1)", '{"ä": 1}'),
        ("TRUE", 1),
        ("''", ""),
    ],
)
def test_a_value_is_told_as_the_server_writes_it(mariadb: Mariadb, sql: str, value: object) -> None:
    document = probe(LocalTransport("here"), mariadb.settings(), "query", sql=f"SELECT {sql}").document
    told = document["value"]
    assert told == value or (isinstance(value, str) and str(told).rstrip("0") == value.rstrip("0"))


def test_a_bit_is_a_number(mariadb: Mariadb) -> None:
    mariadb.admin(
        "CREATE OR REPLACE TABLE shop.switches (one BIT(1), many BIT(12)); "
        "INSERT INTO shop.switches VALUES (b'1', b'101000000001')"
    )
    document = probe(LocalTransport("here"), mariadb.settings(), "query", sql="SELECT one, many FROM switches").document
    assert document["first"] == {"one": 1, "many": 2561}


class TestAgainstMariadb:
    def test_ping_tells_the_version(self, place: Transport, mariadb: Mariadb) -> None:
        document = probe(place, mariadb.settings(), "ping").document
        assert "MariaDB" in document["version"]
        assert document["read_only"] is False
        assert document["uptime"] >= 0
        assert 0 < document["seconds"] < 10

    def test_its_unix_socket_leads_to_it_too(self, place: Transport, mariadb: Mariadb) -> None:
        settings = mariadb.settings(socket=str(mariadb.socket), host="", port=0)
        assert "MariaDB" in probe(place, settings, "ping").document["version"]

    @pytest.mark.parametrize(
        ("sql", "rows", "value"),
        [
            ("SELECT 1;", 1, 1),
            ("SELECT COUNT(*) FROM orders", 1, 3),
            ("SELECT total FROM orders ORDER BY id", 3, 9.5),
            ("SELECT placed FROM orders WHERE id = 1", 1, "2026-11-01 10:00:00"),
            ("SELECT note FROM orders WHERE id = 3", 1, "\ufffd"),
            ("SELECT note FROM orders WHERE id = 2", 1, None),
            ("SELECT id FROM orders WHERE id > 5", 0, None),
            ("SHOW TABLES LIKE 'ord%'", 1, "orders"),
            ("-- how many\nSELECT '100 %'", 1, "100 %"),
        ],
    )
    def test_query_returns_what_the_database_has(
        self, place: Transport, mariadb: Mariadb, sql: str, rows: int, value: object
    ) -> None:
        document = probe(place, mariadb.settings(), "query", sql=sql).document
        assert (document["rows"], document["value"]) == (rows, value)

    def test_connections_are_counted_against_the_limit(self, place: Transport, mariadb: Mariadb) -> None:
        threads = probe(place, mariadb.settings(), "threads").document
        assert threads["max_connections"] == 151
        assert threads["percent"] == round(100 * threads["threads_connected"] / 151, 1)
        assert threads["threads_connected"] >= 1
        used = probe(place, mariadb.settings(), "max-used").document
        assert 1 <= used["max_used_connections"] <= 151

    def test_a_user_who_may_read_the_slow_log_sees_what_is_in_it(self, place: Transport, mariadb: Mariadb) -> None:
        mariadb.admin("SELECT SLEEP(0.06);")
        reading = probe(place, mariadb.settings(user="monitor"), "slow-log")
        document = reading.document
        assert (document["enabled"], document["long_query_time"], document["output"]) == (True, 0.05, "TABLE")
        assert document["recent"] >= 1
        assert document["file"] == ""
        assert any("SLEEP(0.06)" in line for line in reading.details)

    def test_who_may_not_read_the_slow_log_gets_the_rest(self, place: Transport, mariadb: Mariadb) -> None:
        reading = probe(place, mariadb.settings(), "slow-log")
        assert reading.document["enabled"] is True
        assert reading.document["recent"] is None
        assert reading.details == ("this user may not read mysql.slow_log",)

    def test_migrations_are_those_of_the_database(self, place: Transport, mariadb: Mariadb) -> None:
        wanted = ("coreapp.0002_orders", "coreapp.0003_refunds")
        reading = probe(place, mariadb.settings(), "migrations", applied=wanted)
        assert reading.document["latest"] == {"authentication": "0001_initial", "coreapp": "0002_orders"}
        assert reading.document["missing"] == ["coreapp.0003_refunds"]
        assert reading.document["pending"] == 1
        assert reading.document["last_at"] == "2026-11-02 03:00:00.500000"
        assert [check.ok for check in reading.checks] == [False]


class Asking(threading.Thread):
    """A server that asks for the password in the clear, and keeps what it is told."""

    def __init__(self, plugin: bytes) -> None:
        super().__init__(daemon=True)
        self._plugin = plugin
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.told = b""

    def run(self) -> None:
        """Greet (protocol 10), ask to switch to the plugin, and read until the other side goes."""
        with self._listener, self._listener.accept()[0] as peer:
            able = struct.pack("<H", 0xF7FF), struct.pack("<H", 0x0009)
            hello = b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"12345678\0" + able[0] + b"\x21\x02\0" + able[1]
            hello += b"\x15" + bytes(10) + b"123456789012\0" + b"mysql_native_password\0"
            peer.sendall(struct.pack("<I", len(hello))[:3] + b"\0" + hello)
            peer.recv(4096)
            ask = b"\xfe" + self._plugin + b"\0" + (b"\x04Password: " if self._plugin == b"dialog" else b"12345678\0")
            peer.sendall(struct.pack("<I", len(ask))[:3] + b"\x02" + ask)
            while data := peer.recv(4096):
                self.told += data


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"dialog", b"mysql_old_password"])
def test_a_server_that_asks_for_the_password_itself_does_not_get_it(
    place: Transport, mariadb: Mariadb, plugin: bytes
) -> None:
    """Anything on the way could ask so; only a proven certificate says that it is the server."""
    server = Asking(plugin)
    server.start()
    told = refusal(place, mariadb.settings(port=server.port, tls="off"))
    server.join()
    assert told.message.startswith(f"the server asks for the password itself ({plugin.decode()})")
    assert server.told == b""


class TestWhatGoesWrong:
    def test_refused(self, place: Transport, mariadb: Mariadb) -> None:
        port = free_port()
        assert f"refuses connections on port {port}" in refusal(place, mariadb.settings(port=port)).message

    def test_wrong_host_name(self, place: Transport, mariadb: Mariadb) -> None:
        assert "does not know the name db.invalid" in refusal(place, mariadb.settings(host="db.invalid")).message

    def test_hanging(self, place: Transport, mariadb: Mariadb) -> None:
        with Misbehaving() as silent:
            told = refusal(place, mariadb.settings(port=silent.port), seconds=0.4)
        assert told.message.startswith(f"127.0.0.1:{silent.port} does not answer within 0.")

    def test_half_open(self, place: Transport, mariadb: Mariadb) -> None:
        with Misbehaving(closes=True) as half:
            told = refusal(place, mariadb.settings(port=half.port))
        assert told.message == f"127.0.0.1:{half.port} closed the connection before it answered"

    @pytest.mark.parametrize(
        "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n" + b"x" * 99, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0"]
    )
    def test_something_else_listens_there(self, place: Transport, mariadb: Mariadb, greeting: bytes) -> None:
        with Misbehaving(greeting, closes=True) as other:
            told = refusal(place, mariadb.settings(port=other.port))
        assert "does not speak MySQL" in told.message or "closed the connection before it answered" in told.message

    def test_wrong_password_and_none(self, place: Transport, mariadb: Mariadb) -> None:
        wrong = refusal(place, mariadb.settings(password="not-" + PASSWORD))
        assert wrong.message.endswith("refuses the user shop with this password")
        none = refusal(place, mariadb.settings(password=""))
        assert none.message.endswith("refuses the user shop without a password")

    def test_wrong_database_and_one_that_is_not_theirs(self, place: Transport, mariadb: Mariadb) -> None:
        assert refusal(place, mariadb.settings(user="monitor", database="nowhere")).message.endswith(
            "has no database nowhere"
        )
        assert "may not use the database private" in refusal(place, mariadb.settings(database="private")).message

    def test_no_such_table(self, place: Transport, mariadb: Mariadb) -> None:
        told = refusal(place, mariadb.settings(), "query", sql="SELECT * FROM invoices")
        assert "Table 'shop.invoices' doesn't exist" in told.message
        assert "django_nothing" in refusal(place, mariadb.settings(), "migrations", table="django_nothing").message

    @pytest.mark.parametrize(
        ("sql", "words"),
        [
            ("SELECT nothing FROM orders", "does not understand the statement: Unknown column 'nothing'"),
            ("SELECT FROM", "does not understand the statement: You have an error"),
            ("SELECT * FROM mysql.user", "may not ask that: SELECT command denied"),
            ("DELETE FROM orders", "must read"),
            ("selection", "must read"),
            ("", "must read"),
            ("/*! DELETE FROM orders */", "must read"),
            ("SELECT 1 INTO OUTFILE '/tmp/x'", "may not write a file"),
            ("WITH one AS (SELECT 1) SELECT * FROM orders FOR UPDATE; DROP TABLE orders", "does not understand"),
        ],
    )
    def test_a_statement_that_cannot_be_asked_is_no_data(
        self, place: Transport, mariadb: Mariadb, sql: str, words: str
    ) -> None:
        told = refusal(place, mariadb.settings(), "query", sql=sql)
        assert isinstance(told, NoData)
        assert words in told.message

    def test_the_server_itself_refuses_to_write(self, mariadb: Mariadb, monkeypatch: pytest.MonkeyPatch) -> None:
        """Should a statement that writes get past the first look."""
        monkeypatch.setattr("tui.probes.mysql.probe.readable", lambda sql, reads: sql)
        for sql in ("DELETE FROM orders", "DROP TABLE orders", "TRUNCATE orders"):
            told = refusal(LocalTransport("here"), mariadb.settings(), "query", sql=sql)
            assert "the statement would write" in told.message
        assert mariadb.admin("SELECT COUNT(*) FROM shop.orders").strip() == "3"

    def test_a_long_statement_ends_on_the_server_too(self, place: Transport, mariadb: Mariadb) -> None:
        told = refusal(place, mariadb.settings(), "query", sql=LONG, seconds=1)
        assert "within 1 s" in told.message or "over 1 s" in told.message
        for _ in range(200):
            left = mariadb.admin(
                "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%4711%seq_1_to%'"
            )
            if left.strip() == "1":  # that question itself
                return
            mariadb.admin("SELECT SLEEP(0.05)")
        pytest.fail("the statement still runs")

    def test_more_rows_than_anybody_reads(self, place: Transport, mariadb: Mariadb) -> None:
        told = refusal(place, mariadb.settings(), "query", sql="SELECT * FROM shop.orders, seq_1_to_1000000")
        assert told.message == "the statement returns more than 1000 rows"

    def test_bad_settings_have_words_of_their_own(self, place: Transport, mariadb: Mariadb) -> None:
        assert refusal(place, mariadb.settings(port="x")).message == "port is not a whole number: x"
        assert refusal(place, mariadb.settings(port=70000)).message == "70000 is not a port"
        assert refusal(place, mariadb.settings(tls="on")).message == "tls is on"
        assert "is not the name of a table" in refusal(place, mariadb.settings(), "migrations", table="a`b").message

    def test_tls_is_verified_where_that_is_asked(self, place: Transport, mariadb: Mariadb) -> None:
        settings = mariadb.settings(host="localhost", tls="verified", ca_file=str(mariadb.authority.file))
        sql = "SHOW STATUS LIKE 'Ssl_version'"
        assert probe(place, settings, "query", sql=sql).document["first"]["Value"].startswith("TLSv1")
        assert probe(place, mariadb.settings(tls="off"), "query", sql=sql).document["first"]["Value"] == ""
        wrong = refusal(place, {**settings, "host": "127.0.0.1"})
        assert wrong.message == f"the certificate of 127.0.0.1:{mariadb.port} is not for 127.0.0.1"
        assert "certificate of localhost" in refusal(place, mariadb.settings(host="localhost", tls="verified")).message

    def test_many_at_once_share_one_connection(self, place: Transport, mariadb: Mariadb) -> None:
        found: list[object] = []

        def ask() -> None:
            found.append(probe(place, mariadb.settings(), "query", sql="SELECT 1").document["value"])

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [1] * 12
