"""Twenty checks of 200 ms over one connection, together and one after the other: target at most 0.15 of the time."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.support.connected import connected
from tests.support.runbooks.runbooks import one_section
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.model import Step
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.state import StepStatus
from tui.transports.ssh.transport import SSHTransport

CHECKS = 20
SECONDS = 0.2
TARGET = 0.15

STEP = """
[[sections.steps]]
id = "check-{number}"
title = "Check {number}"
[[sections.steps.actions]]
run = "sleep {seconds}"
"""


def main() -> None:
    with connected() as pair, tempfile.TemporaryDirectory() as name:
        one_by_one = measured(pair.transport, Path(name) / "one", in_turn)
        together = measured(pair.transport, Path(name) / "together", at_once)
    print(f"{CHECKS} checks of {SECONDS * 1000:.0f} ms, one after the other   {one_by_one:6.2f} s")
    print(f"{CHECKS} checks of {SECONDS * 1000:.0f} ms, together              {together:6.2f} s")
    print(f"together / one after the other       {together / one_by_one:6.2f}   (target at most {TARGET:.2f})")


def measured(transport: SSHTransport, directory: Path, run: Callable[[Conductor, list[Step]], None]) -> float:
    """Seconds that the checks of a session of their own take, all of them journaled and judged."""
    directory.mkdir()
    path = directory / "runbook.toml"
    path.write_text(one_section("".join(STEP.format(number=n, seconds=SECONDS) for n in range(CHECKS)), "web"))
    runbook = load(path)
    workspace = Workspace(runbook, path.read_text(), Store(directory / "sessions"), {"web": transport}, SystemClock())
    conductor = workspace.begin(Setup(flow="deploy", operator="bench"))
    steps = list(runbook.sections[0].steps)
    try:
        started = time.perf_counter()
        run(conductor, steps)
        took = time.perf_counter() - started
        for step in steps:
            assert conductor.state.step(step.id).status is StepStatus.SIGNED, step.id
    finally:
        conductor.close()
    return took


def in_turn(conductor: Conductor, steps: list[Step]) -> None:
    for step in steps:
        conductor.start(step.id)
        conductor.wait()


def at_once(conductor: Conductor, steps: list[Step]) -> None:
    conductor.check_together(steps)
    conductor.wait()


if __name__ == "__main__":
    main()
