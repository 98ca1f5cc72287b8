"""A second person allows a step on a group by keys, once: all hosts are in sight, and later batches ask no more."""

from pathlib import Path

import pytest

from tests.execution.approving.test_approvals import keyed
from tests.execution.groups.test_approvals_on_groups import IN_TURN, people
from tests.support.machines.fleet import NAMES, fleet, ran
from tests.support.screens.running import running
from tests.support.sessions.approving import People
from tests.tui.conftest import dialog, shown, type_text, until
from tui.dialogs import Confirm
from tui.dialogs.approval.asked_second import SecondPerson
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.state import ApprovalStatus

__all__ = ["keyed", "people"]

pytestmark = pytest.mark.needs("ssh-keygen")


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_all_hosts_are_seen_by_who_allows_it_and_the_next_batch_asks_nobody(
    tmp_path: Path, people: People, size: tuple[int, int]
) -> None:
    hosts = fleet()
    text = IN_TURN.replace("AT_ONCE", "2").replace("STOP_AFTER", "2")
    ways, store = dict(hosts), Store(tmp_path / "sessions")
    workspace = Workspace(load_text(text, "fleet"), text, store, ways, SystemClock(), signing=people.signing())
    async with running(workspace, size, setup=Setup(flow="deploy", operator="ana")) as (app, pilot):
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await dialog(pilot, SecondPerson)
        seen = shown(app)
        await type_text(pilot, "ben")
        await pilot.press("enter", "enter")
        while isinstance(app.screen, SecondPerson):  # what would run has more rows than the dialog
            await pilot.press("pagedown", "enter")
            await pilot.pause(0.05)
            seen += shown(app)
        for words in ("install HOST", "in batches of 1, 40%, 100%", *NAMES):
            assert words in " ".join(seen.replace("│", " ").split())
        await until(pilot, lambda: app.conductor.state.approvals["roll"].status is ApprovalStatus.GRANTED)
        assert not ran(hosts, "install")
        await until(pilot, lambda: "allowed by ben" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "BATCH 2/3" in shown(app))
        assert ran(hosts, "install") == {"web01": 1}
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        assert "second person" not in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "BATCH 3/3" in shown(app))
        assert ran(hosts, "install") == dict.fromkeys(NAMES[:4], 1)
    workspace.close()
