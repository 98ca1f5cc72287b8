"""Says what a session is about, for the line on top of its screens."""

from tui.runbook.facts import flow_of_kind
from tui.runbook.model import FlowKind
from tui.runbook.templates.variables import fill_shown, names
from tui.session.report_card.report_card import what_words
from tui.session.state import SessionState, made_elsewhere


def rollback_title(state: SessionState) -> str:
    """What is rolled back, and to what: the session, without the name of its flow where it was begun to roll back."""
    started = state.started
    title = state.runbook.flows[started.flow].title if started and made_elsewhere(state) else ""
    about = session_title(state).removeprefix(title).lstrip(" ,·")
    to = back_to(state)
    return f"↺ ROLLBACK{f' to {to}' if to else ''} · {about}"


def back_to(state: SessionState) -> str:
    """What the rollback leads back to, as its runbook says; empty where it does not, or where that is not known yet."""
    name = state.rollback.flow if state.rollback else flow_of_kind(state.runbook, FlowKind.ROLLBACK)
    template = state.runbook.flows[name].back_to if name in state.runbook.flows else ""
    known = all(state.facts.get(one, "").strip() for one in names(template))
    return fill_shown(template, state.facts).strip() if known else ""


def session_title(state: SessionState, dated: bool = False) -> str:
    """What a session is about: its flow, release and method, its runbook; `dated` where it is long past."""
    when = f"{state.started_at:%d %b %Y}" if dated and state.started_at else ""
    return " · ".join(filter(None, (what_words(state), when, state.runbook.runbook.title)))
