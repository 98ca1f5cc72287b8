"""A disk that fills up under a durable command: what it prints waits on the host, and nothing of it is missing."""

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers.sshd import Sshd
from tui.execution.conductor.executor import Executor
from tui.execution.secrecy.redaction import Redactor
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import verify_output
from tui.transports.base import CancelToken, Command
from tui.transports.ssh.transport import SSHTransport

SCRIPT = "seq 1 30000; echo warned >&2; exit 3"
WANTED = {b"warned", *(b"%d" % number for number in range(1, 30001))}


class Disk:
    """Takes `room` bytes of output and no more, until there is space again."""

    def __init__(self, room: int) -> None:
        self.room: float = room
        self.full = threading.Event()

    def write(self, fd: int, data: bytes) -> int:
        if not self.room:
            self.full.set()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = os.write(fd, data if self.room == float("inf") else data[: int(self.room)])
        self.room -= done
        return done


@pytest.fixture
def host(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> Iterator[SSHTransport]:
    monkeypatch.setattr("tui.execution.conductor.executor.UNWRITABLE_PAUSE", 0.02)
    transport = sshd.transport()
    yield transport
    transport.clear("waits")
    transport.close()


@pytest.mark.parametrize("room", [0, 1, 4000, 100_000])
def test_output_waits_for_space_and_is_whole(host: SSHTransport, tmp_path: Path, room: int) -> None:
    disk = Disk(room)
    executor = Executor({"web": host}, tmp_path, Redactor(), SystemClock(), disk.write)
    troubles: list[object] = []

    def make_space() -> None:
        assert disk.full.wait()
        while executor.outputs.trouble is None:
            pass
        troubles.append(executor.outputs.trouble)
        disk.room = float("inf")

    thread = threading.Thread(target=make_space)
    thread.start()
    command = Command(script=SCRIPT, key=f"waits/step/{room}", durable=True)
    finished = executor.run(1, "web", command, CancelToken())
    thread.join()
    assert (finished.outcome, finished.lost) == (Outcome.exited(3), "")
    assert "No space left" in str(troubles[0])
    assert executor.outputs.trouble is None
    assert set((tmp_path / "0001.out").read_bytes().split(b"\n")) == {*WANTED, b""}
    assert finished.sha256 == verify_output(tmp_path, 1)
    reader = executor.outputs.reader(1)
    streams = dict(zip(reader.read_lines(0, 40000), reader.streams_of(0, 40000), strict=True))
    assert (streams[b"warned"], streams[b"1"], streams[b"30000"]) == ("err", "out", "out")


def test_who_gives_up_waiting_ends_the_command_and_is_told_what_is_missing(host: SSHTransport, tmp_path: Path) -> None:
    disk, cancel = Disk(4000), CancelToken()
    executor = Executor({"web": host}, tmp_path, Redactor(), SystemClock(), disk.write)

    def give_up() -> None:
        assert disk.full.wait()
        cancel.cancel()

    thread = threading.Thread(target=give_up)
    thread.start()
    command = Command(script=f"{SCRIPT[:-6]}sleep 60", key="waits/given-up/1", durable=True)
    finished = executor.run(1, "web", command, cancel)
    thread.join()
    assert finished.outcome.kind is OutcomeKind.CANCELLED
    assert "No space left" in finished.lost
    assert finished.size == 4000
