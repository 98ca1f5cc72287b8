"""Kills real clients while their command runs on a real host, and resumes: it ran once, and no output is missing."""

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.clients import LOOK_AGAIN, complete, only_session, started, ticking, wait_for_output
from tests.support.hostile.faults import Faults
from tests.support.servers.sshd import Sshd
from tui.cli.wiring import open_workspace
from tui.session.outcome import OutcomeKind
from tui.session.state import StepStatus

SEED = 2026
TICKS = 8
SIGNALS = (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM)
LONGEST = 0.3
"""Seconds from the announcement of the command to its first output, and more: the claim on the host is among them."""


def end(folder: Path, sshd: Sshd, number: signal.Signals, tick: int, pause: float) -> None:
    """Start a client and end it: `pause` seconds after it announced the command, or when tick `tick` has come."""
    words = ticking(folder, sshd, TICKS, mutates=True)
    with started(folder, *words) as process:
        if tick:
            wait_for_output(folder, process, f"tick {tick} of".encode())
        else:
            while not any(b"attemptstarted" in one.read_bytes() for one in folder.glob("sessions/*/journal.jsonl")):
                assert process.poll() is None, process.communicate()[0]
                time.sleep(LOOK_AGAIN)
            time.sleep(pause)  # to fall somewhere else each time, not to wait for anything
        process.send_signal(number)
        process.communicate(timeout=60)


def resume(folder: Path, sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> OutcomeKind:
    """Take the session to the end of its step; returns what was found of the command that had been left."""
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(folder / "sessions"))
    workspace = open_workspace(folder / "runbook.toml", {}, sshd.ssh_config)
    conductor = workspace.resume("last", "ana")
    try:
        conductor.wait()
        found = conductor.state.attempts[1].outcome
        assert found is not None
        if conductor.state.step("tick").status is StepStatus.UNKNOWN:
            ran = (folder / "runs").exists()
            assert not ran, "the host knows of the command, and it was called unknown"
            conductor.resolve("tick", ran, "the host knows nothing of it")
            conductor.retry("tick")
            conductor.wait()
        assert conductor.state.step("tick").status in (StepStatus.SIGNED, StepStatus.PASSED)
        conductor.finish("completed")
    finally:
        conductor.close()
        workspace.close()
    return found.kind


def test_a_killed_client_s_command_runs_once_and_is_followed_again(
    tmp_path: Path, sshd: Sshd, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    luck, kinds = random.Random(SEED), Counter[str]()
    times = faults.choose(4, 60)
    for place in range(times):
        folder = tmp_path / str(place)
        number, tick = SIGNALS[place % 3], luck.randint(1, TICKS) if place % 2 else 0
        end(folder, sshd, number, tick, luck.random() ** 3 * LONGEST)
        kinds[resume(folder, sshd, monkeypatch).value] += 1
        assert (folder / "runs").read_text() == "run\n", (place, number, tick)
        complete(only_session(folder), TICKS)
    words = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    faults.count(times, "clients ended while a change ran on a real host", f"0 run twice, 0 lines missing ({words})")
