"""Says of each step of a rollback how sure it is that there is something for it to undo, and how that is known."""

from collections.abc import Container, Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from tui.once import once
from tui.runbook.index import index_of
from tui.runbook.model import FlowKind, Runbook, Step
from tui.session.groups.cells import changed_on, member_of
from tui.session.outcome import LookResult
from tui.session.state import Attempt, SessionState, StepState, StepStatus, made_elsewhere
from tui.text.amounts import counted

NOTHING_TO_UNDO = "no command has run that a rollback would undo"
"""Why there is none to make: what has run may still have changed something, a checkout or a backup."""


class Mark(Struct, frozen=True, order=True):
    """How sure it is that a step has changed something: 0 not at all, 1 perhaps, 2 certainly; and how that is known."""

    sure: int
    words: str


_NONE = Mark(0, "")
_DONE = (StepStatus.SIGNED, StepStatus.PASSED)


def marks(state: SessionState, steps: list[Step], known: Mapping[str, Mark] = MappingProxyType({})) -> dict[str, Mark]:
    """For each rollback step, how sure it is that there is something for it to do, before any look was made.

    What the rollback itself will do may have to be undone too (the maintenance page it puts up comes down again), so
    this is gone through until nothing changes.

    Args:
        known: what is known of a step beside what it undoes.
    """
    left_out = index_of(state.runbook).ruled_out(state.fixed_facts())
    elsewhere = _elsewhere(state, left_out)
    sources = _sources(state, left_out, elsewhere)
    here = {step.id for step in steps}
    undoing = {step.id for step in steps if step.id in sources}
    found = {step.id: _NONE for step in steps}
    again = []
    for step in steps:
        if step.id not in undoing:
            continue
        if _untouched(state, step, sources[step.id], here, known, elsewhere):
            found[step.id] = _never(state.runbook, step, sources[step.id])
        else:
            again.append(step)
    # What follows from a step of the rollback itself is found again each time, the rest is as it is.
    from_what: dict[str, list[Step | Mark]] = {}
    for step in again:
        traces: list[Step | Mark] = [
            source if source.id in here else _trace(state, source, source.id in elsewhere, step.id)
            for source in sources[step.id]
        ]
        traces += [known.get(step.id, _NONE), _own(state, step)]
        from_what[step.id] = [one for one in traces if isinstance(one, Step) or one.sure]
    while again:
        before = dict(found)
        for step in again:
            marked = [
                one if isinstance(one, Mark) else _inherited(found[one.id], one, state) for one in from_what[step.id]
            ]
            sure = [mark for mark in marked if mark.sure]
            found[step.id] = max(sure, key=_sureness) if sure else _never(state.runbook, step, sources[step.id])
        if found == before:
            break
        again = [step for step in again if any(source.id in here for source in sources[step.id])]
    anything = max((found[name] for name in undoing), default=_NONE, key=_sureness)
    for step in steps:
        if step.id not in undoing:
            found[step.id] = _beside(state, step, steps, found, anything)
    return found


def _untouched(
    state: SessionState,
    step: Step,
    sources: list[Step],
    here: Container[str],
    known: Container[str],
    elsewhere: Container[str],
) -> bool:
    """Whether nothing at all is recorded of a step and of what it undoes: so it is of most steps of a large runbook."""
    recorded = state.steps
    if step.id in recorded or step.id in known:
        return False
    return not any(source.id in recorded or source.id in here or source.id in elsewhere for source in sources)


def _beside(state: SessionState, step: Step, steps: list[Step], found: Mapping[str, Mark], anything: Mark) -> Mark:
    """The mark of a step that undoes nothing: it goes with those it is needed with, or with any that is needed."""
    if step.needed_with:
        named = [found[name] for name in step.needed_with if name in found and not _left_out(state, name)]
        sure = [mark for mark in named if mark.sure]
        if sure:
            return max(sure, key=_sureness)
        titles = _listed(other.title for other in steps if other.id in step.needed_with)
        return Mark(0, f"it goes with: {titles}")
    return Mark(2, "part of every rollback") if anything.sure else Mark(0, NOTHING_TO_UNDO)


def _trace(state: SessionState, step: Step, elsewhere: bool = False, undoing: str = "") -> Mark:
    """How sure it is that a step changed something, of what the step `undoing` undoes."""
    if elsewhere:
        return Mark(1, f"{step.title}: done elsewhere, if it was done")
    step_state = state.steps.get(step.id)
    if step_state is None:  # most steps of a large runbook
        return _NONE
    if step_state.status in _DONE:
        return Mark(2, f"{step.title}: done")
    ran = _ran(state, step)
    if changed := changed_on(state, step, undoing):
        certain = any(one.good and one.host in changed for one in ran)
        return Mark(1 + certain, f"{step.title}: on {counted(len(changed), 'host')}, not on all")
    if ran and not (undoing and any(undoing in action.undo for action in step.actions)):
        return Mark(1, f"{step.title}: {ran[-1].outcome if ran[-1].outcome else 'running'}")
    if step_state.signed_seq >= 0:  # done by hand, and reopened since
        return Mark(1, f"{step.title}: done, and reopened")
    if step.mutates and _by_hand(step, step_state):
        return Mark(1, f"{step.title}: begun by hand, and not said to be done")
    return _NONE


def done(state: SessionState, step: Step) -> bool:
    """Whether a step was done, also by a person's hand without an attempt, and not reopened since."""
    step_state = state.steps.get(step.id)
    return step_state is not None and step_state.status in _DONE


def _by_hand(step: Step, step_state: StepState) -> bool:
    """Whether a person is in the middle of a step's part that the program does not do itself."""
    theirs = step_state.action < len(step.actions) and not step.actions[step_state.action].automatic
    return theirs and step_state.status in (StepStatus.WAITING, StepStatus.FAILED)


def begun(state: SessionState, step: Step) -> bool:
    """Whether the step ran, or its look was answered and a person still reopened it: looks can be wrong."""
    step_state = state.step(step.id)
    attempts = [
        attempt
        for attempt in map(state.attempts.__getitem__, step_state.attempts)
        if attempt.seq > step_state.replanned_seq
    ]
    answered = any(
        attempt.aside and attempt.outcome is not None and attempt.outcome.ended_by_itself for attempt in attempts
    )
    return answered or any(attempt in attempts for attempt in _ran(state, step))


def last_done(state: SessionState, step: Step) -> int:
    """The event by which a step last did, or may have done, what it does; -1 where it never did.

    That somebody signed it later is not the doing; only of a step of which nothing else is recorded is it all there is.
    """
    step_state = state.step(step.id)
    did = max((*(attempt.seq for attempt in _ran(state, step)), *step_state.by_hand.values()), default=-1)
    return did if did >= 0 else step_state.signed_seq


def as_of(state: SessionState, step: Step) -> int:
    """The event since which all that a step found, or did, is known: that of the action that was longest ago."""
    step_state = state.step(step.id)
    ran = {(one.action, member_of(state, one)): one.seq for one in _ran(state, step)}
    by_hand = {(place, ""): seq for place, seq in step_state.by_hand.items()}
    did = {**by_hand, **ran}
    return min(did.values(), default=step_state.signed_seq)


def known_since(state: SessionState, step: Step, places: Iterable[int], host: str) -> int:
    """The event since which it is known that these actions of a step did what they do: the last run, or look, of each.

    A person who decides an unknown outcome has looked on the host. Of a group's hosts only `host` is asked about.
    """
    step_state = state.step(step.id)
    ran = (one for one in _ran(state, step) if member_of(state, one) in ("", host))
    did = {attempt.action: max(attempt.seq, attempt.resolved_seq) for attempt in ran}
    return min((did.get(place, step_state.signed_seq) for place in places), default=step_state.signed_seq)


def _left_out(state: SessionState, step: str) -> bool:
    """Whether a look found that there was nothing for a step to undo, so that what goes with it has nothing to add."""
    return state.step(step).status is StepStatus.NOT_NEEDED


def _sureness(mark: Mark) -> int:
    return mark.sure


def _elsewhere(state: SessionState, left_out: frozenset[str]) -> frozenset[str]:
    """The deployment's steps that may have been done without this session knowing."""
    if not made_elsewhere(state):
        return frozenset()
    deployments = (flow for flow in state.runbook.flows.values() if flow.kind.offered_as is FlowKind.DEPLOY)
    sections = {name for flow in deployments for name in flow.sections}
    steps = {step.id for section in state.runbook.sections if section.id in sections for step in section.steps}
    return frozenset(steps - left_out)


def _sources(state: SessionState, left_out: frozenset[str], elsewhere: frozenset[str]) -> Mapping[str, list[Step]]:
    """The steps that each undoing step undoes.

    One that this session leaves out (another method's) is among them: it may have run before the fact that
    leaves it out was corrected. A step that undoes only such ones has nothing to undo, and is not part of every one.
    """
    index = index_of(state.runbook)
    if not left_out:
        return index.undoing
    return {
        undo: [step for step in steps if step.id not in left_out or _trace(state, step, step.id in elsewhere).sure]
        or steps
        for undo, steps in index.undoing.items()
    }


def _inherited(mark: Mark, source: Step, state: SessionState) -> Mark:
    """What another rollback step leaves behind that has to be undone as well."""
    own = _trace(state, source)
    if own.sure:
        return own
    status = state.step(source.id).status
    if not mark.sure or status is StepStatus.SKIPPED:
        return _NONE
    # what was looked at and found as it should be may have been put there by somebody else
    sure = 1 if status is StepStatus.NOT_NEEDED or state.looks.get(source.id) is LookResult.NOTHING else mark.sure
    return Mark(sure, f"the rollback does: {source.title}")


def _own(state: SessionState, step: Step) -> Mark:
    """A rollback step that has begun is not one that is not needed, whatever else is known."""
    own = _trace(state, step)
    return Mark(own.sure, "it was begun in this rollback") if own.sure else _NONE


def _ran(state: SessionState, step: Step) -> list[Attempt]:
    """The step's own attempts that may have changed something; a look does not, whether or not it came to its end."""
    step_state = state.steps.get(step.id)
    if step_state is None:
        return []
    attempts = map(state.attempts.__getitem__, step_state.attempts)
    return [attempt for attempt in attempts if not attempt.aside and not attempt.never_started]


def _never(runbook: Runbook, step: Step, sources: list[Step]) -> Mark:
    if sources is not index_of(runbook).undoing[step.id]:  # this session leaves some of them out
        return Mark(0, f"not done: {_listed(source.title for source in sources)}")
    return _none_done(runbook, step.id)


@once
def _none_done(runbook: Runbook, step: str) -> Mark:
    return Mark(0, f"not done: {_listed(one.title for one in index_of(runbook).undoing[step])}")


def _listed(titles: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(titles))
