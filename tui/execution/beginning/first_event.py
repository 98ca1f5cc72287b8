"""Makes the event that a session begins with: all that is said of it before anything happens."""

import tui
from tui.execution.beginning.belonging import hash_of
from tui.execution.beginning.chosen import Setup
from tui.runbook.groups.printed_hosts import lists_of
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.places import places_of, runbook_id


def first_event(session: str, setup: Setup, runbook: Runbook, text: str, scenario_text: str) -> ev.SessionStarted:
    """What the operator chose, and what the runbook says of itself and its hosts.

    Args:
        text: the runbook's, as the session keeps it.
        scenario_text: a drill's scenario as the session keeps it.
    """
    return ev.SessionStarted(
        session=session,
        flow=setup.flow,
        method=setup.method,
        operator=setup.operator,
        second_operator=setup.second_operator,
        title=runbook.runbook.title,
        runbook_hash=hash_of(text),
        targets={name: place.target or place.connection or "local" for name, place in places_of(runbook).items()},
        runbook=runbook_id(runbook),
        places=places_of(runbook),
        groups=lists_of(runbook),
        change=setup.change,
        reason=setup.reason,
        scenario_hash=hash_of(scenario_text) if scenario_text else "",
        program=f"runbook {tui.__version__}",
    )
