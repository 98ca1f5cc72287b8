"""The screen of who follows: the writer's run screen, read-only, how far behind it is, and one key to say something."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.execution.conftest import host as host
from tests.execution.conftest import workspace as workspace
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.sessions.shared_session import begun, feeds_of, following, relay_of, session_of, shared, until_heard
from tui.app import RunbookApp
from tui.dialogs.pick import Pick
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.screens.run.screen import RunScreen
from tui.session.clock import SystemClock
from tui.sharing.following.follow_workspace import FollowWorkspace

pytestmark = pytest.mark.needs("redis-server")


class Notes:
    """What the follower says, kept."""

    person = "ben"

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def note(self, text: str, step: str) -> None:
        self.said.append((text, step))

    def ask_for_session(self, text: str) -> None: ...
    def answer(self, step: str, granted: bool, text: str) -> None: ...


@pytest.fixture
def conductor(workspace: Workspace, redis_server: RedisServer) -> Iterator[Conductor]:
    made = begun(workspace)
    shared(workspace, made, relay_of(redis_server))
    until_heard(redis_server, session_of(made))
    yield made
    made.close()


def test_the_writers_screen_is_seen_and_nothing_can_be_started(
    conductor: Conductor, redis_server: RedisServer, tmp_path: Path
) -> None:
    asyncio.run(seen(conductor, redis_server, tmp_path))


async def seen(conductor: Conductor, redis_server: RedisServer, tmp_path: Path) -> None:
    session = session_of(conductor)
    follower = following(feeds_of(redis_server, session), session, tmp_path / "followed")
    follower.posting = notes = Notes()
    app = RunbookApp(FollowWorkspace(follower, SystemClock()))
    async with app.run_test(size=(120, 40)) as pilot:
        while not (isinstance(app.screen, RunScreen) and app.screen.moment is not None):
            await pilot.pause(0.01)
        screen = app.screen
        assert screen.moment is not None
        assert "you follow ana" in screen.moment.read_only
        await pilot.press("enter")
        assert app.screen is screen
        conductor.start("look")
        conductor.wait()
        while screen.moment.state != conductor.state:
            await pilot.pause(0.02)
        while not isinstance(app.screen, Pick):
            await pilot.press("n")
            await pilot.pause(0.2)
        while app.screen is not screen:  # a dialog takes no key until nothing was typed for a moment
            await pilot.press("escape")
            await pilot.pause(0.2)
        assert notes.said == []
        await pilot.press("q")
        await pilot.pause()
    follower.close()
