"""The list of sessions that the command line prints."""

from collections.abc import Callable

from tui.errors import UsageError
from tui.headless.columns import table
from tui.session.archive.known import KnownSessions, ListedSession
from tui.session.archive.store import Store
from tui.text.amounts import duration
from tui.text.json_text import json_text

PATIENCE = 10.0
"""Seconds that a command waits for the bucket; what did not come by then comes the next time."""


def fetch_others(store: Store, say: Callable[[str], None]) -> None:
    """Bring what others of the team have finished in the time there is; what is not here yet is told.

    Raises:
        UsageError: the settings have no bucket, or no key of the team.
        SecretMissing: a secret that they name is not there.
    """
    from tui import threads
    from tui.config import load_config
    from tui.execution.secrecy.redaction import Redactor
    from tui.sharing.means import team_memory

    memory = team_memory(store, load_config(), Redactor())
    if memory is None:
        raise UsageError(
            "the settings do not say where the team's sessions are", "docs/people.md: [bucket] and [share]"
        )
    thread = threads.start("the team's sessions", memory.fetch, lambda: False, PATIENCE)
    thread.join(PATIENCE)
    if thread.is_alive():
        say("the bucket is slow: what came until now is listed, the rest the next time")
    elif memory.seen.words:
        say(memory.seen.words)


def sessions_report(store: Store, as_json: bool, team: bool = False) -> str:
    """The sessions as a table, or as JSON; with `team` also those of others that were fetched."""
    known = list(KnownSessions(store).listed())
    if team:
        own = {one.id for one in known}
        known += [one for one in KnownSessions(store.of_team()).listed() if one.id not in own]
        known.sort(key=lambda one: one.id, reverse=True)
    if as_json:
        return json_text([_record(one) for one in known])
    if not known:
        return f"no sessions in {store.root}"
    head = ("SESSION", "RUNBOOK", "FLOW", "OPERATOR", "TOOK", "BUDGET", "DOWNTIME", "RESULT")
    return table([head, *(_cells(one) for one in known)])


def _record(one: ListedSession) -> dict[str, object]:
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


def _cells(one: ListedSession) -> tuple[str, ...]:
    if not one.flow_id:
        return (one.id, *[""] * 6, str(one.called) if one.readable else f"? cannot be read: {one.problem}")
    took = duration(one.took) if one.started else ""
    budget = duration(one.budget) if one.budget else ""
    cut = one.downtime.words if one.downtime.known else ""
    result = str(one.called) if one.finished else f"{one.called}, {one.settled} of {one.steps} steps"
    mark = "DRILL " if one.scenario else ""
    title = " · ".join(filter(None, (one.recorded, one.environment)))
    return (one.id, title, one.flow_id, one.operator, took, budget, cut, mark + result)
