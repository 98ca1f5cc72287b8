"""Reads what a MySQL or MariaDB server answered; nothing here reaches the service."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from tui.probes.base import Given, ProbeFailed, Reading
from tui.probes.databases import percent
from tui.session.events import Check

LONGEST = 2000
"""Characters of one value that are kept."""


class Result(Struct, frozen=True):
    """The rows of one question."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class MysqlAnswers(Struct, frozen=True, kw_only=True):
    """The results by the names of their questions; `denied` has those that this user may not ask."""

    where: str
    seconds: float
    results: Mapping[str, Result]
    denied: frozenset[str] = frozenset()


def read_ping(given: Given, answers: MysqlAnswers) -> Reading:
    """The server answers."""
    version, told = answers.results["server"].rows[0]
    read_only = switched_on(told)
    uptime = _whole(_pairs(answers, "status"), "Uptime")
    return Reading(
        document={"version": str(version), "read_only": read_only, "uptime": uptime, "seconds": answers.seconds},
        summary=f"{version} answers in {answers.seconds * 1000:.0f} ms" + (", read-only" if read_only else ""),
    )


def read_query(given: Given, answers: MysqlAnswers) -> Reading:
    """What the statement returned."""
    result = answers.results["query"]
    first = dict(zip(result.columns, map(_plain, result.rows[0]), strict=True)) if result.rows else {}
    value = _plain(result.rows[0][0]) if result.rows else None
    count = len(result.rows)
    words = (
        "no rows" if not count else f"{count} row{'s' * (count > 1)}, the first {'NULL' if value is None else value}"
    )
    checks = () if given["empty"] else (Check("at least one row", words, count > 0),)
    document = {"rows": count, "value": value, "first": first, "seconds": answers.seconds}
    return Reading(document=document, summary=words, checks=checks, details=tuple(_lines(result.columns, result.rows)))


def read_threads(given: Given, answers: MysqlAnswers) -> Reading:
    """How full the server is now."""
    status = _pairs(answers, "status")
    connected, most = _whole(status, "Threads_connected"), _whole(_pairs(answers, "variables"), "max_connections")
    share = percent(connected, most)
    refused = status.get("Connection_errors_max_connections")
    return Reading(
        document={
            "threads_connected": connected,
            "threads_running": _whole(status, "Threads_running"),
            "max_connections": most,
            "percent": share,
            "refused": None if refused is None else int(refused),
        },
        summary=f"{connected} of {most} connections ({share} %), {_whole(status, 'Threads_running')} running",
        checks=(_below(given, share, "connections open"),),
    )


def read_max_used(given: Given, answers: MysqlAnswers) -> Reading:
    """How full the server has ever been."""
    status = _pairs(answers, "status")
    used, most = _whole(status, "Max_used_connections"), _whole(_pairs(answers, "variables"), "max_connections")
    share = percent(used, most)
    return Reading(
        document={
            "max_used_connections": used,
            "max_connections": most,
            "percent": share,
            "uptime": _whole(status, "Uptime"),
        },
        summary=f"at most {used} of {most} connections ({share} %) at once",
        checks=(_below(given, share, "connections ever open"),),
    )


def read_slow_log(given: Given, answers: MysqlAnswers) -> Reading:
    """What the server says of its slow statements."""
    variables = _pairs(answers, "variables")
    enabled = switched_on(variables["slow_query_log"])
    output = variables["log_output"].upper()
    slow, threshold = _whole(_pairs(answers, "status"), "Slow_queries"), float(variables["long_query_time"])
    recent = answers.results["recent"].rows[0][0] if "recent" in answers.results else None
    last = answers.results.get("last")
    details = list(_lines(last.columns, last.rows)) if last else []
    if "recent" in answers.denied:
        details.append("this user may not read mysql.slow_log")
    file = variables["slow_query_log_file"] if "FILE" in output else ""
    words = f"{slow} statements over {threshold:g} s since the start"
    words += "" if recent is None else f", {recent} in the last {given['minutes']:g} min"
    return Reading(
        document={
            "enabled": enabled,
            "long_query_time": threshold,
            "slow_queries": slow,
            "file": file,
            "output": output,
            "recent": recent,
        },
        summary=words if enabled else f"slow statements are not logged; {words}",
        checks=(Check("slow statements are logged", "they are" if enabled else "they are not", enabled, warning=True),),
        details=tuple(details),
    )


def read_migrations(given: Given, answers: MysqlAnswers) -> Reading:
    """Which migrations are applied, and whether they are those that should be."""
    rows = [(str(app), str(name), str(at)) for app, name, at in answers.results["migrations"].rows]
    there = {f"{app}.{name}" for app, name, _ in rows}
    wanted, unwanted = tuple(given.get("applied") or ()), tuple(given.get("not_applied") or ())
    for name in (*wanted, *unwanted):
        if not all(name.partition(".")):
            raise ProbeFailed(f"{name} is not a migration's name", "write it as app.name, without .py")
    missing = [name for name in wanted if name not in there]
    unexpected = [name for name in unwanted if name in there]
    last = f"{rows[-1][0]}.{rows[-1][1]}" if rows else ""
    checks = []
    if wanted:
        came = f"not applied: {', '.join(missing)}" if missing else "all applied"
        checks.append(Check(f"applied: {', '.join(wanted)}", came, not missing))
    if unwanted:
        came = f"applied: {', '.join(unexpected)}" if unexpected else "none applied"
        checks.append(Check(f"not applied: {', '.join(unwanted)}", came, not unexpected))
    latest = {app: name for app, name, _ in rows}
    words = f"{len(rows)} applied, the last {last}" if rows else "none applied"
    return Reading(
        document={
            "count": len(rows),
            "pending": len(missing) if wanted else None,
            "missing": missing,
            "unexpected": unexpected,
            "latest": latest,
            "last": last,
            "last_at": rows[-1][2] if rows else "",
        },
        summary=f"{words}; {len(missing)} pending" if wanted else words,
        checks=tuple(checks),
        details=tuple(f"{app}: {name}" for app, name in sorted(latest.items())),
    )


READERS: Mapping[str, Callable[[Given, MysqlAnswers], Reading]] = {
    "ping": read_ping,
    "query": read_query,
    "threads": read_threads,
    "max-used": read_max_used,
    "slow-log": read_slow_log,
    "migrations": read_migrations,
}


def switched_on(value: Any) -> bool:
    """A switch of the server: 0 and 1, or a word as since MariaDB 12, of which more than ON mean yes (NO_LOCK, say)."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.upper() not in ("", "0", "OFF", "FALSE", "NO", "NONE")


def _below(given: Given, share: float | None, what: str) -> Check:
    limit = given["warning"]
    ok = share is None or share < limit
    return Check(f"under {limit:g} % of {what}", "no limit" if share is None else f"{share} %", ok, warning=True)


def _pairs(answers: MysqlAnswers, question: str) -> dict[str, str]:
    return {str(name): str(value) for name, value in answers.results[question].rows}


def _whole(values: Mapping[str, str], name: str) -> int:
    try:
        return int(values[name])
    except (KeyError, ValueError):
        raise ProbeFailed(
            f"the server does not tell its {name}", "is it MySQL or MariaDB? ask it for SHOW STATUS"
        ) from None


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _lines(columns: Sequence[str], rows: Sequence[Sequence[Any]], most: int = 20) -> list[str]:
    lines = [" | ".join("NULL" if value is None else str(_plain(value)) for value in row) for row in rows[:most]]
    more = [f"and {len(rows) - most} more"] if len(rows) > most else []
    return [" | ".join(columns), *lines, *more] if rows else []
