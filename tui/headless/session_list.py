"""The list of sessions that the command line prints."""

from tui.headless.columns import table
from tui.session.archive.known import KnownSession, KnownSessions
from tui.session.archive.store import Store
from tui.text.amounts import duration
from tui.text.json_text import json_text


def sessions_report(store: Store, as_json: bool) -> str:
    """The sessions as a table, or as JSON."""
    known = list(KnownSessions(store).all())
    if as_json:
        return json_text([_record(one) for one in known])
    if not known:
        return f"no sessions in {store.root}"
    head = ("SESSION", "RUNBOOK", "FLOW", "OPERATOR", "TOOK", "BUDGET", "DOWNTIME", "RESULT")
    return table([head, *(_cells(one) for one in known)])


def _record(one: KnownSession) -> dict[str, object]:
    if not one.readable:
        return {"id": one.id, "path": str(one.path), "problem": one.problem}
    cut = one.downtime
    return {
        "id": one.id,
        "path": str(one.path),
        "runbook": one.recorded,
        "runbook_id": one.runbook,
        "environment": one.environment,
        "flow": one.flow_id,
        "method": one.method_id,
        "operator": one.operator,
        "drill": one.scenario,
        "started": one.started,
        "finished": one.closed,
        "result": one.called.words if one.finished else None,
        "seconds": round(one.took, 3),
        "budget": one.budget or None,
        "downtime": {"seconds": cut.seconds, "sure": cut.sure, "since": cut.since} if cut.known else None,
        "steps": dict(one.counts),
    }


def _cells(one: KnownSession) -> tuple[str, ...]:
    if not one.flow_id:
        return (one.id, *[""] * 6, str(one.called) if one.readable else f"? cannot be read: {one.problem}")
    took = duration(one.took) if one.started else ""
    budget = duration(one.budget) if one.budget else ""
    cut = one.downtime.words if one.downtime.known else ""
    result = str(one.called) if one.finished else f"{one.called}, {one.settled} of {one.steps} steps"
    mark = "DRILL " if one.scenario else ""
    title = " · ".join(filter(None, (one.recorded, one.environment)))
    return (one.id, title, one.flow_id, one.operator, took, budget, cut, mark + result)
