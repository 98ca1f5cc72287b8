"""Checks the redis probe against real servers, directly and through sshd, and its reading of answers by tables."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import exceptions

from tests.support.machines.reach import Misbehaving
from tests.support.runbooks.probed import failure, probed
from tests.support.servers.certificates import Authority
from tests.support.servers.redis_server import PASSWORD, RedisServer
from tests.support.servers.sshd import free_port
from tui.probes.base import NoData, ProbeFailed, Reading
from tui.probes.databases import flag
from tui.probes.redis.answers import RedisAnswers, own_slots, parse_info
from tui.probes.redis.errors import worded
from tui.probes.redis.probe import RedisProbe
from tui.runbook.probing.databases.redis import SPEC
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

pytestmark = pytest.mark.needs("redis-server", "sshd", "ssh")


def probe(place: Transport, settings: dict[str, Any], check: str = "ping", **given: Any) -> Reading:
    reading = probed(RedisProbe(), SPEC, check, settings, given, place)
    assert list(reading.document) == [field.name for field in SPEC.check(check).fields]
    return reading


def refusal(
    place: Transport, settings: dict[str, Any], check: str = "ping", seconds: float = 10.0, **given: Any
) -> ProbeFailed:
    told = failure(RedisProbe(), SPEC, check, settings, given, place, seconds)
    assert PASSWORD not in f"{told!r} {told.hint} {told.__cause__!r}"
    return told


class TestAgainstRedis:
    def test_ping_is_answered(self, place: Transport, redis_server: RedisServer) -> None:
        reading = probe(place, redis_server.settings())
        assert reading.document["version"].startswith("7.")
        assert reading.document["role"] == "master"
        assert 0 < reading.document["seconds"] < 10
        assert [check.ok for check in reading.checks] == [True]

    def test_its_unix_socket_leads_to_it_too(self, place: Transport, redis_server: RedisServer) -> None:
        settings = redis_server.settings(socket=str(redis_server.socket), port=1)
        assert probe(place, settings).document["role"] == "master"

    def test_one_that_wants_no_password(self, place: Transport, open_redis: RedisServer) -> None:
        assert probe(place, open_redis.settings()).document["role"] == "master"

    def test_info_has_figures_of_memory_clients_and_statistics(
        self, place: Transport, redis_server: RedisServer
    ) -> None:
        redis_server.admin("SET", "known", "1")
        redis_server.admin("GET", "known")
        document = probe(place, redis_server.settings(), "info").document
        assert document["used_memory"] > 100_000
        assert document["used_memory_percent"] is None
        assert document["connected_clients"] >= 1
        assert document["maxclients"] > 100
        assert 0 < document["hit_rate"] <= 100
        assert document["keys"] >= 1
        assert document["rejected_connections"] == 0

    def test_a_key_is_written_read_and_deleted(self, place: Transport, redis_server: RedisServer) -> None:
        before = redis_server.admin("-n", "3", "DBSIZE")
        document = probe(place, redis_server.settings(database=3), "set-get", prefix="mine:").document
        assert (document["same"], document["deleted"]) == (True, True)
        assert document["key"].startswith("mine:")
        assert redis_server.admin("-n", "3", "DBSIZE") == before

    def test_who_may_ping_need_not_be_allowed_to_ask_for_more(
        self, place: Transport, redis_server: RedisServer
    ) -> None:
        redis_server.admin("ACL", "SETUSER", "guest", "on", f">{PASSWORD}", "+ping")
        reading = probe(place, redis_server.settings(user="guest"))
        assert (reading.document["version"], reading.document["uptime"]) == ("", None)
        told = refusal(place, redis_server.settings(user="guest"), "info")
        assert isinstance(told, NoData)
        assert "does not let us ask" in told.message


class TestWhatGoesWrong:
    def test_refused(self, place: Transport, redis_server: RedisServer) -> None:
        port = free_port()
        assert f"refuses connections on port {port}" in refusal(place, redis_server.settings(port=port)).message

    def test_wrong_host_name(self, place: Transport, redis_server: RedisServer) -> None:
        assert (
            "does not know the name cache.invalid"
            in refusal(place, redis_server.settings(host="cache.invalid")).message
        )

    @pytest.mark.parametrize("greeting", [b"", b"+O"])
    def test_hanging(self, place: Transport, redis_server: RedisServer, greeting: bytes) -> None:
        with Misbehaving(greeting) as silent:
            told = refusal(place, redis_server.settings(port=silent.port), seconds=0.4)
        assert told.message.startswith(f"127.0.0.1:{silent.port} does not answer within 0.")

    def test_half_open(self, place: Transport, redis_server: RedisServer) -> None:
        with Misbehaving(closes=True) as half:
            told = refusal(place, redis_server.settings(port=half.port))
        assert told.message == f"127.0.0.1:{half.port} closed the connection before it answered"

    @pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad\r\n\r\n", b":x\r\n", b"J\0\0"])
    def test_something_else_listens_there(self, place: Transport, redis_server: RedisServer, greeting: bytes) -> None:
        with Misbehaving(greeting, closes=True) as other:
            told = refusal(place, redis_server.settings(port=other.port))
        assert "does not speak Redis" in told.message or "closed the connection" in told.message

    def test_wrong_password_and_none_and_one_too_many(
        self, place: Transport, redis_server: RedisServer, open_redis: RedisServer
    ) -> None:
        wrong = refusal(place, redis_server.settings(password="not-" + PASSWORD))
        assert wrong.message.endswith("refuses us with this password")
        none = refusal(place, redis_server.settings(password=""))
        assert none.message.endswith("wants a password and got none")
        unwanted = refusal(place, open_redis.settings(password=PASSWORD))
        assert unwanted.message.endswith("wants no password and was given one")
        unknown = refusal(place, redis_server.settings(user="nobody"))
        assert unknown.message.endswith("refuses the user nobody with this password")

    def test_wrong_database(self, place: Transport, redis_server: RedisServer) -> None:
        assert refusal(place, redis_server.settings(database=99)).message.endswith("has no database 99")
        assert refusal(place, redis_server.settings(database="x")).message == "database is not a whole number: x"

    def test_a_server_that_takes_no_writes(self, place: Transport, tmp_path: Path) -> None:
        full = RedisServer(tmp_path / "full", "--maxmemory", "1")
        replica = RedisServer(tmp_path / "replica", "--replicaof", "127.0.0.1", str(free_port()))
        try:
            assert "is full and takes no writes" in refusal(place, full.settings(), "set-get").message
            assert not probe(place, full.settings(), "info").checks[0].ok
            assert "is a replica and takes no writes" in refusal(place, replica.settings(), "set-get").message
            said = [(check.came, check.ok) for check in probe(place, replica.settings()).checks]
            assert said == [("PONG", True), ("down", False)]
        finally:
            full.stop()
            replica.stop()


@pytest.fixture
def tls_redis(tmp_path: Path) -> Iterator[tuple[RedisServer, Authority, int]]:
    authority, port = Authority(tmp_path), free_port()
    certificate = str(authority.issue("localhost"))
    options = ["--tls-cert-file", certificate, "--tls-key-file", certificate, "--tls-ca-cert-file", str(authority.file)]
    server = RedisServer(tmp_path / "tls", "--tls-port", str(port), *options, "--tls-auth-clients", "no")
    yield server, authority, port
    server.stop()


def test_tls_is_verified(place: Transport, tls_redis: tuple[RedisServer, Authority, int]) -> None:
    server, authority, port = tls_redis
    settings = server.settings(host="localhost", port=port, tls=True, ca_file=str(authority.file))
    assert probe(place, settings).document["role"] == "master"
    assert "is not for 127.0.0.1" in refusal(place, {**settings, "host": "127.0.0.1"}).message
    assert refusal(place, {**settings, "ca_file": ""}).message.startswith("the certificate of localhost")
    plain = refusal(place, {**settings, "port": server.port}, seconds=0.4)
    assert "does not answer within 0." in plain.message
    assert "does not speak TLS" in plain.hint


BASE = {
    "used_memory": "1000",
    "keyspace_hits": "0",
    "keyspace_misses": "0",
    "connected_clients": "2",
    "instantaneous_ops_per_sec": "5",
    "uptime_in_seconds": "60",
}


def read(check: str, info: dict[str, str], **given: Any) -> Reading:
    raw = RedisAnswers(where="cache:6379", seconds=0.003, info=info)
    return RedisProbe().interpret(check, {"warning": 90, **given}, raw)


@pytest.mark.parametrize(
    ("info", "field", "value", "oks"),
    [
        ({}, "used_memory_percent", None, [True]),
        ({"maxmemory": "2000"}, "used_memory_percent", 50.0, [True]),
        ({"maxmemory": "1100"}, "used_memory_percent", 90.9, [False]),
        ({}, "hit_rate", None, [True]),
        ({"keyspace_hits": "3", "keyspace_misses": "1"}, "hit_rate", 75.0, [True]),
        ({"db0": "keys=3,expires=0", "db12": "keys=4,expires=1", "dbx": "keys=9"}, "keys", 7, [True]),
        ({"rdb_last_bgsave_status": "err"}, "keys", 0, [True, False]),
        ({"master_link_status": "down"}, "keys", 0, [True, False]),
        ({"mem_fragmentation_ratio": "1.50"}, "fragmentation", 1.5, [True]),
        ({"mem_fragmentation_ratio": "inf"}, "fragmentation", 0, [True]),
    ],
)
def test_info_in_figures(info: dict[str, str], field: str, value: object, oks: list[bool]) -> None:
    reading = read("info", BASE | info)
    assert reading.document[field] == value
    assert [check.ok for check in reading.checks] == oks


def test_an_answer_that_is_no_info_is_a_verdict() -> None:
    with pytest.raises(ProbeFailed, match="cache:6379 does not tell its used_memory"):
        read("info", {})


@pytest.mark.parametrize(("pong", "ok"), [("PONG", True), ("pang", False)])
def test_a_ping_is_answered_with_pong(pong: str, ok: bool) -> None:
    reading = RedisProbe().interpret("ping", {}, RedisAnswers(where="c", seconds=0.0024, pong=pong))
    assert reading.checks[0].ok is ok
    assert reading.summary == "Redis answers in 2 ms"


@pytest.mark.parametrize(("same", "deleted"), [(True, True), (False, True), (True, False)])
def test_what_becomes_of_a_key(same: bool, deleted: bool) -> None:
    reading = RedisProbe().interpret(
        "set-get", {}, RedisAnswers(where="c", seconds=1, key="k", same=same, deleted=deleted)
    )
    assert [check.ok for check in reading.checks] == [same, deleted]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (exceptions.BusyLoadingError("Redis is loading the dataset in memory"), "is still loading its data"),
        (exceptions.ResponseError("MISCONF Redis is configured to save RDB snapshots"), "cannot save to disk"),
        (exceptions.ConnectionError("max number of clients reached"), "has no free connection"),
        (exceptions.ResponseError("unknown command 'INFO'"), "does not let us ask"),
        (exceptions.ResponseError("something new"), "cache:6379 refuses: something new"),
        (exceptions.AuthenticationError("invalid password"), "refuses this password"),
        (exceptions.ConnectionError("Connection closed by server."), "closed the connection"),
        (ConnectionResetError(), "closed the connection"),
        (ValueError("invalid literal"), "does not speak Redis"),
    ],
)
def test_errors_in_words(error: Exception, words: str) -> None:
    settings = {"host": "cache", "port": 6379}
    assert words in worded(error, settings, 5.0, late=False).message
    assert worded(error, settings, 5.0, late=True).message == "cache:6379 does not answer within 5 s"


@pytest.mark.parametrize(
    ("given", "on"), [(True, True), ("true", True), ("1", True), (False, False), ("false", False), ("", False)]
)
def test_a_flag_may_come_from_a_file(given: object, on: bool) -> None:
    assert flag({"tls": given}, "tls") is on


def test_infos_lines() -> None:
    assert parse_info("# Server\r\nredis_version:7.0.15\r\n\r\nos:Linux 6:1\r\nodd\r\n") == {
        "redis_version": "7.0.15",
        "os": "Linux 6:1",
    }


class Cluster:
    """Two masters of a real Redis Cluster; the first serves slots 0 to 99 and the second the others."""

    def __init__(self, directory: Path) -> None:
        self.nodes = [
            RedisServer(directory / name, "--cluster-enabled", "yes", "--cluster-port", str(free_port()))
            for name in ("one", "two")
        ]
        self.few, self.rest = self.nodes
        self.few.admin("CLUSTER", "ADDSLOTSRANGE", "0", "99")
        self.rest.admin("CLUSTER", "ADDSLOTSRANGE", "100", "16383")

    def join(self) -> None:
        """Let them meet, and wait until both say that the cluster is healthy."""
        bus = self.rest.admin("CONFIG", "GET", "cluster-port").split()[-1]
        self.few.admin("CLUSTER", "MEET", "127.0.0.1", str(self.rest.port), bus)
        patience = threading.Event()
        for _ in range(600):
            if all("cluster_state:ok" in node.admin("CLUSTER", "INFO") for node in self.nodes):
                return
            patience.wait(0.1)
        raise AssertionError([node.admin("CLUSTER", "INFO") for node in self.nodes])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that is healthy."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.join()
    yield made
    for node in made.nodes:
        node.stop()


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A cluster's node that has never met another: its cluster is down, and it answers pings."""
    server = RedisServer(
        tmp_path_factory.mktemp("fallen"), "--cluster-enabled", "yes", "--cluster-port", str(free_port())
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def sentinel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Sentinel, which answers pings too."""
    directory = tmp_path_factory.mktemp("sentinel")
    (directory / "sentinel.conf").write_text("")
    server = RedisServer(directory, "--sentinel", config=directory / "sentinel.conf")
    yield server
    server.stop()


HERE = LocalTransport("here")


class TestAgainstClustersAndSentinels:
    def test_a_key_is_written_where_the_node_serves_it(self, cluster: Cluster) -> None:
        for node in cluster.nodes:
            document = probe(HERE, node.settings(), "set-get").document
            assert (document["same"], document["deleted"]) == (True, True)
            assert node.admin("DBSIZE") == "0"

    def test_a_node_that_is_healthy_is_called_one(self, cluster: Cluster) -> None:
        reading = probe(HERE, cluster.few.settings())
        assert reading.summary.startswith("Redis Cluster's node 7.")
        assert all(check.ok for check in reading.checks)
        assert all(check.ok for check in probe(HERE, cluster.few.settings(), "info").checks)

    def test_a_prefix_that_belongs_to_another_node_is_told(self, cluster: Cluster) -> None:
        told = refusal(HERE, cluster.few.settings(), "set-get", prefix="{a}:")  # slot 15495
        assert "no key that begins with '{a}:' is served by this node" in told.message

    def test_who_may_not_ask_for_the_slots_is_told_what_it_is(self, cluster: Cluster) -> None:
        cluster.few.admin("ACL", "SETUSER", "poor", "on", f">{PASSWORD}", "~*", "+set", "+get", "+del")
        told = refusal(HERE, cluster.few.settings(user="poor", password=PASSWORD), "set-get", prefix="{a}:")
        assert "is a node of a Redis Cluster, and another node serves this key" in told.message

    def test_a_database_of_its_own_is_not_to_be_had(self, cluster: Cluster) -> None:
        assert "which has database 0 only" in refusal(HERE, cluster.few.settings(database=1)).message

    @pytest.mark.parametrize("check", ["ping", "info"])
    def test_a_cluster_that_is_down_is_not_well(self, fallen: RedisServer, check: str) -> None:
        wrong = [one for one in probe(HERE, fallen.settings(), check).checks if not one.ok]
        assert [(one.expected, one.came, one.warning) for one in wrong] == [
            (
                "its Redis Cluster serves every key",
                "the cluster is down (fail): 0 of 16384 slots are served",
                False,
            )
        ]

    def test_a_cluster_that_is_down_takes_no_key(self, fallen: RedisServer) -> None:
        assert "is a node of a Redis Cluster that is down" in refusal(HERE, fallen.settings(), "set-get").message

    @pytest.mark.parametrize("check", ["ping", "info", "set-get"])
    def test_a_sentinel_is_no_server_with_data(self, sentinel: RedisServer, check: str) -> None:
        assert "is a Redis Sentinel" in refusal(HERE, sentinel.settings(), check).message

    def test_a_sentinel_has_no_databases(self, sentinel: RedisServer) -> None:
        assert "it is a Redis Sentinel" in refusal(HERE, sentinel.settings(database=1)).message


def test_the_slots_of_a_node_are_those_it_serves_and_keeps() -> None:
    nodes = (
        "aa 10.0.0.1:6379@16379,one myself,master - 0 0 1 connected 0-2 9 4-5 [5->-bb] [77-<-bb]\n"
        "bb 10.0.0.2:6379@16379 master - 0 0 2 connected 100-16383\n"
    )
    assert own_slots(nodes) == {0, 1, 2, 4, 9}
    assert own_slots("aa 10.0.0.1:6379@16379 myself,slave bb 0 0 1 connected\n") == frozenset()
    assert own_slots("nonsense\n\n") == frozenset()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (exceptions.MovedError("1234 10.0.0.2:6379"), "another node serves this key"),
        (exceptions.AskError("1234 10.0.0.2:6379"), "is moving this key's slot"),
        (exceptions.TryAgainError("Multiple keys request during rehashing of slot"), "is moving this key's slot"),
        (exceptions.ClusterDownError("Hash slot not served"), "is a node of a Redis Cluster that is down"),
        (exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."), "too few replicas follow it"),
        (exceptions.ResponseError("BUSY Redis is busy running a script."), "is busy with a script"),
    ],
)
def test_words_of_clusters(error: Exception, words: str) -> None:
    assert words in worded(error, {"host": "cache", "port": 6379}, 5.0, late=False).message
