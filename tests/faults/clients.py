"""Real `runbook` clients without a screen, and the one-step runbook they follow on a real host."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.harness import program
from tests.support.harness.program import PROGRAM
from tests.support.runbooks.runbooks import one_section
from tests.support.servers.sshd import Sshd
from tui.session.archive.store import SessionDirectory, Store
from tui.session.outcome import Outcome
from tui.session.output.output import verify_output

STEPS = """
[[sections.steps]]
id = "tick"
title = "Tick"
MUTATES
budget = "5m"
[[sections.steps.actions]]
run = '''
echo run >> RUNS; seq 1 20000
for i in $(seq 1 TICKS); do echo "tick $i of TICKS"; sleep 0.1; done; echo the end'''
timeout = "5m"
expect = { contains = ["the end"] }
"""
LOOK_AGAIN = 0.01
"""Seconds between two looks at a file: a test that looks all the time takes the processor from what it waits for."""
RUNBOOK = one_section(STEPS, "box", title="Ticks")


def environment(folder: Path) -> dict[str, str]:
    """What a process of its own needs, and nothing of the person who runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "RUNBOOK_SESSIONS": str(folder / "sessions"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


@contextmanager
def started(folder: Path, *words: str) -> Iterator[program.Process]:
    """A real client without a screen, killed at the end if it still runs."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = program.begin([*PROGRAM, *words], cwd=folder, env=environment(folder), text=True, **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def only_session(folder: Path) -> SessionDirectory:
    (name,) = Store(folder / "sessions").names()
    return SessionDirectory(folder / "sessions" / name)


def ticking(folder: Path, sshd: Sshd, ticks: int, mutates: bool) -> Sequence[str]:
    """The words that start a run whose one command ticks on a real host."""
    folder.mkdir()
    values = {"TICKS": str(ticks), "RUNS": str(folder / "runs"), "MUTATES": "mutates = true" if mutates else ""}
    text = RUNBOOK
    for name, value in values.items():
        text = text.replace(name, value)
    (folder / "runbook.toml").write_text(text)
    (folder / "answers.toml").write_text('operator = "ana"\nconfirm = ["*"]\n')
    return ("run", "--headless", "-f", "runbook.toml", "-F", str(sshd.ssh_config), "--answers", "answers.toml")


def wait_for_output(folder: Path, process: program.Process, words: bytes) -> None:
    """Wait until the attempt's output has these words; the test's time limit is the only one."""
    while True:
        assert process.poll() is None, process.communicate()[0]
        for path in (folder / "sessions").glob("*/attempts/0001.out"):
            if words in path.read_bytes():
                return
        time.sleep(LOOK_AGAIN)


def complete(directory: SessionDirectory, ticks: int) -> None:
    """Hold the outcome and the output of the last attempt against what the command did."""
    _, state = directory.load()
    last = max(state.attempts)
    assert state.attempts[last].outcome == Outcome.exited(0)
    expected = [*map(str, range(1, 20001)), *(f"tick {number} of {ticks}" for number in range(1, ticks + 1)), "the end"]
    assert (directory.attempts / f"{last:04d}.out").read_text().splitlines() == expected
    assert verify_output(directory.attempts, last) == state.attempts[last].sha256
