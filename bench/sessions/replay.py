"""A session of a million events: opened to its first frame beside reading it as JSON, seeks, and memory.

Targets: opened in at most 0.05 of the time that Python's own JSON library takes to read the same journal; 99 of 100
seeks within 10 ms; memory growing by less than 60 MiB.
"""

import asyncio
import gc
import json
import math
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec

from textual.app import App, ComposeResult
from textual.widgets import Static

from bench.support.large_session import large_session
from tui.__main__ import GARBAGE
from tui.app import RunbookApp
from tui.replay.recorded import RecordedSession
from tui.replay.stage import ReplayWorkspace
from tui.screens.replay.screen import ReplayScreen
from tui.session.archive.store import SessionDirectory, Store

P = ParamSpec("P")

EVENTS = 1_000_000
SEEKS = 1_000
LARGE_OUTPUT = 1 << 30
TIMES = 5
REST = 0.3
"""Seconds in which a process at rest takes next to none of its processor's time."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        directory = large_session(root, EVENTS)
        first = Beside()
        for number in range(TIMES):
            first.add(directory, alone(opened, directory, root / f"cache-{number}", False))
        gc.set_threshold(GARBAGE)  # as the command does
        before = memory()
        started, spent = time.perf_counter(), time.process_time()
        recording = RecordedSession(directory, root / "cache")
        recording.index()
        indexed, spent = time.perf_counter() - started, time.process_time() - spent
        again = Beside()
        for _ in range(TIMES):
            again.add(directory, alone(opened, directory, root / "cache", True))
        luck = random.Random(2)
        seeks = sorted(seek(recording, luck.random() * recording.total) for _ in range(SEEKS))
        grown = memory() - before
        output = large_output(root)
    print(f"{EVENTS:,} events read as JSON                {statistics.median(first.plain + again.plain):8.2f} s")
    print(f"a bare Textual application's first frame {statistics.median(first.bare + again.bare):8.2f} s")
    print(f"opened to the first frame, first time    {first}")
    print(f"opened to the first frame, key frames kept{again}")
    print(f"key frames made beside it                 {indexed:8.1f} s ({spent:.1f} of processor time)")
    print(f"a seek, median of {SEEKS:,}                   {seeks[SEEKS // 2] * 1000:8.1f} ms")
    print(f"a seek, p99                               {seeks[SEEKS * 99 // 100] * 1000:8.1f} ms   (target at most 10)")
    print(f"memory grew by                            {grown / 2**20:8.1f} MiB (target under 60)")
    print(f"1 GiB of output, counted lines kept: its end shown in {output * 1000:.1f} ms")


class Beside:
    """Times until a first frame, each beside reading as JSON right after it: the machine's speed changes meanwhile."""

    def __init__(self) -> None:
        self.frames: list[float] = []
        self.plain: list[float] = []
        self.bare: list[float] = []

    def add(self, directory: SessionDirectory, frame: float) -> None:
        self.frames.append(frame)
        self.plain.append(read_as_json(directory))
        self.bare.append(alone(bare_frame))

    def __str__(self) -> str:
        ratios = sorted(frame / plain for frame, plain in zip(self.frames, self.plain, strict=True))
        median = statistics.median(ratios)
        between = f"{ratios[0]:.3f} to {ratios[-1]:.3f}"
        return f"{statistics.median(self.frames):8.2f} s   = {median:.3f}, {between} (target at most 0.05)"


def read_as_json(directory: SessionDirectory) -> float:
    """Seconds that reading every line takes."""
    started = time.perf_counter()
    with directory.journal.open() as file:
        for line in file:
            json.loads(line)
    return time.perf_counter() - started


def alone(measured: Callable[P, Coroutine[None, None, float]], *args: P.args, **keywords: P.kwargs) -> float:
    """What is measured in a process of its own, as a person starts one: what ran before has left nothing there."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_measured, measured, *args, **keywords).result()


def _measured(measured: Callable[P, Coroutine[None, None, float]], *args: P.args, **keywords: P.kwargs) -> float:
    gc.set_threshold(GARBAGE)
    return asyncio.run(measured(*args, **keywords))


async def opened(directory: SessionDirectory, cache: Path, whole: bool) -> float:
    """The first frame once everything that it imports is there, and what that took is over."""
    await first_frame(directory, cache.with_name(f"{cache.name}-before"), False)
    spent = 1.0
    while spent > REST / 20:
        before = time.process_time()
        await asyncio.sleep(REST)
        spent = time.process_time() - before
    return await first_frame(directory, cache, whole)


async def first_frame(directory: SessionDirectory, cache: Path, whole: bool) -> float:
    """Seconds until the replay's screen is painted; the terminal is there already."""
    started = time.monotonic()
    place = ReplayWorkspace(RecordedSession(directory, cache), Store(directory.path.parent))
    app = RunbookApp(place)
    async with app.run_test(size=(120, 40)):
        while not seen(app):  # noqa: ASYNC110 - nothing tells of a paint
            await asyncio.sleep(0.001)
        took = app.painted - started
        assert place.player.recording.indexed.whole is whole
    return took


def seen(app: RunbookApp) -> bool:
    """Whether the replay's screen is painted with what the session was."""
    return isinstance(app.screen, ReplayScreen) and app.screen.moment is not None and not math.isinf(app.painted)


class Bare(App[None]):
    """One line, and nothing else."""

    def compose(self) -> ComposeResult:
        yield Static("painted")


async def bare_frame() -> float:
    """Seconds until a bare Textual application is painted."""
    started = time.monotonic()
    async with Bare().run_test(size=(120, 40)):
        return time.monotonic() - started


def seek(recording: RecordedSession, elapsed: float) -> float:
    """Seconds that going to a moment takes."""
    started = time.perf_counter()
    recording.at(elapsed)
    return time.perf_counter() - started


def large_output(root: Path) -> float:
    """Seconds until the end of 1 GiB of output can be read, at a second opening."""
    directory = large_session(root / "large", 100)
    piece = b"".join(b"%063d\n" % line for line in range(1 << 14))
    with (directory.attempts / "0001.out").open("wb") as file:
        for _ in range(LARGE_OUTPUT // len(piece)):
            file.write(piece)
    (directory.attempts / "0001.mask").write_bytes(b"")
    RecordedSession(directory, root / "large-cache").index()
    place = ReplayWorkspace(RecordedSession(directory, root / "large-cache"), Store(root))
    place.player.recording.index()
    place.player.seek(place.player.recording.total)
    started = time.perf_counter()
    reader = place.replayer.outputs.reader(1)
    total = reader.lines_total()
    assert total == LARGE_OUTPUT // 64
    assert reader.read_lines(total - 40, 40)[-1] == b"%063d" % ((1 << 14) - 1)
    return time.perf_counter() - started


def memory() -> int:
    """The most this process has held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
