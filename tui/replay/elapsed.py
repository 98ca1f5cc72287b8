"""Measures how far into its session an event is, whatever anybody did to the clocks."""

from tui.session import events as ev
from tui.session.events import Entry

LATER = 1.0


def passed(before: Entry, after: Entry) -> float:
    """Seconds between two events in a row, never less than none.

    One process writes by the monotonic clock. Where another has taken over, or wrote one line in between, the clocks
    on the wall are all there is. A follow-up ticked off days later is not part of the night: it comes a second after
    what was before it.
    """
    if isinstance(after.event, ev.FollowUpDone):
        return LATER
    other = isinstance(after.event, ev.SessionResumed | ev.SessionHandedOver) or after.mono < before.mono
    if other:
        return max(0.0, (after.at - before.at).total_seconds())
    return after.mono - before.mono
