"""What several people see of one session, character by character, beside the other screens under `drawn/`.

They are held as in `test_drawn.py`; they stand apart because they need keys, a relay, or somebody who takes over.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.execution.approving.test_epochs import LOST, CountedTeam
from tests.support.harness.waiting import until as beats
from tests.support.machines.fake_transport import FakeTransport
from tests.support.screens.every_size import tried
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.sessions.approving import People
from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.shared_session import feeds_of, following, relay_of, session_of, shared
from tests.tui.conftest import dialog, type_text, until
from tests.tui.drawing import FOLDER, RUNBOOK, SETUP, Stage
from tests.tui.test_drawn import SIZES, held, text, unreadable
from tests.tui.test_drawn import _stands_still as _stands_still
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs import AskText, Confirm, TypeName
from tui.dialogs.approval.asked_second import SecondPerson
from tui.execution.workspace import Workspace
from tui.session.state import ApprovalStatus
from tui.sharing.following.follow_workspace import FollowWorkspace
from tui.sharing.following.posting import SignedPosting
from tui.widgets.looks.themes import DAY, NIGHT

APPROVED = "migrate"
"""The step that a second person allows."""


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return People(tmp_path_factory.mktemp("keys"))


async def drawn(app: RunbookApp, pilot: Any, request: pytest.FixtureRequest, name: str) -> None:
    """Hold what is seen against its files, and its words against what can be read, dark and light."""
    for width, height in tried(SIZES, SIZES[0]):
        await pilot.resize_terminal(width, height)
        await held(pilot, request, FOLDER / f"{name}-{width}x{height}.txt", text)
    for theme in (NIGHT, DAY):
        app.theme = theme
        await pilot.pause()
        assert unreadable(app) == []


async def asked(stage: Stage) -> None:
    await stage.opened(APPROVED)
    await stage.pilot.press("enter")
    await dialog(stage.pilot, TypeName)
    await type_text(stage.pilot, "web")
    await stage.pilot.press("enter")
    await dialog(stage.pilot, SecondPerson)


def standing(stage: Stage) -> ApprovalStatus:
    found: ApprovalStatus = stage.conductor.state.approvals[APPROVED].status
    return found


async def refused(stage: Stage) -> None:
    await asked(stage)
    await stage.pilot.press("enter")
    await type_text(stage.pilot, "the backup is of yesterday")
    await stage.pilot.press("f3")
    await until(stage.pilot, lambda: standing(stage) is ApprovalStatus.REFUSED)
    await stage.says("refused by ben")


async def why_alone(stage: Stage) -> None:
    await asked(stage)
    await stage.pilot.press("f4")
    await dialog(stage.pilot, AskText)


async def alone(stage: Stage) -> None:
    await why_alone(stage)
    await type_text(stage.pilot, "ben did not answer three calls")
    await stage.pilot.press("enter")
    await until(stage.pilot, lambda: standing(stage) is ApprovalStatus.ALONE)
    await stage.says("ana starts it alone")


@pytest.mark.needs("ssh-keygen")
@pytest.mark.parametrize(
    "play", tried([asked, refused, why_alone, alone], refused, alone), ids=lambda play: str(play.__name__)
)
async def test_what_a_second_person_allows(
    make_workspace: Callable[..., Workspace],
    host: FakeTransport,
    clock: FakeClock,
    request: pytest.FixtureRequest,
    people: People,
    play: Callable[[Stage], Awaitable[None]],
) -> None:
    head, mark, tail = RUNBOOK.read_text(encoding="utf-8").partition(f'id = "{APPROVED}"\n')
    workspace = make_workspace(f'{head}{mark}approve = "second-person-or-alone"\n{tail}')
    workspace.signing = people.signing()
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=SIZES[0]) as pilot:
        await play(Stage(app, pilot, host, clock))
        await drawn(app, pilot, request, f"approval-{play.__name__.replace('_', '-')}")


async def test_what_is_seen_by_who_lost_the_session_to_somebody_else(
    make_workspace: Callable[..., Workspace], host: FakeTransport, clock: FakeClock, request: pytest.FixtureRequest
) -> None:
    workspace = make_workspace(RUNBOOK.read_text(encoding="utf-8"))
    workspace.team = team = CountedTeam()
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=SIZES[0]) as pilot:
        stage = Stage(app, pilot, host, clock)
        await stage.opened("switch-docker")
        team.given[-1].lose(LOST)
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await stage.says("taken over by ben")
        await drawn(app, pilot, request, "taken-over")


@pytest.mark.needs("redis-server", "ssh-keygen")
async def test_what_is_seen_by_who_follows(
    make_workspace: Callable[..., Workspace],
    host: FakeTransport,
    clock: FakeClock,
    request: pytest.FixtureRequest,
    redis_server: RedisServer,
    people: People,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.node", lambda: "desk")
    workspace = make_workspace(RUNBOOK.read_text(encoding="utf-8"))
    workspace.preflight(SETUP, lambda row: None)
    conductor = workspace.begin(SETUP)
    shared(workspace, conductor, relay_of(redis_server))
    session = session_of(conductor)
    beats(lambda: relay_of(redis_server).ask("EXISTS", f"runbook:{session}:beat"))
    follower = following(feeds_of(redis_server, session), session, tmp_path / "followed")
    follower.posting = SignedPosting(follower, people.signing(), "ben")
    app = RunbookApp(FollowWorkspace(follower, clock), Config(operator="ben"))
    async with app.run_test(size=SIZES[0]) as pilot:
        stage = Stage(app, pilot, host, clock)
        stage.walk("migrate", conductor)
        await stage.says("you follow ana")
        await drawn(app, pilot, request, "followed")
    follower.close()
    conductor.close()
