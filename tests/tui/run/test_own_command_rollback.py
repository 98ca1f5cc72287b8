"""What the operator changed by a command of their own is named where it is asked whether to roll back, and after."""

from tests.support.screens.running import comes, running
from tests.tui.conftest import dialog, shown, type_text, until
from tui.dialogs import Confirm, RollbackReason
from tui.execution.workspace import Workspace
from tui.screens.run.own_command import AskOwnCommand
from tui.session.state import StepStatus


async def test_the_question_and_the_head_of_the_rollback_say_it(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        conductor = app.conductor
        assert conductor is not None
        conductor.start("switch-docker")
        await comes(pilot, app, "switch-docker", StepStatus.PASSED)
        await pilot.press("exclamation_mark")
        await dialog(pilot, AskOwnCommand)
        await type_text(pilot, "systemctl restart app")
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: any(one.outside and one.outcome for one in conductor.state.attempts.values()))
        await until(pilot, lambda: not conductor.busy)
        await pilot.press("ctrl+r")
        await dialog(pilot, RollbackReason)
        await until(pilot, lambda: "1 change outside the runbook: no step undoes that" in shown(app))
        assert "on web: systemctl restart app" in shown(app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: conductor.state.rollback is not None)
        await until(pilot, lambda: "1 change outside the runbook" in shown(app))
