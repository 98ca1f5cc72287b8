"""A panicking hand: random keys, pastes, clicks, moves and resizes, over every screen and every dialog.

In each episode the application stays, its screens stay in order, one read of the terminal answers one dialog at most,
nothing that changes anything starts unconfirmed and nothing that destroys without the typed name, and every command
that the host saw is in a journal.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.hostile import mashed_terminal
from tests.support.sessions.episodes import play, summed

pytestmark = pytest.mark.usefixtures("each_paint")
LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
EPISODES, IN_A_TERMINAL = (10_000, 400) if LONG else (4, 2)
SEED = 7
PART = 250


async def in_this_process(folder: Path, faults: list[str], done: Counter[str]) -> None:
    await play(folder, EPISODES, SEED, faults, done)


def in_processes(folder: Path, faults: list[str], done: Counter[str]) -> None:
    """Play them on every core at once, a part in a process: one that plays them all would need all the memory."""

    def part(number: int) -> bytes:
        command = [
            sys.executable,
            "-m",
            "tests.support.sessions.episodes",
            str(PART),
            str(SEED + number),
            str(folder / str(number)),
        ]
        return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for told in pool.map(part, range(EPISODES // PART)):
            came = json.loads(told)
            faults += came["faults"]
            done.update(came["done"])


@pytest.mark.timeout(4 * 3600 if LONG else 120)
async def test_whatever_is_hit_nothing_is_lost_and_nothing_starts_unasked(tmp_path: Path) -> None:
    faults: list[str] = []
    done: Counter[str] = Counter()
    if LONG:
        in_processes(tmp_path, faults, done)
        places = ", ".join(f"{place} {count}" for place, count in done.most_common())
        sys.stdout.write(f"\n{done.total()} episodes: {places}\n{len(faults)} faults\n")
    else:
        await in_this_process(tmp_path, faults, done)
    assert not faults, "\n".join([*summed(faults), *faults])


@pytest.mark.timeout(3600 if LONG else 120)
def test_in_a_real_terminal_too(tmp_path: Path) -> None:
    faults: list[str] = []
    done = mashed_terminal.play(tmp_path, IN_A_TERMINAL, SEED, faults)
    if LONG:
        sys.stdout.write(f"\n{done} episodes in a terminal, {len(faults)} faults\n")
    assert not faults, "\n".join(faults)
