"""Computes the rollback of a session: what ran, or may have run, is undone, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.facts import flow_of_kind, may_hold, steps_of, why_not
from tui.runbook.model import FlowKind, Runbook, Section, Step
from tui.runbook.walk import steps_of as all_steps
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import Attempt, SessionState, StepStatus
from tui.session.usual import Usual, step_seconds


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


class _Mark(Struct, frozen=True, order=True):
    """How sure it is that a step has changed something: 0 not at all, 1 perhaps, 2 certainly; and how that is known."""

    sure: int
    words: str


_NONE = _Mark(0, "")


def rollback_plan(state: SessionState, flow: str = "") -> tuple[PlannedStep, ...]:
    """The rollback as it stands now, every step of the flow in its order, also those that are not needed.

    A step that undoes others is needed when one of them ran, to be looked at first when one may have run, and not
    needed otherwise. Whatever undoes nothing (an announcement, a check) goes with the steps it is `needed_with`, or
    with any that is needed.

    Args:
        flow: a flow of the kind rollback; the one the session turned to, else the runbook's first, where it is empty.
    """
    flow = flow or (state.rollback.flow if state.rollback else _flow(state))
    if not flow:
        return ()
    steps = list(steps_of(state.runbook, flow, state.fixed_facts()))
    marks = _marks(state, [step for _, step in steps])
    decided_here = _captured(step for _, step in steps)
    return tuple(_planned(state, section, step, marks[step.id], decided_here) for section, step in steps)


def not_needed(state: SessionState, step: Step) -> str:
    """Why the step that comes next does not apply to what is known by now; empty where it is to be done."""
    section = next(section for section in state.runbook.sections if step in section.steps)
    rolling_back = state.rollback is not None or made_elsewhere(state)
    planned = next((one for one in rollback_plan(state) if one.step.id == step.id), None) if rolling_back else None
    if planned is None:
        return "" if state.applies(section, step) else why_not(section, step, state.facts)
    if not (may_hold(section.when, state.facts) and may_hold(step.when, state.facts)):
        return why_not(section, step, state.facts)
    if planned.need is Need.DEPENDS:
        return f"{planned.depends_on} was not decided"
    return planned.why if planned.need is Need.NOT_NEEDED else ""


def look_wanted(state: SessionState, step: Step) -> bool:
    """Whether the step is of the rollback and has to be looked at before it is done."""
    if step.look is None or (state.rollback is None and not made_elsewhere(state)):
        return False
    return any(one.need is Need.LOOK for one in rollback_plan(state) if one.step.id == step.id)


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
        total += step_seconds(planned.step, usual)
    return total


def assuming_done(state: SessionState, step: Step) -> SessionState:
    """The state as it would be with this step done, to see what rolling back would take then."""
    number = max(state.attempts, default=0) + 1
    done = Attempt(
        number=number,
        step=step.id,
        action=0,
        host="",
        command="",
        started=state.at or datetime.min.replace(tzinfo=UTC),
        outcome=Outcome.exited(0),
        mutates=True,
    )
    now = replace(state.step(step.id), status=StepStatus.SIGNED, attempts=(number,))
    return replace(state, attempts={**state.attempts, number: done}, steps={**state.steps, step.id: now})


def made_elsewhere(state: SessionState) -> bool:
    """Whether the session is a rollback of a deployment that it knows nothing of."""
    return state.started is not None and state.runbook.flows[state.started.flow].kind is FlowKind.ROLLBACK


def _flow(state: SessionState) -> str:
    """The flow by which the session would be rolled back."""
    if state.started is not None and made_elsewhere(state):
        return state.started.flow
    return flow_of_kind(state.runbook, FlowKind.ROLLBACK)


def _planned(
    state: SessionState, section: Section, step: Step, mark: _Mark, decided_here: frozenset[str]
) -> PlannedStep:
    open_ones = [name for name in step.needed_if if name not in state.facts]
    if mark.sure and any(name not in decided_here for name in open_ones):
        mark = _Mark(1, mark.words)  # nobody will ever say: only a look can tell
    depends_on = next((name for name in open_ones if name in decided_here), "")
    need, why = _need(state, section, step, mark, depends_on)
    return PlannedStep(section=section, step=step, need=need, why=why, depends_on=depends_on)


def _need(state: SessionState, section: Section, step: Step, mark: _Mark, depends_on: str) -> tuple[Need, str]:
    if state.step(step.id).status is StepStatus.NOT_NEEDED:
        return Need.NOT_NEEDED, state.step(step.id).reason
    if not mark.sure:
        return Need.NOT_NEEDED, mark.words
    if not may_hold(step.needed_if, state.facts):
        return Need.NOT_NEEDED, why_not(section, step, state.facts)
    if depends_on:
        return Need.DEPENDS, f"{depends_on} is decided in the rollback; {mark.words}"
    looked = state.looks.get(step.id, ...)
    if looked is False:
        return Need.NOT_NEEDED, "looked: there is nothing to undo"
    if looked is True:
        return Need.NEEDED, f"looked: it is to be undone; {mark.words}"
    if looked is None:
        return Need.NEEDED, f"the look could not tell; {mark.words}"
    if mark.sure == 1 and step.look is not None and not _begun(state, step):
        return Need.LOOK, mark.words
    return Need.NEEDED, mark.words


def _marks(state: SessionState, steps: list[Step]) -> dict[str, _Mark]:
    """For each rollback step, how sure it is that there is something for it to do, before any look was made.

    What the rollback itself will do may have to be undone too (the maintenance page it puts up comes down again), so
    this is gone through until nothing changes.
    """
    sources = _sources(state)
    here = {step.id for step in steps}
    undoing = {step.id for step in steps if step.id in sources}
    marks = {step.id: _NONE for step in steps}
    while True:
        before = dict(marks)
        for step in steps:
            if step.id not in undoing:
                continue
            found = [
                _inherited(marks[source.id], source, state) if source.id in here else _trace(state, source)
                for source in sources[step.id]
            ]
            marks[step.id] = max((one for one in found if one.sure), default=_never(sources[step.id]), key=_sureness)
        if marks == before:
            break
    anything = max((marks[name] for name in undoing), default=_NONE, key=_sureness)
    for step in steps:
        if step.id in undoing:
            continue
        if step.needed_with:
            named = [marks[name] for name in step.needed_with if name in marks and not _left_out(state, name)]
            titles = _listed(other.title for other in steps if other.id in step.needed_with)
            without = _Mark(0, f"it goes with: {titles}")
            marks[step.id] = max((mark for mark in named if mark.sure), default=without, key=_sureness)
        elif anything.sure:
            marks[step.id] = _Mark(2, "something is undone")
        else:
            marks[step.id] = _Mark(0, "nothing that changes anything has run")
    return marks


def _left_out(state: SessionState, step: str) -> bool:
    """Whether a look found that there was nothing for a step to undo, so that what goes with it has nothing to add."""
    return state.step(step).status is StepStatus.NOT_NEEDED


def _sureness(mark: _Mark) -> int:
    return mark.sure


def _sources(state: SessionState) -> Mapping[str, list[Step]]:
    """The steps that each undoing step undoes, those left out that this session cannot have (another method's)."""
    fixed = state.fixed_facts()
    sections = {step.id: section for section in state.runbook.sections for step in section.steps}
    found: dict[str, list[Step]] = {}
    for _, step in all_steps(state.runbook):
        section = sections.get(step.id)
        if not may_hold(step.when, fixed) or (section is not None and not may_hold(section.when, fixed)):
            continue
        for undo in step.undo:
            found.setdefault(undo, []).append(step)
    return found


def _inherited(mark: _Mark, source: Step, state: SessionState) -> _Mark:
    """What another rollback step leaves behind that has to be undone as well."""
    own = _trace(state, source)
    if own.sure:
        return own
    status = state.step(source.id).status
    if not mark.sure or status is StepStatus.SKIPPED:
        return _NONE
    # what was looked at and found as it should be may have been put there by somebody else
    sure = 1 if status is StepStatus.NOT_NEEDED or state.looks.get(source.id) is False else mark.sure
    return _Mark(sure, f"the rollback does: {source.title}")


def _trace(state: SessionState, step: Step) -> _Mark:
    """How sure it is that a step changed something."""
    now = state.step(step.id)
    if made_elsewhere(state) and _deployed(state.runbook, step):
        return _Mark(1, f"{step.title}: done elsewhere, if it was done")
    if now.status in (StepStatus.SIGNED, StepStatus.PASSED):  # also what a person did by hand, without an attempt
        return _Mark(2, f"{step.title}: done")
    ran = _ran(state, step)
    if not ran:
        return _NONE
    last = ran[-1]
    return _Mark(1, f"{step.title}: {last.outcome if last.outcome else 'running'}")


def _ran(state: SessionState, step: Step) -> list[Attempt]:
    """The step's own attempts that may have changed something; a look does not, whether or not it came to its end."""
    attempts = [state.attempts[number] for number in state.step(step.id).attempts]
    return [one for one in attempts if not one.aside and not _never_started(one.outcome)]


def _begun(state: SessionState, step: Step) -> bool:
    """Whether the step ran, or its look was answered and a person reopened it all the same: looks can be wrong."""
    attempts = [state.attempts[number] for number in state.step(step.id).attempts]
    answered = any(one.aside and one.outcome is not None and one.outcome.ended_by_itself for one in attempts)
    return answered or bool(_ran(state, step))


def _captured(steps: Iterable[Step]) -> frozenset[str]:
    return frozenset(name for step in steps for action in step.actions for name in action.capture)


def _never_started(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.kind is OutcomeKind.UNREACHABLE


def _deployed(runbook: Runbook, step: Step) -> bool:
    deployments = (flow for flow in runbook.flows.values() if flow.kind is FlowKind.DEPLOY)
    return any(step in runbook.section(name).steps for flow in deployments for name in flow.sections)


def _never(sources: list[Step]) -> _Mark:
    return _Mark(0, f"not done: {_listed(step.title for step in sources)}")


def _listed(titles: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(titles))
