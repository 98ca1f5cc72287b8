"""The command of who continues what another machine began: take the session over, fetch it, and open it here."""

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from tui.cli.launching import screen
from tui.cli.options import HOSTS, guarded, pairs, reaching
from tui.cli.people.following import means_here
from tui.cli.printing import tell
from tui.errors import UsageError
from tui.text.sanitise import sanitise

if TYPE_CHECKING:
    from tui.cli.people.whose import Whose
    from tui.execution.epochs.holding import Holding
    from tui.execution.workspace import Workspace
    from tui.sharing.bucket import Bucket
    from tui.sharing.fetching import FetchedSession
    from tui.sharing.handed_on import Beat
    from tui.sharing.lease import LeaseFound

NO_BUCKET = "without a [bucket] nobody keeps who has a session"
FROM_NOW_ON = "What they started keeps running and is followed here. From now on their machine starts nothing any more."
REHEARSED = "The drill's hosts are set up here as the session left them; their program keeps its own."
BY_HAND = "once they have stopped, --by-hand takes it over; hosts refuse what they start from then on"


@click.command("take-over")
@click.argument("session")
@reaching
@click.option("--operator", default="", help="Who takes it over (default: the login name).")
@click.option("--from", "holder", default="", help="Who has it: confirms that it is taken from them.")
@click.option("--by-hand", is_flag=True, help="Where no bucket keeps who has it: they have stopped.")
@click.option("--fetch-only", is_flag=True, help="Take it over and bring it here, and open no screen.")
@HOSTS
@guarded
def take_over(
    session: str,
    file: Path | None,
    hosts: tuple[str, ...],
    ssh_config: Path | None,
    ask_never: bool,
    operator: str,
    holder: str,
    by_hand: bool,
    fetch_only: bool,
    which: str | None,
) -> None:
    """Continue SESSION (its id, or "last"), which another machine began, here; running commands are followed."""
    from tui.cli.wiring import open_store, resumed_workspace
    from tui.config import load_config
    from tui.execution.secrecy.redaction import Redactor
    from tui.headless.live_sessions import LAST, to_take_over
    from tui.people import named_or_login
    from tui.sharing.fetching import fetch_session, last_beat
    from tui.sharing.team import team_bucket

    config = load_config()
    means, store, who = means_here(), open_store(), named_or_login(operator or config.operator)
    bucket = team_bucket(config, Redactor())
    chosen = to_take_over(means.live(), session, datetime.now(UTC))
    feed, seals = means.feeds(chosen)(), means.seals(chosen)
    beat = last_beat(feed, seals)
    if session == LAST:
        what = " · ".join(filter(None, (beat.title, beat.environment, "a rehearsal" if beat.drill else "")))
        tell(sanitise(f"{chosen}: {what}"))
    holding = _taken(bucket, store.root, chosen, who, Confirmed(holder, by_hand, config.glyphs), beat)
    try:
        _told(fetch_session(feed, seals, store, tell))
    except BaseException:
        holding.release()
        raise
    finally:
        feed.close()
    if fetch_only:
        holding.release()
        tell(f"`runbook resume {chosen}` continues it here")
        return
    with resumed_workspace(chosen, file, pairs(hosts, "--host"), ssh_config, ask_never=ask_never) as (workspace, found):
        _given(workspace, found, holding)
        screen(workspace, found, who, hosts=which or "", otherwise=f"it is here now: `runbook resume {found}`")


def _given(workspace: "Workspace", session: str, holding: "Holding") -> None:
    """Have the session opened with what was taken already."""
    from tui.sharing.team import AlreadyTaken

    workspace.team = AlreadyTaken(session, holding, workspace.team)


class Confirmed(Struct, frozen=True):
    """What the command line confirms: from whom it is taken, and that they have stopped; and the signs for asking."""

    holder: str
    by_hand: bool
    glyphs: str


def _taken(bucket: "Bucket | None", root: Path, session: str, who: str, given: Confirmed, beat: "Beat") -> "Holding":
    """Have the session from now on, in the next epoch.

    Raises:
        SessionHeld: somebody has it.
        UsageError: nobody has confirmed that it is taken from who has it.
    """
    from tui.execution.epochs.holding import Alone
    from tui.sharing.lease import LeaseStillHeld, find
    from tui.sharing.team import BucketTeam

    if beat.drill:
        said = f"{beat.operator} on {beat.machine} rehearses this, last heard at {beat.at:%H:%M:%S} UTC"
        _confirmed(_of_beat(session, beat, "last heard", REHEARSED, said), given)
        return Alone(beat.epoch + 1, who)
    why = NO_BUCKET if bucket is None else bucket.why_unconditional()
    if why:
        if not given.by_hand:
            raise UsageError(f"{beat.operator} on {beat.machine} has this session; {why}", BY_HAND)
        said = f"{beat.operator} on {beat.machine} wrote this session last, at {beat.at:%H:%M:%S} UTC"
        _confirmed(_of_beat(session, beat, "last heard", FROM_NOW_ON, said), given)
        return Alone(beat.epoch + 1, who)
    assert bucket is not None
    team, found = BucketTeam(bucket, root, platform.node()), find(bucket, session)
    if found is not None and not found.free:
        if not found.expired:
            raise LeaseStillHeld(found)
        _confirmed(_of_lease(session, beat, found), given)
    return team.take_over(session, who, found)


def _of_beat(session: str, beat: "Beat", heard: str, means: str, said: str) -> "Whose":
    """Who has a session for which nobody keeps a lease."""
    from tui.cli.people.whose import Whose
    from tui.text.amounts import duration

    return Whose(
        session=session,
        title=beat.title,
        environment=beat.environment,
        drill=beat.drill,
        operator=beat.operator,
        machine=beat.machine,
        heard=(heard, beat.at),
        silent=duration(datetime.now(UTC) - beat.at),
        means=means,
        said=said,
    )


def _of_lease(session: str, beat: "Beat", found: "LeaseFound") -> "Whose":
    """Who has the lease of a session."""
    from tui.cli.people.whose import Whose
    from tui.text.amounts import duration

    silent = duration(found.silent)
    since = f"has had this session since {found.text.taken:%H:%M:%S} UTC"
    return Whose(
        session=session,
        title=beat.title,
        environment=beat.environment,
        drill=beat.drill,
        operator=found.text.operator,
        machine=found.text.machine,
        heard=("held since", found.text.taken),
        silent=silent,
        means=FROM_NOW_ON,
        said=f"{found.holder} {since} and has been silent for {silent}",
    )


def _confirmed(whose: "Whose", given: Confirmed) -> None:
    """Make sure that a person takes it from this person.

    Raises:
        UsageError: nobody has confirmed it.
    """
    from tui.cli.people.whose import confirmed

    confirmed(whose, given.holder, given.glyphs)


def _told(fetched: "FetchedSession") -> None:
    for words in fetched.missing:
        tell(f"not whole: {words}")
    if fetched.apart is not None:
        tell(f"the copy that was here is kept in {fetched.apart}")
    if fetched.forked >= 0:
        tell(f"that copy has other events from number {fetched.forked + 1} on: a fork, no part of this session")
