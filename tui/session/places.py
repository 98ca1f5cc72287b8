"""Where a session's hosts are: as its journal names them, and whether something else says otherwise today."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.groups.printed_hosts import with_lists
from tui.runbook.model import Host, Runbook
from tui.runbook.model import runbook_id as runbook_id
from tui.runbook.pointing import in_environment, plain_name
from tui.runbook.templates.told_titles import untold
from tui.session import events as ev
from tui.session.state import SessionState


class Moved(Struct, frozen=True):
    """A host that is elsewhere today: its name, where the session has it, and where it is said to be now, in words."""

    host: str
    session: str
    today: str

    def __str__(self) -> str:
        return f"{self.host}: this session has it at {self.session}, today it is said to be at {self.today}"


def place_of(host: Host) -> ev.Place:
    """Where a host of the runbook is."""
    return ev.Place(
        target=host.target,
        user=host.user,
        port=host.port,
        local=host.local,
        connection=host.connection,
        directory=host.directory,
    )


def places_of(runbook: Runbook) -> dict[str, ev.Place]:
    """Where all hosts of the runbook are, by name; of a group, each of its hosts."""
    return {name: place_of(host) for name, host in runbook.hosts.items() if not host.group}


def placed(runbook: Runbook, places: Mapping[str, ev.Place]) -> Runbook:
    """The runbook with its hosts at these places; itself where they are there."""
    found = {name: place for name, place in places.items() if name in runbook.hosts}
    hosts = {name: _at(runbook.hosts[name], place) for name, place in found.items()}
    if all(host == runbook.hosts[name] for name, host in hosts.items()):
        return runbook
    return replace(runbook, hosts={**runbook.hosts, **hosts})


def on_hosts_of(runbook: Runbook, here: Runbook) -> Runbook:
    """The runbook with the hosts that another has, where both have them."""
    return replace(runbook, hosts={**runbook.hosts, **here.hosts})


def _at(host: Host, place: ev.Place) -> Host:
    return replace(
        host,
        target=place.target,
        user=place.user,
        port=place.port,
        local=place.local,
        connection=place.connection,
        directory=place.directory,
    )


def as_begun(runbook: Runbook, started: ev.SessionStarted | None) -> Runbook:
    """A session's own runbook, by its text, as it is in the environment and with the hosts that the session has."""
    if started is None:
        return runbook
    there = with_lists(in_environment(untold(runbook), started.environment), started.groups)
    return placed(there, started.places)


def environment_of(state: SessionState) -> str:
    """What the environment of a session is called; empty where its runbook has none."""
    if state.started is None or not state.runbook.environments:
        return ""
    return state.started.environment or plain_name(state.runbook)


def session_places(state: SessionState) -> dict[str, ev.Place]:
    """Where the session has its hosts: as it began, and as the operator moved them since.

    A journal from before places were recorded names targets only; the rest is the session's own runbook's.
    """
    started = state.started
    found = places_of(state.runbook)
    if started is None:
        return found
    for name, target in started.targets.items():
        if name in found and not started.places:
            found[name] = _from_target(found[name], target)
    return {**found, **started.places, **state.moved}


def _from_target(own: ev.Place, target: str) -> ev.Place:
    if target == (own.target or own.connection or "local"):
        return own
    local = target == "local"
    return ev.Place(target="" if local else target, local=local, directory=own.directory)


def moved(session: Mapping[str, ev.Place], today: Mapping[str, ev.Place]) -> list[Moved]:
    """The hosts that are elsewhere today."""
    return [
        Moved(name, words_of(place), words_of(today[name]))
        for name, place in session.items()
        if name in today and today[name] != place
    ]


def words_of(place: ev.Place) -> str:
    """A place as the operator reads it: deploy@web:2222 in /srv/app."""
    if place.local:
        where = "this machine"
    elif place.connection:
        where = f"the connection of {place.connection}"
    else:
        user = f"{place.user}@" if place.user else ""
        where = f"{user}{place.target}" + (f":{place.port}" if place.port else "")
    return where + (f" in {place.directory}" if place.directory else "")


def reached_elsewhere(before: ev.HostConnected, after: ev.HostConnected) -> Moved | None:
    """Whether a connection leads to another machine or user than the session's own did."""
    if (before.target, before.user, before.hostname) == (after.target, after.user, after.hostname):
        return None
    return Moved(after.host, _reached(before), _reached(after))


def all_elsewhere(state: SessionState, events: Iterable[ev.HostConnected]) -> list[Moved]:
    """Those of the connections that lead elsewhere than the session's own did."""
    known = state.hosts
    found = (reached_elsewhere(known[event.host], event) for event in events if event.host in known)
    return [moved for moved in found if moved is not None]


def _reached(event: ev.HostConnected) -> str:
    user = f"{event.user}@" if event.user else ""
    return f"{user}{event.target}" + (f" (calls itself {event.hostname})" if event.hostname else "")
