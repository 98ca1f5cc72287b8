"""Running again what failed, by keys: what failed alone, or the step from its first command where that is safe."""

from collections.abc import Callable

from tests.support.fake_transport import FakeTransport, Reply
from tests.tui.conftest import SHOP, dialog, shown, until
from tests.tui.test_run import comes, running
from tui.execution.workspace import Workspace
from tui.screens.dialogs import Confirm
from tui.screens.dialogs.pick import Pick
from tui.screens.run import RunScreen
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
    """The tag came back after the fetch: checking out alone would fail again."""
    host.replies["git checkout"] = [GONE, Reply(b"")]
    async with running(make_workspace(SHOP.replace(BEFORE, CODE + BEFORE, 1)), (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        assert "is not run again" not in shown(app)
        await pilot.press("y")
        await comes(pilot, app, "code", StepStatus.FAILED)
        await pilot.press("r")
        await dialog(pilot, Pick)
        assert "what failed, 2 of 2, and what follows it" in shown(app)
        await pilot.press("down", "enter")
        await dialog(pilot, Confirm)
        assert "git fetch --tags" in shown(app)
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
        assert "From 2 of 2 on; what came before it in this step is not run again." in " ".join(shown(app).split())
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await comes(pilot, app, "code", StepStatus.SIGNED)
    assert [one.script for one in host.ran[:3]] == ["git fetch --tags", "git checkout v2", "git checkout v2"]
