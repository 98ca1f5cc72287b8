"""`!` on the screens: a dialog, the same three ways to start as a step's, the output in sight; nothing in a replay."""

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import running
from tests.tui.conftest import dialog, shown, type_text, until
from tui.dialogs import Confirm, TypeName
from tui.execution.workspace import Workspace
from tui.screens.run.own_command import AskOwnCommand
from tui.screens.run.session import SessionScreen
from tui.session.possible.refusals import Situation, refusal
from tui.session.state import initial


async def test_what_only_reads_runs_at_once_and_its_output_is_in_sight(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["df -h"] = Reply(b"Filesystem Size\n/dev/sda1 40G\n")
    async with running(workspace) as (app, pilot):
        assert app.conductor is not None
        await pilot.press("exclamation_mark")
        asked = await dialog(pilot, AskOwnCommand)
        assert asked.host == "web"
        await pilot.press("enter")
        await until(pilot, lambda: "write a command" in shown(app))
        await type_text(pilot, "df -h")
        await until(pilot, lambda: "It only reads: ⏎ runs it." in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor is not None and 1 in app.conductor.state.attempts)
        await until(pilot, lambda: "/dev/sda1" in shown(app) and "outside the runbook" in shown(app))
        assert app.conductor.state.step("look").attempts == ()


async def test_what_may_change_something_asks_first_and_what_destroys_asks_for_the_hosts_name(
    workspace: Workspace, host: FakeTransport
) -> None:
    async with running(workspace) as (app, pilot):
        conductor = app.conductor
        assert conductor is not None
        await pilot.press("exclamation_mark")
        await dialog(pilot, AskOwnCommand)
        await type_text(pilot, "systemctl restart app")
        await until(pilot, lambda: "It may change something: ⏎ asks first." in shown(app))
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("enter")  # No has the focus
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert conductor.state.attempts == {}
        await pilot.press("exclamation_mark")
        await dialog(pilot, AskOwnCommand)
        await type_text(pilot, "rm -rf /srv/cache")
        await pilot.press("enter")
        await dialog(pilot, TypeName)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert conductor.state.attempts == {}


@pytest.mark.parametrize("why", ["this is a replay", "ana has it open"])
def test_where_nothing_can_be_done_there_is_one_reason(workspace: Workspace, why: str) -> None:
    state = initial(workspace.runbook)
    refused = refusal("own-command", Situation(state=state, read_only=why))
    assert refused is not None
    assert (refused.message, refused.hint) == ("this session is read-only here", why)
