"""Decides what can be done now on a screen of a session: first what comes next, last what cannot, each with why."""

from collections.abc import Sequence

from msgspec.structs import replace

from tui.actions import acts
from tui.runbook.model import Step
from tui.session.possible.refusals import Situation, refusal
from tui.session.state import StepStatus, plan_of
from tui.widgets.moment import MINUTE, Moment, current_step, only_measured, rests
from tui.widgets.offers.next_act import NextAct, how_asked, next_act
from tui.widgets.offers.offer import LEAVING, ROLLBACK, Offer, Rank, help_offer, offer_of

VERBS = {"update": "status update", "everything": "rollback's steps", "others": "other troubles", "reopen": "again"}
"""What is called otherwise where there is little room."""
WHOLE = "whole session"
"""What is called so where a rollback's steps are listed and no others."""
LOOKS = ("update", "search", "watch", "everything", "checks", "others")
"""What stands in the row of keys behind what is done to the step."""
HELP_CALLED = "call-help"
"""What is offered where something failed, and where its trouble is looked up: there it is said whom to call."""
CLOSE = {
    StepStatus.PENDING: ("skip",),
    StepStatus.RUNNING: ("cancel", "note"),
    StepStatus.WAITING: ("skip",),
    StepStatus.PASSED: ("note", "reopen"),
    StepStatus.FAILED: ("troubleshoot", "skip", ROLLBACK, HELP_CALLED),
    StepStatus.UNKNOWN: (ROLLBACK,),
    StepStatus.SIGNED: ("reopen",),
    StepStatus.SKIPPED: ("reopen",),
    StepStatus.NOT_NEEDED: ("reopen",),
}
"""What can be done to a step beside what comes next, by where it stands, the most likely first."""


def offered(moment: Moment, step: Step | None, situation: Situation) -> list[Offer]:
    """Every act of the screen whose keys `moment` has: those that can be done now in their order, then the others."""
    screen = moment.keys.screen
    aside = step is not None and plan_of(moment.state).place(step.id) < 0
    first = next_act(moment, step, aside) if step is not None else NextAct("", "")
    close = _close(moment, step) if step is not None else ()
    found: list[Offer] = []
    for act in acts(screen):
        name = act.id.partition(".")[2]
        refused = refusal(name, situation)
        offer = offer_of(act, moment.keys, _rank(name, first, close), refused)
        if name == first.act and refused is None:
            offer = replace(offer, verb=first.verb.lower(), consequence=first.consequence)
        elif name in VERBS:
            offer = replace(offer, verb=WHOLE if name == "everything" and situation.alone else VERBS[name])
        elif offer.verb == first.verb.lower():
            offer = replace(offer, rank=Rank.ELSE)  # what comes next leads there too
        if name == "retry" and step is not None:
            offer = replace(offer, consequence=how_asked(moment.state, step))
        if name == "troubleshoot" and moment.issue:
            offer = replace(offer, consequence=moment.issue)
        found.append(offer)
    order = [first.act, *close, *LOOKS]
    found.sort(key=lambda one: (one.rank, order.index(one.name) if one.name in order else len(order)))
    return [*found, help_offer(moment.keys)]


class OfferedLast:
    """What was offered last, which is the same until something that decides it has changed."""

    def __init__(self) -> None:
        self._by: tuple[Moment, Situation] | None = None
        self._offers: list[Offer] = []

    def at(self, moment: Moment, situation: Situation) -> list[Offer]:
        """What `offered` gives; it is asked again with the minute, and while time is part of what is said."""
        if self._by is None or not _still_holds(*self._by, moment, situation):
            self._offers = offered(moment, situation.step, situation)
        self._by = moment, situation
        return self._offers


def _still_holds(then: Moment, was: Situation, moment: Moment, situation: Situation) -> bool:
    """Whether the same is offered: at the same moment, or at rest by the minute."""
    if then is moment and was == situation:  # a screen asks after everything that it was told
        return True
    return rests(moment) and _only_measured(then, was, moment, situation)


def _only_measured(then: Moment, was: Situation, moment: Moment, situation: Situation) -> bool:
    """Whether nothing has changed but what monitors measured, within the same minute."""
    known = was.state.changed_seq == situation.state.changed_seq
    return known and replace(was, state=situation.state) == situation and only_measured(then, moment, MINUTE)


def beside(moment: Moment, step: Step, offers: Sequence[Offer]) -> list[Offer]:
    """What the band names beside what comes next: what can be done to the step, the rollback where it went wrong."""
    close = _close(moment, step)
    possible = {one.name: one for one in offers if one.possible and one.key and one.rank is not Rank.NEXT}
    return [possible[name] for name in close if name in possible]


def _close(moment: Moment, step: Step) -> tuple[str, ...]:
    """What can be done to the step beside what comes next, the most likely first."""
    state = moment.state
    status = state.step(step.id).status
    if state.finished or moment.replayed:
        return ()
    if moment.busy and status is not StepStatus.RUNNING:
        return ("cancel", "note")
    if status is StepStatus.RUNNING and not (state.running() or moment.busy):
        return ("skip", "note", ROLLBACK)
    if status is StepStatus.PENDING and step.id != current_step(state) and plan_of(state).place(step.id) >= 0:
        return ("here", "skip")
    if status is StepStatus.PASSED and moment.issue and step.id == current_step(state):
        return ("troubleshoot", *CLOSE[status])
    aside = plan_of(state).place(step.id) < 0
    return (*CLOSE[status], HELP_CALLED) if aside and HELP_CALLED not in CLOSE[status] else CLOSE[status]


def _rank(name: str, first: NextAct, close: Sequence[str]) -> Rank:
    if name == first.act:
        return Rank.NEXT
    if name == ROLLBACK:
        return Rank.ROLLBACK
    if name in close:
        return Rank.BESIDE
    if name in LOOKS:
        return Rank.LOOK
    return Rank.LEAVE if name in LEAVING else Rank.ELSE
