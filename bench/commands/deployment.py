"""A deployment of commands through the engine, beside the same commands in one shell script over one ssh.

Asked: at most 1.05 of the script's time, and 10 ms a command. Twenty commands, five times, in a minute and a half;
`DEPLOYMENT=long` has sixty, three times, in two and a half. A command that changes something outlives its connection
(durable), one that only looks does not (plain); each is announced, judged and signed in the journal.
"""

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench.support.connected import Pair, connected
from tests.support.runbooks.runbooks import one_section
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.state import StepStatus

COMMANDS, RUNS = (60, 3) if os.environ.get("DEPLOYMENT") == "long" else (20, 5)
MOST, EACH = 1.05, 0.010
COMMAND = "sleep 0.25; seq 1 300"
STEP = """
[[sections.steps]]
id = "step-{number}"
title = "Step {number}"
mutates = {mutates}
[[sections.steps.actions]]
run = "{command}"
reads = {reads}
"""


def main() -> None:
    with connected() as pair, tempfile.TemporaryDirectory() as name:
        taken: dict[str, list[float]] = {}
        spent: dict[str, list[float]] = {}
        for number in range(RUNS):
            for kind in ("one script", "plain", "durable"):
                began = time.process_time()
                if kind == "one script":
                    seconds = script(pair)
                else:
                    seconds = engine(pair, Path(name) / f"{kind}-{number}", kind == "durable")
                taken.setdefault(kind, []).append(seconds)
                spent.setdefault(kind, []).append(time.process_time() - began)
    beside = statistics.median(taken["one script"])
    for kind, seconds_ in taken.items():
        seconds = statistics.median(seconds_)
        more = (seconds - beside) / COMMANDS * 1000
        own = statistics.median(spent[kind]) / COMMANDS * 1000
        words = f"{seconds:7.2f} s = {seconds / beside:.2f}, {more:+6.1f} ms a command"
        print(f"{COMMANDS} commands, {kind:10} {words}, {own:.1f} of it our own processor time")
    asked = MOST * beside + EACH * COMMANDS
    print(f"asked                      {asked:6.2f} s = {asked / beside:.2f} (1.05, and 10 ms a command)")


def script(pair: Pair) -> float:
    """Seconds that all commands take in one shell script, which is sent over the open connection."""
    text = "set -e\n" + f"{COMMAND}\n" * COMMANDS
    started = time.perf_counter()
    subprocess.run([*pair.multiplexed, "bash -s"], input=text.encode(), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def engine(pair: Pair, directory: Path, durable: bool) -> float:
    """Seconds that they take as the steps of a session, from the first start to the last sign-off."""
    directory.mkdir()
    path, words = directory / "runbook.toml", {"mutates": str(durable).lower(), "reads": str(not durable).lower()}
    steps = (STEP.format(number=number, command=COMMAND, **words) for number in range(COMMANDS))
    path.write_text(one_section("".join(steps), "web"))
    runbook, store = load(path), Store(directory / "sessions")
    workspace = Workspace(runbook, path.read_text(), store, {"web": pair.transport}, SystemClock())
    conductor = workspace.begin(Setup(flow="deploy", operator="bench"))
    try:
        started = time.perf_counter()
        for step in runbook.sections[0].steps:
            conductor.start(step.id)
            conductor.wait()
        seconds = time.perf_counter() - started
        state = conductor.state
        assert all(state.step(step.id).status is StepStatus.SIGNED for step in runbook.sections[0].steps), state.steps
        assert not any(attempt.outcome and attempt.outcome.unprotected for attempt in state.attempts.values())
    finally:
        conductor.close()
    pair.transport.clear(str(state.facts["session"]))
    return seconds


if __name__ == "__main__":
    main()
