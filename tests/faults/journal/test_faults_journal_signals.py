"""Hangs up on, terminates and stops real `runbook` processes: what they leave can be resumed, nothing is missing."""

import os
import signal
import time
from contextlib import ExitStack
from itertools import cycle, islice, product
from pathlib import Path

import pytest

from tests.faults.clients import PROGRAM, complete, environment, only_session, started, ticking, wait_for_output
from tests.program.test_cli import ANSWERS
from tests.program.test_end_to_end import begin
from tests.support.hostile.faults import Faults
from tests.support.screens.terminal import terminal
from tests.support.servers.sshd import Sshd
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.clock import SystemClock
from tui.session.journal.journal import Journal, verify
from tui.session.output.output import verify_output

SIGNALS = (signal.SIGHUP, signal.SIGTERM)
NAMES = [number.name for number in SIGNALS]


def resumable(directory: SessionDirectory) -> bool:
    """Hold what a signal left against what a resumed session needs; says whether the session had not ended yet."""
    _, state = directory.load()
    assert state.started is not None
    journal = Journal.open(directory.journal, SystemClock())
    journal.append(ev.SessionResumed(operator="ana"))
    journal.close()
    assert verify(directory.journal).torn == 0
    for attempt in state.attempts.values():
        assert attempt.outcome is None or verify_output(directory.attempts, attempt.number) == attempt.sha256
    return state.finished is None


@pytest.mark.parametrize("number", SIGNALS, ids=NAMES)
def test_a_run_that_is_ended_by_a_signal_can_be_resumed(tmp_path: Path, number: signal.Signals, faults: Faults) -> None:
    times, unfinished = faults.choose(2, 12), 0
    for place, steps in enumerate(islice(cycle((3, 0, 9, 14, 20, 27)), times)):
        folder = tmp_path / str(place)
        folder.mkdir()
        (folder / "answers.toml").write_text(ANSWERS)
        drill = ("drill", "--headless", "--flow", "deploy", "--method", "a", "--pace", "1000")
        with started(folder, *drill, "--answers", "answers.toml") as process:
            assert process.stdout
            while not process.stdout.readline().startswith("session "):
                pass
            for _ in range(steps):
                process.stdout.readline()
            process.send_signal(number)
            rest = process.communicate(timeout=60)[0]
            assert "Traceback" not in rest
            assert process.returncode in (-number, 0, 128 + number), rest
        unfinished += resumable(only_session(folder))
    assert unfinished > 0
    faults.count(times, f"{number.name}s of a headless drill", f"all sessions whole, {unfinished} resumable midway")


def test_a_screen_that_is_ended_by_a_signal_can_be_resumed(tmp_path: Path, faults: Faults) -> None:
    chosen = SIGNALS[: faults.choose(1, 2)]
    for number in chosen:
        folder = tmp_path / number.name
        folder.mkdir()
        with terminal((*PROGRAM, "drill", "--pace", "1000"), folder, environment(folder), (100, 30)) as screen:
            begin(screen, folder / "sessions")
            os.kill(screen.child, number)
            screen.wait()
        assert resumable(only_session(folder))
    names = " and ".join(number.name for number in chosen)
    faults.count(len(chosen), f"{names} of a drill on a screen", "the session whole and resumable")


def test_a_client_that_is_stopped_loses_nothing(tmp_path: Path, sshd: Sshd, faults: Faults) -> None:
    """Four at once: what runs meanwhile ends before the client continues or after it, and changes something or not."""
    stopped = faults.choose(3, 60)
    kinds = list(product((stopped - 1, stopped + 2), (False, True)))
    with ExitStack() as running:
        processes = []
        for number, (length, mutates) in enumerate(kinds):
            words = ticking(tmp_path / str(number), sshd, length * 10, mutates)
            processes.append(running.enter_context(started(tmp_path / str(number), *words)))
        for number, process in enumerate(processes):
            wait_for_output(tmp_path / str(number), process, b"tick 1 of")
            process.send_signal(signal.SIGSTOP)
        time.sleep(stopped)  # what is tried is that time passes while the client stands still
        for process in processes:
            process.send_signal(signal.SIGCONT)
        for number, process in enumerate(processes):
            said = process.communicate(timeout=100)[0]
            assert process.returncode == 0, (kinds[number], said)
    for number, (length, _) in enumerate(kinds):
        complete(only_session(tmp_path / str(number)), length * 10)
    faults.count(
        len(kinds),
        f"SIGSTOPs for {stopped} s while a real command ran",
        "all outcomes right, 0 lines of output missing",
    )
