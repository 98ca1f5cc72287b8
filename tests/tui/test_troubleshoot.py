"""A failed step names the known trouble it looks like; its steps run on a screen of their own, and esc leads back."""

from collections.abc import Callable

import pytest

from tests.support.fake_transport import FakeTransport, Reply
from tests.tui.conftest import SHOP, dialog, journal, shown, until
from tests.tui.test_run import comes, running
from tui.dialogs import Confirm
from tui.dialogs.pick import Pick
from tui.execution.workspace import Workspace
from tui.exports.source import source
from tui.screens.run.screen import RunScreen
from tui.screens.troubleshoot import TroubleshootScreen
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.state import StepStatus

TEXT = (
    SHOP
    + """
[[troubleshooting]]
id = "load"
title = "The host is overloaded"
symptoms = ["slow answers", "time-outs"]
patterns = ["out of memory", "overloaded"]
[[troubleshooting.diagnosis]]
id = "load-look"
title = "What takes the CPU"
[[troubleshooting.diagnosis.actions]]
run = "top -b"
[[troubleshooting.solutions]]
id = "restart"
title = "A process runs away"
when = "one process takes all of the CPU"
[[troubleshooting.solutions.steps]]
id = "load-restart"
title = "Restart it"
mutates = true
danger = "caution"
[[troubleshooting.solutions.steps.actions]]
run = "systemctl restart shop"
[[troubleshooting.solutions]]
id = "wipe"
title = "Start from nothing"
forbidden = "DO NOT DO THIS IN PRODUCTION"
[[troubleshooting]]
id = "other"
title = "Something else"
symptoms = ["odd"]
patterns = ["odd"]
[[troubleshooting.diagnosis]]
id = "other-look"
title = "Look at it"
[[troubleshooting.diagnosis.actions]]
run = "date"
"""
)


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace(TEXT)


async def test_the_failed_step_names_its_trouble_and_esc_leads_back(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(b"kernel: out of memory\n", Outcome.exited(1))
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        await until(pilot, lambda: "t trouble" in shown(app))
        lines = [line.rstrip() for line in shown(app).splitlines()]
        assert not [line for line in lines if line.endswith(("  t", "ctrl+r", " k"))]  # no key without its word
        await pilot.press("t")
        await until(
            pilot, lambda: isinstance(app.screen, TroubleshootScreen) and "Symptoms: slow answers" in shown(app)
        )
        seen = shown(app)
        assert "DO NOT: Start from nothing" in seen
        assert "DO NOT DO THIS IN PRODUCTION" in seen
        await until(pilot, lambda: app.screen.step is not None)
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.step("load-look").status is StepStatus.SIGNED)
        assert "esc back" in shown(app)  # the way back stands in the footer at 80 columns too
        await pilot.press("down")
        await until(pilot, lambda: "right when one process" in shown(app))
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: app.conductor.state.step("load-restart").status is StepStatus.SIGNED)
        await pilot.press("escape")
        await until(pilot, lambda: type(app.screen) is RunScreen)
        assert app.conductor.state.next_step().id == "look"
        host.replies["uptime"] = Reply(b"load average: 0.1\n")
        await pilot.press("r")
        await comes(pilot, app, "look", StepStatus.SIGNED)
    directory = workspace.store.find("last")
    found = source(directory)
    assert ("Troubleshooting", "load-restart") in [(section.title, step.id) for section, step, _ in found.steps()]
    assert "troubleshooting, beside the plan" in [one.what for one in found.deviations()]


async def test_without_a_match_one_is_chosen_and_a_step_may_run_again(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen) and app.screen.step is not None)
        for count in (1, 2):
            await pilot.press("enter")
            await until(
                pilot,
                lambda count=count: (
                    len(app.conductor.state.step("other-look").attempts) == count and not app.conductor.busy
                ),
            )
            await until(pilot, lambda: "DO AGAIN" in shown(app).replace("\xa0", " "))
        assert isinstance(app.screen, TroubleshootScreen)
    assert [event.step for event in journal(workspace) if isinstance(event, ev.StepReopened)] == ["other-look"]


async def test_from_home_a_trouble_is_chosen_before_its_session(make_workspace: Callable[..., Workspace]) -> None:
    from tui.app import RunbookApp
    from tui.screens.home.screen import HomeScreen
    from tui.screens.setup.screen import SetupScreen

    text = TEXT.replace(
        "[flows.rollback]",
        '[flows.verify]\ntitle = "Verify"\nkind = "verify"\nsections = ["before"]\n[flows.rollback]',
        1,
    )
    app = RunbookApp(make_workspace(text))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen) and app.screen.rows)
        await until(pilot, lambda: not app.screen._checking)
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen))
        assert app.screen.issue.id == "load"


async def test_a_change_that_needs_what_nobody_has_found_is_refused_before_it_is_confirmed(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    text = TEXT.replace('run = "top -b"', 'run = "top -b"\ncapture = { old_pid = {} }').replace(
        'run = "systemctl restart shop"\n[[troubleshooting.solutions]]',
        'run = "kill {{ old_pid }}"\n[[troubleshooting.solutions]]',
    )
    async with running(make_workspace(text)) as (app, pilot):
        await pilot.press("t")
        await dialog(pilot, Pick)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TroubleshootScreen) and app.screen.step is not None)
        await pilot.press("down")
        await until(pilot, lambda: app.screen.step.id == "load-restart")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, TroubleshootScreen)
        assert app.conductor.state.step("load-restart").status is StepStatus.PENDING
        host.replies["top -b"] = Reply(b"4711\n")
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.conductor.state.facts.get("old_pid") == "4711" and not app.conductor.busy)
        await pilot.press("down", "enter")
        await dialog(pilot, Confirm)
