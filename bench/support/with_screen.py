"""Streams a file over SSH into a session, with the run screen and without it, in turn; prints the rates in MiB/s."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.support.connected import connected
from tests.support.runbooks.runbooks import one_section
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.clock import SystemClock

MIB = 1 << 20
SIZE = 256 * MIB
LINE = b"2026-11-24 02:14:07 INFO  migration 0042 applied to table notes in 12.3 ms, 118 rows\n"
STEPS = """
[[sections.steps]]
id = "stream"
title = "Stream"
signoff = "operator"
[[sections.steps.actions]]
run = "cat SOURCE"
timeout = "5m"
"""
REST = 0.3
"""Seconds in which a screen at rest takes next to none of its thread's time."""
SETUP = Setup(flow="deploy", operator="bench")


def main(runs: int) -> None:
    """Stream `runs` times each way, in turn."""
    with connected() as pair, tempfile.TemporaryDirectory() as name:
        source = pair.directory / "text"
        with source.open("wb") as file:
            for _ in range(SIZE // MIB):
                file.write((LINE * (MIB // len(LINE) + 1))[:MIB])
        path = Path(name) / "runbook.toml"
        path.write_text(one_section(STEPS.replace("SOURCE", str(source)), "box"), encoding="utf-8")

        def workspace() -> Workspace:
            store = Store(Path(tempfile.mkdtemp(dir=name)))
            return Workspace(load(path), path.read_text(), store, {"box": pair.transport}, SystemClock())

        for _ in range(runs):
            print(f"without {rate(without(workspace()))}", file=sys.stdout, flush=True)
            print(f"with {rate(asyncio.run(on_screen(workspace())))}", file=sys.stdout, flush=True)


def rate(seconds: float) -> float:
    """MiB/s."""
    return SIZE / seconds / MIB


def took(conductor: Conductor) -> float:
    """The attempt's own duration, as the journal has it; its output is dropped."""
    attempt = conductor.state.attempts[1]
    assert attempt.outcome is not None, "it has not ended"
    assert attempt.outcome.exit_status == 0, attempt
    assert attempt.size == SIZE, attempt
    (conductor.executor.directory / "0001.out").unlink()
    return attempt.seconds or 0.0


def without(workspace: Workspace) -> float:
    """The engine alone."""
    conductor = workspace.begin(SETUP)
    conductor.start("stream")
    conductor.wait()
    seconds = took(conductor)
    conductor.close()
    return seconds


async def on_screen(workspace: Workspace) -> float:
    """The same with the run screen on 120×40, painted before it begins, into a terminal that swallows it."""
    from tui.app import RunbookApp
    from tui.screens.run.session import SessionScreen

    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)):
        app.begin(SETUP)
        await until(lambda: isinstance(app.screen, SessionScreen))
        assert app.conductor is not None
        await at_rest()
        app.conductor.start("stream")
        conductor = app.conductor
        await until(lambda: not conductor.busy)
        return took(conductor)


async def at_rest() -> None:
    """Wait until the screen is painted: an operator begins a step on one that is there."""
    spent = 1.0
    while spent > REST / 20:
        before = time.thread_time()
        await asyncio.sleep(REST)
        spent = time.thread_time() - before


async def until(reached: Callable[[], bool]) -> None:
    """Let the application work until something holds: not by Textual's pilot, which wakes each widget to ask it."""
    while not reached():  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    main(int(sys.argv[1]))
