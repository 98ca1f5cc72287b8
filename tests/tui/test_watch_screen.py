"""The watch screen and the banner: figures beside what was usual, gaps as gaps, a tripped trigger on every screen."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.fake_clock import FakeClock
from tests.support.fake_transport import FakeTransport, Reply
from tests.tui.conftest import SHOP, dialog, shown, until
from tests.tui.test_run import running
from tui.dialogs import RollbackReason
from tui.execution.workspace import Workspace
from tui.screens.watch.screen import WatchScreen
from tui.session import events as ev
from tui.session.outcome import Outcome

TEXT = (
    SHOP
    + """
[monitors.errors]
title = "Error rate"
run = "count errors"
every = "30s"
number = { name = "errors", pattern = '([0-9.]+)%', below = 1, unit = "%" }
[triggers.errors]
monitor = "errors"
above = 10
for = "5m"
reason = "errors"
"""
)


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace], host: FakeTransport) -> Workspace:
    host.replies["count errors"] = Reply(outcome=Outcome.exited(3), err=b"maintenance mode is on\n")
    return make_workspace(TEXT)


def sample(app: Any, value: float | None, clock: float, detail: str = "") -> None:
    app.conductor.record(ev.MonitorSampled(monitor="errors", value=value, clock=clock, detail=detail))


async def test_figures_dwell_and_a_tripped_trigger(workspace: Workspace, clock: FakeClock) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        app.conductor.monitors.stop()
        sample(app, 0.5, 1000.0)
        app.conductor.start("look")
        await until(pilot, lambda: not app.conductor.busy)
        app.conductor.start("switch-docker")
        await until(pilot, lambda: app.conductor.state.step("switch-docker").attempts and not app.conductor.busy)
        sample(app, 40.0, 1030.0)
        sample(app, 40.0, 1060.0)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and "▲ over its limit" in shown(app))
        seen = shown(app)
        assert "40 %  above 1 %" in seen
        assert "before 0.5 %" in seen
        assert "─ 0:30 of 5:00 above 10 %" in seen
        app.conductor.record(ev.TriggerTripped(trigger="errors", monitor="errors", value=40.0, dwell=300.0))
        await until(pilot, lambda: "Error rate above 10 % for 5:00" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, WatchScreen))
        await until(pilot, lambda: "ctrl+r rolls back" in shown(app))
        await pilot.press("ctrl+r")
        asked = await dialog(pilot, RollbackReason)
        assert asked._choices[0] == "Error rate above 10%"


async def test_what_cannot_be_measured_is_no_data_and_says_since_when(workspace: Workspace) -> None:
    async with running(workspace, (120, 40)) as (app, pilot):
        await until(pilot, lambda: app.conductor.state.monitors.get("errors"))
        await pilot.press("m")
        await until(pilot, lambda: "? no value: maintenance mode is on" in shown(app))
        assert "? no value since 02:00:00" in shown(app)


async def test_what_waits_for_a_session_says_so_and_neither_fails_nor_trips(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        app.conductor.monitors.stop()
        app.conductor.start("look")
        await until(pilot, lambda: not app.conductor.busy)
        app.conductor.start("switch-docker")
        await until(pilot, lambda: app.conductor.state.step("switch-docker").attempts and not app.conductor.busy)
        sample(app, 40.0, 1000.0)
        dwells = app.conductor.state.triggers
        app.conductor.record(ev.MonitorsWaiting(host="web", monitors=("errors",)))
        await pilot.press("m")
        await until(pilot, lambda: "… waiting" in shown(app))
        seen = shown(app)
        assert "waiting for a free session on web" in seen
        assert "… waiting since 02:00:00" in seen
        assert "40 %" not in seen, "an old figure would pass for one of now"
        assert "held: no value" in seen
        assert app.conductor.state.triggers == dwells
        assert app.conductor.state.monitors["errors"].lost_since is None
        sample(app, 0.5, 1030.0)
        await until(pilot, lambda: "✔ good" in shown(app))
        await until(pilot, lambda: "waiting" not in shown(app))
