"""The rollback by keys: the plan, the look before what may not be needed, the news that is due, and its end."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import running
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import ERROR_RATE, SHOP, dialog, journal, shown, until
from tui.app import RunbookApp
from tui.dialogs import Confirm, RollbackReason, SendMessage
from tui.execution.workspace import Setup, Workspace
from tui.screens.rollback.screen import RollbackScreen
from tui.session import events as ev
from tui.session.outcome import LookResult, Outcome, OutcomeKind
from tui.session.state import StepStatus
from tui.widgets.keys_row.widget import KeysRow

TEXT = (
    SHOP.replace(
        '[flows.rollback]\ntitle = "Roll back"\nkind = "rollback"\n',
        '[flows.rollback]\ntitle = "Roll back"\nkind = "rollback"\nbudget = "10m"\n'
        'update = "news"\nupdate_every = "2m"\nmethods = ["docker", "manual"]\n',
    )
    .replace(
        'needed_if = { method = "docker" }\n',
        'needed_if = { method = "docker" }\ndanger = "caution"\nlook = { run = "compose ps", title = "Is it up?" }\n',
    )
    .replace('id = "restart-units"\n', 'id = "restart-units"\nneeded_with = ["switch-back"]\n')
    .replace(
        "[messages.notice]",
        '[messages.news]\ntitle = "News"\nbody = "{{ rollback_progress }}, {{ rollback_elapsed }}, '
        'because {{ reason }}"\n[messages.notice]',
    )
)
SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace(TEXT)


deploying = partial(running, notifications=True)


async def switched(app: RunbookApp, pilot: Any, wanted: StepStatus = StepStatus.PASSED) -> None:
    """The change is made, or tried."""
    app.conductor.start("look")
    await until(pilot, lambda: not app.conductor.busy)
    app.conductor.start("switch-docker")
    await until(pilot, lambda: app.conductor.state.step("switch-docker").status is wanted and not app.conductor.busy)


async def decided(pilot: Any) -> None:
    """The operator rolls back for the first of the runbook's reasons."""
    await pilot.press("ctrl+r")
    await dialog(pilot, RollbackReason)
    await pilot.press("enter", "enter")
    assert pilot.app.conductor.state.rollback is None  # by reflex it is not begun
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, RollbackScreen) and pilot.app.screen.moment)
    await until(pilot, lambda: "left of" in shown(pilot.app))


async def test_the_plan_and_one_clock_show_and_the_rollback_goes_to_its_end(
    workspace: Workspace, clock: FakeClock
) -> None:
    async with deploying(workspace, (80, 24)) as (app, pilot):
        await switched(app, pilot)
        await pilot.press("ctrl+r")
        asked = await dialog(pilot, RollbackReason)
        assert "Steps: 1 needed; ≈ 1:00 of 10:00." in "\n".join(asked._plan)
        await pilot.press("escape")
        await decided(pilot)
        seen = shown(app)
        assert "of 10:00" in seen
        assert "0 of 1 done" in seen
        assert "next in 2:00" in seen
        clock.advance(60)
        await until(pilot, lambda: "9:00 left" in shown(app))
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: app.conductor.state.rollback_finished_at is not None)
        await until(pilot, lambda: "✔ rolled back" in shown(app))
        assert isinstance(journal(workspace)[-1], ev.RollbackFinished)
        clock.advance(3600)
        await pilot.pause()
        assert "✔ rolled back" in shown(app)


async def test_the_reason_of_a_trigger_that_tripped_is_chosen_already(make_workspace: Callable[..., Workspace]) -> None:
    async with deploying(make_workspace(TEXT + ERROR_RATE)) as (app, pilot):
        await switched(app, pilot)
        app.conductor.record(ev.TriggerTripped(trigger="errors", monitor="errors", value=11.0, dwell=300.0))
        await pilot.press("ctrl+r")
        await dialog(pilot, RollbackReason)
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.rollback is not None)
        assert app.conductor.state.rollback.reason == "Error rate above 10%"


async def test_no_reason_is_chosen_while_the_rollback_would_stop_a_command(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    host.replies["compose up v2"] = Reply(until=threading.Event())
    async with deploying(make_workspace(TEXT + ERROR_RATE)) as (app, pilot):
        app.conductor.start("look")
        await until(pilot, lambda: not app.conductor.busy)
        app.conductor.record(ev.TriggerTripped(trigger="errors", monitor="errors", value=11.0, dwell=300.0))
        app.conductor.start("switch-docker")
        await until(pilot, lambda: app.conductor.state.running() is not None)
        await pilot.press("ctrl+r")
        await dialog(pilot, RollbackReason)
        await pilot.press("enter", "enter")
        assert app.conductor.state.rollback is None


async def test_what_may_have_run_is_looked_at_and_left_out_when_there_is_nothing(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["compose up v2"] = Reply(outcome=Outcome(OutcomeKind.UNKNOWN, detail="lost"))
    host.replies["compose ps"] = Reply(b"nothing\n", Outcome.exited(1))
    async with deploying(workspace) as (app, pilot):
        await switched(app, pilot, StepStatus.UNKNOWN)
        await decided(pilot)
        assert "LOOK  whether it is needed" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.step("switch-back").status is StepStatus.NOT_NEEDED)
        assert app.conductor.state.step("switch-back").reason == "looked: there is nothing to undo"
        assert [command.script for command in host.ran][-1] == "compose ps"
        await until(pilot, lambda: app.conductor.state.rollback_finished_at is not None)


async def test_what_may_have_run_and_is_there_is_undone_after_a_confirmation(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["compose up v2"] = Reply(outcome=Outcome(OutcomeKind.UNKNOWN, detail="lost"))
    host.replies["compose ps"] = Reply(b"web up\n")
    async with deploying(workspace) as (app, pilot):
        await switched(app, pilot, StepStatus.UNKNOWN)
        await decided(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.looks.get("switch-back") and not app.conductor.busy)
        await until(pilot, lambda: "looked: it is to be undone" in shown(app))
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: app.conductor.state.step("switch-back").status is StepStatus.SIGNED)
        assert [command.script for command in host.ran][-2:] == ["compose ps", "compose up v1"]


async def test_the_status_update_nags_when_it_is_due_and_u_writes_it(workspace: Workspace, clock: FakeClock) -> None:
    async with deploying(workspace) as (app, pilot):
        await switched(app, pilot)
        await decided(pilot)
        clock.advance(135)
        await until(pilot, lambda: "▲ 0:15 overdue" in shown(app))
        await pilot.press("u")
        asked = await dialog(pilot, SendMessage)
        assert asked._text == "0 of 1 steps done, now: Switch back, 2 min 15 s, because Error rate above 10%"
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(journal(workspace)[-1], ev.MessageSent))
        await until(pilot, lambda: "next in 2:00" in shown(app))
        assert app.conductor.state.step("switch-back").status is StepStatus.PENDING


async def test_nobody_waits_for_news_of_a_rollback_that_has_ended(workspace: Workspace) -> None:
    async with deploying(workspace) as (app, pilot):
        await switched(app, pilot)
        await decided(pilot)
        await until(pilot, lambda: "rollback.update" in app.screen.query_one(KeysRow).pressed)
        app.conductor.skip("switch-back", "done by hand")
        await until(pilot, lambda: app.screen.moment.state.rollback_finished_at is not None)
        await until(pilot, lambda: "rollback.update" not in app.screen.query_one(KeysRow).pressed)
        head = app.screen.rollback_head
        assert not head.update.display
        await until(pilot, lambda: f" {'━' * head.text.content_size.width}\n" in shown(app).replace("─", "━"))
        await pilot.press("u")
        await until(pilot, lambda: "nobody waits for news of it" in shown(app))
        assert isinstance(app.screen, RollbackScreen)


class Announced:
    """The services of the settings, as the engine knows them."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []

    def tell(self, title: str, text: str) -> None:
        self.messages.append((title, text))


async def test_the_status_update_is_sent_by_the_services_of_the_settings(
    workspace: Workspace, host: FakeTransport, clock: FakeClock
) -> None:
    async with deploying(workspace) as (app, pilot):
        await switched(app, pilot)
        await decided(pilot)
        app.conductor.announces = announced = Announced()
        ran = len(host.ran)
        await pilot.press("u")
        asked = await dialog(pilot, SendMessage)
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(journal(workspace)[-1], ev.MessageSent))
        assert announced.messages == [("News", asked._text)]
        assert journal(workspace)[-1].how == "sent"
        assert len(host.ran) == ran, "this runbook has no command for it"
        app.conductor.announces = None
        await pilot.press("u")
        await dialog(pilot, SendMessage)
        await pilot.press("f3")
        assert len(announced.messages) == 1, "without such a service there is nothing to send it by"


async def test_a_running_command_is_ended_before_the_rollback_begins(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["compose up v2"] = Reply(until=threading.Event())
    async with deploying(workspace) as (app, pilot):
        app.conductor.start("look")
        await until(pilot, lambda: not app.conductor.busy)
        app.conductor.start("switch-docker")
        await until(pilot, lambda: app.conductor.state.running() is not None)
        await pilot.press("ctrl+r")
        asked = await dialog(pilot, RollbackReason)
        assert "compose up v2 is running: it is stopped first" in asked._plan[0]
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, RollbackScreen))
        kinds = [type(event) for event in journal(workspace)]
        assert kinds.index(ev.RollbackStarted) > max(
            place for place, kind in enumerate(kinds) if kind is ev.AttemptFinished
        )
        assert app.conductor.state.attempts[3].outcome.kind is OutcomeKind.CANCELLED
        await until(pilot, lambda: "look first" in shown(app))


async def test_all_of_the_sessions_steps_can_be_looked_at(workspace: Workspace) -> None:
    async with deploying(workspace) as (app, pilot):
        await switched(app, pilot)
        await decided(pilot)
        assert "Switch containers" not in shown(app).split("│")[0]
        await pilot.press("p")
        await until(pilot, lambda: "Look around" in shown(app))
        await pilot.press("p")
        await until(pilot, lambda: "Look around" not in shown(app))


async def test_a_rollback_without_a_session_asks_why_and_looks_at_everything(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["compose ps"] = Reply(b"web up\n")
    setup = Setup(flow="rollback", method="docker", operator="ana", variables={"release": "v2"})
    async with deploying(workspace, setup=setup) as (app, pilot):
        assert isinstance(app.screen, RollbackScreen) or await dialog(pilot, RollbackReason)
        await dialog(pilot, RollbackReason)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.conductor.state.rollback is not None)
        await until(pilot, lambda: "done elsewhere, if it was done" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.looks.get("switch-back") is LookResult.TO_UNDO)


async def test_it_has_not_come_to_its_end_while_a_restart_has_put_its_last_step_in_doubt(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.before_run = lambda command: setattr(host, "boot_id", "boot-2") if "compose up v1" in command.script else None
    host.replies["compose ps"] = Reply(b"nothing\n", Outcome.exited(1))
    async with deploying(workspace) as (app, pilot):
        await switched(app, pilot)
        await decided(pilot)
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: app.conductor.state.next_step() is None and not app.conductor.busy)
        assert app.conductor.state.rollback_finished_at is None
        await until(pilot, lambda: "look again at 1 step" in shown(app))
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: app.conductor.state.rollback_finished_at is not None)
        assert [command.script for command in host.ran][-1] == "compose ps"


async def test_quitting_after_its_end_offers_no_way_back(workspace: Workspace) -> None:
    async with deploying(workspace) as (app, pilot):
        await switched(app, pilot)
        await decided(pilot)
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: app.conductor.state.rollback_finished_at is not None)
        await pilot.press("ctrl+q")
        await dialog(pilot, Confirm)
        assert "↺ rolled back: nothing is left to do." in shown(app)
        assert "f on the summary records it as finished." in shown(app)
        assert "runbook resume" not in shown(app)
