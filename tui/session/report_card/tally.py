"""Counts how far a session is, section by section; what it costs grows with what was done, not with the runbook."""

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from tui.once import once
from tui.runbook.facts import holds
from tui.runbook.index import Plan, index_of
from tui.runbook.model import Step
from tui.session.state import SessionState, StepStatus, plan_of
from tui.session.tries import stands

SETTLED = tuple(status for status in StepStatus if status.settled)


class SectionTally(Struct, frozen=True, kw_only=True):
    """How far a section is: how many of its steps count, how many are settled, and how many stand in each way.

    Steps that the session's facts rule out do not count until they are settled.
    """

    id: str
    counts: Mapping[StepStatus, int] = {}
    settled: int = 0
    total: int = 0


class Tally(Struct, frozen=True, kw_only=True):
    """How far a session is, as a whole and for each of its sections, in order."""

    sections: Mapping[str, SectionTally]
    counts: Mapping[StepStatus, int]
    settled: int
    total: int


@once
def tally(state: SessionState) -> Tally:
    """How far a session is."""
    plan, ruled_out = plan_of(state), _left_out(state)
    waiting = dict(_to_do(plan, ruled_out))
    found: dict[str, Counter[StepStatus]] = {section: Counter() for section in waiting}
    for name, standing in state.steps.items():
        place = plan.place(name)
        if place < 0 or (name in ruled_out and not standing.status.settled):
            continue
        section, _ = plan.steps[place]
        if name not in ruled_out:
            waiting[section.id] -= 1
        found[section.id][stands(state, standing)] += 1
    for name, count in waiting.items():
        if count:
            found[name][StepStatus.PENDING] += count
    sections: dict[str, SectionTally] = {}
    whole: Counter[StepStatus] = Counter()
    for name, counts in found.items():
        total = sum(counts.values())
        settled = sum([counts[status] for status in SETTLED])
        sections[name] = SectionTally(id=name, counts=counts, settled=settled, total=total)
        whole.update(counts)
    settled = sum([whole[status] for status in SETTLED])
    return Tally(sections=sections, counts=whole, settled=settled, total=sum(whole.values()))


def _left_out(state: SessionState) -> frozenset[str]:
    """The steps that the session's facts rule out, and those of a rollback that they do not ask for."""
    ruled_out = index_of(state.runbook).ruled_out(state.facts)
    unasked = {step.id for step in _conditional(plan_of(state)) if not holds(step.needed_if, state.facts)}
    return ruled_out | unasked if unasked else ruled_out


@once
def _conditional(plan: Plan) -> tuple[Step, ...]:
    return tuple(step for _, step in plan.steps if step.needed_if)


@once
def _to_do(plan: Plan, ruled_out: frozenset[str]) -> Mapping[str, int]:
    """How many steps each section has that count, in the order of the plan; none for one that has none."""
    counts: dict[str, int] = {}
    for section, step in plan.steps:
        counts[section.id] = counts.get(section.id, 0) + (step.id not in ruled_out)
    return counts
