"""Finds what of a session's hosts and values today's runbook, settings and options say otherwise than its journal."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from tui.execution.beginning.surroundings import Surroundings
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.places import moved, places_of, session_places
from tui.session.state import SessionState

AS_TODAY = "as the runbook and the settings say today"
"""Why a value of a session that is resumed is another one from then on."""


class Differing(Struct, frozen=True):
    """The hosts that are said to be elsewhere today, and the values that are said to be other ones, by name."""

    places: Mapping[str, ev.Place] = {}
    values: Mapping[str, str] = {}

    def lines(self, state: SessionState) -> tuple[str, ...]:
        """What differs, in words: a line for each, with both sides."""
        hosts = tuple(map(str, moved(session_places(state), self.places)))
        return (*hosts, *(_words(name, state, value) for name, value in self.values.items()))

    def events(self, state: SessionState, operator: str) -> Iterator[ev.HostMoved | ev.ValueCorrected]:
        """What is recorded where the operator takes what is said today."""
        before = session_places(state)
        for name, place in self.places.items():
            yield ev.HostMoved(host=name, before=before[name], place=place, operator=operator)
        for name, value in self.values.items():
            own = state.facts.get(name, "")
            yield ev.ValueCorrected(name=name, value=value, before=own, operator=operator, reason=AS_TODAY)


def differing(runbook: Runbook, state: SessionState, here: Surroundings) -> Differing:
    """What is said of a session's hosts and values today, where that is not what its journal names.

    Args:
        runbook: the session's own, by its text.
        here: what is said today.
    """
    frozen, today, own = places_of(runbook), places_of(here.runbook), session_places(state)
    places = {
        name: today[name]
        for name, place in frozen.items()
        if name in today and today[name] != own[name] and (name in here.said or today[name] != place)
    }
    return Differing(places, _values(runbook, state, here))


def _values(runbook: Runbook, state: SessionState, here: Surroundings) -> dict[str, str]:
    """The values that are said to be other ones.

    What was said already when the session began is not news: the operator chose otherwise then.
    """
    if state.started is None:
        return {}
    found: dict[str, str] = {}
    for name, before in runbook.variables.items():
        today = here.runbook.variables.get(name)
        if today is not None and today.default != before.default and "{{" not in today.default:
            found[name] = today.default
    found |= {name: value for name, value in here.settings.items() if state.started.settings.get(name) != value}
    own = {name: state.facts[name] for name in state.started.variables if name in state.facts}
    return {name: value for name, value in found.items() if name in own and own[name] != value}


def _words(name: str, state: SessionState, today: str) -> str:
    """A value that is another one today, in words."""
    return f"{name}: this session has {state.facts.get(name, '') or 'nothing'}, today it is said to be {today}"
