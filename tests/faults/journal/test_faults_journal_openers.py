"""Races two processes for the same session: one gets it, the other is told who has it, and the dead hold nothing."""

import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness.forks import Forks
from tests.support.hostile.faults import Faults
from tests.support.runbooks.runbooks import SMALL
from tests.support.sessions.fake_clock import FakeClock
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.journal.journal import read, verify


@pytest.fixture
def pair() -> Iterator[tuple[Forks, Forks]]:
    with Forks("tests.faults.opener_script") as one, Forks("tests.faults.opener_script") as other:
        yield one, other


def race(pair: tuple[Forks, Forks], journal: Path, gate: Path) -> tuple[Forks, int, Forks]:
    """Have both open the journal in the same moment: the winner, its process, and the loser."""
    with gate.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for one in pair:
            one.start("open_at_the_gate", path=str(journal), gate=str(gate))
        processes = [one.next()["ready"] for one in pair]
        fcntl.flock(file, fcntl.LOCK_UN)
    said = [one.next() for one in pair]
    won = [place for place, line in enumerate(said) if "won" in line]
    assert len(won) == 1, said
    (winner,) = won
    assert f"process {processes[winner]} on " in said[1 - winner]["lost"], said
    return pair[winner], processes[winner], pair[1 - winner]


def test_of_two_openers_one_wins_and_the_other_is_told_who(
    pair: tuple[Forks, Forks], folder: Path, faults: Faults
) -> None:
    directory, created = Store(folder).create("deploy", SMALL, FakeClock())
    created.close()
    gate = folder / "gate"
    gate.touch()
    rounds, killed = faults.choose(30, 200), 0
    for number in range(rounds):
        if number % 3 == 0:
            directory.journal.with_name("journal.jsonl.lock").unlink()
        winner, process, loser = race(pair, directory.journal, gate)
        if number % 2:
            os.kill(process, signal.SIGKILL)
            killed += 1
        else:
            winner.send({"do": "leave"})
        assert winner.next() == {"exit": -signal.SIGKILL if number % 2 else 0}
        loser.send({"do": "again"})
        assert loser.next()["line"] == 2 * number + 1
        loser.send({"do": "leave"})
        assert loser.next() == {"exit": 0}
    found = [entry.event for entry in read(directory.journal)]
    assert len({event.machine for event in found if isinstance(event, ev.SessionResumed)}) == 2 * rounds
    assert verify(directory.journal).count == 2 * rounds
    faults.count(
        rounds,
        "races of two openers",
        f"one winner each, named to the loser; {killed} killed holders' locks free at once",
    )
