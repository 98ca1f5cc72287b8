"""What the probes of SQL databases are told and find alike."""

from tui.runbook.probing.spec import CheckSpec, Field, Setting, Shape

SECONDS = Field(name="seconds", unit="s", figure=True, help="connecting, logging in and asking")
MOST = Field(name="max_connections", help="the server's limit")
UPTIME = Field(name="uptime", unit="s", help="since the server started")
WARNING = Setting(name="warning", shape=Shape.NUMBER, default=80, help="percent of the limit to warn from")


def reached(port: int, account: str, socket: str = "", database: str | None = None) -> tuple[Setting, ...]:
    """How the server is reached and logged in to; `account` is its word for a user.

    Args:
        socket: an example of its socket's path.
        database: the one that checks are made in where none is named.
    """
    example = f": {socket}" if socket else ""
    return (
        Setting(name="host", default="127.0.0.1", help="name or address, as the place it is reached from sees it"),
        Setting(name="port", shape=Shape.NUMBER, default=port, help="port"),
        Setting(name="socket", help=f"path of its UNIX socket, instead of host and port{example}"),
        Setting(name="user", required=True, help=f"the {account} to log in as"),
        Setting(name="password", shape=Shape.SECRET, help=f"the {account}'s password"),
        Setting(name="database", default=database, help="the database that checks are made in"),
        Setting(name="tls", default="preferred", help="off, preferred (where the server has it) or verified"),
        Setting(name="ca_file", help="PEM file of the authority to trust, where tls is verified"),
    )


def ping(follows: Field) -> CheckSpec:
    """The check that logs in; `follows` tells whether the server follows another one."""
    return CheckSpec(
        name="ping",
        help="log in and ask for the version",
        fields=(Field(name="version", shape=Shape.TEXT, help="the server's version"), follows, UPTIME, SECONDS),
    )


def query(statements: str) -> CheckSpec:
    """The check that asks one statement; `statements` names those that may be asked."""
    return CheckSpec(
        name="query",
        help="one statement that reads; the server is told to refuse writing",
        parameters=(
            Setting(name="sql", required=True, help=statements),
            Setting(name="empty", shape=Shape.FLAG, default=True, help="whether it may return no rows"),
        ),
        fields=(
            Field(name="rows", figure=True, help="rows returned"),
            Field(name="value", shape=Shape.TEXT, help="first column of the first row; null without rows"),
            Field(name="first", shape=Shape.TABLE, help="the first row by the names of its columns"),
            SECONDS,
        ),
    )


MIGRATIONS = CheckSpec(
    name="migrations",
    help="Django migrations, as the database has them",
    parameters=(
        Setting(name="applied", shape=Shape.TEXTS, help="those that must be applied: app.name"),
        Setting(name="not_applied", shape=Shape.TEXTS, help="those that must not be: app.name"),
        Setting(name="table", default="django_migrations", help="the table that Django keeps them in"),
    ),
    fields=(
        Field(name="count", figure=True, help="applied migrations"),
        Field(name="pending", help="how many of `applied` are not; null when none were named"),
        Field(name="missing", shape=Shape.TEXTS, help="which of `applied` are not"),
        Field(name="unexpected", shape=Shape.TEXTS, help="which of `not_applied` are"),
        Field(name="latest", shape=Shape.TABLE, help="the last migration of each app, by app"),
        Field(name="last", shape=Shape.TEXT, help="the last one of all: app.name"),
        Field(name="last_at", shape=Shape.TEXT, help="when it was applied, as the database has it"),
    ),
)
