"""Ticks follow-ups off in the journal of the session they belong to, and lists those of all sessions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.errors import SessionError, UsageError
from tui.session.archive.known import KnownSession
from tui.session.archive.store import Store
from tui.session.listed.values import Due

if TYPE_CHECKING:
    from tui.session.clock import Clock


class Listed(Struct, frozen=True):
    """The follow-ups of several sessions, those due first at the front, and the sessions that could not be read."""

    followups: tuple[Due, ...]
    unread: tuple[KnownSession, ...] = ()


def listed(sessions: Iterable[KnownSession], drill: bool = False, done: bool = False) -> Listed:
    """The follow-ups of sessions: those of rehearsals, or those of the real ones; with `done` also those done."""
    found: list[Due] = []
    unread: list[KnownSession] = []
    for one in sessions:
        if not one.readable:
            unread.append(one)
        elif bool(one.scenario) is drill:
            found += one.followups if done else one.owes
    return Listed(tuple(sorted(found, key=lambda due: due.due)), tuple(unread))


def tick_off(store: Store, due: Due, clock: "Clock", operator: str, note: str = "") -> None:
    """Record in its session that a follow-up is done.

    Raises:
        UsageError: it is done already.
        SessionError: the session is open elsewhere, damaged, or cannot be written.
    """
    from tui.session.events import FollowUpDone  # what lists them needs neither
    from tui.session.journal.journal import Journal

    directory = store.find(due.session)
    journal = Journal.open(directory.journal, clock)
    try:
        _, state = directory.load()
        done = state.followups.get(due.followup.id)
        if done is not None:
            when = f"{done.at:%Y-%m-%d %H:%M} UTC"
            raise UsageError(
                f"{due.followup.title} was done {when} by {done.operator}", "nothing is left to do about it"
            )
        journal.append(FollowUpDone(followup=due.followup.id, operator=operator, note=note))
    finally:
        journal.close()


def named(found: Iterable[Due], followup: str, session: str = "") -> Due:
    """The follow-up of this id, of the only session that has it, or of the one whose id begins or ends so.

    Raises:
        SessionError: there is none, or more than one.
    """
    fits = [
        one
        for one in found
        if one.followup.id == followup and (one.session.startswith(session) or one.session.endswith(session))
    ]
    if not fits:
        raise SessionError(f"no session has a follow-up {followup!r} to be done", "`runbook followups` lists them")
    if len(fits) > 1:
        names = ", ".join(one.session for one in fits)
        raise SessionError(f"{len(fits)} sessions have a follow-up {followup!r}: {names}", "name one with --session")
    return fits[0]
