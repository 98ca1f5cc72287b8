"""Turns an open session to its rollback: one question, with the plan in it and a reason to be chosen."""

from collections.abc import Sequence

from tui.dialogs import RollbackReason
from tui.errors import NotNow
from tui.execution.viewer import Viewer
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.keys import Keys
from tui.runbook.facts import flow_of_kind
from tui.runbook.model import FlowKind
from tui.runbook.shell.script import first_line
from tui.session.possible.outside import outside_lines, outside_words
from tui.session.state import made_elsewhere
from tui.session.views.marks import NOTHING_TO_UNDO
from tui.session.views.rollback import Need, rollback_plan
from tui.session.views.trouble import failure_words
from tui.widgets.rollback.text import plan_lines
from tui.widgets.tripped_text import proposed_reason


@asks
async def ask_to_roll_back(screen: FrontPage[None], left: Sequence[str] = ()) -> None:
    """Ask why, and roll back; the reason of a trigger that tripped is offered first, then what failed.

    Where the session was resumed for it, `left` says how it was left.

    The first is chosen already where a trigger tripped, but not while a command is running: that would be stopped,
    and what it was writing may be lost.
    """
    if screen.app.viewer is None:
        return
    conductor = screen.app.acting()
    flow, head, changes = _turn(conductor, screen.app.keys)
    proposed = proposed_reason(conductor.state)
    reasons = [reason.title for reason in conductor.runbook.rollback_reasons]
    offered = list(dict.fromkeys(filter(None, (proposed, failure_words(conductor.state), *reasons))))
    preselected = bool(proposed) and conductor.state.running() is None and not conductor.busy
    reason = await screen.app.ask(RollbackReason(offered, [*left, *head], changes, preselected))
    if reason:
        conductor.roll_back(flow, reason)
        screen.app.open_run()


def may_roll_back(viewer: Viewer | None) -> bool:
    """Whether the key that rolls back is offered; where it would be refused whatever the plan says it is not."""
    if viewer is None or viewer.read_only or viewer.lost:
        return False
    state = viewer.state
    if state.rollback is not None or state.finished is not None:
        return False
    return bool(made_elsewhere(state) or flow_of_kind(viewer.runbook, FlowKind.ROLLBACK))


def why_not(viewer: Viewer, keys: Keys) -> NotNow | None:
    """Why the session cannot be turned to its rollback; None where it can."""
    try:
        _turn(viewer, keys)
    except NotNow as refused:
        return refused
    return None


def _turn(viewer: Viewer, keys: Keys) -> tuple[str, list[str], list[str]]:
    """The flow to turn to, the plan in short, and what it changes, a line each.

    Raises:
        NotNow: there is none, or nothing to be undone.
    """
    state = viewer.state
    if state.rollback is not None:
        raise NotNow(
            "the rollback has been started already", f"{keys.sign('summary.back')} on the summary goes back to it"
        )
    if state.finished is not None:
        raise NotNow("the session is finished", f"reopen it from the summary; then {keys.sign('run.rollback')}")
    flow = state.flow if made_elsewhere(state) else flow_of_kind(viewer.runbook, FlowKind.ROLLBACK)
    if not flow:
        raise NotNow("this runbook has no rollback flow", 'write one: kind = "rollback"')
    plan = rollback_plan(state, flow)
    if all(one.need is Need.NOT_NEEDED for one in plan):
        elsewhere = f"{keys.sign('home.rollback')} on the first screen undoes what was done elsewhere"
        nothing = outside_words(state) or NOTHING_TO_UNDO
        hint = f"{nothing}; {elsewhere}"
        raise NotNow("there is nothing to undo", hint)
    running = state.running()
    words, changes = plan_lines(state, flow)
    head = [words, *outside_lines(state)]
    if running is not None:
        head.insert(0, f"! {running.host}: {first_line(running.command)} is running: it is stopped first.")
    return flow, head, changes
