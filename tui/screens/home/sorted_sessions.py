"""Decides in which frame of the first screen a session is listed; rehearsals and deployments are never in one list."""

from collections.abc import Collection, Sequence

from tui.drill.rehearsals import Practised
from tui.screens.home.deployments_text import is_deployment
from tui.session.archive.known import KnownSession
from tui.session.views.followups import Due

LISTED = 100
"""How many of the newest sessions are listed; of the older ones those that are unfinished or cannot be read."""


def on_the_page(found: Sequence[KnownSession], here: str, drill: str, everything: bool) -> Sequence[KnownSession]:
    """The sessions that the first screen tells of: in a drill those of its own runbook, unless all are wanted.

    What is open or late elsewhere has to be seen before production is changed. A drill changes nothing.
    """
    return [one for one in found if one.runbook == here] if drill and not everything else found


def can_be_resumed(one: KnownSession, here: str, drill: str, played: Collection[str]) -> bool:
    """Whether a session is unfinished and can be resumed by this program: it is this runbook's, and no other drill."""
    if one.finished or not one.readable or one.runbook != here or bool(one.scenario) is not bool(drill):
        return False
    return not drill or one.id in played


def deployments_of(
    found: Sequence[KnownSession], here: str, framed: Collection[str], everything: bool
) -> list[KnownSession]:
    """What the list of deployments has, the newest first.

    Args:
        here: the id of this runbook, whose deployments are listed; of others only what is unfinished.
        framed: sessions that have a frame of their own.
        everything: whether other flows' and other runbooks' sessions are listed too.
    """
    fitting = [
        one
        for one in found
        if not one.scenario
        and one.id not in framed
        and (everything or not one.readable or not one.finished or (is_deployment(one) and one.runbook == here))
    ]
    return [*fitting[:LISTED], *(one for one in fitting[LISTED:] if not (one.readable and one.finished))]


def rehearsals_of(found: Sequence[KnownSession], here: str, everything: bool) -> list[KnownSession]:
    """The rehearsals of this runbook, or of all; the newest first."""
    return [one for one in found if one.scenario and (everything or one.runbook == here)]


def due_row(one: Due) -> str:
    """The id of a follow-up's row."""
    return f"{one.session} {one.followup.id}"


def drill_row(row: Practised) -> str:
    """The id of a drill's row."""
    return f"{row.title} {row.newest.id if row.newest else ''}"


def owed_of(found: Sequence[KnownSession], drill: str) -> tuple[Due, ...]:
    """The follow-ups that nobody has done, the first due first: a drill's in a drill, else those of deployments."""
    owed = [due for one in found if bool(one.scenario) is bool(drill) for due in one.owes]
    return tuple(sorted(owed, key=lambda due: due.due))
