"""Reads what a MySQL or MariaDB server answered; nothing here reaches the service."""

from collections.abc import Callable, Mapping
from typing import Any

from tui.probes.base import Given, ProbeFailed, Reading
from tui.probes.databases import percent
from tui.probes.sql_answers import SqlAnswers, below, lines, read_migrations, read_query
from tui.session.events import Check


def read_ping(given: Given, answers: SqlAnswers) -> Reading:
    """The server answers."""
    version, told = answers.results["server"].rows[0]
    read_only = switched_on(told)
    uptime = _whole(_pairs(answers, "status"), "Uptime")
    return Reading(
        document={"version": str(version), "read_only": read_only, "uptime": uptime, "seconds": answers.seconds},
        summary=f"{version} answers in {answers.seconds * 1000:.0f} ms" + (", read-only" if read_only else ""),
    )


def read_threads(given: Given, answers: SqlAnswers) -> Reading:
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
        checks=(below(given, share, "connections open"),),
    )


def read_max_used(given: Given, answers: SqlAnswers) -> Reading:
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
        checks=(below(given, share, "connections ever open"),),
    )


def read_slow_log(given: Given, answers: SqlAnswers) -> Reading:
    """What the server says of its slow statements."""
    variables = _pairs(answers, "variables")
    enabled = switched_on(variables["slow_query_log"])
    output = variables["log_output"].upper()
    slow, threshold = _whole(_pairs(answers, "status"), "Slow_queries"), float(variables["long_query_time"])
    recent = answers.results["recent"].rows[0][0] if "recent" in answers.results else None
    last = answers.results.get("last")
    details = list(lines(last.columns, last.rows)) if last else []
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


READERS: Mapping[str, Callable[[Given, SqlAnswers], Reading]] = {
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


def _pairs(answers: SqlAnswers, question: str) -> dict[str, str]:
    return {str(name): str(value) for name, value in answers.results[question].rows}


def _whole(values: Mapping[str, str], name: str) -> int:
    try:
        return int(values[name])
    except (KeyError, ValueError):
        raise ProbeFailed(
            f"the server does not tell its {name}", "is it MySQL or MariaDB? ask it for SHOW STATUS"
        ) from None
