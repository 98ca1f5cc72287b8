"""Compares what was measured before the first change with what was measured last, so that a drift shows."""

from msgspec import Struct

from tui.runbook.described.probes import unit_of
from tui.session.folding.before_change import is_change
from tui.session.groups.cells import group_at
from tui.session.state import Measure, SessionState
from tui.text.amounts import figure


class Difference(Struct, frozen=True, kw_only=True):
    """One figure of a service: what it was before the session changed anything, and what it was last.

    `host` is the host of a group that it is of.
    """

    service: str
    check: str
    about: str
    figure: str
    unit: str = ""
    before: float
    now: float
    host: str = ""

    @property
    def of(self) -> str:
        """The service, and the host of a group, that it is of."""
        return f"{self.service} on {self.host}" if self.host else self.service

    @property
    def words(self) -> str:
        """What it was and what it is: 21.4 MiB → 24 MiB."""
        return f"{figure(self.before, self.unit)} → {figure(self.now, self.unit)}"

    @property
    def change(self) -> float:
        """How much it moved, as a share of what it was; 0 where it was nothing and is nothing."""
        if self.before == self.now:
            return 0.0
        return (self.now - self.before) / abs(self.before) if self.before else float("inf")


def differences(state: SessionState, step: str = "") -> list[Difference]:
    """Every figure that was measured both before the first change and after it, in the order of the measurements.

    Args:
        step: of this step's last measurements alone.
    """
    changed = min((attempt.number for attempt in state.attempts.values() if is_change(state, attempt)), default=0)
    if not changed:
        return []
    before: dict[tuple[str, str, str, str], Measure] = {}
    last: dict[tuple[str, str, str, str], Measure] = {}
    for measure in state.measures:
        attempt = state.attempts[measure.attempt]
        host = attempt.host if group_at(state, attempt.step, attempt.action) else ""
        key = (measure.service, measure.check, measure.about, host)
        if measure.attempt < changed:
            before[key] = measure
        elif not step or state.attempts[measure.attempt].step == step:
            last[key] = measure
    return [
        Difference(
            service=measure.service,
            check=measure.check,
            about=measure.about,
            figure=name,
            unit=unit_of(state.runbook, measure.service, measure.check, name),
            before=before[key].figures[name],
            now=value,
            host=key[3],
        )
        for key, measure in last.items()
        if key in before
        for name, value in measure.figures.items()
        if name in before[key].figures
    ]
