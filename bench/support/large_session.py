"""Writes large sessions of the bundled runbook, without waiting for a disk."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.resources import bundled
from tui.runbook.facts import steps_of
from tui.runbook.reading.load import load, read_whole
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.journal.chain import START, digest, encode
from tui.session.outcome import Outcome

BEGIN = datetime(2026, 1, 7, 2, tzinfo=UTC)
ATTEMPTS = 1_500


def large_session(root: Path, events: int) -> SessionDirectory:
    """A deployment with this number of events: up to ATTEMPTS commands, and monitors for the rest."""
    directory = SessionDirectory(root / "20260107T020000Z-deploy-bench0")
    directory.attempts.mkdir(parents=True)
    directory.runbook.write_text(read_whole(bundled("runbook.toml")).text, encoding="utf-8")
    runbook = load(directory.runbook)
    steps = [step.id for _, step in steps_of(runbook, "deploy", {"method": "b", "flow": "deploy"})]
    monitors, luck = list(runbook.monitors), random.Random(1)
    every = max(20, events // ATTEMPTS)
    head, seq, attempt = START, 0, 0
    with directory.journal.open("wb") as file:

        def put(event: ev.AnyEvent) -> None:
            nonlocal head, seq
            mono = round(seq / 10, 6)
            line = encode(ev.Entry(seq, BEGIN + timedelta(seconds=mono), mono, event), head)
            file.write(line + b"\n")
            head, seq = digest(line), seq + 1

        begun = ev.SessionStarted(
            session=directory.id, flow="deploy", method="b", operator="ana", title="x", runbook_hash=""
        )
        put(begun)
        while seq < events - 1:
            if seq % every or seq >= events - 6:
                value = round(luck.random(), 4)
                put(ev.MonitorSampled(monitor=luck.choice(monitors), value=value, clock=seq / 10))
                continue
            attempt += 1
            step = steps[attempt % len(steps)]
            command = f"echo {'x' * luck.randrange(200)}"
            put(ev.StepOpened(step=step, operator="ana"))
            put(ev.AttemptStarted(attempt=attempt, step=step, action=0, host="production", command=command))
            put(ev.AttemptFinished(attempt=attempt, outcome=Outcome.exited(0), seconds=0.1))
            put(ev.AttemptChecked(attempt=attempt, checks=(ev.Check("exit status 0", "exit status 0", ok=True),)))
            put(ev.StepSigned(step=step, operator="ana"))
        if events > 1:
            put(ev.SessionFinished(result="completed", operator="ana"))
    return directory
