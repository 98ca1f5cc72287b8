"""The run screen of a new session, and what its steps come to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tests.tui.conftest import until
from tui.app import RunbookApp
from tui.execution.workspace import Setup, Workspace
from tui.screens.home.screen import HomeScreen
from tui.screens.run.session import SessionScreen
from tui.session.state import StepStatus

SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})


@asynccontextmanager
async def running(
    workspace: Workspace, size: tuple[int, int] = (120, 40), notifications: bool = False, setup: Setup = SETUP
) -> AsyncIterator[tuple[RunbookApp, Any]]:
    """The run screen of a new session; what the first screen lists is read once somebody goes back to it."""
    workspace.preflight(setup, lambda row: None)
    app = RunbookApp(workspace, first=HomeScreen(passing=True))
    async with app.run_test(size=size, notifications=notifications) as pilot:
        app.begin(setup)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        yield app, pilot


def status(app: RunbookApp, step: str) -> StepStatus:
    assert app.conductor is not None
    return app.conductor.state.step(step).status


async def comes(pilot: Pilot[Any], app: RunbookApp, step: str, wanted: StepStatus) -> None:
    """Wait until a step stands so, and the screen shows it; of one that runs, until its command has begun."""
    await until(pilot, lambda: status(app, step) is wanted)
    if wanted is StepStatus.RUNNING:
        await until(pilot, lambda: app.conductor.state.running() is not None or not app.conductor.busy)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.state is app.conductor.state)
    await pilot.pause()
