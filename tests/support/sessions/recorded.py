"""Writes sessions as they might have been: any order of events that a session can have, and clocks that jump."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.runbooks.runbooks import SMALL
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.folding.fold import apply
from tui.session.journal.journal import Journal
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import OutputWriter, write_mask
from tui.session.state import SessionState, initial

TEXT = (
    SMALL
    + """
[monitors.load]
title = "Load"
run = "load"
number = { name = "load" }
[triggers.load]
monitor = "load"
above = 0.9
for = "1m"
reason = "errors"
"""
)
OUTCOMES = (
    Outcome.exited(0),
    Outcome.exited(3),
    Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost"),
    Outcome(OutcomeKind.CANCELLED),
)
BEGIN = datetime(2026, 11, 24, 2, tzinfo=UTC)


class ShakyClock:
    """A clock on the wall that somebody sets, and one that only runs forward."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.wall = BEGIN

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.passed

    def advance(self, seconds: float) -> None:
        self.passed += seconds
        self.wall += timedelta(seconds=seconds)


class Writer:
    """Writes one session, event by event; `states` has the state after each."""

    def __init__(self, root: Path, seed: int, shaky: bool = True) -> None:
        self.shaky = shaky
        self.random = random.Random(seed)
        self.clock = ShakyClock()
        self.directory = SessionDirectory(root / f"20261124T020000Z-deploy-{seed:06x}")
        self.directory.attempts.mkdir(parents=True)
        self.directory.runbook.write_text(TEXT)
        self.state: SessionState = initial(load(self.directory.runbook))
        self.states: list[SessionState] = []
        self.entries: list[ev.Entry] = []
        self.journal = Journal.create(self.directory.journal, self.clock)
        self.steps = [step.id for section in self.state.runbook.sections for step in section.steps]
        self.put(
            ev.SessionStarted(
                session=self.directory.id, flow="deploy", method="docker", operator="ana", title="Shop", runbook_hash=""
            )
        )

    def put(self, event: ev.AnyEvent) -> None:
        """Append one event, and fold it in."""
        entry = self.journal.append(event)
        self.state = apply(self.state, entry)
        self.entries.append(entry)
        self.states.append(self.state)

    def after(self, seq: int) -> SessionState:
        """The state after the line of the journal with this number."""
        return [state for entry, state in zip(self.entries, self.states, strict=True) if entry.seq == seq][-1]

    def go_on(self, count: int) -> None:
        """Let `count` things happen."""
        for _ in range(count):
            self.clock.advance(self.random.choice((0.0, 0.01, 0.5, 2.0, 40.0)))
            self.random.choice((self._attempt, self._attempt, self._step, self._sample, self._aside, self._shake))()

    def close(self) -> None:
        """Let go of the journal."""
        self.journal.close()

    def _step(self) -> None:
        step = self.random.choice(self.steps)
        event = self.random.choice(
            (
                ev.StepOpened(step=step, operator="ana"),
                ev.StepSigned(step=step, operator=self.random.choice(("ana", "auto"))),
                ev.StepSkipped(step=step, operator="ana", reason="because"),
                ev.StepReopened(step=step, operator="ana", reason="again"),
            )
        )
        self.put(event)

    def _attempt(self) -> None:
        number = len(self.state.attempts) + 1
        step = self.random.choice(self.steps)
        self.put(ev.StepOpened(step=step, operator="ana"))
        command = f"run {number}"
        self.put(ev.AttemptStarted(attempt=number, step=step, action=0, host="web", command=command, mutates=True))
        writer = OutputWriter(self.directory.attempts, number, self.clock)
        began = self.clock.monotonic()
        for piece in range(self.random.randrange(6)):
            self.clock.advance(self.random.choice((0.0, 0.02, 1.0)))
            writer.write(self.random.choice(("out", "err")), f"line {piece} of {number}\n".encode())
        writer.close()
        write_mask(self.directory.attempts, number, [])
        outcome = self.random.choice(OUTCOMES)
        seconds = self.clock.monotonic() - began
        self.put(ev.AttemptFinished(attempt=number, outcome=outcome, seconds=seconds, size=writer.size))
        if outcome.ended_by_itself:
            good = outcome.exit_status == 0
            check = ev.Check("exit status 0", f"exit status {outcome.exit_status}", ok=good)
            self.put(ev.AttemptChecked(attempt=number, checks=(check,)))

    def _sample(self) -> None:
        value = self.random.choice((None, 0.5, 0.95))
        self.put(ev.MonitorSampled(monitor="load", value=value, clock=self.clock.monotonic()))

    def _aside(self) -> None:
        event = self.random.choice(
            (
                ev.NoteAdded(text="seen", operator="ana", step=self.random.choice(("", *self.steps))),
                ev.LinkChanged(host="web", link=self.random.choice(("connected", "connection lost"))),
                ev.ValueCaptured(step=self.steps[0], name="tag_before", value=f"v{self.random.randrange(9)}"),
                ev.MessageSent(message="notice", text="…", how="copied", operator="ana"),
                ev.RollbackStarted(flow="rollback", operator="ana", reason="errors"),
            )
        )
        self.put(event)

    def _shake(self) -> None:
        """Set the clock on the wall, or continue in another process."""
        if not self.shaky:
            return
        if self.random.random() < 0.5:
            self.clock.wall += timedelta(seconds=self.random.choice((-3600, -5, 7, 1800)))
            return
        self.journal.close()
        self.clock.passed = self.random.choice((0.0, 1_000_000.0))
        self.journal = Journal.open(self.directory.journal, self.clock)
        who = self.random.choice(("ana", "ben"))
        if who == self.state.operator:
            self.put(ev.SessionResumed(operator=who))
        else:
            self.put(ev.SessionHandedOver(previous=self.state.operator, operator=who))


def written(root: Path, seed: int, count: int, shaky: bool = True) -> Writer:
    """A session in which this number of things happened; with clocks that jump, if they are to."""
    writer = Writer(root, seed, shaky)
    writer.go_on(count)
    writer.close()
    return writer
