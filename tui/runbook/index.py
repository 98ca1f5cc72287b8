"""Finds a runbook's steps and sections by their ids, and a flow's steps, without going through all of them."""

from collections.abc import Mapping

from msgspec import Struct

from tui.once import once
from tui.runbook.facts import may_hold
from tui.runbook.model import Runbook, Section, Step
from tui.runbook.walk import steps_of as all_steps

FLOWS_KEPT = 16


class Plan(Struct, frozen=True, dict=True):
    """Steps in the order in which they are gone through, each with its section, and the place of each by its id."""

    steps: tuple[tuple[Section, Step], ...]
    places: Mapping[str, int]

    def place(self, step: str) -> int:
        """The place of a step; -1 where the plan has none of this id."""
        return self.places.get(step, -1)


class Index:
    """What can be looked up in one runbook."""

    def __init__(self, runbook: Runbook) -> None:
        self.steps: dict[str, Step] = {}
        self.sections = {section.id: section for section in reversed(runbook.sections)}
        self.section_of: dict[str, Section] = {}
        self.undoing: dict[str, list[Step]] = {}
        """The steps that each step undoes, by the id of the one that undoes, in the order of the runbook."""
        self.needing: set[str] = set()
        """The steps with which others are needed."""
        for _, step in all_steps(runbook):
            self.needing.update(step.needed_with)
            self.steps.setdefault(step.id, step)
            for undo in step.undo:
                self.undoing.setdefault(undo, []).append(step)
        for section in runbook.sections:
            for step in section.steps:
                self.section_of[step.id] = section
        self._runbook = runbook
        self._plans: dict[tuple[tuple[str, ...], frozenset[tuple[str, str]]], Plan] = {}
        self._ruled_out: dict[frozenset[tuple[str, str]], frozenset[str]] = {}

    def plan(self, flows: tuple[str, ...], facts: Mapping[str, str]) -> Plan:
        """The steps of these flows one after the other, each once, without those that contradict a known fact."""
        key = flows, frozenset(facts.items())
        found = self._plans.get(key)
        if found is None:
            found = _planned(self.sections, self._runbook, flows, facts)
            if len(self._plans) >= FLOWS_KEPT:  # values are corrected rarely, and then the old plans are of no use
                self._plans.clear()
            self._plans[key] = found
        return found

    def ruled_out(self, facts: Mapping[str, str]) -> frozenset[str]:
        """The sections' steps that contradict a known fact."""
        key = frozenset(facts.items())
        found = self._ruled_out.get(key)
        if found is None:
            found = frozenset(
                step.id
                for section in self._runbook.sections
                for step in section.steps
                if not (may_hold(section.when, facts) and may_hold(step.when, facts))
            )
            if len(self._ruled_out) >= FLOWS_KEPT:
                self._ruled_out.clear()
            self._ruled_out[key] = found
        return found


def _planned(
    sections: Mapping[str, Section], runbook: Runbook, flows: tuple[str, ...], facts: Mapping[str, str]
) -> Plan:
    steps: dict[str, tuple[Section, Step]] = {}
    for flow in flows:
        for name in runbook.flows[flow].sections:
            section = sections[name]
            if may_hold(section.when, facts):
                for step in section.steps:
                    if may_hold(step.when, facts):
                        steps.setdefault(step.id, (section, step))
    return Plan(tuple(steps.values()), {name: place for place, name in enumerate(steps)})


@once
def index_of(runbook: Runbook) -> Index:
    """The index of a runbook."""
    return Index(runbook)
