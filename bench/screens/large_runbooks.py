"""Runbooks of 1,000 and 10,000 steps beside one of 50: reading, the first screen, a key, a step, resuming, replaying.

Of the first screen and of a step the processor time is measured too, which a busy machine changes little.
Targets: 1,000 steps as quick as 50; with 10,000 the first screen within 2 s, a key within 50 ms, a step within 0.5 s.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.screens.key_to_paint import DOWN, ENTER, UP, Terminal
from bench.support.large_runbook import workspace
from bench.support.terminal import both_until, processor_time
from tests.support.runbooks.large import CHANGES, large_text, mark
from tui.app import RunbookApp
from tui.execution.workspace import Setup
from tui.replay.recorded import RecordedSession
from tui.replay.stage import ReplayWorkspace
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load_text
from tui.screens.replay.screen import ReplayScreen
from tui.session.archive.store import SessionDirectory, Store

SIZES = (50, 1_000, 10_000)
TIMES = 3
KEYS = 30
STEPS = 12


def median(call: Callable[[], object], times: int = TIMES) -> float:
    """Milliseconds that a call takes."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def first_screen(text: str) -> tuple[float, float]:
    """From the start of a rehearsal to its first screen, and the processor time that takes."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "large.toml"
        file.write_text(text, encoding="utf-8")
        environment = {"RUNBOOK_SESSIONS": f"{name}/sessions", "XDG_CONFIG_HOME": name, "PYTHONPATH": "."}
        command = [sys.executable, "-m", "tui", "drill", "run", "-f", str(file)]
        found = [both_until(command, b"Large", environment, 60.0) for _ in range(TIMES)]
    return statistics.median(one[0] for one in found) * 1000, statistics.median(one[1] for one in found) * 1000


def on_screen(steps: int) -> tuple[float, float, float]:
    """A key on the checklist to its paint, and Enter to the step's signature and the next one's card.

    The processor time of the last is that of everything the step leads to, on the screen too.
    """
    with tempfile.TemporaryDirectory() as name:
        environment = {"XDG_CONFIG_HOME": name, "TMPDIR": name, "PYTHONPATH": "."}
        terminal = Terminal([sys.executable, "-m", "bench.support.large_runbook", str(steps)], environment)
        try:
            terminal.until(mark(0).encode(), 60.0)
            terminal.idle(1.0)
            keys = [pressed(terminal, DOWN, mark(at + 1)) for at in range(KEYS)]
            keys += [pressed(terminal, UP, mark(at)) for at in reversed(range(KEYS))]
            signed, worked = [], []
            for at in range(CHANGES - 1):  # the next one changes something, and asks first
                began, before = time.perf_counter(), processor_time(terminal.pid)
                terminal.press(ENTER)
                terminal.until(mark(at + 1).encode(), 60.0)
                signed.append(time.perf_counter() - began)
                terminal.idle(0.3)
                worked.append(processor_time(terminal.pid) - before)
        finally:
            terminal.close()
    return statistics.median(keys) * 1000, statistics.median(signed) * 1000, statistics.median(worked) * 1000


def pressed(terminal: Terminal, key: bytes, marker: str) -> float:
    """Seconds from a key to what it shows."""
    terminal.idle(0.05)
    terminal.press(key)
    began = time.perf_counter()
    return terminal.until(marker.encode(), 60.0) - began


def engine(text: str) -> tuple[float, float, float]:
    """One step without a screen; resuming the session after STEPS of them; its replay to the first frame."""
    with tempfile.TemporaryDirectory() as name:
        place = workspace(text, Path(name) / "sessions")
        conductor = place.begin(Setup(flow="deploy", operator="ana"))
        took = []
        for at in range(STEPS):
            began = time.perf_counter()
            conductor.start(f"step-{at}")
            conductor.wait()
            conductor.sign(f"step-{at}")
            took.append(time.perf_counter() - began)
        conductor.close()
        session = place.store.names()[-1]
        resumed = median(lambda: place.resume(session, "ana").close())
        directory = place.store.find(session)
        caches = iter(range(TIMES))
        replayed = median(lambda: asyncio.run(replay(directory, Path(name) / f"cache-{next(caches)}")))
    return statistics.median(took) * 1000, resumed, replayed


async def replay(directory: SessionDirectory, cache: Path) -> None:
    """Open a replay and wait for its first frame."""
    recording = RecordedSession(directory, cache)
    app = RunbookApp(ReplayWorkspace(recording, Store(cache)))
    async with app.run_test(size=(120, 40)) as pilot:
        while not (isinstance(app.screen, ReplayScreen) and app.screen.moment is not None):
            await pilot.pause(0.001)


def measure(steps: int) -> dict[str, float]:
    """What is measured of a runbook of this number of steps, in milliseconds."""
    text = large_text(steps)
    key, signed, worked = on_screen(steps)
    first, taken = first_screen(text)
    step, resumed, replayed = engine(text)
    return {
        "read": median(lambda: load_text(text, "large.toml")),
        "lint": median(lambda: lint_text(text, "large.toml")),
        "drill to first screen": first,
        "  processor time": taken,
        "key on the checklist": key,
        "Enter to signed": signed,
        "  its processor time": worked,
        "step without a screen": step,
        "resume": resumed,
        "replay to first frame": replayed,
    }


def main(sizes: tuple[int, ...]) -> None:
    found = {steps: measure(steps) for steps in sizes}
    few = found[sizes[0]]
    for name in few:
        figures = (f"{found[n][name]:9.1f} ms (x {found[n][name] / few[name]:5.1f})" for n in sizes)
        print(f"{name:22} " + "  ".join(f"{n:>6,}: {one}" for n, one in zip(sizes, figures, strict=True)))
    print("targets: 1,000 steps as quick as 50; 10,000: first screen 2,000 ms, a key 50 ms, Enter to signed 500 ms")


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
