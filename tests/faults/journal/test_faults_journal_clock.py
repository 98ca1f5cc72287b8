"""Sets the machine's clock back by an hour at every event of a session: the journal keeps its order and its offsets."""

import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.hostile.faults import Faults
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL, small
from tests.support.sessions.fake_clock import FakeClock
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.exports.registry import FORMATS, render
from tui.exports.source import source
from tui.headless.answered_run import AnsweredRun, Exit
from tui.headless.answers import AnswersFile
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.state import SessionState

HOUR = timedelta(hours=1)
SETUP = Setup(flow="deploy", method="docker", operator="ana", second_operator="ben")
ANSWERS = AnswersFile(
    second_operator="ben", confirm=("*", "switch-docker"), answers={"announce": "2"}, messages="copied"
)


def session(folder: Path, back_at: int) -> tuple[Workspace, Conductor]:
    """A whole session, a second an event, whose clock goes back by an hour after event `back_at`."""
    clock = FakeClock()
    host = FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})
    workspace = Workspace(small(), SMALL, Store(folder), {"web": host, "tools": host}, clock)
    workspace.preflight(SETUP, lambda row: None)
    conductor = workspace.begin(SETUP)

    def tick(entry: ev.Entry, state: SessionState) -> None:
        clock.advance(1.0)
        if entry.seq == back_at:
            clock.start -= HOUR

    conductor.subscribe(tick)
    assert AnsweredRun(conductor, ANSWERS, lambda line: None).walk() is Exit.OK
    conductor.finish("completed")
    conductor.close()
    return workspace, conductor


def test_a_clock_set_back_changes_no_order(folder: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    workspace, _ = session(folder / "straight", back_at=-1)
    straight = list(read(workspace.store.find("last").journal))
    events = len(straight)
    made = 0
    for back_at in faults.spread(range(events - 1), 12):
        workspace, conductor = session(folder / str(back_at), back_at)
        directory = workspace.store.find("last")
        entries = list(read(directory.journal))
        assert [entry.seq for entry in entries] == list(range(events))
        assert all(later.mono >= earlier.mono for earlier, later in pairwise(entries))
        if back_at > 1:  # events that are written in one piece have one time
            after = [entry.seq for entry in straight if entry.mono > straight[back_at].mono]
            assert [later.seq for earlier, later in pairwise(entries) if later.at < earlier.at] == after[:1]
        assert fold(conductor.runbook, entries) == conductor.state
        assert min(attempt.seconds or 0.0 for attempt in conductor.state.attempts.values()) >= 0
        for form in set(FORMATS) - {"ics"}:  # they left no follow-ups
            assert directory.id.encode() in render(source(directory), form)
        assert not re.search(rb"\s-\d[\d.]* [smh]\b", render(source(directory), "md"))
        workspace.close()
        made += 1
    faults.count(made, "clocks set back by an hour", "order, offsets, state and exports as ever")
