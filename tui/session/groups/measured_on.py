"""Says how far what a probe measured lies apart on the hosts of a group, and which hosts are at its ends."""

from collections.abc import Mapping
from statistics import median

from msgspec import Struct

from tui.runbook.described.probes import unit_of
from tui.runbook.model import Action, Step
from tui.session.layered import whole
from tui.session.state import Measure, SessionState
from tui.text.amounts import figure

SHOWN = 2
"""Figures that are told where nothing is expected of any."""


class Spread(Struct, frozen=True, kw_only=True):
    """One figure of a probe on the hosts of a group: the least, the most, and what half of them are not above."""

    figure: str
    unit: str
    low: tuple[float, str]
    high: tuple[float, str]
    middle: float

    @property
    def words(self) -> str:
        """Between which it lies: percent 12 % to 97 %."""
        name, (low, _), (high, _) = self.figure.replace("_", " "), self.low, self.high
        if low == high:
            return f"{name} {figure(low, self.unit)}"
        return f"{name} {figure(low, self.unit)} to {figure(high, self.unit)}"

    @property
    def hosts_words(self) -> str:
        """The same with the hosts at the ends: percent 12 % (web03) to 97 % (web07), median 41 %."""
        name, (low, least), (high, most) = self.figure.replace("_", " "), self.low, self.high
        if low == high:
            return self.words
        ends = f"{figure(low, self.unit)} ({least}) to {figure(high, self.unit)} ({most})"
        return f"{name} {ends}, median {figure(self.middle, self.unit)}"


def spreads(state: SessionState, step: Step) -> list[Spread]:
    """What a step's probes measured last on the hosts of groups, first that of which something is expected."""
    places = state.step(step.id).cells
    asked = [place for place, action in enumerate(step.actions) if action.probe is not None and place in places]
    return [spread for place in asked for spread in _of_action(state, step.actions[place], whole(places[place]))]


def _of_action(state: SessionState, action: Action, cells: Mapping[str, int]) -> list[Spread]:
    numbers = set(cells.values())
    known = {measure.attempt: measure for measure in state.measures if measure.attempt in numbers}
    measured = [(host, known[number]) for host, number in cells.items() if number in known]
    if not measured:
        return []
    judged = [number.name for number in action.expect.numbers]
    names = list(dict.fromkeys(name for _, measure in measured for name in measure.figures))
    wanted = [name for name in names if name in judged] or names[:SHOWN]
    return [_spread(state, name, measured) for name in wanted]


def _spread(state: SessionState, name: str, measured: list[tuple[str, Measure]]) -> Spread:
    found = [(measure.figures[name], host) for host, measure in measured if name in measure.figures]
    first = measured[0][1]
    return Spread(
        figure=name,
        unit=unit_of(state.runbook, first.service, first.check, name),
        low=min(found),
        high=min(found, key=lambda one: (-one[0], one[1])),
        middle=median(value for value, _ in found),
    )
