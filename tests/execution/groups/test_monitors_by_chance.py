"""A monitor of a group under random figures and silences: its figure, its words and its trigger by a model."""

import os
import random
from pathlib import Path

import pytest

from tests.execution.groups.test_monitors_of_groups import Group
from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import Reply
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.outcome import Outcome

RUNS, ROUNDS = (500, 14) if os.environ.get("RUNBOOK_GROUPS") == "long" else (4, 8)
NAMES = tuple(f"web0{number}" for number in range(1, 7))
LIMIT, BOUND, EVERY, HELD = 80, 90, 30, 60
SILENT = (0.0, 0.1, 0.4, 0.9)
"""The share of hosts that have no figure, by turns."""
WORSE = (0.02, 0.1, 0.5)
"""The share of hosts beyond the trigger's bound, by turns."""


class Expected:
    """What a person would say of the figures: the worst, and for how long some host was beyond the bound."""

    def __init__(self) -> None:
        self.held = self.trips = 0
        self.tripped = self._beyond = False

    def judge(self, figures: dict[str, int | None]) -> tuple[float | None, str]:
        """The figure and whose it is; what lies between two figures, of which nothing is missing, is counted."""
        there = {host: figure for host, figure in figures.items() if figure is not None}
        if not there:
            self._beyond = False  # nobody knows what is now
            return None, ""
        worst = max(there, key=lambda host: there[host])  # the first of several
        before, self._beyond = self._beyond, there[worst] > BOUND
        if not self._beyond:
            self.held, self.tripped = 0, False
        elif before:
            self.held += EVERY
        if self.held >= HELD and not self.tripped:
            self.tripped = True
            self.trips += 1
        return float(there[worst]), worst


def said(figures: dict[str, int | None], worst: str) -> str:
    """The words beside the figure."""
    words = [f"worst of {len(figures)}: {worst}"]
    beyond = sum(figure is not None and figure >= LIMIT for figure in figures.values())
    if beyond > 1:
        words.append(f"{beyond} are beyond the limit")
    silent = [host for host, figure in figures.items() if figure is None]
    if silent:
        named = ", ".join(silent) if len(silent) <= 3 else f"{len(silent)} hosts"
        words.append(f"no figure from {named}")
    return "; ".join(words)


def answers(group: Group, host: str, figure: int | None, chance: random.Random) -> None:
    """Have a host print its figure; one that has none fails, prints something else, or is not reached."""
    if figure is not None:
        group.has(host, figure)
        return
    none = Reply(b"sorry\n"), Reply(err=b"denied\n", outcome=Outcome.exited(1)), Reply()
    group.hosts[host].replies[f"full {host}"] = chance.choice(none)


@pytest.mark.parametrize("seed", range(RUNS))
def test_the_worst_is_told_and_the_trigger_counts_it(seed: int, tmp_path: Path) -> None:
    chance, expected = random.Random(f"monitor {seed}"), Expected()
    silent, worse = SILENT[seed % len(SILENT)], WORSE[seed % len(WORSE)]
    group = Group(tmp_path)
    conductor = group.conductor
    try:
        until(lambda: group.count() == 1)
        assert expected.judge(dict.fromkeys(NAMES, 40)) == (40.0, NAMES[0])
        for _ in range(ROUNDS):
            figures: dict[str, int | None] = {}
            for host in NAMES:
                figure = chance.randint(91, 99) if chance.random() < worse else chance.randint(20, 90)
                figures[host] = None if chance.random() < silent else figure
                answers(group, host, figures[host], chance)
            value, worst = expected.judge(figures)
            got, detail = group.next(EVERY)
            assert got == value, (figures, detail)
            assert detail == said(figures, worst) if worst else detail.startswith("none of 6 hosts"), figures
            until(lambda: bool(conductor.state.tripped) is expected.tripped)
    finally:
        conductor.close()
    entries = list(read(group.store.find("last").journal))
    assert sum(isinstance(entry.event, ev.TriggerTripped) for entry in entries) == expected.trips
    assert fold(conductor.runbook, entries) == conductor.state
