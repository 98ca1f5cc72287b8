"""The command that keeps sessions in the team's bucket."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from tui.cli.options import guarded
from tui.cli.printing import tell
from tui.errors import RunbookError

if TYPE_CHECKING:
    from tui.session.archive.store import SessionDirectory, Store


@click.command()
@click.argument("sessions", nargs=-1)
@click.option("--list", "listing", is_flag=True, help="What is in the archive.")
@click.option("--days", type=click.IntRange(0, 36500), default=365, help="How long the bucket locks it, if it can.")
@guarded
def archive(sessions: tuple[str, ...], listing: bool, days: int) -> None:
    """Keep SESSIONS (their ids) in the team's bucket, without secrets; without an id: all that are finished.

    Where the bucket locks objects, nobody can change or remove one for DAYS (365). `archive:ID` names
    one of them for verify, export, replay and compare.
    """
    from tui.cli.wiring import open_store, the_bucket
    from tui.session.clock import SystemClock
    from tui.sharing.stored.archived import archive_session, archived_sessions

    bucket = the_bucket()
    if listing:
        for one in archived_sessions(bucket).values():
            tell(f"{one.session}  {one.object.written:%Y-%m-%d %H:%M} UTC  {one.lines} events")
        return
    store = open_store()
    chosen = [store.find(name) for name in sessions] or _finished(store)
    until = SystemClock().now() + timedelta(days=days) if days and bucket.locks_objects() else None
    failed: list[str] = []
    for directory in chosen:
        try:
            new = archive_session(bucket, directory, until)
        except RunbookError as error:
            failed.append(f"{directory.id}: {error.message}")
        else:
            locked = f", locked until {until:%Y-%m-%d}" if until and new else ""
            tell(f"✔ {directory.id} {'is in' if new else 'was already in'} {bucket}{locked}")
    if not chosen:
        tell("no session here is finished")
    if failed:
        raise RunbookError("not archived: " + "; ".join(failed), "the others are")


def _finished(store: "Store") -> "list[SessionDirectory]":
    """The real sessions that were recorded as finished."""
    from tui.session.archive.known import KnownSessions
    from tui.session.archive.store import SessionDirectory

    known = KnownSessions(store).listed()
    return [SessionDirectory(one.path) for one in known if one.closed is not None and not one.scenario]
