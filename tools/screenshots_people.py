"""What several people have of one session, for the pictures of it: keys that sign, a relay, somebody who takes over."""

import platform
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from enum import Enum
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.text import Text

from tests.execution.approving.test_epochs import LOST as TAKEN
from tests.execution.approving.test_epochs import CountedTeam
from tests.support.harness.waiting import until
from tests.support.servers.redis_server import RedisServer
from tests.support.sessions.approving import People as Keys
from tests.support.sessions.shared_session import feeds_of, following, relay_of, shared
from tui.cli.people.taking_over import FROM_NOW_ON
from tui.cli.people.whose import WIDE, Whose, asked
from tui.execution.workspace import Workspace
from tui.sharing.following.follow_workspace import FollowWorkspace
from tui.sharing.following.posting import SignedPosting
from tui.text.amounts import duration

QUESTION = "take-over-asked"
"""The picture of whom a session is taken from, which is asked before the application begins."""
LOST = "lost"
"""Instead of a key: the session is taken over by somebody else."""
DESK = "desk"
"""What the machine of who writes is called in the pictures."""


class People(Enum):
    """What there is of others: keys with which they sign, a lease on the session, somebody who follows it."""

    SIGN = "sign"
    SHARE = "share"
    FOLLOW = "follow"


def lose(workspace: Workspace) -> None:
    """Have somebody else take the session over."""
    assert isinstance(workspace.team, CountedTeam)
    workspace.team.given[-1].lose(TAKEN)


def draw_question(folder: Path, at: datetime) -> None:
    """Draw what `runbook take-over` asks on a terminal."""
    whose = Whose(
        session=f"{at:%Y%m%dT%H%M%SZ}-deploy-1f3a9c",
        title="Deploy a release v2.0.0",
        environment="",
        drill="",
        operator="ana",
        machine=DESK,
        heard=("held since", at),
        silent=duration(250),
        means=FROM_NOW_ON,
        said="",
    )
    console = Console(width=WIDE, record=True, file=StringIO(), force_terminal=True, color_system="truecolor")
    for line in asked(whose, WIDE):
        console.print(Text.assemble(*line))
    console.save_svg(str(folder / f"{QUESTION}.svg"), title="runbook take-over last")


@contextmanager
def seen_by(workspace: Workspace, people: Collection[People], session: str) -> Iterator[Workspace]:
    """The workspace of who sits before the screen; of who follows another one, while ana has the session open."""
    with ExitStack() as stack:
        if not people:
            yield workspace
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(patch.object(platform, "node", return_value=DESK))
        keys = Keys(folder)
        if People.SIGN in people:
            workspace.signing = keys.signing()
        if People.SHARE in people:
            workspace.team = CountedTeam()
        if People.FOLLOW not in people:
            yield workspace
            return
        server = RedisServer(folder / "redis")
        stack.callback(server.stop)
        conductor = workspace.resume(session, "ana")
        stack.callback(conductor.close)
        workspace.reach_again(conductor, lambda *_: None)
        shared(workspace, conductor, relay_of(server))
        until(lambda: relay_of(server).ask("EXISTS", f"runbook:{session}:beat"))
        follower = following(feeds_of(server, session), session, folder / "followed")
        stack.callback(follower.close)
        follower.posting = SignedPosting(follower, keys.signing(), "ben")
        yield FollowWorkspace(follower, workspace.clock)
