"""Decides what a rehearsal plays: which scenario, from where a session was left, and what is made up."""

from functools import partial
from typing import TYPE_CHECKING

from tui.resources import NAME, bundled

if TYPE_CHECKING:
    from datetime import datetime

    from tui.drill.jobs import LeftJob
    from tui.drill.made_up.supposed import Supposed
    from tui.drill.scenario import Scenario
    from tui.runbook.model import Runbook
    from tui.session.state import SessionState

CALM, ALL_MADE_UP = "calm-deployment", "made-up"
"""The scenario of the bundled runbook where none is named; the name for none: every answer is made up."""


def usual_scenario(runbook: "Runbook") -> str:
    """The scenario that is meant where none is named."""
    return CALM if _is_bundled(runbook) else ALL_MADE_UP


def scenario_named(name: str, runbook: "Runbook") -> "Scenario":
    """The scenario of this name."""
    from tui.drill.made_up.always_answered import everything_made_up
    from tui.drill.scenario_files import find_scenario

    return everything_made_up(runbook) if name == ALL_MADE_UP else find_scenario(name)


def _is_bundled(runbook: "Runbook") -> bool:
    """Whether it is the runbook that came with the program, or a copy."""
    import tomli

    about = tomli.loads(bundled(NAME).read_text(encoding="utf-8"))["runbook"]
    return (runbook.runbook.id, runbook.runbook.title) == (about.get("id", ""), about["title"])


def _supposed_again(resumed: "SessionState") -> "list[Supposed]":
    """What was answered to the commands that a session left running."""
    from tui.drill.made_up.supposing import supposed_for

    left = [attempt for attempt in resumed.attempts.values() if attempt.outcome is None]
    return [supposed for attempt in left for supposed in supposed_for(resumed, attempt)]


def with_chance(scenario: "Scenario", runbook: "Runbook", seed: int | None) -> "Scenario":
    """The scenario with a fault that chance chose, where it is to choose one."""
    from tui.drill.faults import by_chance
    from tui.runbook.facts import flow_of_kind, steps_of
    from tui.runbook.model import FlowKind

    if seed is None:
        return scenario
    flow = flow_of_kind(runbook, FlowKind.DEPLOY)
    return by_chance(scenario, [step.id for _, step in steps_of(runbook, flow, {})] if flow else [], seed)


def taken_up(
    scenario: "Scenario", runbook: "Runbook", resumed: "SessionState | None", now: "datetime"
) -> "tuple[Scenario, tuple[LeftJob, ...], tuple[Supposed, ...]]":
    """The scenario from where a session was left, what that left running, and what is made up from the beginning."""
    from tui.drill.jobs import left_of
    from tui.drill.made_up.always_answered import named_hosts, standing
    from tui.drill.world import lived, past_of
    from tui.runbook.facts import connection_of

    scenario, always = named_hosts(scenario, runbook), standing(runbook)
    if resumed is None:
        return scenario, (), always
    host_of = partial(connection_of, runbook)
    left = left_of(resumed, host_of, now)
    return lived(scenario, past_of(resumed, host_of)), left, (*always, *_supposed_again(resumed))
