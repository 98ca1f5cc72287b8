"""A second opener of a session sees what happens in it, is told who has it, and can do nothing."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.journal_script import MEASURED
from tests.support.machines.fake_transport import FakeTransport
from tui.errors import SessionHeld
from tui.execution.conductor.conductor import Conductor
from tui.execution.conductor.onlooker import GONE
from tui.execution.recorder import Recorder
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.clock import SystemClock
from tui.session.journal.journal import verify
from tui.session.journal.writer_lock import WriterLock, holder_of
from tui.session.state import StepStatus


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.execution.conductor.onlooker.LOOK", 0.01)


@pytest.fixture
def conductor(workspace: Workspace) -> Iterator[Conductor]:
    made = workspace.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"}))
    yield made
    made.close()


def test_an_onlooker_follows_and_cannot_act(workspace: Workspace, conductor: Conductor, host: FakeTransport) -> None:
    session = workspace.store.find("last").id
    with pytest.raises(SessionHeld) as held:
        workspace.resume(session, "ben")
    onlooker = workspace.look_on(session, held.value.holder)
    assert onlooker.state == conductor.state
    assert "process" in onlooker.read_only
    seen: list[int] = []
    onlooker.subscribe(lambda entry, state: seen.append(entry.seq))
    conductor.start("look")
    conductor.wait()
    while onlooker.state.seq < conductor.state.seq:
        pass
    assert onlooker.state == conductor.state
    assert onlooker.state.step("look").status is StepStatus.SIGNED
    assert onlooker.outputs.reader(1).read_lines(0, 1) == [b"load average: 0.1"]
    assert onlooker.receipt() == conductor.receipt()
    assert seen == sorted(seen)
    ran = len(host.ran)
    assert not isinstance(onlooker._live, Recorder)
    assert not {"start", "skip", "note", "reopen", "roll_back", "finish", "deliver", "cancel"} & set(dir(onlooker))
    assert "read-only here" in onlooker.refusal().message
    assert "process" in onlooker.refusal().hint
    assert len(host.ran) == ran
    assert verify(workspace.store.find("last").journal).count == conductor.state.seq + 1
    onlooker.close()


def test_an_onlooker_sees_what_is_measured_at_once_and_once(workspace: Workspace) -> None:
    """Samples are in no line of the journal for minutes."""
    runbook = load_text(MEASURED, "runbook.toml")
    other = Workspace(runbook, MEASURED, workspace.store, workspace.transports, SystemClock())
    conductor = other.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"}))
    conductor.monitors.stop()
    onlooker = other.look_on(other.store.find("last").id, "")
    for value in range(3):
        conductor.record(ev.MonitorSampled(monitor="load", value=value))
        while onlooker.state != conductor.state:
            time.sleep(0.001)
    assert [sample.value for sample in onlooker.state.monitors["load"].samples][-3:] == [0, 1, 2]
    conductor.note("the line before this one has them", "look")
    while onlooker.state != conductor.state:
        time.sleep(0.001)
    assert onlooker.receipt() == conductor.receipt()
    onlooker.close()
    conductor.close()


def test_the_lock_of_a_process_that_died_is_free_at_once(workspace: Workspace, conductor: Conductor) -> None:
    conductor.close()
    directory = workspace.store.find("last")
    script = (
        "import os, signal; from pathlib import Path; from tui.session.journal.journal import Journal;"
        "from tui.session.clock import SystemClock;"
        f"Journal.open(Path({str(directory.journal)!r}), SystemClock()); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    workspace.resume(directory.id, "ana").close()


def test_an_onlooker_says_when_the_writer_was_killed_and_who_writes_next(workspace: Workspace) -> None:
    workspace.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})).close()
    directory = workspace.store.find("last")
    script = (
        "import sys; from pathlib import Path; from tui.session.journal.journal import Journal;"
        "from tui.session.clock import SystemClock;"
        f"held = Journal.open(Path({str(directory.journal)!r}), SystemClock()); print('held', flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"held\n"
        with pytest.raises(SessionHeld) as held:
            workspace.resume(directory.id, "ben")
        onlooker = workspace.look_on(directory.id, held.value.holder)
        assert f"process {writer.pid} " in onlooker.read_only
        writer.kill()
        writer.wait()
    while f"process {writer.pid} " in onlooker.read_only:
        pass
    assert onlooker.read_only == GONE
    assert "nobody has it open now" in onlooker.refusal().hint
    next_one = workspace.resume(directory.id, "ben")
    while onlooker.read_only == GONE:
        pass
    assert f"process {os.getpid()} " in onlooker.read_only
    next_one.close()
    onlooker.close()


def test_looking_who_writes_does_not_keep_the_next_one_out(tmp_path: Path) -> None:
    """A look takes the lock for a moment; a process that wants to write then tries again."""
    path = tmp_path / "lock"
    path.touch()
    looking = os.open(path, os.O_RDWR)
    fcntl.flock(looking, fcntl.LOCK_SH)
    let_go = threading.Timer(0.02, os.close, [looking])
    let_go.start()
    lock = WriterLock(path, SystemClock())
    assert f"process {os.getpid()} " in holder_of(path)
    lock.release()
    assert holder_of(path) == ""
    let_go.join()
