"""What the postgres probe may be told and what it finds."""

from tui.runbook.probing.databases.sql_checks import MIGRATIONS, MOST, WARNING, ping, query, reached
from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SETTINGS = reached(5432, "role", "/run/postgresql/.s.PGSQL.5432", "postgres")
STANDBY = Field(name="standby", shape=Shape.FLAG, help="whether it only follows another server and takes no writes")

CONNECTIONS = CheckSpec(
    name="connections",
    help="connections now, against the limit",
    parameters=(WARNING,),
    fields=(
        Field(name="connections", figure=True, help="open connections to its databases"),
        Field(name="active", figure=True, help="that run a statement; null where the role may not see that"),
        Field(
            name="idle_in_transaction",
            figure=True,
            help="that do nothing inside a transaction; null where the role may not see that",
        ),
        MOST,
        Field(name="percent", unit="%", figure=True, help="connections of max_connections"),
    ),
)

REPLICATION = CheckSpec(
    name="replication",
    help="how far standby servers are behind, asked of the primary or of a standby",
    parameters=(
        Setting(name="standbys", shape=Shape.NUMBER, default=0, help="how many have to follow the primary"),
        Setting(name="warning", shape=Shape.NUMBER, default=30, help="seconds behind to warn from"),
    ),
    fields=(
        Field(name="standby", shape=Shape.FLAG, help="whether it is a standby itself"),
        Field(name="standbys", figure=True, help="standby servers that follow it"),
        Field(name="streaming", help="of these, that receive all the time; of a standby, 1 where it receives itself"),
        Field(name="lag", unit="s", figure=True, help="the furthest behind, in time; null where nothing tells"),
        Field(name="lag_bytes", unit="bytes", figure=True, help="the furthest behind, in bytes of the log"),
        Field(name="paused", shape=Shape.FLAG, help="whether replay is paused on this standby"),
    ),
)

TRANSACTIONS = CheckSpec(
    name="transactions",
    help="transactions that are open, and for how long",
    parameters=(
        Setting(name="warning", shape=Shape.NUMBER, default=300, help="seconds open to warn from"),
        Setting(name="lines", shape=Shape.NUMBER, default=10, help="how many of the oldest to show"),
    ),
    fields=(
        Field(name="open", figure=True, help="open transactions, without the probe's own"),
        Field(name="over", figure=True, help="those open for `warning` seconds or more"),
        Field(name="oldest", unit="s", figure=True, help="how long the oldest is open; 0 without any"),
        Field(name="prepared", figure=True, help="prepared transactions (two-phase commit) that wait for their end"),
    ),
)

SPEC = KindSpec(
    name="postgres",
    title="PostgreSQL",
    settings=SETTINGS,
    checks=(
        ping(STANDBY),
        query("SELECT, SHOW, EXPLAIN, VALUES, TABLE or WITH"),
        CONNECTIONS,
        REPLICATION,
        TRANSACTIONS,
        MIGRATIONS,
    ),
)
