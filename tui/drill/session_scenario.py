"""Finds the scenario that a session rehearses: as it was played, which the session keeps, else by its name."""

import msgspec

from tui.drill.scenario import Scenario
from tui.drill.scenario_files import find_scenario
from tui.errors import SessionError
from tui.session.archive.store import SessionDirectory
from tui.session.state import SessionState


def as_kept(scenario: Scenario) -> str:
    """The text that a session keeps of its scenario."""
    return msgspec.json.format(msgspec.json.encode(scenario), indent=1).decode() + "\n"


def scenario_of(directory: SessionDirectory, state: SessionState) -> Scenario:
    """The scenario of a drill.

    Raises:
        SessionError: the session is not a drill; or what it keeps cannot be read.
        UsageError: it is an older session, which keeps none, and there is no scenario of that name.
        RunbookInvalid: it is an older session, and the scenario of that name cannot be used.
    """
    started = state.started
    if started is None or not state.drill:
        raise SessionError(f"{directory.id} is not a drill", "`runbook drills` lists them")
    try:
        data = directory.scenario.read_bytes()
    except FileNotFoundError:
        return find_scenario(started.scenario or started.drill)
    except OSError as error:
        raise SessionError(f"{directory.scenario} cannot be read: {error.strerror}", "see its permissions") from error
    try:
        return msgspec.json.decode(data, type=Scenario)
    except msgspec.MsgspecError as error:
        hint = "take it away, and the scenario is looked for by its name"
        raise SessionError(f"{directory.scenario} is damaged: {error}", hint) from error
