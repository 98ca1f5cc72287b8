"""Prints what is left to do after deployments."""

from collections.abc import Callable
from datetime import datetime

from tui.headless.columns import table
from tui.session.archive.ticking import Listed
from tui.session.listed.values import Done, Due
from tui.text.json_text import json_text
from tui.text.sanitise import sanitise

OVERDUE = 20
"""The exit status where something should have been done by now."""


def report(found: Listed, now: datetime, as_json: bool, say: Callable[[str], None]) -> int:
    """A table of follow-ups, or JSON; returns the exit status."""
    late = any(followup.overdue(now) for followup in found.followups)
    if as_json:
        say(json_text([_record(followup, now) for followup in found.followups]))
        return OVERDUE if late else 0
    marks: dict[tuple[datetime, Done | None], str] = {}  # what is due at the same time is told alike
    rows = []
    for followup in found.followups:
        if (mark := marks.get((followup.due, followup.done))) is None:
            mark = marks[followup.due, followup.done] = _mark(followup, now)
        rows.append((mark, followup.followup.id, followup.followup.title, _whose(followup), followup.session))
    say(table([("STATE", "ID", "FOLLOW-UP", "RUNBOOK", "SESSION"), *rows]) if rows else "nothing is left to do")
    for one in found.unread:
        say(sanitise(f"? {one.id} cannot be read: {one.problem}"))
    return OVERDUE if late else 0


def _mark(one: Due, now: datetime) -> str:
    sign = "✔" if one.done else "✖" if one.overdue(now) else "◆"
    return f"{sign} {one.words(now)}"


def _whose(one: Due) -> str:
    return " · ".join(filter(None, (one.runbook, one.environment))) if one.environment else one.runbook


def _record(one: Due, now: datetime) -> dict[str, object]:
    return {
        "session": one.session,
        "runbook": one.runbook,
        "environment": one.environment,
        "id": one.followup.id,
        "title": one.followup.title,
        "due": one.due,
        "overdue": one.overdue(now),
        "done": one.done,
    }
