"""Computes the rollback of a session: what ran, or may have run, is undone, and nothing else."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from tui.once import once
from tui.runbook.described.conditions import fact_called, why_not
from tui.runbook.facts import connection_of, flow_of_kind, may_hold
from tui.runbook.index import index_of
from tui.runbook.model import FlowKind, Section, Step
from tui.session.changed import with_attempt, with_step
from tui.session.outcome import LookResult, Outcome
from tui.session.state import Attempt, SessionState, StepStatus, last_attempt, made_elsewhere, plan_now, plan_of
from tui.session.views.doubts import first_change
from tui.session.views.marks import Mark, begun, done, last_done, marks
from tui.session.views.usual import Usual, step_seconds


class Need(StrEnum):
    """Whether a rollback step is to be done; the value is the word shown beside it."""

    NEEDED = "needed"
    LOOK = "look first"
    DEPENDS = "depends"
    NOT_NEEDED = "not needed"


class PlannedStep(Struct, frozen=True, kw_only=True):
    """A step of the rollback, whether it is needed, and why; `depends_on` names a fact that is still to be decided."""

    section: Section
    step: Step
    need: Need
    why: str
    depends_on: str = ""


def rollback_plan(state: SessionState, flow: str = "", afresh: bool = False) -> tuple[PlannedStep, ...]:
    """The rollback as it stands now, every step of the flow in its order, also those that are not needed.

    A step that undoes others is needed when one of them ran, to be looked at first when one may have run, and not
    needed otherwise. Whatever undoes nothing (an announcement, a check) goes with the steps it is `needed_with`, or
    with any that is needed.

    Args:
        flow: a flow of the kind rollback; the one the session turned to, else the runbook's first, where it is empty.
        afresh: a step that was found not to be needed before is judged as if it had not been.
    """
    flow = flow or rollback_flow(state)
    return _rollback_plan(state, flow, afresh) if flow else ()


@once
def _rollback_plan(state: SessionState, flow: str, afresh: bool) -> tuple[PlannedStep, ...]:
    steps = index_of(state.runbook).plan((flow,), state.fixed_facts()).steps
    own = [step for _, step in steps]
    sure = _marks(state, flow)
    decided_here = _captured(own)
    plan = tuple(_planned(state, section, step, sure[step.id], decided_here, afresh) for section, step in steps)
    again = {**_restarted(state, plan), **_taken_back(state, plan)}
    if not again:
        return plan
    sure = marks(state, own, again)
    return tuple(_planned(state, section, step, sure[step.id], decided_here, afresh) for section, step in steps)


@once
def _marks(state: SessionState, flow: str) -> Mapping[str, Mark]:
    """How sure it is of each step of the flow that it is needed, for all that is recorded of what it undoes."""
    return marks(state, [step for _, step in index_of(state.runbook).plan((flow,), state.fixed_facts()).steps])


@once
def _needs(state: SessionState, afresh: bool) -> Mapping[str, PlannedStep]:
    """The steps of the rollback by their ids."""
    return {one.step.id: one for one in rollback_plan(state, afresh=afresh)}


def planned(state: SessionState, step: str) -> PlannedStep | None:
    """What the rollback as it stands says of a step; None where it has none of this id."""
    return _needs(state, False).get(step)


def _taken_back(state: SessionState, plan: tuple[PlannedStep, ...]) -> dict[str, Mark]:
    """The steps whose work a later one took back already, while there is something to change between the two."""
    found: dict[str, Mark] = {}
    if not any(one.step.undo for one in plan):
        return found
    places = {one.step.id: place for place, one in enumerate(plan)}
    changes = [place for place, one in enumerate(plan) if one.step.mutates and _to_do(state, one)]
    for place, one in enumerate(plan):
        for undo in one.step.undo:
            later = places.get(undo, -1)
            following = bisect_right(changes, place)
            if following == len(changes) or changes[following] >= later:
                continue
            undone = last_done(state, plan[later].step)
            in_place = done(state, one.step) and last_done(state, one.step) > undone
            if not in_place and undone >= 0:
                between = plan[changes[following]].step.title
                words = f"{plan[later].step.title} was done already, and {between} comes before that"
                found[one.step.id] = Mark(1, words)
    return found


def _restarted(state: SessionState, plan: tuple[PlannedStep, ...]) -> dict[str, Mark]:
    """The steps to be looked at because a restart of their host, after the first change, may have undone or done them.

    What starts by itself when a host does (the application's units) was started by nobody's step.
    """
    if not state.restarts or all(one.need is Need.NOT_NEEDED for one in plan):
        return {}
    changed, found = first_change(state), dict[str, Mark]()
    for one in plan:
        if one.step.look is None or one.need is not Need.NOT_NEEDED:
            continue
        restart = state.restarts.get(connection_of(state.runbook, one.step.look.on))
        if restart is not None and restart.seq > changed:
            found[one.step.id] = Mark(1, f"its host was restarted ({restart.at:%H:%M:%S} UTC)")
    return found


def _to_do(state: SessionState, one: PlannedStep) -> bool:
    return one.need in (Need.NEEDED, Need.LOOK) and not state.step(one.step.id).status.settled


def not_needed(state: SessionState, step: Step) -> str:
    """Why the step that comes next does not apply to what is known by now; empty where it is to be done."""
    return why_left_out(state, step)


def not_needed_next(state: SessionState) -> list[tuple[Step, str]]:
    """The steps that come next and do not apply to what is known by now, each with why.

    They end before the first that is to be done, and after one on which it may depend what is said of those behind it:
    that is asked again once it is recorded.
    """
    rolling_back = state.rollback is not None or made_elsewhere(state)
    index, wanted, found = index_of(state.runbook), plan_now(state).places, list[tuple[Step, str]]()
    first, plan = state.next_step(), plan_of(state)
    for _, step in islice(plan.steps, plan.place(first.id) if first else len(plan.steps), None):
        if step.id not in wanted or state.step(step.id).status.settled:
            continue
        reason = why_left_out(state, step)
        if not reason:
            break
        found.append((step, reason))
        needed = planned(state, step.id) if rolling_back else None
        depends = needed is not None and needed.need is Need.DEPENDS
        if rolling_back and (depends or step.undo or step.id in index.needing):
            break
    return found


def why_left_out(state: SessionState, step: Step, afresh: bool = False) -> str:
    """Why a step does not apply to what is known by now; empty where it does.

    Args:
        afresh: a step that was found not to be needed before is judged as if it had not been.
    """
    rolling_back = state.rollback is not None or made_elsewhere(state)
    needed = _needs(state, afresh).get(step.id) if rolling_back else None
    return _why_left_out(state, index_of(state.runbook).section_of[step.id], step, needed)


def _why_left_out(state: SessionState, section: Section, step: Step, planned: PlannedStep | None) -> str:
    if planned is None:
        return "" if state.applies(section, step) else why_not(state.runbook, section, step, state.facts)
    if not (may_hold(section.when, state.facts) and may_hold(step.when, state.facts)):
        return why_not(state.runbook, section, step, state.facts)
    if planned.need is Need.DEPENDS:
        return f"{fact_called(state.runbook, planned.depends_on, state.facts)} was not decided"
    return planned.why if planned.need is Need.NOT_NEEDED else ""


def look_wanted(state: SessionState, step: Step) -> bool:
    """Whether the step is of the rollback and has to be looked at before it is done."""
    if step.look is None or (state.rollback is None and not made_elsewhere(state)):
        return False
    found = planned(state, step.id)
    return found is not None and found.need is Need.LOOK


def expected_seconds(
    plan: Iterable[PlannedStep], state: SessionState, usual: Mapping[str, Usual] = MappingProxyType({})
) -> float:
    """How long what is left of a plan takes by what is usual, and by the runbook's budgets where that is not known.

    Of steps that depend on the same answer only those that the first of its alternatives asks for count.
    """
    total, chosen = 0.0, dict[str, object]()
    for planned in plan:
        if planned.need is Need.NOT_NEEDED or state.step(planned.step.id).status.settled:
            continue
        if planned.need is Need.DEPENDS:
            wanted = planned.step.needed_if[planned.depends_on]
            if chosen.setdefault(planned.depends_on, wanted) != wanted:
                continue
        total += step_seconds(state.runbook, planned.step, usual)
    return total


def assuming_done(state: SessionState, step: Step) -> SessionState:
    """The state as it would be with this step done, to see what rolling back would take then."""
    number = last_attempt(state) + 1
    done = Attempt(
        number=number,
        step=step.id,
        action=0,
        host="",
        command="",
        started=state.at or datetime.min.replace(tzinfo=UTC),
        outcome=Outcome.exited(0),
        mutates=True,
        judged=True,
    )
    signed = replace(state.step(step.id), status=StepStatus.SIGNED, attempts=(number,))
    return with_attempt(with_step(state, signed), done)


def rollback_flow(state: SessionState) -> str:
    """The flow by which the session is rolled back, or would be; empty where there is none."""
    if state.rollback is not None:
        return state.rollback.flow
    if state.started is not None and made_elsewhere(state):
        return state.started.flow
    return flow_of_kind(state.runbook, FlowKind.ROLLBACK)


def _planned(
    state: SessionState, section: Section, step: Step, mark: Mark, decided_here: frozenset[str], afresh: bool
) -> PlannedStep:
    if not mark.sure and not step.needed_if and step.id not in state.steps:  # most steps of a large runbook
        return PlannedStep(section=section, step=step, need=Need.NOT_NEEDED, why=mark.words)
    open_ones = [name for name in step.needed_if if name not in state.facts]
    if mark.sure and any(name not in decided_here for name in open_ones):
        mark = Mark(1, mark.words)  # nobody will ever say: only a look can tell
    depends_on = next((name for name in open_ones if name in decided_here), "")
    if not afresh and state.step(step.id).status is StepStatus.NOT_NEEDED:
        need, why = Need.NOT_NEEDED, state.step(step.id).reason
    else:
        need, why = _need(state, section, step, mark, depends_on)
    return PlannedStep(section=section, step=step, need=need, why=why, depends_on=depends_on)


def _need(state: SessionState, section: Section, step: Step, mark: Mark, depends_on: str) -> tuple[Need, str]:
    if not mark.sure:
        return Need.NOT_NEEDED, mark.words
    if not may_hold(step.needed_if, state.facts):
        return Need.NOT_NEEDED, why_not(state.runbook, section, step, state.facts)
    if depends_on:
        asked = fact_called(state.runbook, depends_on, state.facts)
        return Need.DEPENDS, f"{asked} is decided in the rollback; {mark.words}"
    looked = state.looks.get(step.id)
    if looked is LookResult.NOTHING and not done(state, step):  # of what was done, it says that it still holds
        return Need.NOT_NEEDED, "looked: there is nothing to undo"
    if looked is LookResult.TO_UNDO:
        return Need.NEEDED, f"looked: it is to be undone; {mark.words}"
    if looked is LookResult.UNTOLD:
        return Need.NEEDED, f"the look could not tell; {mark.words}"
    if mark.sure == 1 and step.look is not None and not begun(state, step):
        return Need.LOOK, mark.words
    return Need.NEEDED, mark.words


def _captured(steps: Iterable[Step]) -> frozenset[str]:
    return frozenset(name for step in steps for action in step.actions for name in action.capture)
