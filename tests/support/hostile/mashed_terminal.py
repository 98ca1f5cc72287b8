"""A panicking hand on the whole program in a real terminal, on a drill's host."""

import os
import random
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.support.harness.one_read import ESCAPE, click, paste
from tests.support.hostile.mashing import KEYS, NAME, PASTES
from tests.support.screens.terminal import Terminal, terminal
from tests.support.sessions.stored import stored
from tui.resources import bundled
from tui.runbook.model import Danger
from tui.runbook.reading.load import load
from tui.runbook.walk import steps_of
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.journal.journal import read, verify

PROGRAM = (sys.executable, "-m", "tui", "drill", "--pace", "10000")
SIZE, SMALL = (100, 30), (40, 10)
F10 = "\x1b[21~"
EACH = 20
"""Episodes in one run of the program."""
QUIET = 0.06


def environment(folder: Path) -> Mapping[str, str]:
    """A home of its own for the program."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "RUNBOOK_SESSIONS": str(folder / "sessions"),
        "PYTHONPATH": str(Path(__file__).parent.parent.parent.parent),
    }


def one_write(chance: random.Random) -> str:
    """What is typed, pasted and clicked at once."""
    if chance.random() < 0.4:
        return _key(chance) * chance.randint(2, 8)
    parts = [_key(chance) for _ in range(chance.randint(1, 10))]
    if chance.random() < 0.2:
        parts.append(paste(chance.choice((*PASTES, NAME))))
    if chance.random() < 0.3:
        parts.append(click(chance.randrange(SIZE[0]), chance.randrange(SIZE[1])))
    chance.shuffle(parts)
    return "".join(parts)


def _key(chance: random.Random) -> str:
    key = chance.choices(list(KEYS), list(KEYS.values()))[0]
    return "\x1b" if key == ESCAPE else key


def shows(screen: Terminal) -> None:
    """That the program still paints, and a screen of its own: each has the word.

    Asked again until it did: a word that was painted before may be read late, and two sizes in one moment are none.
    """
    for _ in range(20):
        for size, word in ((SMALL, b"too small"), (SIZE, b"DRILL")):
            before = len(screen.received)
            screen.resize(*size)
            if screen.idle(1.0, until=lambda since=before, word=word: word in screen.received[since:]):
                raise AssertionError("the program ended")
        if word in screen.received[before:]:
            return
    raise AssertionError(f"no DRILL in {screen.received[-2000:]!r}")


def play(folder: Path, episodes: int, seed: int, faults: list[str]) -> int:
    """Play this number of episodes, and look at every journal afterwards; how many were played."""
    done = run = 0
    folder.mkdir(parents=True, exist_ok=True)
    while done < episodes:
        run += 1
        chance = random.Random(f"{seed}-{run}")
        told: list[str] = []
        with terminal(PROGRAM, folder, environment(folder), SIZE) as screen:
            try:
                screen.wait_for("DRILL")
                begin(screen)
                for _ in range(EACH):
                    done += 1
                    told.append(one_write(chance))
                    screen.press(told[-1])
                    if screen.idle(QUIET):
                        break
                    if chance.random() < 0.2:
                        shows(screen)
                else:
                    shows(screen)
                    continue
            except AssertionError as error:
                if "the program ended" not in str(error):
                    faults.append(f"{str(error)[:300]}  [{seed}-{run}: {told[-3:]}]")
                    continue
            if screen.wait() != 0:
                faults.append(f"exit status {screen.wait()}: {screen.received[-600:]!r}  [{seed}-{run}: {told[-3:]}]")
    check_journals(folder / "sessions", faults)
    return done


def begin(screen: Terminal) -> None:
    """Set a deployment up, and begin it; the run screen shows its plan."""
    screen.press("d")
    screen.wait_for("Preflight")
    for _ in range(100):
        screen.press(F10)
        screen.idle(QUIET)
        if b"Plan" in screen.received:
            return
    raise AssertionError("the session does not begin")


def check_journals(sessions: Path, faults: list[str]) -> None:
    """That each is whole, and that nothing of theirs destroys: no name was typed."""
    runbook = load(bundled("runbook.toml"))
    destroys = {step.id for _, step in steps_of(runbook) if step.danger is Danger.DESTRUCTIVE}
    store = Store(sessions)
    for summary in stored(store):
        journal = store.find(summary.id).journal
        verify(journal)
        started = Counter(one.event.step for one in read(journal) if isinstance(one.event, ev.AttemptStarted))
        faults += [f"{step} was started without the typed name  [{summary.id}]" for step in started if step in destroys]
