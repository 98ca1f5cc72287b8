"""A rehearsal that is played by keys through the whole application: how a person continues, leaves and returns.

The engine brings the session to the step before the trouble; there it is resumed, as by `runbook resume`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.drill.test_calm_covers_runbook import answers, begin
from tests.support.screens.operator import Operator
from tests.tui.conftest import shown, until
from tests.tui.keys.test_drill_by_keys import ANSWERS
from tui.app import RunbookApp
from tui.cli.wiring import drill_workspace
from tui.dialogs.pick import Pick
from tui.dialogs.taken_up import TakenUp
from tui.drill.debrief import Story
from tui.drill.rehearsals import debrief_of
from tui.drill.scenario_files import find_scenario
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.headless.answered_run import AnsweredRun
from tui.resources import bundled
from tui.screens.run.session import SessionScreen
from tui.screens.troubleshoot import TroubleshootScreen
from tui.session.state import StepStatus


class Night:
    """A rehearsal on the screen."""

    def __init__(self, scenario: str, workspace: Workspace, pilot: Pilot[Any]) -> None:
        self.scenario, self.workspace, self.pilot = scenario, workspace, pilot
        self.operator = Operator(pilot, ANSWERS)

    @property
    def app(self) -> RunbookApp:
        assert isinstance(self.pilot.app, RunbookApp)
        return self.pilot.app

    @property
    def conductor(self) -> Conductor:
        assert self.app.conductor is not None
        return self.app.conductor

    async def struck(self, fault: str) -> None:
        """Continue until the fault's step is signed, and wait for the fault."""
        found = next(one for one in find_scenario(self.scenario).faults if one.id == fault)
        while found.after and self.conductor.state.step(found.after).status is not StepStatus.SIGNED:
            following = self.conductor.state.next_step()
            assert following is not None
            assert await self.operator.next(following.id) is StepStatus.SIGNED
        await until(self.pilot, lambda: fault in self.conductor.state.faults)

    async def trouble(self, title: str) -> None:
        """Turn to the known trouble, which the failed step proposes."""
        await self.operator.press("t")
        screen = await self.operator.on_screen(TroubleshootScreen)
        assert screen.issue.title == title

    async def other_trouble(self, title: str) -> None:
        """Choose a known trouble."""
        was = isinstance(self.app.screen, TroubleshootScreen)
        await self.operator.press("t")
        if isinstance(self.app.screen, TroubleshootScreen) and not was:  # the likeliest opens by itself
            await self.operator.press("t")
        await self.operator.opened(Pick)
        titles = [one.title for one in self.conductor.runbook.troubleshooting]
        await self.operator.press("home", *["down"] * titles.index(title), "enter")
        await until(
            self.pilot, lambda: getattr(self.app.screen, "issue", None) and self.app.screen.issue.title == title
        )

    async def back(self) -> None:
        await self.operator.press("escape")
        await self.operator.on_screen(SessionScreen)

    def printed(self) -> bytes:
        """What the newest attempt printed."""
        number = max(self.conductor.state.attempts)
        return (self.workspace.store.find("last").attempts / f"{number:04d}.out").read_bytes()

    @property
    def journal(self) -> Path:
        return self.workspace.store.find("last").journal

    async def help(self) -> None:
        """Call for the first help that there is, as the keys of the failed step offer."""
        before = len(self.conductor.state.faults)
        await until(self.pilot, lambda: "h call for help" in shown(self.app))
        await self.operator.press("h")
        await self.operator.opened(Pick)
        await self.operator.press("down", "enter")
        await until(self.pilot, lambda: len(self.conductor.state.faults) > before)

    async def roll_back(self) -> None:
        await self.operator.press("ctrl+r")
        await self.operator.pick_first()
        await until(self.pilot, lambda: self.conductor.state.rollback is not None)

    async def debriefed(self) -> dict[str, Story]:
        """What the summary says, and the debrief's stories."""
        await self.operator.press("ctrl+s")
        await until(self.pilot, lambda: "Debrief" in shown(self.app))
        return {one.fault: one for one in debrief_of(self.workspace.store.find("last")).stories}


@asynccontextmanager
async def night(scenario: str, before: str, method: str = "b", speed: float = 1.0) -> AsyncIterator[Night]:
    """A rehearsal that is resumed, on the run screen, at the step `before`.

    Its monitors live `speed` times as fast as in life: what they measure takes time from the keys.
    """
    with drill_workspace(bundled("runbook.toml"), scenario, 10_000, {"samples": "3"}) as workspace:
        workspace.speed = speed
        conductor = begin(workspace, "deploy", method)
        while (following := conductor.state.next_step()) and following.id != before:
            AnsweredRun(conductor, answers(), lambda line: None).settle(following)
        conductor.close()
        session = workspace.store.find("last").id
        async with RunbookApp(workspace, operator="ana", session=session).run_test(size=(80, 24)) as pilot:
            made = Night(scenario, workspace, pilot)
            await made.operator.opened(TakenUp)
            await made.operator.press("escape")
            await made.operator.on_screen(SessionScreen)
            yield made
