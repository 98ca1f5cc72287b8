"""The fence on a real host: nothing of an earlier epoch begins once a later one has been there."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.servers.sshd import Sshd
from tests.support.sessions.durable import SESSION, Came, Ran, run
from tui.errors import HostError, TakenOver
from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Detached, Fence, Left
from tui.transports.jobs.scripts import _RUNNER, SCRIPTS
from tui.transports.local.transport import LocalTransport
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.transport import SSHTransport

pytestmark = pytest.mark.needs("sshd", "ssh")

OLD, NEW = Fence(1, "ana"), Fence(2, "ben")


class FencedPlace(NamedTuple):
    """A transport, and where its jobs lie."""

    transport: SSHTransport | OpenSSHTransport | LocalTransport
    jobs: Path


@pytest.fixture(params=["ssh", "openssh", "local"])
def place(
    request: pytest.FixtureRequest, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FencedPlace]:
    if request.param == "local":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        yield FencedPlace(LocalTransport("here", patience=0.3), tmp_path / "state/runbook/jobs")
        return
    transport = sshd.transport(patience=0.3) if request.param == "ssh" else sshd.by_openssh(patience=0.3)
    jobs = sshd.directory / ".local/state/runbook/jobs"
    yield FencedPlace(transport, jobs)
    transport.close()
    subprocess.run(["rm", "-rf", str(jobs / SESSION)], check=True)


def plainly(place: FencedPlace, script: str, fence: Fence, number: int) -> Ran:
    came = Came()
    command = Command(script=script, key=f"{SESSION}/deploy/{number}", fence=fence)
    return came.with_outcome(place.transport.run(command, came, CancelToken()))


def test_a_start_of_an_earlier_epoch_is_refused_with_who_took_over(place: FencedPlace, tmp_path: Path) -> None:
    assert run(place.transport, "echo one", key=f"{SESSION}/deploy/1", fence=OLD).out == b"one\n"
    assert run(place.transport, "echo two", key=f"{SESSION}/deploy/2", fence=NEW).out == b"two\n"
    for fence in (OLD, Fence()):
        refused = run(place.transport, f"touch {tmp_path}/ran", key=f"{SESSION}/deploy/3", fence=fence).outcome
        assert refused.fenced
        assert refused.never_started
        assert str(refused).startswith(f"{NOT_RUN}: ben took this session over at 20")
    assert not (tmp_path / "ran").exists()
    assert run(place.transport, "echo three", key=f"{SESSION}/deploy/3", fence=NEW).out == b"three\n"


def test_a_plain_command_too(place: FencedPlace, tmp_path: Path) -> None:
    place.transport.connect()
    assert plainly(place, "echo one; cat", OLD, 1).out == b"one\n"
    assert plainly(place, 'echo "two $_rb_session$_rb_epoch$_rb_job$_rb_holder"', NEW, 2).out == b"two \n"
    refused = plainly(place, f"touch {tmp_path}/ran", OLD, 3).outcome
    assert (refused.fenced, refused.kind) == (True, OutcomeKind.UNREACHABLE)
    assert "ben took this session over at 20" in str(refused)
    assert not (tmp_path / "ran").exists()


def test_without_an_epoch_nothing_is_kept_there(place: FencedPlace) -> None:
    run(place.transport, "true", key=f"{SESSION}/deploy/1")
    assert [path.name for path in (place.jobs / SESSION).iterdir()] == ["deploy.1"]
    place.transport.clear(SESSION)


def test_a_session_begun_without_epochs_is_taken_over_as_any_other(place: FencedPlace) -> None:
    assert run(place.transport, "echo one", key=f"{SESSION}/deploy/1").out == b"one\n"
    assert place.transport.fence(SESSION, NEW) == ("deploy/1",)
    assert run(place.transport, "echo never", key=f"{SESSION}/deploy/2").outcome.fenced


def test_who_takes_over_learns_what_has_begun_and_the_rest_never_will(place: FencedPlace, tmp_path: Path) -> None:
    run(place.transport, "true", key=f"{SESSION}/deploy/1", fence=OLD)
    claimed = place.jobs / SESSION / "deploy.2"
    claimed.mkdir()
    assert place.transport.fence(SESSION, NEW) == ("deploy/1",)
    assert (claimed / "gate").read_text() == "void\n"
    assert place.transport.fence(SESSION, NEW) == ("deploy/1",), "asked again it says the same"
    with pytest.raises(TakenOver, match="ben took this session over at 20"):
        place.transport.fence(SESSION, OLD)


def test_the_fence_outlives_what_is_cleared(place: FencedPlace) -> None:
    run(place.transport, "true", key=f"{SESSION}/deploy/1", fence=NEW)
    assert place.transport.clear(SESSION, NEW) == 0
    assert sorted(path.name for path in (place.jobs / SESSION).iterdir()) == [".epoch.2", ".fenced.2"]
    assert run(place.transport, "echo never", key=f"{SESSION}/deploy/9", fence=OLD).outcome.fenced


def test_an_earlier_epoch_removes_nothing_of_what_was_left_there(place: FencedPlace) -> None:
    run(place.transport, "true", key=f"{SESSION}/deploy/1", fence=OLD)
    assert place.transport.clear(SESSION, OLD) == 0, "its own epoch does"
    run(place.transport, "true", key=f"{SESSION}/deploy/2", fence=NEW)
    for fence in (OLD, Fence()):
        with pytest.raises(TakenOver, match="ben took this session over at 20"):
            place.transport.clear(SESSION, fence)
    assert (place.jobs / SESSION / "deploy.2").is_dir()
    assert place.transport.clear(SESSION, NEW) == 0
    assert not (place.jobs / SESSION / "deploy.2").exists()


def test_a_running_command_is_followed_by_the_new_and_not_ended_by_the_old(place: FencedPlace, tmp_path: Path) -> None:
    cancel, go = CancelToken(), tmp_path / "go"
    script = f"echo begun; while [ ! -e {go} ]; do sleep 0.02; done; echo ended"
    with pytest.raises(Detached):
        run(place.transport, script, cancel, lambda data: cancel.leave(), key=f"{SESSION}/deploy/1", fence=OLD)
    assert place.transport.fence(SESSION, NEW) == ("deploy/1",)
    ending = CancelToken()
    ending.cancel()
    old = place.transport.rejoin(Left(key=f"{SESSION}/deploy/1", epoch=1), Came(), ending)
    assert old.kind is OutcomeKind.UNKNOWN
    go.touch()
    came = Came()
    new = place.transport.rejoin(Left(key=f"{SESSION}/deploy/1", epoch=2), came, CancelToken())
    assert came.with_outcome(new) == (Outcome.exited(0), b"begun\nended\n", b"")


def test_what_stands_there_that_is_no_epoch_is_passed_over(place: FencedPlace) -> None:
    folder = place.jobs / SESSION
    folder.mkdir(parents=True)
    for name in (".epoch.", ".epoch.x9", ".epoch.99999999999999999999", ".epoch.*", ".epoch.1 2"):
        (folder / name).touch()
    assert run(place.transport, "echo one", key=f"{SESSION}/deploy/1", fence=OLD).out == b"one\n"


def test_words_of_the_host_drive_no_terminal(place: FencedPlace) -> None:
    folder = place.jobs / SESSION
    folder.mkdir(parents=True)
    (folder / ".epoch.7").write_text("2026-11-29 02:14:05 UTC b\x1b[2Jen\x07" + "x" * 500 + "\n")
    said = str(run(place.transport, "echo never", key=f"{SESSION}/deploy/1", fence=OLD).outcome)
    assert said.isprintable()
    assert len(said) < 200


def test_a_home_that_cannot_be_written_keeps_no_fence_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    with pytest.raises(HostError, match="keeps no fence"):
        LocalTransport("here").fence(SESSION, NEW)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_of_starts_of_two_epochs_at_once_none_of_the_old_begins_after_the_fence(tmp_path: Path, shell: str) -> None:
    """What began has its gate, and the new one's fence says when it stood; four at once, on two processors."""
    if subprocess.run([*shell.split(), "-c", "true"], check=False, capture_output=True).returncode:
        pytest.skip(f"{shell} is not installed")
    races = 12
    wrong: list[str] = []
    for race in range(races):
        session, log = f"race-{race}", tmp_path / f"log-{race}"
        log.touch()
        barrier = threading.Barrier(4)

        def start(
            session: str, number: int, fence: Fence, log: Path = log, barrier: threading.Barrier = barrier
        ) -> None:
            runner = _RUNNER
            words = ["n", session, f"step.{number}", "", "0", "0", "0", "0", runner]
            words += [str(fence.epoch), fence.holder, "sh", "", f"echo {fence.epoch} >>{log}", "0"]
            barrier.wait()
            subprocess.run(
                [*shell.split(), "-c", SCRIPTS["start"], "runbook", *words],
                env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
            )

        starts = [threading.Thread(target=start, args=(session, n, OLD)) for n in (1, 2, 3)]
        starts.append(threading.Thread(target=start, args=(session, 4, NEW)))
        for one in starts:
            one.start()
        for one in starts:
            one.join()
        folder, lines = tmp_path / "state/runbook/jobs" / session, log.read_text().split()
        gates = [gate for number in (1, 2, 3) if (gate := folder / f"step.{number}/gate").exists()]
        begun = [gate for gate in gates if gate.read_text() != "void\n"]
        stood = (folder / ".fenced.2").stat().st_mtime_ns
        assert (lines.count("1"), lines.count("2")) == (len(begun), 1)
        wrong += [f"{session}: {gate.parent.name}" for gate in begun if gate.stat().st_mtime_ns > stood]
    assert wrong == []
