"""The screens name another runbook's session, and ask where hosts are that are said to be elsewhere today."""

from tests.support.machines.two_hosts import Place
from tests.support.machines.two_hosts import place as place
from tests.support.machines.two_hosts import two_hosts as two_hosts
from tests.tui.conftest import dialog, shown, until
from tui.app import RunbookApp
from tui.cli.wiring import open_workspace, resumed_workspace
from tui.dialogs import Confirm
from tui.dialogs.moved import WhichHosts
from tui.screens.home.screen import HomeScreen
from tui.session import events as ev
from tui.session.journal.journal import read


async def test_home_names_another_runbooks_session_and_does_not_open_it(place: Place) -> None:
    place.begin(place.runbook("a", "one", "First", "first"), flow="first")
    workspace = open_workspace(place.runbook("b", "two", "Second"), {}, place.ssh_config)
    app = RunbookApp(workspace)
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await until(pilot, lambda: "runbook: First" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: any("another runbook: First" in one.message for one in app._notifications))
        assert isinstance(app.screen, HomeScreen)
        assert app.conductor is None
    workspace.close()


async def test_the_screen_asks_which_hosts_and_leaves_the_session_alone_by_default(place: Place) -> None:
    session = place.begin(place.runbook("a", "one"))
    with resumed_workspace(session, None, {"production": "two"}, place.ssh_config) as (workspace, found):
        app = RunbookApp(workspace, session=found)
        async with app.run_test(size=(120, 40)) as pilot:
            await dialog(pilot, WhichHosts)
            assert "this session has it at one, today it is said to be at two" in shown(app).replace("\n", " ")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, HomeScreen))
            assert app.conductor is None
            app.resume(found)
            await dialog(pilot, WhichHosts)
            await pilot.press("t")
            await until(pilot, lambda: app.conductor is not None)
            # it is another machine than before, which is asked about before anything runs there
            await until(pilot, lambda: any(isinstance(one, Confirm) for one in app.screen_stack))
    moved = [one.event for one in read(workspace.store.find(found).journal) if isinstance(one.event, ev.HostMoved)]
    assert [(one.before.target, one.place.target) for one in moved] == [("one", "two")]
