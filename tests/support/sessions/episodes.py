"""Episodes of a panicking hand: a place, a few reads of the terminal, and what went wrong."""

import asyncio
import contextlib
import gc
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual._xterm_parser import XTermParser
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Input

from tests.support.harness.one_read import ESCAPE, one_read
from tests.support.hostile.mashed import Before, Fault, Ground, quick_dialogs
from tests.support.hostile.mashing import FIRST, NAME, Hand, resize
from tests.support.screens.every_dialog import DUE, NOW, WAYS
from tests.support.sessions.stored import stored
from tui.dialogs import AskText, Confirm, Question, Resolve, RollbackReason, SendMessage, Sign, TypeName
from tui.dialogs.ask import AskSecret
from tui.dialogs.base import Dialog
from tui.dialogs.moved import WhichHosts
from tui.dialogs.pick import Pick
from tui.dialogs.taken_up import TakenUp
from tui.dialogs.told import Told
from tui.dialogs.written import CorrectValue, TickOff
from tui.runbook.walk import steps_of
from tui.screens.checks.screen import ChecksScreen
from tui.screens.help import HelpScreen
from tui.screens.links import Links
from tui.screens.setup.screen import SetupScreen
from tui.screens.troubleshoot import TroubleshootScreen
from tui.screens.watch.screen import WatchScreen
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import Attempt

PLACES = ("home", "set-up", "run", "rollback", "replay", "watch", "summary", "checks", "trouble", "help")
SESSIONS = ("run", "rollback", "trouble")
OPENING = ("\r", "n", "k", "s", "r", "c", "v", "u", "q", "a", "/", "t", "m", "x", "\x12", "\x13", "\x10", "\x1bOP")
"""Keys that open something on the run screen."""
EACH = 25
"""Episodes on one ground."""


def dialogs(ground: Ground) -> list[Callable[[], Dialog[Any]]]:
    """One of each dialog, and more where there are forms of it."""
    runbook = ground.workspace.runbook
    asks = [action for _, step in steps_of(runbook) for action in step.actions if action.ask]
    lost = Attempt(
        number=1,
        step="change",
        action=0,
        host="db",
        command="change code",
        started=datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
        outcome=Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost"),
    )
    return [
        lambda: AskText("Note", "About what?"),
        lambda: AskText("Note", "About what?", "a note", required=False),
        lambda: AskText("Note", "Which?", choices=["one", "other"]),
        lambda: AskSecret("The password"),
        lambda: Confirm("Sure?", ["$ rm"]),
        *[lambda one=one: Question(one) for one in asks],
        lambda: Resolve(lost, "db", lambda: "It has ended."),
        lambda: RollbackReason(["errors", "data"], ["a plan"]),
        lambda: SendMessage("Notice", "Deploying", True),
        lambda: Sign("Switch", ["all good"], True),
        lambda: Sign("Look", [], False),
        lambda: TypeName("Drop it", ["$ drop"], NAME),
        lambda: WhichHosts(["db: one, other"]),
        lambda: Pick("Which?", ["one", "other"]),
        lambda: Pick("Which?", ["one", "other"], preselected=False),
        lambda: CorrectValue({"one": "1", "other": ""}, {}),
        lambda: TickOff([DUE, DUE], NOW),
        lambda: SendMessage("Notice", "Deploying", True, "", NOW),
        lambda: Confirm("Again?", ways=WAYS),
        lambda: TypeName("Drop it again", ways=[replace(one, name=NAME) for one in WAYS]),
        lambda: TakenUp(["one line"], 2),
        lambda: Told("Exported", ["/somewhere"]),
        lambda: Links(runbook.dashboards),
    ]


class Player:
    """Plays episodes on a ground; `done` counts them by place."""

    def __init__(self, ground: Ground, chance: random.Random, done: Counter[str]) -> None:
        self.ground, self.chance, self.done = ground, chance, done
        self.hand = Hand(chance)
        self.answers = 0
        self.told: list[str] = []
        self.place = ""
        self.stack: list[Screen[Any]] = []

    async def episode(self) -> bool:
        """Whether the application is still there after it.

        Raises:
            Fault: something went wrong.
        """
        self.told = []
        if self.ground.app.screen_stack != self.stack or self.chance.random() < 0.2:
            self.place = self.chance.choice(PLACES)
            await self._bring(self.place)
            self.stack = self.ground.app.screen_stack[:]
        self.told.append(self.place)
        asked = ""
        if self.chance.random() < 0.5:
            asked = await self._ask()
            self.told.append(asked)
        elif self.place in SESSIONS and self.chance.random() < 0.6 and not await self._read([self._opening()]):
            return False
        self.done[asked or self.place] += 1
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            if self.chance.random() < 0.8:
                await self.ground.armed()
            keys = [NAME, "\r"] if self._types() else self.hand.read(self.ground.app)
            if not await self._read(keys):
                return False
        if self.chance.random() < 0.2:
            await self._hears()
        return True

    def _opening(self) -> str:
        return self.chance.choice(OPENING)

    async def _read(self, keys: list[str]) -> bool:
        """Give one read, wait for its effect, and look; whether the application is still there."""
        ground, app = self.ground, self.ground.app
        before, answers = Before(ground), self.answers
        typed = keys == [NAME, "\r"]
        self.told.append(repr(keys).replace("x" * 5000, "x…"))
        self.hand.hit(app, keys)
        await ground.calm()
        there = ground.check(before, keys, typed)
        if self.answers - answers > 1:
            raise Fault(f"one dialog answered {self.answers - answers} times")
        return there

    def _types(self) -> bool:
        top = self.ground.app.screen
        return isinstance(top, TypeName) and top.armed and self.chance.random() < 0.3 and not top.query_one(Input).value

    async def _hears(self) -> None:
        """That the application can still be used: help opens."""
        app = self.ground.app
        resize(app, FIRST)
        for _ in range(6):
            await self.ground.calm()
            await self.ground.armed()
            if isinstance(app.screen, HelpScreen):
                return
            one_read(app, ESCAPE if isinstance(app.screen, CommandPalette) else "\x1bOP")
        raise Fault(f"no key is heard: {self.ground.names()}")

    async def _ask(self) -> str:
        """Put one of the dialogs over the place."""
        made = self.chance.choice(dialogs(self.ground))()
        self.ground.app.push_screen(made, self._answered)
        await self.ground.calm()
        return type(made).__name__

    def _answered(self, _: object) -> None:
        self.answers += 1

    async def _bring(self, place: str) -> None:
        """Show a screen, whatever is shown now."""
        ground, app = self.ground, self.ground.app
        if app.size != FIRST:
            resize(app, FIRST)
            await ground.calm()
        if app.workspace.replaying or place in ("home", "set-up", "replay"):
            app.close_session()
        else:
            app._home_again()
        await ground.calm()
        if place == "set-up":
            app.push_screen(SetupScreen(self.chance.choice(["deploy", "rollback", "verify"])))
        elif place == "replay":
            app.replay(next(iter(stored(ground.store))).id)
        elif place != "home":
            await self._session(place)
        await ground.calm()
        ground.homes = 0

    async def _session(self, place: str) -> None:
        """A screen of a session, which stands at a place that chance chose."""
        ground, app = self.ground, self.ground.app
        conductor = app.conductor
        over = conductor is None or conductor.read_only or conductor.state.finished or conductor.state.rollback
        if over or self.chance.random() < 0.3:
            await ground.begin()
            self._advance()
        else:
            app.open_run()
            await ground.calm()
        conductor = app.conductor
        assert conductor is not None
        if place == "rollback" and conductor.state.rollback is None:
            if not ground.app.conductor or conductor.state.step("change").attempts == ():
                with contextlib.suppress(Exception):
                    conductor.start("change", "caution")
                await ground.calm()
            conductor.roll_back("rollback", "a test")
            app.open_run()
        screen = {
            "watch": WatchScreen,
            "checks": lambda: ChecksScreen(conductor.runbook.sections[0]),
            "trouble": lambda: TroubleshootScreen(conductor.runbook.troubleshooting[0]),
            "help": lambda: HelpScreen("run", app.keys),
        }.get(place)
        if place == "summary":
            app.show_summary()
        elif screen:
            app.push_screen(screen())

    def _advance(self) -> None:
        """Leave some steps behind, so that every step comes up."""
        conductor = self.ground.app.conductor
        assert conductor is not None
        for _ in range(self.chance.randint(0, 7)):
            step = conductor.state.next_step()
            if step is not None:
                conductor.skip(step.id, "a test")


async def play(folder: Path, episodes: int, seed: int, faults: list[str], done: Counter[str]) -> None:
    """Play this number of episodes; what went wrong is in `faults`, what was played in `done`."""
    number = 0
    while sum(done.values()) < episodes:
        number += 1
        chance = random.Random(f"{seed}-{number}")
        ground = Ground(folder / str(number))
        for cached in vars(XTermParser).values():  # each key it has made keeps the application that was sent it
            getattr(cached, "cache_clear", lambda: None)()
        gc.collect()  # once for each ground: to look for garbage all the time takes a tenth
        player = Player(ground, chance, done)
        try:
            with quick_dialogs():
                async with ground.opened():
                    for _ in range(EACH):
                        if sum(done.values()) >= episodes or not await player.episode():
                            break
                    ground.app.exit()
            ground.check_journals()
        except Exception as error:
            done["broken off"] += 1
            said = str(error) if isinstance(error, Fault) else f"crash: {type(error).__name__}: {error}"
            faults.append(f"{said}  [{seed}-{number}: {'; '.join(player.told)}]")


def summed(faults: Sequence[str]) -> Iterator[str]:
    """The kinds of faults with how many of each, the most frequent first."""
    for kind, count in Counter(one.partition("  [")[0][:110] for one in faults).most_common():
        yield f"{count:6} {kind}"


def main() -> None:
    """Play in a process of its own: how many episodes, the seed, the folder; what was played is printed as JSON."""
    faults: list[str] = []
    done: Counter[str] = Counter()
    gc.disable()
    asyncio.run(play(Path(sys.argv[3]), int(sys.argv[1]), int(sys.argv[2]), faults, done))
    sys.stdout.write(json.dumps({"faults": faults, "done": done}))


if __name__ == "__main__":
    main()
