"""Folding what 40 hosts say at once into a session of 10,000 cells, with what the card asks of it: under 50 ms."""

import statistics
import time
from datetime import UTC, datetime

from tests.support.machines.fleet import of_group
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.groups.cells import CellStatus, cells_of, standing_of
from tui.session.outcome import Outcome
from tui.session.state import SessionState, step_by_id

HOSTS, ACTIONS, AT_ONCE = 1000, 10, 40
AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
STEP = """title = "S"
[[sections.steps]]
id = "roll"
title = "Roll"
"""
ACTION = """[[sections.steps.actions]]
run = "change {{ host }}"
on = "web"
at_once = 40
"""


class Session:
    """A session's events, one after the other."""

    def __init__(self) -> None:
        self.seq = self.attempt = 0

    def entry(self, event: ev.Event) -> ev.Entry:
        self.seq += 1
        return ev.Entry(seq=self.seq, at=AT, mono=self.seq / 100, event=event)

    def batch(self, hosts: list[str], place: int) -> list[ev.Entry]:
        """What is recorded as a command begins on these hosts and then ends on each."""
        begun, ended = [], []
        for host in hosts:
            self.attempt += 1
            number = self.attempt
            begun.append(
                ev.AttemptStarted(attempt=number, step="roll", action=place, host=host, command="change", mutates=True)
            )
            ended.append(ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=1.0))
            ended.append(ev.AttemptChecked(attempt=number, checks=()))
        return [self.entry(event) for event in (*begun, *ended)]


def main() -> None:
    runbook = load_text(of_group([f"web[0001:{HOSTS:04}]"], STEP + ACTION * ACTIONS), "fleet.toml")
    names = [name for name in runbook.hosts if name.startswith("web0") or name.startswith("web1")]
    step, session = step_by_id(runbook, "roll"), Session()
    first = ev.SessionStarted(session="s", flow="deploy", operator="ana", title="Fleet", runbook_hash="")
    entries = [session.entry(first), session.entry(ev.StepOpened(step="roll", operator="ana"))]
    for place in range(ACTIONS - 1):
        for at in range(0, HOSTS, AT_ONCE):
            entries += session.batch(names[at : at + AT_ONCE], place)
    began, before = time.perf_counter(), time.process_time()
    state = fold(runbook, entries)
    whole, spent = time.perf_counter() - began, time.process_time() - before
    times, work = [], []
    for at in range(0, HOSTS, AT_ONCE):
        batch = session.batch(names[at : at + AT_ONCE], ACTIONS - 1)
        began, before = time.perf_counter(), time.process_time()
        state = after(state, batch)
        cells_of(state, step, ACTIONS - 1)
        standing_of(state, step, ACTIONS - 1)
        times.append((time.perf_counter() - began) * 1000)
        work.append((time.process_time() - before) * 1000)
    good = [cell for place in range(ACTIONS) for cell in cells_of(state, step, place)]
    assert [cell.status for cell in good] == [CellStatus.GOOD] * HOSTS * ACTIONS
    print(
        f"a session of {len(entries):,} events and {HOSTS * (ACTIONS - 1):,} cells folded in {whole:.1f} s "
        f"({spent:.1f} s of processor time)"
    )
    print(
        f"a batch of {3 * AT_ONCE} events, up to {HOSTS * ACTIONS:,} cells: median {statistics.median(times):.1f} ms, "
        f"worst {max(times):.1f} ms   (target under 50 ms); of processor time {statistics.median(work):.1f} ms"
    )


def after(state: SessionState, batch: list[ev.Entry]) -> SessionState:
    for one in batch:
        state = apply(state, one)
    return state


if __name__ == "__main__":
    main()
