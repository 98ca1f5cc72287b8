"""Running again what failed, by keys: what failed alone, or the step from its first command where that is safe."""

from collections.abc import Callable

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.tui.conftest import SHOP, dialog, shown, until
from tui.dialogs import Confirm, Sign
from tui.execution.workspace import Workspace
from tui.screens.run.session import SessionScreen
from tui.screens.summary.screen import SummaryScreen
from tui.session.outcome import Outcome
from tui.session.state import StepStatus

BEFORE = '[[sections.steps]]\nid = "look"'
CODE = """
[[sections.steps]]
id = "code"
title = "Check the release out"
mutates = true
[[sections.steps.actions]]
run = "git fetch --tags"
repeatable = true
[[sections.steps.actions]]
run = "git checkout {{ release }}"
"""
GONE = Reply(err=b"error: pathspec 'v2' did not match\n", outcome=Outcome.exited(1))


async def test_all_from_the_first_brings_what_had_been_missing(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    """The tag was there again after the fetch: checking out alone would fail again."""
    host.replies["git checkout"] = [GONE, Reply(b"")]
    async with running(make_workspace(SHOP.replace(BEFORE, CODE + BEFORE, 1)), (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        assert "is not run again" not in shown(app)
        await pilot.press("y")
        await comes(pilot, app, "code", StepStatus.FAILED)
        await pilot.press("r")
        asked = await dialog(pilot, Confirm)
        assert "All from the first (F2)" in shown(app)
        assert "From 2 of 2 on" in shown(app)
        await pilot.press("f2")
        await until(pilot, lambda: asked.armed and "All of it is run again" in shown(app))
        assert app.screen is asked
        assert "What failed, 2 of 2, and on (F2)" in shown(app)
        await pilot.press("y")
        await comes(pilot, app, "code", StepStatus.SIGNED)
    assert [one.script for one in host.ran[:4]] == ["git fetch --tags", "git checkout v2"] * 2


async def test_where_only_what_failed_may_run_again_the_screen_says_so(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    host.replies["git checkout"] = [GONE, Reply(b"")]
    once = CODE.replace("repeatable = true\n", "")
    async with running(make_workspace(SHOP.replace(BEFORE, once + BEFORE, 1)), (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await comes(pilot, app, "code", StepStatus.FAILED)
        await pilot.press("r")
        await dialog(pilot, Confirm)
        assert "From 2 of 2 on; the commands before it are not run again." in " ".join(shown(app).split())
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await comes(pilot, app, "code", StepStatus.SIGNED)
    assert [one.script for one in host.ran[:3]] == ["git fetch --tags", "git checkout v2", "git checkout v2"]


UP = """
[[sections.steps]]
id = "up"
title = "All containers are running"
signoff = "operator"
[[sections.steps.actions]]
title = "The table of {{ release }}"
run = "docker ps"
expect = { absent = ["starting"] }
retry = { times = 3, every = "1h" }
"""


async def test_between_two_tries_the_card_says_that_it_is_tried_again_and_can_be_stopped(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    """It said "running", offered to continue, and that key did nothing."""
    host.replies["docker ps"] = [Reply(b"health: starting\n"), Reply(b"up\n")]
    async with running(make_workspace(SHOP.replace(BEFORE, UP + BEFORE, 1)), (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "tried 1 of 4 times" in shown(app))
        assert app.conductor is not None
        assert app.conductor.busy
        assert app.conductor.state.running() is None
        assert "continue" not in shown(app)
        await pilot.press("c")
        await dialog(pilot, Confirm)
        assert "What is left is run when you say so." in " ".join(shown(app).split())
        await pilot.press("y")
        await until(pilot, lambda: "continue" in shown(app))
        await pilot.press("enter")
        await comes(pilot, app, "up", StepStatus.PASSED)
        assert "tried 1 of" not in shown(app)
        await pilot.press("s")
        await dialog(pilot, Sign)
        assert "The table of v2" in shown(app)


async def test_at_the_end_the_last_step_leads_to_its_result(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    async with running(make_workspace(SHOP), (80, 24)) as (app, pilot):
        conductor = app.conductor
        assert conductor is not None
        while (step := conductor.state.next_step()) is not None:
            conductor.skip(step.id, "not tonight")
        await until(pilot, lambda: "SUMMARY  every step is settled" in shown(app))
        assert "back to the current step" not in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen))
