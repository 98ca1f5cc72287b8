"""Says what the errors of a Redis server mean to the person who has to fix them; never with a password."""

import ssl

from tui.probes import tls_trust
from tui.probes.base import Given, NoData, ProbeFailed
from tui.probes.databases import flag, hung_up, place, silent

_CLUSTER = "CLUSTER INFO and CLUSTER NODES there: which masters are missing, and which slots have none?"
_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        "without any password configured",
        "{where} wants no password and was given one",
        "leave it out of the service, or set requirepass there: now it is open to all who reach it",
    ),
    ("no password is set", "{where} wants no password and was given one", "leave it out of the service"),
    ("authentication required", "{where} wants a password and got none", "name it in the service's `secrets`"),
    ("invalid username-password", "{where} refuses {user} with this password", "the password's source; ACL LIST there"),
    ("invalid password", "{where} refuses this password", "the password's source; CONFIG GET requirepass there"),
    (
        "db index is out of range",
        "{where} has no database {database}",
        "its `databases` setting; the service's `database`",
    ),
    ("against a read only replica", "{where} is a replica and takes no writes", "has it failed over? name the master"),
    ("used memory > 'maxmemory'", "{where} is full and takes no writes", "INFO memory; its maxmemory and its policy"),
    ("misconf", "{where} takes no writes, because it cannot save to disk", "its log, and the disk it saves to"),
    ("loading the dataset", "{where} is still loading its data", "it has just started: ask again; INFO persistence"),
    ("link with master is down", "{where} is a replica that has lost its master", "INFO replication"),
    ("clusterdownerror", "{where} is a node of a Redis Cluster that is down", _CLUSTER),
    (
        "movederror",
        "{where} is a node of a Redis Cluster, and another node serves this key",
        "CLUSTER SLOTS there; this user may not ask it which keys it serves: allow it CLUSTER and INFO",
    ),
    ("askerror", "{where} is a node of a Redis Cluster that is moving this key's slot to another", "ask again"),
    ("tryagainerror", "{where} is a node of a Redis Cluster that is moving this key's slot to another", "ask again"),
    (
        "select is not allowed in cluster mode",
        "{where} is a node of a Redis Cluster, which has database 0 only",
        "the service's `database`",
    ),
    (
        "unknown command 'select'",
        "{where} has no databases: it is a Redis Sentinel, or a proxy",
        "name the server: SENTINEL GET-MASTER-ADDR-BY-NAME there tells its host and port",
    ),
    ("not enough good replicas", "{where} takes no writes: too few replicas follow it", "INFO replication"),
    (
        "busy running a script",
        "{where} is busy with a script and does not answer anyone else",
        "its log; SCRIPT KILL ends it",
    ),
    ("max number of clients", "{where} has no free connection: its maxclients are reached", "CLIENT LIST; maxclients"),
    (
        "protected mode",
        "{where} accepts connections from its own host alone (protected mode)",
        "reach it through its own host",
    ),
)
_NOT_PERMITTED = ("no permissions", "has no permission", "unknown command")


def cluster_down(where: str) -> ProbeFailed:
    """Its node answers, and takes no keys."""
    return ProbeFailed(f"{where} is a node of a Redis Cluster that is down", _CLUSTER)


def worded(error: Exception, settings: Given, seconds: float, late: bool) -> ProbeFailed:
    """What an exception of the library says, in words; `late` when the deadline has passed, which was in `seconds`."""
    from redis import exceptions

    where, said = place(settings), str(error)
    if isinstance(error, ssl.SSLError) and not late:
        return tls_trust.refusal(error, where, str(settings.get("host") or ""))
    if late or isinstance(error, exceptions.TimeoutError | TimeoutError):
        told = silent(where, seconds)
        if flag(settings, "tls"):
            told.hint = f"perhaps it does not speak TLS on this port; else {told.hint}"
        return told
    known = f"{type(error).__name__} {said}".lower()  # the library takes MOVED and its like out of the text
    for words, message, hint in _WORDS:
        if words in known:
            user = f"the user {settings['user']}" if settings.get("user") else "us"
            return ProbeFailed(message.format(where=where, user=user, database=settings.get("database", 0)), hint)
    if any(words in said.lower() for words in _NOT_PERMITTED):
        return NoData(f"{where} does not let us ask: {said[:200]}", "ACL WHOAMI and ACL GETUSER there")
    if isinstance(error, exceptions.ResponseError):
        return ProbeFailed(f"{where} refuses: {said[:200]}", "look at its log")
    if isinstance(error, exceptions.InvalidResponse) or not isinstance(error, exceptions.RedisError | OSError):
        return ProbeFailed(f"what answers at {where} does not speak Redis", "look at the service's host and port")
    return hung_up(where, "Redis")
