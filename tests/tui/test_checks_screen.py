"""The table of checks: made at once by one key, each row as it comes, made again where it is not well."""

from collections.abc import Callable

from tests.support.fake_transport import FakeTransport, Reply
from tests.tui.conftest import SHOP, shown, until
from tests.tui.test_run import running
from tui.execution.workspace import Workspace
from tui.screens.checks.screen import ChecksScreen
from tui.screens.run.session import SessionScreen
from tui.session.outcome import Outcome
from tui.session.state import StepStatus

MORE = SHOP.replace(
    '[[sections.steps]]\nid = "backup"',
    '[[sections.steps]]\nid = "disk"\ntitle = "Disk"\n[[sections.steps.actions]]\nrun = "df"\n'
    'expect = { numbers = [{ name = "disk", pattern = "([0-9]+)%", below = 90, unit = "%" }] }\n'
    '[[sections.steps]]\nid = "backup"',
    1,
)


async def test_x_makes_the_sections_checks_at_once_and_enter_those_that_failed(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    host.replies["df"] = Reply(b"95%\n")
    workspace = make_workspace(MORE)
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ChecksScreen))
        await until(pilot, lambda: "1 ok, 1 failed" in shown(app))
        seen = shown(app)
        assert "✖ failed" in seen
        assert "95 %" in seen
        assert "expected disk below 90 %" in seen
        assert app.conductor.state.step("look").status is StepStatus.SIGNED
        host.replies["df"] = Reply(b"50%\n")
        await pilot.press("enter")
        await until(pilot, lambda: "2 ok" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert app.conductor.state.next_step().id == "backup"


async def test_a_lost_measurement_is_no_data(make_workspace: Callable[..., Workspace], host: FakeTransport) -> None:
    from tui.session.outcome import OutcomeKind

    host.replies["df"] = Reply(outcome=Outcome(OutcomeKind.TIMED_OUT, detail="after 20 s"))
    workspace = make_workspace(MORE)
    async with running(workspace, (120, 40)) as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "? no data" in shown(app))
        assert "after 20 s" in shown(app)


async def test_where_nothing_can_be_checked_at_once_it_says_so(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        app.conductor.start("look")
        await until(pilot, lambda: not app.conductor.busy)
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, SessionScreen)
