"""Says what a session is about, for the line on top of its screens."""

from tui.session.report_card.report_card import what_words
from tui.session.state import SessionState
from tui.session.views.rollback import made_elsewhere


def rollback_title(state: SessionState) -> str:
    """What is rolled back: the session, without the name of its flow where it was begun to roll back."""
    started = state.started
    title = state.runbook.flows[started.flow].title if started and made_elsewhere(state) else ""
    return session_title(state).removeprefix(title).lstrip(" ,·")


def session_title(state: SessionState, dated: bool = False) -> str:
    """What a session is about: its flow, release and method, its runbook; `dated` where it is long past."""
    when = f"{state.started_at:%d %b %Y}" if dated and state.started_at else ""
    return " · ".join(filter(None, (what_words(state), when, state.runbook.runbook.title)))
