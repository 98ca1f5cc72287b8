"""The states in which each screen is drawn for a person to look at: one runbook, scripted hosts, a still clock."""

import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from textual.widgets import Input

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import dialog, shown, until
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs import Confirm, Question, RollbackReason, Sign, TypeName
from tui.dialogs.base import Dialog
from tui.execution.workspace import Setup, Workspace
from tui.headless.answered_run import AnsweredRun, Exit
from tui.headless.answers import AnswersFile
from tui.replay.stage import staged
from tui.screens.checks.screen import ChecksScreen
from tui.screens.help import HelpScreen
from tui.screens.home.screen import HomeScreen
from tui.screens.replay.screen import ReplayScreen
from tui.screens.rollback.screen import RollbackScreen
from tui.screens.run.session import SessionScreen
from tui.screens.setup.screen import SetupScreen
from tui.screens.summary.screen import SummaryScreen
from tui.screens.troubleshoot import TroubleshootScreen
from tui.screens.watch.screen import WatchScreen
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus
from tui.session.views.called import result_of

FOLDER = Path(__file__).with_name("drawn")
RUNBOOK = FOLDER / "runbook.toml"
SETUP = Setup(flow="deploy", method="docker", operator="ana", second_operator="ben", variables={"release": "v2"})
ANSWERS = AnswersFile(operator="ana", second_operator="ben", answers={"login": ("yes",), "issues": ("0",)})
MIGRATED = b"Operations to perform:\n  Apply all migrations: admin, auth, shop\nRunning migrations:\n"
DUPLICATE = b"django.db.utils.OperationalError: (1060, \"Duplicate column name 'tags'\")\n"
BUILDING = b"".join(b"Step %d/14 : RUN install part %d\n" % (number, number) for number in range(1, 10))
REPLIES = {
    "git describe": Reply(b"v1\n"),
    "df": Reply(b"/dev/vda1  61%\n"),
    "uptime": Reply(b" 02:00:00 up 41 days, load average: 0.10, 0.12, 0.09\n"),
    "manage.py migrate": Reply(MIGRATED + b"  Applying shop.0007_tags... OK\n"),
    "showmigrations": Reply(b"shop\n [X] 0006_orders\n [X] 0007_tags\n"),
    "sentry": Reply(
        b"SHOP-412  KeyError 'cart'      3 events, 2 users\nSHOP-409  Timeout of redis    1 event, 1 user\n"
    ),
    "health": Reply(b'{"status": "ok"}\n'),
}


CLIMBING = (0.2, 0.1, 0.0, 0.3, 0.8, 1.4, 2.1, None, None, 4.2, 6.0, 8.8, 9.6, 13.8, 14.2, 13.1, 15.0)
"""An error rate half a minute apart; twice it could not be measured."""


class Stage(Struct, frozen=True):
    """Where a state is played: the application, its pilot, the host by script and the clock."""

    app: RunbookApp
    pilot: Any
    host: FakeTransport
    clock: FakeClock

    @property
    def conductor(self) -> Any:
        """The open session's."""
        assert self.app.conductor is not None
        return self.app.conductor

    async def says(self, *words: str) -> None:
        """Wait until the screen says this."""
        await until(self.pilot, lambda: all(word in shown(self.app) for word in words))

    async def shows(self, kind: type[Any]) -> None:
        """Wait until this screen is on top."""
        await until(self.pilot, lambda: isinstance(self.app.screen, kind))

    async def opened(self, to: str) -> None:
        """A session that has come as far as a step."""
        self.app.workspace.preflight(SETUP, lambda row: None)
        self.app.begin(SETUP)
        await self.shows(SessionScreen)
        self.walk(to)
        self.sampled()
        await until(self.pilot, lambda: self.app.screen.moment and self.app.screen.moment.state is self.conductor.state)
        await self.pilot.pause()

    async def ran(self, step: str, status: StepStatus) -> None:
        """A session in which a step was run, and stands so."""
        await self.opened(step)
        self.conductor.start(step)
        await self.comes(step, status)

    async def asked(self, to: str, key: str, question: type[Dialog[Any]]) -> None:
        """A session that has come as far as a step, at which a key asks something."""
        await self.opened(to)
        await self.pilot.press(key)
        await dialog(self.pilot, question)

    async def looks(self, key: str, at: type[Any], *words: str) -> None:
        """Press the key that shows another screen, and wait until it says this."""
        await self.pilot.press(key)
        await self.shows(at)
        await self.says(*words)

    def walk(self, to: str, conductor: Any = None) -> None:
        """Run what stands before a step, each step in 12 seconds."""
        conductor = conductor or self.conductor
        while (step := conductor.state.next_step()) is not None and step.id != to:
            self.clock.advance(12)
            answers = msgspec.structs.replace(ANSWERS, confirm=("*", step.id))
            code = AnsweredRun(conductor, answers, lambda line: None).settle(step)
            assert code is Exit.OK, f"{step.id} ended with {code.name}"

    def sampled(self, errors: Sequence[float | None] = (0.2, 0.3, 0.2, 0.4), speed: float = 0.18) -> None:
        """Samples of every monitor, 30 seconds apart, the last of them now."""
        others = {"speed": speed, "cpu": 41.0, "memory": 21.4 * 2**20, "workers": 1.0}
        for place, value in enumerate(errors):
            clock = self.clock.monotonic() - 30.0 * (len(errors) - 1 - place)
            self.conductor.record(ev.MonitorSampled(monitor="errors", value=value, clock=clock))
            for name, usual in others.items():
                self.conductor.record(ev.MonitorSampled(monitor=name, value=usual * (1 + place % 3 / 50), clock=clock))

    async def comes(self, step: str, status: StepStatus) -> None:
        """Wait until a step stands so, and the screen shows it."""
        await until(self.pilot, lambda: self.conductor.state.step(step).status is status and not self.conductor.busy)
        await until(self.pilot, lambda: self.app.screen.state is self.conductor.state)
        await self.pilot.pause()


Play = Callable[[Stage], Awaitable[None]]
FROM_HOME = ("home-empty", "setup", "run-again", "by-hand", "told", "moved")
"""What is drawn of the first screen, over it or begun there; elsewhere a session comes above it at once."""


def app_for(workspace: Workspace, name: str) -> RunbookApp:
    """The program in which a state is played."""
    return RunbookApp(workspace, Config(operator="ana"), first=HomeScreen(passing=name not in FROM_HOME))


DRAWN: dict[str, Play] = {}
"""What is drawn, by the name of its files."""


def drawn(play: Play) -> Play:
    """Have a state drawn."""
    DRAWN[play.__name__.replace("_", "-")] = play
    return play


def kept(stage: Stage, outcomes: Sequence[str]) -> None:
    """Sessions of nights before."""
    workspace: Workspace = stage.app.workspace
    for outcome in outcomes:
        workspace.preflight(SETUP, lambda row: None)
        conductor = workspace.begin(SETUP)
        stage.walk("migrate" if outcome != "deployed" else "", conductor)
        if outcome == "rolled back":
            conductor.roll_back("rollback", "Error rate above 10%")
            stage.walk("", conductor)
        if outcome != "unfinished":
            conductor.finish("abandoned" if outcome == "abandoned" else result_of(conductor.state))
        conductor.close()
        stage.clock.advance(86_400 if outcome != "unfinished" else 720)


@drawn
async def home(stage: Stage) -> None:
    kept(stage, ["deployed", "rolled back", "abandoned", "deployed", "unfinished"])
    stage.app.push_screen(HomeScreen())
    await stage.says("RESUME", "rolled back")
    await until(stage.pilot, lambda: stage.app.screen.whole and stage.app.screen.gathered.problems is not None)


@drawn
async def home_empty(stage: Stage) -> None:
    await stage.says("d deploy", "None yet")


@drawn
async def setup(stage: Stage) -> None:
    await stage.pilot.press("d")
    await stage.shows(SetupScreen)
    await stage.says("web")
    for field in stage.app.screen.query(Input):
        field.cursor_blink = False
    await stage.pilot.pause()


@drawn
async def run_todo(stage: Stage) -> None:
    await stage.opened("migrate")


@drawn
async def run_running(stage: Stage) -> None:
    stage.host.replies["docker-compose build"] = Reply(BUILDING, until=threading.Event())
    await stage.opened("build")
    stage.conductor.start("build")
    await stage.says("Step 9/14")
    stage.app.screen.show_now()  # which notes when it was printed
    stage.clock.advance(72)
    stage.app.screen.show_now()
    await stage.pilot.pause()


@drawn
async def run_failed(stage: Stage) -> None:
    stage.host.replies["manage.py migrate"] = Reply(MIGRATED, Outcome.exited(1), err=DUPLICATE)
    await stage.ran("migrate", StepStatus.FAILED)
    await stage.says("Duplicate column")


@drawn
async def run_unknown(stage: Stage) -> None:
    stage.host.replies["manage.py migrate"] = Reply(
        MIGRATED, Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost")
    )
    await stage.ran("migrate", StepStatus.UNKNOWN)


@drawn
async def run_ask(stage: Stage) -> None:
    await stage.ran("issues", StepStatus.WAITING)
    await stage.says("ANSWER")


@drawn
async def run_sign(stage: Stage) -> None:
    await stage.ran("switch-docker", StepStatus.PASSED)


@drawn
async def confirm(stage: Stage) -> None:
    await stage.asked("switch-docker", "enter", Confirm)


@drawn
async def confirm_destructive(stage: Stage) -> None:
    await stage.asked("migrate", "enter", TypeName)


@drawn
async def question(stage: Stage) -> None:
    await run_ask(stage)
    await stage.pilot.press("enter")
    await dialog(stage.pilot, Question)


@drawn
async def sign(stage: Stage) -> None:
    await run_sign(stage)
    await stage.pilot.press("s")
    await dialog(stage.pilot, Sign)


@drawn
async def watch(stage: Stage) -> None:
    await stage.opened("backup")  # what was measured until the first change is what is usual
    stage.walk("http")
    for place, errors in enumerate(CLIMBING):
        stage.clock.advance(30)
        stage.sampled([errors], 0.18 + 0.02 * place)
    await stage.looks("m", WatchScreen, "Error rate")


@drawn
async def checks(stage: Stage) -> None:
    stage.host.replies["docker-compose logs"] = Reply(b"", Outcome.exited(1), err=b"no such service: web\n")
    await stage.opened("http")
    await stage.looks("x", ChecksScreen, "failed")


@drawn
async def trouble(stage: Stage) -> None:
    await run_failed(stage)
    await stage.looks("t", TroubleshootScreen, "Columns exist already")


@drawn
async def rollback_reason(stage: Stage) -> None:
    await stage.asked("http", "ctrl+r", RollbackReason)


@drawn
async def rollback(stage: Stage) -> None:
    stage.host.replies["maintenance"] = Reply(b"", until=threading.Event())
    await stage.opened("http")
    stage.conductor.roll_back("rollback", "Error rate above 10%")
    stage.app.open_run()
    await stage.shows(RollbackScreen)
    stage.conductor.start("maintenance")
    await until(stage.pilot, lambda: stage.conductor.state.running() is not None)
    stage.clock.advance(95)
    stage.app.screen.show_now()
    await stage.pilot.pause()


@drawn
async def summary(stage: Stage) -> None:
    await stage.opened("issues")
    stage.conductor.skip("issues", "Sentry is not reachable from here")
    await stage.looks("ctrl+s", SummaryScreen, "Sentry is not reachable")


@drawn
async def replay(stage: Stage) -> None:
    kept(stage, ["deployed"])
    place = staged(stage.app.workspace.store.find("last"))
    stage.app._show_replay(place)
    await stage.shows(ReplayScreen)
    await until(stage.pilot, lambda: place.player.recording.indexed.whole)
    await stage.pilot.press("end")
    await stage.pilot.pause()


@drawn
async def keys(stage: Stage) -> None:
    await stage.opened("migrate")
    await stage.pilot.press("question_mark")
    await stage.shows(HelpScreen)
    await stage.pilot.pause()


@drawn
async def palette(stage: Stage) -> None:
    await stage.opened("migrate")
    await stage.pilot.press("ctrl+p")
    await until(stage.pilot, lambda: len(stage.app.screen_stack) > 2)
    await stage.pilot.pause(0.3)
