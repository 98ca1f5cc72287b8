"""Tells a drill's host, before each attempt, what to answer where its scenario says nothing."""

from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

from tui.drill.made_up.always_answered import hints_of
from tui.drill.made_up.documents import probed
from tui.drill.made_up.printed import printed
from tui.drill.made_up.supposed import Supposed
from tui.errors import HostError
from tui.execution.commands import in_terminal, shown, values_of
from tui.execution.judging.expectations import check_document
from tui.runbook.described.probes import value_of
from tui.runbook.facts import connection_of
from tui.runbook.groups.members import group_named
from tui.runbook.index import index_of
from tui.runbook.model import Action, Runbook
from tui.runbook.templates.filling import judged_action
from tui.session import events as ev
from tui.session.groups.cells import values_at
from tui.session.state import LOOK, Attempt, SessionState, action_at

YES = 0
"""What a rollback step's look ends with where there is something to undo."""


class Supposing:
    """Listens to one session of a drill: each attempt that is announced is told to the drill's host."""

    def __init__(self, tell: Callable[[Supposed], None]) -> None:
        self._tell = tell

    def heard(self, entry: ev.Entry, state: SessionState) -> None:
        """See `LiveSession.subscribe`."""
        event = entry.event
        if isinstance(event, ev.AttemptStarted):
            with suppress(HostError):  # the attempt says itself that the host is gone
                for one in supposed_for(state, state.attempts[event.attempt]):
                    self._tell(one)


def supposed_for(state: SessionState, attempt: Attempt) -> tuple[Supposed, ...]:
    """What is answered to an attempt; nothing for what asks no host."""
    runbook = state.runbook
    step = index_of(runbook).steps.get(attempt.step)
    if step is None:
        return ()
    action = action_at(step, attempt.action)
    member = attempt.host if group_named(runbook, action) else ""
    values = {**values_of(runbook, state.facts, attempt.started), **values_at(state.facts, member)}
    if action.probe is not None:
        host = connection_of(runbook, member or runbook.services[action.probe.service].through)
        return (_of_probe(runbook, action, host, attempt.command, values),)
    if action.run is None and action.interactive is None:
        return ()
    host = connection_of(runbook, attempt.host)
    status = YES if attempt.action == LOOK else None
    made = printed(judged_action(in_terminal(action), values), host, attempt.command, hints_of(runbook), status).answer
    as_sent = msgspec.structs.replace(made, script=shown(action, values))  # the journal's is without secrets
    return (made,) if as_sent == made else (made, as_sent)


def _of_probe(runbook: Runbook, action: Action, host: str, words: str, values: Mapping[str, str]) -> Supposed:
    assert action.probe is not None
    probe, judged = action.probe, judged_action(action, values)
    given = {name: value_of(one, values, partial=True) for name, one in probe.given.items()}
    kind = runbook.services[probe.service].kind
    document = probed(kind, probe, given, judged, hints_of(runbook))
    unmet = [one.expected for one in check_document(judged.expect, document, 0.0) if not one.ok and not one.warning]
    if unmet:
        document = {**document, "summary": f"{document['summary']}, but not: {'; '.join(unmet)}"}
    return Supposed(host=host, script=words, out=f"{msgspec.json.encode(document).decode()}\n")
