"""The whole engine over a real sshd: the program is killed under a command, another one takes the session up."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.harness.program import DEVNULL, PROGRAM, begin
from tests.support.harness.waiting import until
from tests.support.runbooks.runbooks import one_section
from tests.support.servers.sshd import Sshd
from tui.cli.wiring import resumed_workspace
from tui.session import events as ev
from tui.session.journal.journal import read
from tui.session.outcome import Outcome
from tui.session.output.output import OutputReader
from tui.session.state import StepStatus

STEPS = """
[[sections.steps]]
id = "migrate"
title = "Migrate"
mutates = true
danger = "caution"
signoff = "operator"
[[sections.steps.actions]]
run = "echo ran >>{here}/ran; echo begun; while [ ! -e {here}/go ]; do sleep 0.05; done; seq 1 5000; echo warned >&2"
expect = {{ contains = ["5000"] }}
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "cat {here}/ran"
expect = {{ contains = ["ran"] }}
"""
RUNBOOK = one_section(STEPS, "web", "box", "Shop")


@pytest.mark.parametrize("operator", ["ana", "ben"])
def test_a_migration_outlives_the_program_and_runs_once(
    sshd: Sshd, tmp_path: Path, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runbook.toml").write_text(RUNBOOK.format(here=tmp_path))
    (tmp_path / "answers.toml").write_text('operator = "ana"\nconfirm = ["migrate"]\n')
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    command = [*PROGRAM, "run", "-f", tmp_path / "runbook.toml", "-F", sshd.ssh_config]
    command += ["--headless", "--flow", "deploy", "--answers", tmp_path / "answers.toml"]
    with begin(command, stdout=DEVNULL) as program:

        def begun() -> bool:
            return any(path.read_bytes() == b"begun\n" for path in tmp_path.glob("sessions/*/attempts/0001.out"))

        until(lambda: begun() or program.poll() is not None, "the command has begun")
        os.kill(program.pid, signal.SIGKILL)
    (tmp_path / "go").touch()
    with resumed_workspace("", tmp_path / "runbook.toml", {}, sshd.ssh_config) as (workspace, session):
        conductor = workspace.resume(session, operator)
        conductor.wait()
        attempt = conductor.state.attempts[1]
        assert (attempt.outcome, attempt.good) == (Outcome.exited(0), True)
        assert conductor.state.step("migrate").status is StepStatus.PASSED
        conductor.sign("migrate")
        conductor.start("look")
        conductor.wait()
        conductor.finish("completed")
        conductor.wait()
        conductor.close()
        directory = workspace.store.find(session)
    lines = OutputReader(directory.attempts, 1).read_lines(0, 9000)
    assert sorted(lines) == sorted([b"begun", *(b"%d" % number for number in range(1, 5001)), b"warned"])
    assert (tmp_path / "ran").read_text() == "ran\n"
    events = [entry.event for entry in read(directory.journal)]
    assert isinstance(events[-1], ev.JobsCleared)
    assert not (sshd.directory / ".local/state/runbook/jobs" / session).exists()
    kind = ev.SessionResumed if operator == "ana" else ev.SessionHandedOver
    taken_up = next(event for event in events if isinstance(event, kind))
    assert not isinstance(taken_up, ev.SessionHandedOver) or "is still running" in taken_up.summary
