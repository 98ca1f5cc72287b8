"""The parts of a conductor, each without the others: none needs a conductor, and a conductor inherits from none."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport
from tests.support.runbooks.monitored import LOOK
from tests.support.runbooks.runbooks import one_section, small
from tests.support.sessions.conducted import conducted
from tui.errors import JournalUnwritable, NotNow
from tui.execution.conductor.conductor import Conductor
from tui.execution.conductor.gate import Gate
from tui.execution.conductor.hosts import Hosts
from tui.execution.conductor.planner import Planner
from tui.execution.conductor.worker import Worker
from tui.execution.epochs.holding import Alone
from tui.execution.live_session import LiveSession
from tui.execution.recorder import Recorder
from tui.execution.viewer import Viewer
from tui.session import events as ev
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.journal.journal import PIECE, Disk, Journal, read
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Detached

STARTED = ev.SessionStarted(
    session="s",
    flow="deploy",
    method="docker",
    operator="ana",
    title="Shop",
    runbook_hash="0",
    variables={},
    targets={},
)
RUNNING = ev.AttemptStarted(attempt=1, step="look", action=0, host="web", command="uptime", mutates=False)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(small(), Journal.create(tmp_path / "journal.jsonl", SystemClock()), lambda text: text)
    made.record(STARTED)
    yield made
    made.close()


@pytest.fixture
def worker(recorder: Recorder) -> Iterator[Worker]:
    made = Worker(recorder, lambda text: text.replace("secret", "***"))
    yield made
    made.leave()
    made.close()


def test_a_conductor_has_its_parts_and_inherits_only_what_screens_see() -> None:
    assert Conductor.__mro__ == (Conductor, Viewer, object)
    assert Recorder.__mro__ == (Recorder, LiveSession, object)


def test_a_recorder_tells_what_is_on_disk_and_folded_in(recorder: Recorder, tmp_path: Path) -> None:
    told: list[tuple[int, int, int]] = []

    def listener(entry: ev.Entry, state: object) -> None:
        told.append((entry.seq, recorder.state.seq, len(list(read(tmp_path / "journal.jsonl")))))

    recorder.subscribe(listener)
    recorder.record(ev.NoteAdded(text="seen", operator="ana"))
    assert told == [(1, 1, 2)]
    assert recorder.receipt() == f"2:{recorder.position()[1]}"
    assert fold(recorder.runbook, read(tmp_path / "journal.jsonl")) == recorder.state


def test_what_happened_together_waits_for_the_disk_once_and_is_told_one_after_the_other(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, syncs = [], [0]

    def sync(file: int) -> None:
        syncs[0] += 1
        if syncs[0] == 2:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(recorder._journal, "_disk", Disk(sync=sync))
    monkeypatch.setattr("tui.execution.recorder.UNWRITABLE_PAUSE", 0.0)
    recorder.subscribe(lambda entry, state: told.append((entry.seq, state.seq, syncs[0])))
    notes = [ev.NoteAdded(text=f"{number}", operator="ana") for number in range(PIECE + 2)]
    recorder.record_happened(*notes)
    assert told == [
        *((number, number, 1) for number in range(1, PIECE + 1)),
        *((number, number, syncs[0]) for number in range(PIECE + 1, PIECE + 3)),
    ], "the first piece at once, the others once the disk took them: none twice, none before it is kept"
    assert [entry.event for entry in read(recorder._journal.path)][1:] == notes


def test_how_a_command_ended_is_kept_though_its_judging_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise KeyError("judged")

    monkeypatch.setattr("tui.execution.conductor.attempts.attempt_judge.check", broken)
    with conducted(one_section(LOOK, "web"), tmp_path, {"web": FakeTransport(name="web")}) as conductor:
        conductor.start("look")
        conductor.wait()
        assert conductor.state.attempts[1].outcome == Outcome.exited(0)
        assert "KeyError" in str(conductor.recorder.trouble)


def test_a_recorder_that_is_closed_waits_no_longer_for_its_disk(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int, data: bytes) -> int:
        recorder.stop_waiting()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder._journal, "_disk", Disk(write=full))
    with pytest.raises(JournalUnwritable):
        recorder.record_happened(ev.NoteAdded(text="seen", operator="ana"))
    assert isinstance(recorder.trouble, JournalUnwritable)


def test_a_worker_does_one_thing_after_the_other_on_one_thread(worker: Worker) -> None:
    threads, go = [], threading.Event()

    def work(cancel: CancelToken) -> None:
        go.wait(10)
        threads.append(threading.get_ident())

    worker.submit(work)
    worker.submit(work)
    assert worker.busy
    go.set()
    worker.wait()
    beside = worker.submit_beside(work)
    assert not worker.busy
    assert beside is not None
    beside.result(10)
    assert len(threads) == 3
    assert len(set(threads)) == 1


def test_a_fault_of_the_program_leaves_what_was_running_unknown(recorder: Recorder, worker: Worker) -> None:
    def work(cancel: CancelToken) -> None:
        recorder.record(RUNNING)
        raise KeyError("secret")

    worker.submit(work)
    worker.wait()
    outcome = recorder.state.attempts[1].outcome
    assert outcome is not None
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert recorder.trouble is not None
    assert recorder.trouble.message == "a fault of this program: KeyError: '***'"


def test_a_worker_that_is_left_says_nothing_and_takes_nothing_more(recorder: Recorder, worker: Worker) -> None:
    begun = threading.Event()

    def work(cancel: CancelToken) -> None:
        begun.set()
        cancel.wait(10)
        assert cancel.left
        raise Detached

    worker.submit(work)
    assert begun.wait()
    worker.leave()
    worker.close()
    assert recorder.trouble is None
    assert worker.submit_beside(work) is None


def test_the_gate_refuses_while_a_command_runs_or_the_hosts_are_held(recorder: Recorder, worker: Worker) -> None:
    hosts = Hosts(recorder, {"web": FakeTransport({}, name="web")}, Planner(recorder), Alone())
    gate = Gate(recorder, worker, hosts)
    assert gate.idle_step("look").id == "look"
    hosts.hold("its hosts are being reached again")
    with pytest.raises(NotNow, match="being reached again"):
        gate.idle_step("look")
    hosts.reached((), ())
    go = threading.Event()

    def work(cancel: CancelToken) -> None:
        go.wait(10)

    worker.submit(work)
    with pytest.raises(NotNow, match="a command is running"):
        gate.idle_step("look")
    go.set()
    worker.wait()
    recorder.record(ev.SessionFinished(result="aborted", operator="ana"))
    with pytest.raises(NotNow, match="the session is finished"):
        gate.idle_step("look")
