"""Reads what a Redis server answered; nothing here reaches the service."""

import math
from collections.abc import Callable, Mapping

from msgspec import Struct

from tui.probes.base import Given, ProbeFailed, Reading
from tui.probes.databases import percent
from tui.session.events import Check
from tui.text.amounts import size

_SLOTS_FROM = 8
_ALL_SLOTS = 16384


class RedisAnswers(Struct, frozen=True, kw_only=True):
    """What came: INFO by its keys (empty where this user may not ask), and the fate of a key that was written.

    `cluster` is CLUSTER INFO of a cluster's node.
    """

    where: str
    seconds: float
    pong: str = "PONG"
    info: Mapping[str, str] = {}
    cluster: Mapping[str, str] = {}
    key: str = ""
    same: bool = False
    deleted: bool = False


def parse_info(text: str) -> dict[str, str]:
    """INFO's lines by their keys."""
    pairs = (line.partition(":") for line in text.splitlines() if line and not line.startswith("#"))
    return {key: value for key, colon, value in pairs if colon}


def refuse_sentinel(where: str, info: Mapping[str, str]) -> None:
    """A Sentinel answers pings too, and keeps no data.

    Raises:
        ProbeFailed: it is one.
    """
    if info.get("redis_mode") == "sentinel":
        raise ProbeFailed(
            f"{where} is a Redis Sentinel: it watches servers and keeps no data itself",
            "name the server: SENTINEL GET-MASTER-ADDR-BY-NAME there tells where it is",
        )


def own_slots(nodes: str) -> frozenset[int]:
    """The slots that the asked node serves, of CLUSTER NODES: `… myself,master … connected 0-99 101 [7->-…]`."""
    found: set[int] = set()
    for line in nodes.splitlines():
        fields = line.split()
        if len(fields) < _SLOTS_FROM or "myself" not in fields[2].split(",") or "slave" in fields[2].split(","):
            continue
        for part in fields[_SLOTS_FROM:]:
            first, _, last = part.partition("-")
            if first.isdigit() and (last or first).isdigit():
                found |= set(range(int(first), int(last or first) + 1))
        moving = {int(part[1:].partition("-")[0]) for part in fields[_SLOTS_FROM:] if part[:1] == "[" and ">-" in part}
        found -= moving  # new keys of a slot that is leaving are another node's
    return frozenset(found)


def read_ping(given: Given, answers: RedisAnswers) -> Reading:
    """The server answers its ping."""
    refuse_sentinel(answers.where, answers.info)
    version, role = answers.info.get("redis_version", ""), answers.info.get("role", "")
    uptime = answers.info.get("uptime_in_seconds")
    kind = "Redis Cluster's node" if answers.info.get("cluster_enabled") == "1" else "Redis"
    named = " ".join(filter(None, (kind, version, f"({role})" if role else "")))
    return Reading(
        document={
            "version": version,
            "role": role,
            "uptime": None if uptime is None else _number(answers, "uptime_in_seconds"),
            "seconds": answers.seconds,
        },
        summary=f"{named} answers in {answers.seconds * 1000:.0f} ms",
        checks=(Check("PONG", answers.pong, answers.pong == "PONG"), *_health(answers)),
    )


def read_info(given: Given, answers: RedisAnswers) -> Reading:
    """Memory, clients and statistics, and what the server itself says is wrong."""
    refuse_sentinel(answers.where, answers.info)
    used, most = _number(answers, "used_memory"), _number(answers, "maxmemory", 0)
    share = percent(used, most)
    hits, misses = _number(answers, "keyspace_hits"), _number(answers, "keyspace_misses")
    clients, ops = _number(answers, "connected_clients"), _number(answers, "instantaneous_ops_per_sec")
    limit = given["warning"]
    full = Check(
        f"under {limit:g} % of maxmemory",
        "no limit" if share is None else f"{share} %",
        share is None or share < limit,
        True,
    )
    return Reading(
        document={
            "used_memory": used,
            "maxmemory": most,
            "used_memory_percent": share,
            "fragmentation": _number(answers, "mem_fragmentation_ratio", 0),
            "connected_clients": clients,
            "maxclients": _number(answers, "maxclients", 0) or None,
            "blocked_clients": _number(answers, "blocked_clients", 0),
            "ops_per_second": ops,
            "hit_rate": percent(hits, hits + misses),
            "evicted_keys": _number(answers, "evicted_keys", 0),
            "rejected_connections": _number(answers, "rejected_connections", 0),
            "keys": _keys(answers.info),
            "role": answers.info.get("role", ""),
            "connected_slaves": _number(answers, "connected_slaves", 0),
            "uptime": _number(answers, "uptime_in_seconds"),
            "version": answers.info.get("redis_version", ""),
        },
        summary=f"{size(used)} used{'' if share is None else f' ({share} %)'}, {clients} clients, {ops}/s",
        checks=(full, *_health(answers)),
        details=(f"hits {hits}, misses {misses}", f"policy {answers.info.get('maxmemory_policy', '')}"),
    )


def read_set_get(given: Given, answers: RedisAnswers) -> Reading:
    """Whether what was written was read back, and is gone."""
    came = "the same" if answers.same else "something else"
    deleted = "it was there to delete" if answers.deleted else "it had gone already"
    right = answers.same and answers.deleted
    milliseconds = f"{answers.seconds * 1000:.0f} ms"
    return Reading(
        document={"key": answers.key, "same": answers.same, "deleted": answers.deleted, "seconds": answers.seconds},
        summary=f"written, read and deleted in {milliseconds}" if right else f"read {came}; {deleted}",
        checks=(
            Check("what is read is what was written", came, answers.same),
            Check("the key is deleted", deleted, answers.deleted),
        ),
    )


READERS: Mapping[str, Callable[[Given, RedisAnswers], Reading]] = {
    "ping": read_ping,
    "info": read_info,
    "set-get": read_set_get,
}


def _health(answers: RedisAnswers) -> tuple[Check, ...]:
    """What the server says of itself, where it says that something is wrong."""
    info = answers.info
    checks = []
    for key, expected in (
        ("rdb_last_bgsave_status", "the last save"),
        ("aof_last_write_status", "the last write to disk"),
    ):
        if info.get(key, "ok") != "ok":
            checks.append(Check(f"{expected} succeeded", info[key], ok=False, warning=True))
    if answers.cluster.get("cluster_state", "ok") != "ok":
        checks.append(Check("its Redis Cluster serves every key", _told_of(answers.cluster), ok=False))
    if info.get("master_link_status", "up") != "up":
        checks.append(Check("connected to its master", info["master_link_status"], ok=False))
    return tuple(checks)


def _told_of(cluster: Mapping[str, str]) -> str:
    """What a cluster that is down says of itself."""
    served = cluster.get("cluster_slots_ok", "?")
    return f"the cluster is down ({cluster['cluster_state'][:20]}): {served} of {_ALL_SLOTS} slots are served"


def _number(answers: RedisAnswers, key: str, default: float | None = None) -> float:
    try:
        number = float(answers.info[key])
        if not math.isfinite(number):
            raise ValueError(key)
        return int(number) if number.is_integer() else number
    except (KeyError, ValueError):
        if default is not None:
            return default
        hint = "is it Redis or Valkey? redis-cli INFO shows what it says"
        raise ProbeFailed(f"{answers.where} does not tell its {key}", hint) from None


def _keys(info: Mapping[str, str]) -> int:
    """The keys of all databases: `db0:keys=3,expires=0,…`."""
    counts = (
        value.removeprefix("keys=").partition(",")[0]
        for key, value in info.items()
        if key[:2] == "db" and key[2:].isdigit()
    )
    return sum(int(count) for count in counts if count.isdigit())
