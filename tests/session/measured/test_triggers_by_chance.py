"""How soon random errors are noticed, and how often a rate within the bound looks beyond it: the table of the docs.

`make test-triggers` measures the whole table and prints it; here some of its cells are compared with a few nights.
"""

import math
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.runbook.reading.load import load
from tui.session.events import MonitorSampled
from tui.session.samples import TriggerState, advance

LONG = os.environ.get("RUNBOOK_TRIGGERS") == "long"
NIGHTS = 1000 if LONG else 60
ROOT = Path(__file__).parents[3]
RUNBOOK = load(ROOT / "runbook.toml")
TRIGGER = RUNBOOK.triggers["error_rate"]
MONITOR = RUNBOOK.monitors[TRIGGER.monitor]
EVERY = 10.0
HALF_HOUR, SOON = 1800, 330
HEALTHY = 0.001
HEAD = r"\| requests a second \|(?P<rates>( \d+ % \|)+)"


def table() -> tuple[dict[tuple[float, float], float], dict[tuple[float, float], float]]:
    """The docs' shares of nights by requests a second and true rate: noticed in time, and proposed falsely."""
    lines = (ROOT / "docs" / "runbook-format.md").read_text(encoding="utf-8").splitlines()
    found: list[dict[tuple[float, float], float]] = []
    rates: list[float] = []
    for line in lines:
        head = re.fullmatch(HEAD, line)
        if head:
            found.append({})
            rates = [float(one) / 100 for one in re.findall(r"\d+", head["rates"])]
        elif found and (row := re.fullmatch(r"\| ([\d.]+) \|(( \d+ % \|)+)", line)):
            shares = [float(one) / 100 for one in re.findall(r"\d+", row[2])]
            found[-1] |= {(float(row[1]), rate): share for rate, share in zip(rates, shares, strict=True)}
    noticed, falsely = found
    return noticed, falsely


NOTICED, FALSELY = table()
CELLS = [(1.4, 0.15), (5.0, 0.12), (50.0, 0.11), (1.4, 1.0), (5.0, 0.2)]
FALSE_CELLS = [(1.4, 0.05), (1.4, 0.08), (5.0, 0.08)]


def sample(chance: random.Random, each: float, rate: float) -> tuple[float, float]:
    """Errors and requests of ten seconds, at random."""
    mean = each * EVERY
    if mean > 100:
        of = max(0, round(chance.gauss(mean, math.sqrt(mean))))
    else:
        of, left = 0, chance.expovariate(1)
        while left < mean:
            of, left = of + 1, left + chance.expovariate(1)
    return sum(chance.random() < rate for _ in range(of)), of


def trips(samples: Iterator[tuple[float, float]]) -> int | None:
    """At which sample the rollback is proposed."""
    dwell = TriggerState()
    for place, (bad, of) in enumerate(samples):
        share = 100 * bad / of if of else None
        sampled = MonitorSampled(monitor="errors", value=share, clock=place * EVERY, of=of)
        dwell = advance(TRIGGER, MONITOR, dwell, sampled)
        if dwell.tripped:
            return place
    return None


def risen(chance: random.Random, each: float, rate: float) -> Iterator[tuple[float, float]]:
    """Five minutes that are healthy, then the errors, which begin in the middle of a sample."""
    yield from (sample(chance, each, HEALTHY) for _ in range(30))
    phase = chance.uniform(0.1, 9.9)
    yield sample(chance, each, rate * phase / EVERY)
    yield from (sample(chance, each, rate) for _ in range(int((SOON - phase) / EVERY)))


def steady(chance: random.Random, each: float, rate: float) -> Iterator[tuple[float, float]]:
    return (sample(chance, each, rate) for _ in range(HALF_HOUR // int(EVERY)))


def near(measured: float, said: float) -> bool:
    """Whether this number of nights may show the share that the table has; its figures are rounded."""
    return abs(measured - said) <= 0.02 + 4 * math.sqrt(max(said * (1 - said), 0.01) / NIGHTS)


@pytest.mark.parametrize(("each", "rate"), list(NOTICED) if LONG else CELLS)
def test_random_errors_are_noticed_as_the_docs_say(each: float, rate: float) -> None:
    chance = random.Random(f"{each} {rate}")
    found = [trips(risen(chance, each, rate)) for _ in range(NIGHTS)]
    share = sum(one is not None for one in found) / NIGHTS
    if LONG:
        print(f"\nnoticed by 5:30 at {each} requests/s, {rate:.0%}: {share:.0%} of {NIGHTS}")  # noqa: T201 – the long form is read
    assert near(share, NOTICED[each, rate]), share
    early = [one for one in found if one is not None and one < 30 + 29]
    assert rate < 0.5 or not early, "long errors of nearly all requests are known to the second"


@pytest.mark.parametrize(("each", "rate"), list(FALSELY) if LONG else FALSE_CELLS)
def test_a_rate_within_the_bound_is_taken_for_one_beyond_it_as_rarely_as_the_docs_say(each: float, rate: float) -> None:
    chance = random.Random(f"{each} {rate}")
    share = sum(trips(steady(chance, each, rate)) is not None for _ in range(NIGHTS)) / NIGHTS
    if LONG:
        print(f"\nfalsely in half an hour at {each} requests/s, {rate:.0%}: {share:.0%} of {NIGHTS}")  # noqa: T201 – the long form is read
    assert near(share, FALSELY[each, rate]), share
