"""What the tests share that resume a deployment: a careful operator, who takes it to its end."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.conductor_script import ANSWERS, SETUP, scripted, workspace
from tests.support.harness.forks import Told
from tests.support.machines.fake_transport import FakeTransport
from tui.execution.conductor.conductor import Conductor
from tui.headless.answered_run import AnsweredRun, Exit
from tui.runbook.model import Step
from tui.session.archive.store import SessionDirectory
from tui.session.folding.fold import fold
from tui.session.journal.journal import read, verify
from tui.session.state import StepStatus

CHANGES = ("dump > /backups/v2.sql", "compose up v2")
"""The commands of the flow that change something: each is to reach its host once, whatever happens."""


def resume(root: Path, told: Sequence[Told], directory: SessionDirectory) -> Counter[str]:
    """Continue in a new process's place; returns how often each command reached its host in all."""
    before = [line["ran"] for line in told if "ran" in line]
    host = scripted()
    again = workspace(root, host)
    again.preflight(SETUP, lambda row: None)
    conductor = again.resume(directory.id, "ana")
    try:
        finish(conductor, before, host)
    finally:
        conductor.close()
    assert fold(conductor.runbook, read(directory.journal)) == conductor.state
    assert verify(directory.journal).torn == 0
    assert conductor.state.facts["tag_before"] == "v1"
    return Counter([*before, *(command.script for command in host.ran)])


def finish(conductor: Conductor, before: Sequence[str], host: FakeTransport) -> None:
    """Take a session to its end as a careful operator does, who looks on the host where it is asked."""
    for _ in range(40):
        conductor.wait()
        step = conductor.state.next_step()
        if step is None:
            conductor.finish("completed")
            return
        ran = [*before, *(command.script for command in host.ran)]
        done = step.mutates and last_command(conductor, step) in ran
        match conductor.state.step(step.id).status:
            case StepStatus.UNKNOWN:
                # What only looks is looked at again: taken for done, it would leave its values unknown.
                conductor.resolve(step.id, done, "looked on the host")
            case StepStatus.FAILED if done:
                conductor.skip(step.id, "it is done; only what it printed was lost")
            case StepStatus.FAILED:
                conductor.retry(step.id)
            case StepStatus.RUNNING:
                conductor.start(step.id, "y")
            case _:
                assert AnsweredRun(conductor, ANSWERS, lambda line: None).settle(step) is not Exit.UNANSWERED
    raise AssertionError("the session does not come to an end")


def last_command(conductor: Conductor, step: Step) -> str:
    """What the step ran last; empty where it ran nothing."""
    attempts = conductor.state.step(step.id).attempts
    return conductor.state.attempts[attempts[-1]].command if attempts else ""
