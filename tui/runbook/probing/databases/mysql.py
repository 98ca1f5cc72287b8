"""What the mysql probe may be told and what it finds."""

from tui.runbook.probing.databases.sql_checks import MIGRATIONS, MOST, UPTIME, WARNING, ping, query, reached
from tui.runbook.probing.spec import CheckSpec, Field, KindSpec, Setting, Shape

SETTINGS = reached(3306, "user")
READ_ONLY = Field(name="read_only", shape=Shape.FLAG, help="whether it takes no writes, as a replica does")

THREADS = CheckSpec(
    name="threads",
    help="connections now, against the limit",
    parameters=(WARNING,),
    fields=(
        Field(name="threads_connected", figure=True, help="open connections"),
        Field(name="threads_running", figure=True, help="connections that run a statement"),
        MOST,
        Field(name="percent", unit="%", figure=True, help="threads_connected of max_connections"),
        Field(
            name="refused",
            figure=True,
            help="connections refused at the limit since the start; null where the server does not say",
        ),
    ),
)

MAX_USED = CheckSpec(
    name="max-used",
    help="most connections there ever were, against the limit",
    parameters=(Setting(name="warning", shape=Shape.NUMBER, default=85, help="percent of the limit to warn from"),),
    fields=(
        Field(name="max_used_connections", figure=True, help="most at once since the server started"),
        MOST,
        Field(name="percent", unit="%", figure=True, help="max_used_connections of max_connections"),
        UPTIME,
    ),
)

SLOW_LOG = CheckSpec(
    name="slow-log",
    help="slow statements: whether they are logged, where, and how many",
    parameters=(
        Setting(name="minutes", shape=Shape.NUMBER, default=60, help="how far back `recent` counts"),
        Setting(name="lines", shape=Shape.NUMBER, default=10, help="how many of the last ones to show"),
    ),
    fields=(
        Field(name="enabled", shape=Shape.FLAG, help="whether slow statements are logged"),
        Field(name="long_query_time", unit="s", help="what counts as slow"),
        Field(name="slow_queries", figure=True, help="since the server started, logged or not"),
        Field(name="file", shape=Shape.TEXT, help="path of the log on the server; empty where it goes to a table"),
        Field(name="output", shape=Shape.TEXT, help="log_output: FILE, TABLE, both or NONE"),
        Field(name="recent", figure=True, help="logged in the last `minutes`; null unless it goes to a table"),
    ),
)

SPEC = KindSpec(
    name="mysql",
    title="MySQL or MariaDB",
    settings=SETTINGS,
    checks=(ping(READ_ONLY), query("SELECT, SHOW, EXPLAIN, DESCRIBE or WITH"), THREADS, MAX_USED, SLOW_LOG, MIGRATIONS),
)
