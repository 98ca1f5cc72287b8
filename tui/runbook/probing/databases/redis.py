"""What the redis probe may be told and what it finds."""

from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SETTINGS = (
    Setting(name="host", default="127.0.0.1", help="name or address, as the place it is reached from sees it"),
    Setting(name="port", shape=Shape.NUMBER, default=6379, help="port"),
    Setting(name="socket", help="path of its UNIX socket, instead of host and port"),
    Setting(name="user", help="the user to log in as, where it has users; else the default one"),
    Setting(name="password", shape=Shape.SECRET, help="the password, where it wants one"),
    Setting(name="database", shape=Shape.NUMBER, default=0, help="number of the database"),
    Setting(name="tls", shape=Shape.FLAG, default=False, help="whether to speak TLS, verified"),
    Setting(name="ca_file", help="PEM file of the authority to trust, instead of this machine's"),
)

SECONDS = Field(name="seconds", unit="s", figure=True, help="connecting, logging in and asking")

PING = CheckSpec(
    name="ping",
    help="log in and ping",
    fields=(
        Field(name="version", shape=Shape.TEXT, help="the server's version; empty where the user may not ask"),
        Field(name="role", shape=Shape.TEXT, help="master or slave; empty where the user may not ask"),
        Field(name="uptime", unit="s", help="since the server started; null where the user may not ask"),
        SECONDS,
    ),
)

INFO = CheckSpec(
    name="info",
    help="memory, clients and statistics",
    parameters=(Setting(name="warning", shape=Shape.NUMBER, default=90, help="percent of maxmemory to warn from"),),
    fields=(
        Field(name="used_memory", unit="B", figure=True, help="memory of the data and its overhead"),
        Field(name="maxmemory", unit="B", help="its limit; 0 for none"),
        Field(name="used_memory_percent", unit="%", figure=True, help="used_memory of maxmemory; null without a limit"),
        Field(name="fragmentation", help="memory the system gave, to used_memory"),
        Field(name="connected_clients", figure=True, help="client connections"),
        Field(name="maxclients", help="their limit; null where the server does not say"),
        Field(name="blocked_clients", figure=True, help="clients that wait for something to come"),
        Field(name="ops_per_second", figure=True, help="commands in the last second"),
        Field(name="hit_rate", unit="%", figure=True, help="reads that found their key; null before the first read"),
        Field(name="evicted_keys", figure=True, help="keys thrown out for want of memory, since the start"),
        Field(name="rejected_connections", figure=True, help="connections refused at the limit, since the start"),
        Field(name="keys", figure=True, help="keys of all databases"),
        Field(name="role", shape=Shape.TEXT, help="master or slave"),
        Field(name="connected_slaves", figure=True, help="replicas that follow it"),
        Field(name="uptime", unit="s", help="since the server started"),
        Field(name="version", shape=Shape.TEXT, help="the server's version"),
    ),
)

SET_GET = CheckSpec(
    name="set-get",
    help="write a key of its own that expires by itself, read it and delete it",
    mutates=True,
    parameters=(
        Setting(name="prefix", default="runbook:probe:", help="how the key's name begins; a random end is added"),
        Setting(name="expires", shape=Shape.NUMBER, default=60, help="seconds the key lasts if it is not deleted"),
    ),
    fields=(
        Field(name="key", shape=Shape.TEXT, help="the key that was written"),
        Field(name="same", shape=Shape.FLAG, help="whether what was read is what was written"),
        Field(name="deleted", shape=Shape.FLAG, help="whether the key was there to delete"),
        SECONDS,
    ),
)

SPEC = KindSpec(name="redis", title="Redis or Valkey", settings=SETTINGS, checks=(PING, INFO, SET_GET))
