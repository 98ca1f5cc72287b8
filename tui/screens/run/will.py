"""Says in words what a start will do: how much of it changes something, how long it takes, whom it cuts off."""

from collections.abc import Mapping

from tui.runbook.groups.host_by_host import budget_of
from tui.runbook.model import Cut, Step, seconds
from tui.runbook.shell.counting import may_change
from tui.session.report_card.downtime import outages_of
from tui.session.state import SessionState
from tui.session.views.usual import Usual
from tui.text.amounts import clock_words, counted, duration, within_words
from tui.widgets.step.beside import way_back


def will(state: SessionState, step: Step, place: int, usual: Mapping[str, Usual]) -> list[tuple[str, str]]:
    """What is known of a step from the action at `place` on, a label and its words each."""
    told = [
        ("changes", _changes(step, place)),
        ("time", _takes(budget_of(state.runbook, step), place, usual.get(step.id))),
    ]
    told.append(("users", _users(state, step, place)))
    found = [(label, words) for label, words in told if words]
    back = way_back(state, step, usual)
    return [*found, *((label, words) for label, words in back if not (step.point_of_no_return and label == "rollback"))]


def _changes(step: Step, place: int) -> str:
    """How many of its commands change something, where others only read."""
    commands = [action for action in step.actions[place:] if action.on_host]
    # host by host a step is several of the runbook's, of which one may say itself that it changes something
    changing = sum(not action.reads if step.each else may_change(action) for action in commands)
    if not changing or changing == len(commands):
        return ""
    rest = "the other one only reads" if len(commands) - changing == 1 else "the others only read"
    return f"by {changing} of {counted(len(commands), 'command')}; {rest}"


def _takes(budget: float, place: int, usual: Usual | None) -> str:
    """How long the step usually takes, and how long it may."""
    parts = [f"usually {duration(round(usual.median))}"] if usual and round(usual.median) else []
    parts += [f"budget {clock_words(budget)}"] if budget else []
    return ", ".join(parts) + (" for the whole step" if place and parts else "")


def _users(state: SessionState, step: Step, place: int) -> str:
    """Whether users are cut off by it, and until when; or whether they are served again."""
    cuts = [action.downtime for action in step.actions[place:]]
    if Cut.BEGINS not in cuts:
        outages = outages_of(state)
        cut_off = bool(outages) and outages[-1].ended is None
        return "served again once it is as expected" if Cut.ENDS in cuts and cut_off else ""
    flow = state.runbook.flows.get(state.flow)
    planned = f", planned for up to {within_words(seconds(flow.downtime))}" if flow and flow.downtime else ""
    if Cut.ENDS in cuts[cuts.index(Cut.BEGINS) :]:
        return f"cut off while it runs{planned}"
    ends = _ends(state, step)
    return f"cut off until “{ends}” is done{planned}" if ends else f"cut off from here on{planned}"


def _ends(state: SessionState, step: Step) -> str:
    """The step after this one whose result shows that users are served again."""
    after = False
    for section, one in state.plan():
        if after and state.applies(section, one) and any(action.downtime is Cut.ENDS for action in one.actions):
            return one.title
        after = after or one.id == step.id
    return ""
