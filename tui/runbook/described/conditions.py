"""Puts into words why a step does not apply: by the question, the step or the prompt that a value comes from."""

from collections.abc import Mapping

from tui.once import once
from tui.runbook.facts import allowed_values, may_hold
from tui.runbook.model import Action, Runbook, Section, Step
from tui.runbook.templates.variables import worded

METHOD, FLOW = "method", "flow"


def why_not(runbook: Runbook, section: Section, step: Step, facts: Mapping[str, str]) -> str:
    """Why a step does not apply, in words: “What happens to the database?”: restore, not reverse."""
    for name, values in [*section.when.items(), *step.when.items(), *step.needed_if.items()]:
        wanted = allowed_values(values)
        if (given := facts.get(name)) not in wanted:
            titles = " or ".join(value_called(runbook, name, value) for value in wanted)
            if name == METHOD:
                return f"only by {titles}"
            called = fact_called(runbook, name, facts)
            is_ = ":" if called.endswith("”") else " is"
            return f"{called}{is_} {value_called(runbook, name, given or 'not known')}, not {titles}"
    return "it does not apply to this session"


def fact_called(runbook: Runbook, name: str, facts: Mapping[str, str]) -> str:
    """What a person knows a value by: the question, else the step, that it is found out by; else what asks for it."""
    found = _captured(runbook).get(name, ())
    possible = [one for one in found if all(may_hold(part.when, facts) for part in one[:2])] or found
    for _, step, action in possible[:1]:
        return f"“{worded(action.ask or step.title, facts)}”"
    variable = runbook.variables.get(name)
    return variable.prompt if variable is not None and variable.prompt else name.replace("_", " ")


def value_called(runbook: Runbook, name: str, value: str) -> str:
    """A value as people read it: of a method and a flow the title."""
    method, flow = runbook.methods.get(value), runbook.flows.get(value)
    if name == METHOD and method is not None:
        return method.title
    return flow.title if name == FLOW and flow is not None else value


@once
def _captured(runbook: Runbook) -> Mapping[str, tuple[tuple[Section, Step, Action], ...]]:
    """Where each value is found out."""
    found: dict[str, tuple[tuple[Section, Step, Action], ...]] = {}
    for section in runbook.sections:
        for step in section.steps:
            for action in step.actions:
                for name in action.capture:
                    found[name] = (*found.get(name, ()), (section, step, action))
    return found
