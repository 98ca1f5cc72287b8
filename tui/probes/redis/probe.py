"""Asks a Redis server whether it answers, how full it is, and whether it keeps what is written to it."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tui.probes import tls_trust
from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading, Socket
from tui.probes.databases import dial, flag, number, place
from tui.probes.redis import errors as redis_errors
from tui.probes.redis.answers import READERS, RedisAnswers, own_slots, parse_info, refuse_sentinel

if TYPE_CHECKING:
    from redis import Redis

MOST_KEYS = 200_000
"""Keys that are thought up until one is in a node's slots, of which there are 16384 in all."""


class RedisProbe:
    """The redis kind; see Probe."""

    kind = "redis"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> RedisAnswers:
        """Log in and ask; see Probe."""
        from redis.exceptions import NoPermissionError

        answers = RedisAnswers(where=place(settings), seconds=0)
        started = time.monotonic()
        with _client(settings, reach) as client:
            if check == "set-get":
                connected = time.monotonic() - started
                allowed = _slots(client, answers.where)
                started = time.monotonic() - connected
                answers = _written(client, given, answers, allowed)
            elif check == "info":
                answers = replace(answers, info=parse_info(_ask(client, "INFO")))
            else:
                answers = replace(answers, pong=_ask(client, "PING"))
            seconds = round(time.monotonic() - started, 4)
            if check == "ping":  # beside the figure: who may ping need not be allowed to ask for more
                with suppress(NoPermissionError):
                    answers = replace(answers, info=parse_info(_ask(client, "INFO")))
            if answers.info.get("cluster_enabled") == "1":
                with suppress(NoPermissionError):
                    answers = replace(answers, cluster=parse_info(_ask(client, "CLUSTER", "INFO")))
        return replace(answers, seconds=seconds)

    def interpret(self, check: str, given: Given, raw: RedisAnswers) -> Reading:
        """What the answers mean; see Probe."""
        return READERS[check](given, raw)


def _slots(client: "Redis", where: str) -> frozenset[int] | None:
    """The slots of a Redis Cluster that this node serves; None where it is not a node of one, or may not be asked.

    Raises:
        ProbeFailed: it is none that keys are written to.
    """
    from redis.exceptions import NoPermissionError

    try:
        info = parse_info(_ask(client, "INFO"))
        refuse_sentinel(where, info)
        if info.get("cluster_enabled") != "1":
            return None
        cluster = parse_info(_ask(client, "CLUSTER", "INFO"))
        if cluster.get("cluster_state", "ok") != "ok":
            raise redis_errors.cluster_down(where)
        slots = own_slots(_ask(client, "CLUSTER", "NODES"))
    except NoPermissionError:
        return None
    if not slots:
        message = (
            f"{where} is a node of a Redis Cluster that serves no keys itself: a replica, or a master without slots"
        )
        raise ProbeFailed(message, "CLUSTER NODES there names the masters; name one of them as the service's host")
    return slots


def _written(client: "Redis", given: Given, answers: RedisAnswers, allowed: frozenset[int] | None) -> RedisAnswers:
    """Write a key, read it, delete it; should the last not come to pass, it expires.

    Of a cluster's node, `allowed` has the slots one of which the key must be in: it sends us away with any other.
    """
    key, value = _key(str(given["prefix"]), allowed), secrets.token_hex(16)
    _ask(client, "SET", key, value, "EX", str(max(1, int(given["expires"]))), "NX")
    same = _ask(client, "GET", key) == value
    return replace(answers, key=key, same=same, deleted=_ask(client, "DEL", key) == "1")


def _key(prefix: str, allowed: frozenset[int] | None) -> str:
    from redis.crc import key_slot

    for _ in range(MOST_KEYS):
        key = f"{prefix}{secrets.token_hex(8)}"
        if allowed is None or key_slot(key.encode()) in allowed:
            return key
    raise NoData(
        f"no key that begins with {prefix!r} is served by this node of a Redis Cluster",
        "braces in `prefix` put all keys into one slot: leave them out, or name the node that serves it",
    )


def _ask(client: "Redis", *command: str) -> str:
    execute: Callable[..., Any] = client.execute_command  # the library types it not
    answer = execute(*command)
    return answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)


@contextmanager
def _client(settings: Given, reach: Reach) -> "Iterator[Redis]":
    """The library's client with one connection, over the reach's own socket, which is never made again."""
    from redis import ConnectionPool, Redis
    from redis.connection import AbstractConnection

    allowed, database = reach.left, number(settings, "database")
    sock = dial(settings, reach)

    class Connection(AbstractConnection):
        """The library's connection over a socket that is there already."""

        def _connect(self) -> Socket:
            return sock

        @property  # type: ignore[misc]  # nobody moves this connection to another host
        def host(self) -> str:
            return place(settings)

        def _host_error(self) -> str:
            return place(settings)

        def repr_pieces(self) -> list[tuple[str, object]]:
            return [("place", place(settings))]

    client: Redis | None = None
    try:
        sock = _secured(sock, settings)
        pool = ConnectionPool(
            connection_class=Connection,
            max_connections=1,
            username=str(settings.get("user") or "") or None,
            password=str(settings.get("password") or "") or None,
            db=database,
            protocol=2,  # with HELLO, a server that wants no password takes any
            driver_info=None,
            socket_timeout=allowed + 1,  # later than the deadline, at which the socket ends
        )
        client = Redis(connection_pool=pool, single_connection_client=True)
        client.response_callbacks.clear()  # what the server said, as it said it
        yield client
    except ProbeFailed:
        raise
    except Exception as error:  # whatever a library makes of bytes that are not Redis's
        raise redis_errors.worded(error, settings, allowed, not reach.left) from None
    finally:
        if client is not None:
            client.close()
        sock.close()


def _secured(sock: Socket, settings: Given) -> Socket:
    if not flag(settings, "tls"):
        return sock
    context = tls_trust.context(str(settings.get("ca_file") or ""), of="redis")
    return context.wrap_socket(sock, server_hostname=str(settings.get("host") or "localhost"))
