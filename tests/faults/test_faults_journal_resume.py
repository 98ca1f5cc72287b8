"""Kills a whole deployment at every call to the disk and around every command, and finishes it: nothing runs twice."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.conductor_script import ANSWERS, SETUP, scripted, workspace
from tests.faults.killed import KILLED, check, chosen
from tests.support.faults import Faults
from tests.support.forks import Forks, Told
from tui.execution.conductor import Conductor
from tui.headless.run import Exit, settle
from tui.session import events as ev
from tui.session.fold import fold
from tui.session.journal import read, verify
from tui.session.state import StepStatus
from tui.session.store import SessionDirectory, Store

CHANGES = ("dump > /backups/v2.sql", "compose up v2")
"""The commands of the flow that change something: each is to reach its host once, whatever happens."""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks("tests.faults.conductor_script") as opened:
        yield opened


def finish(conductor: Conductor, ran: Sequence[str]) -> None:
    """Take a resumed session to its end as a careful operator does, who looks on the host where it is asked."""
    for _ in range(40):
        conductor.wait()
        step = conductor.state.next_step()
        if step is None:
            conductor.finish("completed")
            return
        now = conductor.state.step(step.id)
        match now.status:
            case StepStatus.UNKNOWN:
                command = conductor.state.attempts[now.attempts[-1]].command
                # What only looks is looked at again: taken for done, it would leave its values unknown.
                conductor.resolve(step.id, step.mutates and command in ran, "looked on the host")
            case StepStatus.FAILED:
                conductor.retry(step.id)
            case StepStatus.RUNNING:
                conductor.start(step.id, "y")
            case _:
                assert settle(conductor, step, ANSWERS, lambda line: None) is not Exit.UNANSWERED
    raise AssertionError("the session does not come to an end")


def resume(root: Path, told: Sequence[Told], directory: SessionDirectory) -> Counter[str]:
    """Go on in a new process's place; returns how often each command reached its host in all."""
    ran = [line["ran"] for line in told if "ran" in line]
    host = scripted()
    again = workspace(root, host)
    again.preflight(SETUP, lambda row: None)
    conductor = again.resume(directory.id, "ana")
    try:
        finish(conductor, ran)
    finally:
        conductor.close()
    assert fold(conductor.runbook, read(directory.journal)) == conductor.state
    assert verify(directory.journal).torn == 0
    assert conductor.state.facts["tag_before"] == "v1"
    return Counter([*ran, *(command.script for command in host.ran)])


def test_a_killed_deployment_is_finished_and_nothing_runs_twice(forks: Forks, folder: Path, faults: Faults) -> None:
    told, _ = forks.run("deploy", root=str(folder / "whole"))
    places: list[str] = told[-1]["places"]
    assert told[-1]["code"] == 0
    after_each_event = [number for number, place in enumerate(places) if place == "fdatasync after"]
    kills = sorted({*chosen(places, faults, 60), *after_each_event})
    resumed = 0
    for place in kills:
        root = folder / str(place)
        told, status = forks.run("deploy", root=str(root), place=place)
        assert status == KILLED, told[-1]
        ran = [line["ran"] for line in told if "ran" in line]
        found = [one for one in Store(root).summaries() if not one.finished]
        if not found:
            over = any(one.state and one.state.finished for one in Store(root).summaries())
            assert [ran.count(change) for change in CHANGES] == [over, over]
            continue
        directory = SessionDirectory(found[0].path)
        left = check(directory, told)
        announced = [entry.event.command for entry in left if isinstance(entry.event, ev.AttemptStarted)]
        assert announced[: len(ran)] == ran
        counted = resume(root, told, directory)
        assert [counted[change] for change in CHANGES] == [1, 1], (places[place], left[-1].event, counted)
        resumed += 1
        shutil.rmtree(root)
    faults.count(
        len(kills),
        f"kills of a deployment, at {len({places[place] for place in kills})} kinds of places",
        f"{resumed} resumed and finished, 0 promised events lost, 0 changes run twice or left out",
    )
