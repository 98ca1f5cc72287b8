"""What probes of SQL databases have in common: statements that read, and how their answers are read."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from tui.probes.base import Given, NoData, ProbeFailed, Reading
from tui.session.events import Check

_WRITES_A_FILE = re.compile(r"\binto\s+(outfile|dumpfile)\b", re.IGNORECASE)
MOST_ROWS = 1000
MOST_MIGRATIONS = 20_000
LONGEST = 2000
"""Characters of one value that are kept."""


class Result(Struct, frozen=True):
    """The rows of one question."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class SqlAnswers(Struct, frozen=True, kw_only=True):
    """The results by the names of their questions; `denied` has those that this user may not ask."""

    where: str
    seconds: float
    results: Mapping[str, Result]
    denied: frozenset[str] = frozenset()


def read_query(given: Given, answers: SqlAnswers) -> Reading:
    """What the statement returned."""
    result = answers.results["query"]
    first = dict(zip(result.columns, map(plain, result.rows[0]), strict=True)) if result.rows else {}
    value = plain(result.rows[0][0]) if result.rows else None
    count = len(result.rows)
    words = (
        "no rows" if not count else f"{count} row{'s' * (count > 1)}, the first {'NULL' if value is None else value}"
    )
    checks = () if given["empty"] else (Check("at least one row", words, count > 0),)
    document = {"rows": count, "value": value, "first": first, "seconds": answers.seconds}
    return Reading(document=document, summary=words, checks=checks, details=tuple(lines(result.columns, result.rows)))


def read_migrations(given: Given, answers: SqlAnswers) -> Reading:
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


def below(given: Given, share: float | None, what: str) -> Check:
    """Whether a share, in percent, is under the parameter `warning`; None is a share of nothing."""
    limit = given["warning"]
    ok = share is None or share < limit
    return Check(f"under {limit:g} % of {what}", "no limit" if share is None else f"{share} %", ok, warning=True)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def lines(columns: Sequence[str], rows: Sequence[Sequence[Any]], most: int = 20) -> list[str]:
    """Rows as lines below their columns' names; no lines without rows."""
    told = [" | ".join("NULL" if value is None else str(plain(value)) for value in row) for row in rows[:most]]
    more = [f"and {len(rows) - most} more"] if len(rows) > most else []
    return [" | ".join(columns), *told, *more] if rows else []


def readable(sql: str, reads: Sequence[str]) -> str:
    """A statement without its last semicolon.

    Raises:
        NoData: it does not begin with one of `reads`; whatever else it does, the server refuses writing.
    """
    statement = sql.strip().rstrip(";").strip()
    bare = re.sub(r"\A(\s|\(|--[^\n]*\n|#[^\n]*\n|/\*(?!!).*?\*/)*", "", statement, flags=re.DOTALL).lower()
    if not re.match(rf"({'|'.join(map(re.escape, reads))})(?![a-z_])", bare):
        raise NoData("a probe's statement must read: SELECT, SHOW, EXPLAIN…", "write what changes data as a command")
    if _WRITES_A_FILE.search(statement):
        raise NoData("a probe's statement may not write a file", "write it as a command")
    return statement


def migrations_of(table: str, quote: str) -> str:
    """The statement that asks a database for Django's migrations; `quote` is what it puts around a name.

    Raises:
        NoData: it cannot be a table's name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_$]+", table):
        raise NoData(f"{table} is not the name of a table", "letters, digits and underscores")
    return f"SELECT app, name, applied FROM {quote}{table}{quote} ORDER BY id"  # noqa: S608 - the name was looked at
