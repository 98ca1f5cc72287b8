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
from pathlib import Path

import pytest

from tests.support import mashed_terminal
from tests.support.episodes import play, summed

LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
EPISODES, IN_A_TERMINAL = (10_000, 400) if LONG else (6, 2)
SEED = 7


async def in_this_process(folder: Path, faults: list[str], done: Counter[str]) -> None:
    await play(folder, EPISODES, SEED, faults, done)


def in_processes(folder: Path, faults: list[str], done: Counter[str]) -> None:
    """Play them on every core at once."""
    many = os.cpu_count() or 1
    share = -(-EPISODES // many)
    command = [sys.executable, "-m", "tests.support.episodes", str(share)]
    running = [
        subprocess.Popen([*command, str(SEED + one), str(folder / str(one))], stdout=subprocess.PIPE)
        for one in range(many)
    ]
    for one in running:
        came = json.loads(one.communicate()[0])
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
