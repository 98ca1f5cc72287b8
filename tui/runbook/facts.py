"""Holds what a step asks for (`when`, `needed_if`) against the facts a session knows."""

from collections.abc import Iterator, Mapping

from tui.runbook.model import Facts, FlowKind, Runbook, Section, Step


def may_hold(wanted: Facts, facts: Mapping[str, str]) -> bool:
    """Whether the facts known so far leave the wanted ones possible; a fact not known yet does."""
    if not wanted:  # most steps: this is asked of every step of the runbook after every event
        return True
    return all(name not in facts or facts[name] in allowed_values(values) for name, values in wanted.items())


def holds(wanted: Facts, facts: Mapping[str, str]) -> bool:
    """Whether every wanted fact is known and has one of the wanted values."""
    if not wanted:  # most rules of a scenario: each is asked for each command
        return True
    return all(facts.get(name) in allowed_values(values) for name, values in wanted.items())


def exclude(one: Facts, other: Facts) -> bool:
    """Whether no session can meet both: they want different values of one fact, as two answers to one question."""
    return any(not {*allowed_values(one[name])} & {*allowed_values(other[name])} for name in one.keys() & other.keys())


def steps_of(runbook: Runbook, flow: str, facts: Mapping[str, str]) -> Iterator[tuple[Section, Step]]:
    """A flow's steps in order, those left out whose `when` contradicts a fact already known."""
    sections = {section.id: section for section in reversed(runbook.sections)}
    for section_id in runbook.flows[flow].sections:
        section = sections[section_id]
        for step in section.steps:
            if may_hold(section.when, facts) and may_hold(step.when, facts):
                yield section, step


def host_named(runbook: Runbook, on: str) -> str:
    """The host on which something runs that names `on`: that, or the runbook's default where it names none."""
    return on or runbook.runbook.default_host


def connection_of(runbook: Runbook, on: str) -> str:
    """The host whose connection an action on host `on` uses; the runbook's default where it names none."""
    name = host_named(runbook, on)
    while runbook.hosts[name].connection:
        name = runbook.hosts[name].connection
    return name


def flow_of_kind(runbook: Runbook, kind: FlowKind) -> str:
    """The name of the first flow of this kind, or of one that goes as it does; empty where the runbook has none."""
    found = [(flow.kind is not kind, name) for name, flow in runbook.flows.items() if flow.kind.offered_as is kind]
    return min(found, key=lambda one: one[0], default=(False, ""))[1]


def only_flow(runbook: Runbook) -> str:
    """The one flow that is not a rollback; empty where there are several, or none."""
    found = [name for name, flow in runbook.flows.items() if flow.kind.offered_as is not FlowKind.ROLLBACK]
    return found[0] if len(found) == 1 else ""


def flows_of_kind(runbook: Runbook, kind: FlowKind) -> list[str]:
    """The flows that are offered as this kind, in the runbook's order."""
    return [name for name, flow in runbook.flows.items() if flow.kind.offered_as is kind]


def allowed_values(values: str | tuple[str, ...]) -> tuple[str, ...]:
    """The values of a fact that are wanted, of which a runbook may name one alone."""
    return (values,) if isinstance(values, str) else values


def given_names(runbook: Runbook) -> frozenset[str]:
    """What a runbook gives a name to: hosts, values, secrets, services."""
    steps = (step for section in runbook.sections for step in section.steps)
    captured = (name for step in steps for action in step.actions for name in action.capture)
    return frozenset((*runbook.hosts, *runbook.variables, *runbook.secrets, *runbook.services, *captured))
