"""Works out what lists show of a session from its files: it is loaded for one that the index does not know."""

from collections import Counter

from tui.errors import RunbookError
from tui.runbook.model import seconds
from tui.session.archive.store import SessionDirectory, started_at
from tui.session.listed.listed_session import KnownSession
from tui.session.places import environment_of, runbook_id, session_places
from tui.session.report_card.downtime import downtime
from tui.session.report_card.report_card import what_words
from tui.session.state import SessionState, StepStatus
from tui.session.tries import stands
from tui.session.views.called import (
    ABANDONED,
    COMPLETED,
    ROLLED_BACK,
    failed_attempts,
    over,
    over_at,
    people_words,
    result_of,
    session_called,
)
from tui.session.views.followups import followups
from tui.text.amounts import counted


def read_session(directory: SessionDirectory) -> KnownSession:
    """A session, by its files; one that cannot be read says why."""
    try:
        _, state = directory.load()
        return known_session(directory, state)
    except RunbookError as error:
        return KnownSession(id=directory.id, path=directory.path, problem=error.message, began=started_at(directory.id))


def known_session(directory: SessionDirectory, state: SessionState) -> KnownSession:
    """What lists show of a session in this state."""
    started, ended = state.started, over_at(state)
    flow = state.runbook.flows.get(started.flow) if started else None
    method = state.runbook.methods.get(started.method) if started else None
    began = state.started_at or started_at(directory.id)
    plan, owed = state.plan(), tuple(followups(state)) if over(state) else ()
    following, running = state.next_step(), state.running()
    return KnownSession(
        id=directory.id,
        path=directory.path,
        called=session_called(state),
        finished=over(state),
        runbook=runbook_id(state.runbook),
        title=state.runbook.runbook.title,
        recorded=started.title if started else "",
        environment=environment_of(state),
        apart=started.environment if started else "",
        scenario=started.drill if started else "",
        flow=flow.title if flow else "",
        flow_id=started.flow if started else "",
        kind=flow.kind if flow else None,
        what=what_words(state),
        method=method.title if method else "",
        method_id=started.method if started else "",
        operator=state.operator,
        version=state.fixed_facts().get("release", "") if started else "",
        people=people_words(state.operator, started.second_operator if started else ""),
        began=began,
        started=state.started_at,
        closed=state.finished_at,
        open=started is not None and state.finished is None and state.rollback is None,
        last=state.at,
        ended=ended,
        took=max(0.0, ((ended or state.at or began) - began).total_seconds()),
        budget=seconds(flow.budget) if flow else 0.0,
        downtime=downtime(state, ended or state.at),
        reason=reason_of(state),
        settled=sum(state.step(step.id).status.settled for _, step in plan),
        steps=len(plan),
        counts=dict(Counter(stands(state, state.step(step.id)).value for _, step in plan)),
        at=following.title if following and not over(state) else "",
        running=running.host or "this machine" if running else "",
        places={name: place for name, place in session_places(state).items() if name in state.hosts},
        owing=sum(due.done is None for due in owed),
        followups=owed,
    )


def reason_of(state: SessionState) -> str:
    """Why a session came to what it came to: its rollback's reason, what it failed at, what was left out of it."""
    if state.started is None:
        return ""
    if state.rollback is not None:
        return state.rollback.reason
    statuses = [(state.step(step.id).status, step) for _, step in state.plan()]
    result = state.finished.result if state.finished else result_of(state)
    if result == ABANDONED and over(state):
        if state.finished is not None and state.finished.note:
            return state.finished.note
        wrong = next((step for status, step in statuses if status in (StepStatus.FAILED, StepStatus.UNKNOWN)), None)
        if wrong is not None:
            return f"failed: {wrong.title}"
        following = state.next_step()
        return f"at {following.title}" if following else ""
    if result not in (COMPLETED, ROLLED_BACK):
        return ""
    skipped = sum(status is StepStatus.SKIPPED for status, _ in statuses)
    failed = failed_attempts(state)
    parts = [f"{skipped} skipped"] if skipped else []
    parts += [counted(failed, "failed attempt")] if failed else []
    return ", ".join(parts)
