"""The commands of people who are not at the keyboard: follow a session that another machine writes."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.launching import screen
from tui.cli.options import guarded, session_named
from tui.cli.printing import complain, tell
from tui.errors import UsageError

if TYPE_CHECKING:
    from tui.sharing.following.followed_session import Follower
    from tui.sharing.following.posting import SignedPosting
    from tui.sharing.means import Means

NOT_SHARED = "a table [share] in the settings says with whom: docs/following.md"


def means_here() -> "Means":
    """With what sessions are shared.

    Raises:
        UsageError: the settings do not say.
    """
    from tui.execution.secrecy.redaction import Redactor
    from tui.sharing.means import means_of

    means = means_of(Redactor())
    if means is None:
        raise UsageError("the settings do not say where sessions are shared", NOT_SHARED)
    return means


@click.command()
@session_named("last")
@click.option("--every", type=click.FloatRange(min=1), default=5.0, help="Seconds between two looks (default: 5).")
@click.option("--hours", type=click.IntRange(1, 168), default=12, help="How long the link is good (default: 12).")
@guarded
def page(session: str, every: float, hours: int) -> None:
    """Keep SESSION's HTML page in the team's bucket while it grows, and print a link that needs no login."""
    import threading

    from tui.cli.wiring import open_store
    from tui.config import load_config
    from tui.execution.secrecy.redaction import Redactor
    from tui.sharing.bucket import Bucket, bucket_keys
    from tui.sharing.stored.live_page import LivePage

    place = load_config().bucket
    if place is None:
        raise UsageError("the settings have no bucket for the page", "write a table [bucket]: docs/configuration.md")
    bucket = Bucket(place, bucket_keys(place, Redactor()))
    kept = LivePage(open_store().find(session), bucket, every)
    kept.put()
    tell(kept.address(hours * 3600))
    complain(f"anybody who has this link can read the page for {hours} h; ^c ends it")
    kept.keep(threading.Event(), complain)


def _posting(follower: "Follower", operator: str) -> "SignedPosting":
    from tui.cli.wiring import signing_of
    from tui.config import load_config
    from tui.people import named_or_login
    from tui.sharing.following.posting import SignedPosting

    config = load_config()
    return SignedPosting(follower, signing_of(config), named_or_login(operator or config.operator))


@click.command()
@click.argument("session", default="")
@click.option("--operator", default="", help="Who you are, where you write notes or answer (default: the login name).")
@click.option("--json", "as_json", is_flag=True, help="What is live, for programs.")
@guarded
def follow(session: str, operator: str, as_json: bool) -> None:
    """Follow SESSION (its id, or "last"), which another machine writes, read-only; without one, list what is live."""
    from tui.headless.live_sessions import live_report, newest

    means = means_here()
    if not session:
        live_report(means.live(), as_json, tell)
        return
    chosen = newest(means.live(), session)
    from tui.session.clock import SystemClock
    from tui.sharing.following.follow_workspace import FollowWorkspace
    from tui.sharing.following.followed_session import Follower

    # what is being received as it is closed may still come to be written there
    with tempfile.TemporaryDirectory(prefix="runbook-", ignore_cleanup_errors=True) as folder:
        clock = SystemClock()
        follower = Follower(means.feeds(chosen), means.seals(chosen), Path(folder) / chosen, clock)
        follower.posting = _posting(follower, operator)
        workspace = FollowWorkspace(follower, clock)
        try:
            screen(workspace, otherwise="`runbook follow` without SESSION lists what is live")
        finally:
            follower.close()
            workspace.close()
