"""A session's follow-ups as a calendar (RFC 5545), so that a phone reminds of them."""

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import tui
from tui.errors import UsageError
from tui.exports.source import Source
from tui.session.views.followups import Due, followups
from tui.text.sanitise import sanitise

if TYPE_CHECKING:
    from icalendar import Event

LENGTH = timedelta(minutes=15)


def render(source: Source) -> bytes:
    """One event for each follow-up, at the time it is due, with an alarm while it is not done.

    Events rather than to-dos: calendars of phones do not show to-dos. Importing it again changes nothing: each has the
    same identifier every time.

    Raises:
        UsageError: the session left no follow-ups.
    """
    from icalendar import Calendar

    found = followups(source.state)
    if not found:
        why = "those of a completed deployment are due from its end on; its runbook may also have none"
        raise UsageError(f"session {source.id} has no follow-ups", why)
    calendar = Calendar()
    calendar.add("prodid", f"-//runbook {tui.__version__}//follow-ups//EN")
    calendar.add("version", "2.0")
    for due in found:
        calendar.add_component(_event(source, due))
    return bytes(calendar.to_ical())


def _event(source: Source, due: Due) -> "Event":
    from icalendar import Alarm, Event

    about = source.runbook.runbook
    title = sanitise(due.followup.title)
    drill = "DRILL " if source.state.drill else ""
    event = Event()
    session = quote(source.id, safe="")  # a folder may have any name
    event.add("uid", f"{session}.{due.followup.id}@runbook")
    event.add("dtstamp", source.state.at)
    event.add("dtstart", due.due)
    event.add("dtend", due.due + LENGTH)
    event.add("summary", f"{drill}{'✔ ' if due.done else ''}{title}")
    lines = [sanitise(about.title), sanitise(f"session {source.id}"), f"runbook followups done {due.followup.id}"]
    if due.done is not None:
        lines[-1] = sanitise(due.words(due.done.at))
    event.add("description", "\n".join(lines))
    if due.done is None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"{drill}{title}")
        alarm.add("trigger", timedelta(0))
        event.add_component(alarm)
    return event
