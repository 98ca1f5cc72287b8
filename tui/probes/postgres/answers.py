"""Reads what a PostgreSQL server answered; nothing here reaches the service."""

from collections.abc import Callable, Mapping
from typing import Any

from tui.probes.base import Given, Reading
from tui.probes.databases import percent
from tui.probes.sql_answers import SqlAnswers, below, read_migrations, read_query
from tui.session.events import Check
from tui.text.amounts import duration, size

STREAMING = "streaming"


def read_ping(given: Given, answers: SqlAnswers) -> Reading:
    """The server answers."""
    version, standby, uptime = answers.results["server"].rows[0]
    words = f"PostgreSQL {version} answers in {answers.seconds * 1000:.0f} ms"
    return Reading(
        document={"version": str(version), "standby": standby, "uptime": uptime, "seconds": answers.seconds},
        summary=words + (", a standby" if standby else ""),
    )


def read_connections(given: Given, answers: SqlAnswers) -> Reading:
    """How full the server is now."""
    connections, active, idle, hidden, most = answers.results["connections"].rows[0]
    share = percent(connections, most)
    seen = not hidden
    told = f", {active} active, {idle} idle in a transaction" if seen else ""
    return Reading(
        document={
            "connections": connections,
            "active": active if seen else None,
            "idle_in_transaction": idle if seen else None,
            "max_connections": most,
            "percent": share,
        },
        summary=f"{connections} of {most} connections ({share} %){told}",
        checks=(below(given, share, "connections open"),),
        details=() if seen else (NOT_SEEN,),
    )


NOT_SEEN = "this role does not see what others do: GRANT pg_monitor"


def read_replication(given: Given, answers: SqlAnswers) -> Reading:
    """How far the standby servers are behind, or this one."""
    reading = _standby if answers.results["server"].rows[0][1] else _primary
    return reading(given, answers)


def _primary(given: Given, answers: SqlAnswers) -> Reading:
    rows = answers.results["standbys"].rows
    streaming = sum(state == STREAMING for _, _, state, *_ in rows)
    lag = max((seconds for *_, seconds, _ in rows if seconds is not None), default=0 if rows else None)
    behind = max((size_ for *_, size_ in rows if size_ is not None), default=None)
    wanted = int(given["standbys"])
    count = f"{len(rows)} follow it" if len(rows) != 1 else "1 follows it"
    checks = (Check(f"at least {wanted} standby servers", count, len(rows) >= wanted),) if wanted else ()
    return Reading(
        document=_document(False, len(rows), streaming, lag, behind),
        summary=f"{count}{_behind(lag, behind)}" if rows else "no standby follows it",
        checks=(*checks, *_in_time(given, lag)),
        details=tuple(
            f"{name} {address or 'by a socket'}: {state}, {sync}{_behind(seconds, size_)}"
            for name, address, state, sync, seconds, size_ in rows
        ),
    )


def _standby(given: Given, answers: SqlAnswers) -> Reading:
    status, lag, behind, paused = answers.results["replay"].rows[0]
    receives = status == STREAMING
    told = status or "nothing is received"
    checks = [Check("receives from its primary", told, receives)]
    if paused:
        checks.append(Check("replay is running", "it is paused", ok=False, warning=True))
    return Reading(
        document=_document(True, len(answers.results["standbys"].rows), int(receives), lag, behind, paused),
        summary=f"a standby, {told}{_behind(lag, behind)}" + (", replay is paused" if paused else ""),
        checks=(*checks, *_in_time(given, lag)),
    )


def _document(
    standby: bool, standbys: int, streaming: int, lag: float | None, behind: float | None, paused: bool = False
) -> Mapping[str, Any]:
    return {
        "standby": standby,
        "standbys": standbys,
        "streaming": streaming,
        "lag": lag,
        "lag_bytes": behind,
        "paused": paused,
    }


def _behind(seconds: float | None, behind: float | None) -> str:
    told = [duration(seconds)] if seconds else []
    told += [size(behind)] if behind else []
    return f", {' and '.join(told)} behind" if told else ""


def _in_time(given: Given, lag: float | None) -> tuple[Check, ...]:
    limit = given["warning"]
    if lag is None:
        return ()
    return (Check(f"under {duration(limit)} behind", duration(lag), lag < limit, warning=True),)


def read_transactions(given: Given, answers: SqlAnswers) -> Reading:
    """How long transactions are open."""
    rows, (prepared,) = answers.results["transactions"].rows, answers.results["prepared"].rows[0]
    limit = given["warning"]
    ages = [age for *_, age in rows]
    over, oldest = sum(age >= limit for age in ages), max(ages, default=0)
    words = f"{len(rows)} open, the oldest for {duration(oldest)}" if rows else "none is open"
    return Reading(
        document={"open": len(rows), "over": over, "oldest": oldest, "prepared": prepared},
        summary=words + (f", {prepared} prepared" if prepared else ""),
        checks=(Check(f"none open for {duration(limit)}", f"{over} of {len(rows)}", not over, warning=True),),
        details=tuple(
            f"{duration(age)}: process {pid}, {role or 'a role'} in {database}, {state or 'not shown to this role'}"
            + (f", waits for {waits}" if waits else "")
            for pid, role, database, state, waits, age in rows[: int(given["lines"])]
        ),
    )


READERS: Mapping[str, Callable[[Given, SqlAnswers], Reading]] = {
    "ping": read_ping,
    "query": read_query,
    "connections": read_connections,
    "replication": read_replication,
    "transactions": read_transactions,
    "migrations": read_migrations,
}
