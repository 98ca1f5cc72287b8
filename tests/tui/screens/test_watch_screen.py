"""The watch screen and the banner: figures beside what was usual, gaps as gaps, a tripped trigger on every screen."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert
from msgspec.structs import replace
from rich.cells import cell_len

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.every_size import tried
from tests.support.screens.running import running
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import ERROR_RATE, SHOP, dialog, shown, until
from tui.app import RunbookApp
from tui.dialogs import RollbackReason
from tui.errors import NotNow
from tui.execution.workspace import Workspace
from tui.runbook.model import Runbook
from tui.screens.watch.arrangement import CARD, FRAME, HIGH, LOW, arranged
from tui.screens.watch.listed import listed
from tui.screens.watch.screen import WatchScreen
from tui.screens.watch.text import Sight, card_foot, card_head, trigger_lines
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.samples import Monitored, Sample, TriggerState
from tui.session.shares import Counted
from tui.session.state import SessionState
from tui.widgets.graph.widget import Graph

TEXT = SHOP + ERROR_RATE


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace], host: FakeTransport) -> Workspace:
    host.replies["count errors"] = Reply(outcome=Outcome.exited(3), err=b"maintenance mode is on\n")
    return make_workspace(TEXT)


def sample(app: Any, value: float | None, clock: float, detail: str = "") -> None:
    app.conductor.record(ev.MonitorSampled(monitor="errors", value=value, clock=clock, detail=detail))


async def test_figures_the_time_beyond_and_a_tripped_trigger(workspace: Workspace, clock: FakeClock) -> None:
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
        await until(pilot, lambda: "^r rolls back" in shown(app))
        await pilot.press("ctrl+r")
        asked = await dialog(pilot, RollbackReason)
        assert asked._choices[0] == "Error rate above 10%"


async def test_what_cannot_be_measured_is_no_data_and_says_since_when(workspace: Workspace) -> None:
    async with running(workspace, (120, 40)) as (app, pilot):
        await until(pilot, lambda: app.conductor.state.monitors.get("errors"))
        await pilot.press("m")
        await until(pilot, lambda: "? no value: maintenance mode is on" in shown(app))
        assert "? no value since 02:00:00" in shown(app)


async def test_a_request_that_failed_says_why_and_shows_no_time_that_nobody_measured(workspace: Workspace) -> None:
    """It counts for as long as an answer is waited for; as a figure it would pass for a slow answer."""
    refused = "the certificate is not trusted"
    async with running(workspace, (80, 24)) as (app, pilot):
        app.conductor.monitors.stop()
        app.conductor.record(ev.MonitorSampled(monitor="errors", value=10.0, clock=1000.0, detail=refused, failed=True))
        await until(pilot, lambda: "▲ failed" in shown(app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and "failed, counts as" in shown(app))
        seen = " ".join(shown(app).replace("│", " ").split())
        assert f"▲ failed, counts as 10 %: {refused}" in seen
        assert "10 %  above 1 %" not in shown(app)
        sample(app, 0.5, 1030.0)
        await until(pilot, lambda: "✔ good" in shown(app) and "failed" not in shown(app))


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


OTHERS = ("cpu", "memory", "disk", "connections", "redis", "clients", "workers")
MANY = TEXT + "".join(
    f"""
[monitors.{name}]
title = "{name.title()}"
run = "count {name}"
number = {{ name = "errors", pattern = '([0-9.]+)'{', below = 70, unit = "%"' if place < 4 else ""} }}
"""
    for place, name in enumerate(OTHERS)
)


def recorded(app: Any, name: str, value: float | None, detail: str = "") -> None:
    app.conductor.record(
        ev.MonitorSampled(monitor=name, value=value, detail=detail, clock=app.workspace.clock.monotonic())
    )


@pytest.mark.parametrize(
    "size",
    tried([(60, 20), (80, 24), (100, 30), (120, 40), (200, 60), (250, 70)], (60, 20), (80, 24), (200, 60)),
    ids=str,
)
async def test_every_monitor_is_seen_once_at_every_size(
    make_workspace: Callable[..., Workspace], size: tuple[int, int]
) -> None:
    async with running(make_workspace(MANY), size) as (app, pilot):
        app.conductor.monitors.stop()
        for name in OTHERS[:-1]:
            recorded(app, name, 12.0 if name != "disk" else 95.0)
        recorded(app, "workers", None, "timed out")
        recorded(app, "errors", 0.5)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and "Workers" in shown(app))
        await until(pilot, lambda: "timed out" in shown(app))
        seen = shown(app)
        assert [seen.count(name.title()) for name in OTHERS] == [1] * len(OTHERS)
        assert "▲ above 10 % for 5:00" in seen
        assert "above 70 %" in seen, "the one that is over its limit"
        assert app.screen.body.max_scroll_y == 0
        for part in app.screen.query("MonitorCard, MonitorList"):
            assert app.screen.body.region.contains_region(part.region)


async def test_what_before_means_is_said_where_it_is_shown(make_workspace: Callable[..., Workspace]) -> None:
    long = MANY.replace('title = "Connections"', 'title = "Connections of the database"')
    async with running(make_workspace(long), (80, 24)) as (app, pilot):
        app.conductor.monitors.stop()
        for name in OTHERS:
            recorded(app, name, 12.0)
        app.conductor.record(ev.BaselineTaken(operator="ana"))
        await pilot.press("m")
        await until(pilot, lambda: "BEFORE" in shown(app) and "before = median" in shown(app))
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: "BEFORE" not in shown(app) and "before = median" not in shown(app))


@asynccontextmanager
async def watching(
    workspace: Workspace, clock: FakeClock, values: Sequence[float]
) -> AsyncIterator[tuple[RunbookApp, Any]]:
    """The watch screen with these values of the error rate, half a minute apart, the last of them 41 %."""
    async with running(workspace, (80, 24)) as (app, pilot):
        app.conductor.monitors.stop()
        for value in values:
            sample(app, value, clock.monotonic())
            clock.advance(30)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and "41 %  above 1 %" in shown(app))
        yield app, pilot


async def test_a_time_is_chosen_by_keys_and_its_values_are_shown(workspace: Workspace, clock: FakeClock) -> None:
    async with watching(workspace, clock, (0.5, 0.5, 0.5, 40.0, 41.0)) as (app, pilot):
        await until(pilot, lambda: "← earlier" in shown(app))
        assert "→ later" not in shown(app), "it is now"
        await pilot.press(*["left"] * 7)
        await until(pilot, lambda: "0.5 %  at 02:01:20" in shown(app))
        await until(pilot, lambda: "→ later" in shown(app))
        assert "┊" in shown(app)
        await pilot.press(*["left"] * 20)
        await until(pilot, lambda: "0.5 %  at 02:00:00" in shown(app))
        await pilot.press(*["right"] * 15)
        await until(pilot, lambda: "41 %  above 1 %" in shown(app))
        assert "┊" not in shown(app)


async def test_a_click_on_a_graph_chooses_its_time(workspace: Workspace, clock: FakeClock) -> None:
    async with watching(workspace, clock, (0.5, 0.6, 0.7, 0.8, 41.0)) as (app, pilot):
        graph = app.screen.query_one(Graph)
        line = next(row for row in shown(app).splitlines() if " 1┤" in row)
        bars = [place for place, sign in enumerate(line) if sign in "▁▂▃▄▅▆▇█"]
        await pilot.click(offset=(bars[0], graph.region.bottom - 1))
        await until(pilot, lambda: "0.5 %  at 02:00:0" in shown(app))
        await pilot.click(offset=(bars[-1], graph.region.bottom - 1))
        await until(pilot, lambda: "41 %  a" in shown(app))
        await pilot.click(offset=(2, graph.region.y))
        await until(pilot, lambda: "41 %  a" in shown(app))


async def test_b_takes_what_was_measured_as_usual_until_the_first_change(
    workspace: Workspace, clock: FakeClock
) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        app.conductor.monitors.stop()
        sample(app, 0.5, 1000.0)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and "0.5 %" in shown(app))
        await pilot.press("b")
        await until(pilot, lambda: "before 0.5 %" in shown(app))
        sample(app, 0.9, 1030.0)
        sample(app, 0.9, 1060.0)
        app.conductor.start("look")
        await until(pilot, lambda: not app.conductor.busy)
        app.conductor.start("switch-docker")
        await until(pilot, lambda: app.conductor.state.step("switch-docker").attempts and not app.conductor.busy)
        assert app.conductor.state.monitors["errors"].baseline == 0.5, "what a person took stays"
        with pytest.raises(NotNow):
            app.conductor.take_baseline()


async def test_before_the_first_sample_it_says_until_when_one_comes(workspace: Workspace, clock: FakeClock) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        app.conductor.monitors.stop()
        await until(pilot, lambda: app.conductor.state.started)
        state = replace(app.conductor.state, monitors={})
        [head] = card_head(state, "errors", Sight(now=clock.now() + timedelta(seconds=8), span=600.0), 36)
        assert head[0][0].endswith("first sample within 15 s")
        [head] = card_head(state, "errors", Sight(now=clock.now() + timedelta(seconds=60), span=600.0), 36)
        assert head[0][0].endswith("no sample yet")
        assert card_foot(state, "errors") == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.integers(0, 12), st.integers(26, 250), st.integers(8, 70))
def test_monitors_have_a_card_or_a_row_and_cards_are_not_too_small(
    watched: int, others: int, width: int, height: int
) -> None:
    names = [f"w{place}" for place in range(watched)], [f"o{place}" for place in range(others)]
    found = arranged(*names, width, height)
    assert [*(name for tier in found.tiers for name in tier.names), *found.rest] == [*names[0], *names[1]]
    assert all(width // len(tier.names) >= CARD for tier in found.tiers)
    assert all(tier.height >= (HIGH if tier.names[0].startswith("o") else LOW) for tier in found.tiers)
    least = LOW * sum(tier.names[0].startswith("w") for tier in found.tiers)
    least += len(found.rest) + FRAME if found.rest else 0
    assert found.height <= max(height, least)


@pytest.mark.parametrize("width", [22, 30, 40, 58, 76, 116, 196])
def test_no_line_about_a_monitor_is_longer_than_its_place(width: int) -> None:
    text = MANY.replace('unit = "%"', 'unit = "per cent of all that was asked"').replace("Error rate", "Errors " * 12)
    runbook = convert(tomli.loads(text), Runbook)
    now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    samples = (Sample(now, 1e300), Sample(now, 0.1), Sample(now, 123456.789))
    for last in (Sample(now, 99.9), Sample(now, None, "no " * 60)):
        monitored = Monitored(samples=(*samples, last), baseline=1e-9, lost_since=None if last.value else now)
        state = SessionState(runbook=runbook, flow="deploy", monitors=dict.fromkeys(runbook.monitors, monitored))
        for armed in (TriggerState(), TriggerState(130.0, 1.0, armed=True)):
            beyond = replace(state, triggers={"errors": armed})
            for at in (None, now):
                look = Sight(now=now + timedelta(seconds=60), span=600.0, at=at)
                lines = [*card_head(beyond, "errors", look, width), *trigger_lines(beyond, "errors", width)]
                if width >= 58:
                    lines += listed(beyond, OTHERS, look, width).lines
                assert [line for line in lines if sum(cell_len(text) for text, _ in line) > width] == []


@pytest.mark.parametrize(("beyond", "counts"), [(315.0, (Counted(15.0, 5.0, 40.0),)), (290.0, ()), (300.0, ())])
def test_the_time_of_a_tripped_share_does_not_go_back_and_forth(beyond: float, counts: tuple[Counted, ...]) -> None:
    """Of a share the last samples are looked at, so that it is now 5:15, now 5:00."""
    runbook = convert(tomli.loads(MANY), Runbook)
    now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    monitored = Monitored(samples=(Sample(now, 40.0),))
    state = SessionState(
        runbook=runbook,
        flow="deploy",
        monitors=dict.fromkeys(runbook.monitors, monitored),
        tripped={"errors": now},
        triggers={"errors": TriggerState(beyond, 1.0, armed=True, tripped=True, counts=counts)},
    )
    assert " 5:00 of 5:00 " in "".join(text for line in trigger_lines(state, "errors", 76) for text, _ in line)
