"""What ran last, said where the next step has no output yet."""

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.tui.conftest import shown, until
from tui.execution.workspace import Workspace
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus
from tui.widgets.output.view import OutputView


async def test_a_step_that_settles_by_itself_leaves_its_result_in_sight_at_the_next_one_alone(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies |= {"uptime": Reply(b"load 1\n"), "git describe": Reply(b"v1\n")}
    async with running(workspace, (80, 24)) as (app, pilot):
        assert "Last result" not in shown(app)
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        view = app.screen.query_one(OutputView)
        await until(pilot, lambda: "Last result: ✔ Look around, succeeded" in " ".join(view.empty))
        assert view.empty[0] == "Nothing has run here yet."  # it is not this step's
        assert "Last result: ✔ Look around" in shown(app)
        await pilot.press("down")
        await until(pilot, lambda: view.empty == ("A person does this step.",))
        await pilot.press("up", "up")
        await until(pilot, lambda: view.total == 1)
        assert "Last result" not in shown(app)


async def test_of_a_step_that_was_skipped_its_failure_is_told_with_its_error(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["uptime"] = Reply(outcome=Outcome(OutcomeKind.FAILED, 1), err=b"uptime: no such file\n")
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        assert app.conductor is not None
        app.conductor.skip("look", "not needed")
        await comes(pilot, app, "look", StepStatus.SKIPPED)
        told = "Last result: ↷ Look around, failed (exit 1), then skipped: uptime: no such file"
        view = app.screen.query_one(OutputView)
        await until(pilot, lambda: told in view.empty)
