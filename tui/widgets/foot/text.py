"""Decides what the row above the keys says, and the words of the row that must not be missed."""

from collections.abc import Mapping

from rich.cells import cell_len

from tui.runbook.facts import connection_of
from tui.runbook.groups.members import group_of
from tui.session.groups.left_open import left_open, left_words
from tui.session.places import environment_of
from tui.session.samples import limits_of
from tui.session.state import CONNECTED, Attempt, SessionState
from tui.session.views.doubts import doubt_words
from tui.text.amounts import answer_time
from tui.text.block import Piece, shown
from tui.text.sanitise import sanitise
from tui.widgets.glyphs import OVER, STYLES
from tui.widgets.graph.monitored import NO_VALUE, WAITING, monitors_of, seen_monitor, value_words
from tui.widgets.graph.text import spark
from tui.widgets.looks.fitting import shortened
from tui.widgets.moment import Moment
from tui.widgets.step.text import LABEL
from tui.widgets.tripped_text import tripped_words

BETWEEN = "  "
STALLED = "not answering"
LOGGED_OUT = "logged out"
NOT_YET, CONNECTING = "not connected", "connecting"
ON_ITS_WAY = (NOT_YET, CONNECTING)
"""What a connection is that is not made yet, or is tried again: nothing is wrong because of that alone."""
LOST = "connection lost"
RECORDED: Piece = ("✔ recorded", STYLES["good"])
SLOW = 0.3
"""Seconds: a host that takes longer to answer is slow, and what is typed there is seen late."""
MARGINS = 2
"""Cells beside the row."""
SPARK = 8
"""The most samples of a monitor that are drawn in the row."""


def vitals_line(moment: Moment, width: int) -> list[Piece]:
    """The environment, the connections, then the monitors while they fit, with a trigger first; then the record."""
    environment = environment_of(moment.state)
    line: list[Piece] = [(shown(environment), "bold")] if environment else []
    groups = group_of(moment.state.runbook)
    for host, link in moment.links.items():
        if host not in groups:
            line += [(BETWEEN, "")] if line else []
            line += _host(host, _told(moment.state, host, link), moment.round_trips.get(host))
    for group in dict.fromkeys(groups.values()):
        line += [(BETWEEN, "")] if line else []
        line += _group(group, {host: link for host, link in moment.links.items() if groups.get(host) == group})
    again = _log_in(moment)
    acts = not (moment.read_only or moment.replayed)
    if LOGGED_OUT in moment.links.values() and acts and again not in banner(moment):
        line += [(BETWEEN, ""), (again, STYLES["bad"])]
    recorded: list[Piece] = [] if moment.trouble or moment.read_only or moment.replayed else [RECORDED]
    if moment.shared and recorded:
        recorded = [*_shared(moment, width - MARGINS - length(line) - length(recorded) - 2 * len(BETWEEN)), *recorded]
    room = width - MARGINS - (length(recorded) + len(BETWEEN) if recorded else 0)
    for name in _watched(moment.state):
        pieces = [(BETWEEN, ""), *_monitor(moment.state, name)]
        if length(line) + length(pieces) > room:
            break
        line += pieces
    if recorded and length(line) <= room:
        line += [(" " * (width - MARGINS - length(line) - length(recorded)), ""), *recorded]
    return line


def _shared(moment: Moment, room: int) -> list[Piece]:
    """How the session is handed on, as much of it as fits."""
    words = shortened(f"✖ {moment.shared}" if moment.unshared else moment.shared, max(room, len("✖ not shared")))
    return [(words, STYLES["turn"] if moment.unshared else LABEL), (BETWEEN, "")]


def _told(state: SessionState, host: str, link: str) -> str:
    """How a connection is; while one is gone under a command that, however often it is tried to make it again."""
    running = state.running()
    under = running is not None and connection_of(state.runbook, running.host) == host
    return LOST if under and link in ON_ITS_WAY and state.links.get(host, CONNECTED) != CONNECTED else link


def _host(host: str, link: str, round_trip: float | None) -> list[Piece]:
    if link == CONNECTED:
        up: list[Piece] = [("● ", STYLES["good"]), (host, "")]
        if round_trip is None:
            return up
        return [*up, (f" {answer_time(round_trip)}", STYLES["turn"] if round_trip >= SLOW else LABEL)]
    down = link not in ON_ITS_WAY
    style = STYLES["bad"] if down else STYLES["todo"]
    return [("✖ " if down else "○ ", style), (f"{host} ", ""), (link, style)]


def _group(group: str, links: Mapping[str, str]) -> list[Piece]:
    """How many hosts of a group are connected, and the first that is not."""
    down = [(host, link) for host, link in links.items() if link not in (CONNECTED, *ON_ITS_WAY)]
    up = sum(link == CONNECTED for link in links.values())
    sign: Piece = ("● ", STYLES["good"]) if up == len(links) else ("○ ", STYLES["todo"])
    told: list[Piece] = [sign if not down else ("✖ ", STYLES["bad"]), (f"{group} {up} of {len(links)}", "")]
    if down:
        told.append((f" {down[0][0]} {down[0][1]}", STYLES["bad"]))
    return told


def _watched(state: SessionState) -> list[str]:
    """The monitors that have measured: those whose trigger tripped first, then what is not good."""
    triggers = state.runbook.triggers
    tripped = {triggers[name].monitor for name in state.tripped if name in triggers}
    measured = [name for name in monitors_of(state) if name in state.monitors and state.monitors[name].samples]
    seen = {name: seen_monitor(state.runbook.monitors[name], state.monitors[name]).class_ for name in measured}
    return sorted(measured, key=lambda name: (name not in tripped, seen[name] == "good"))


def _monitor(state: SessionState, name: str) -> list[Piece]:
    monitor, monitored = state.runbook.monitors[name], state.monitors[name]
    title: Piece = (f"{sanitise(monitor.title)} ", LABEL)
    stands = seen_monitor(monitor, monitored)
    if stands in (WAITING, NO_VALUE):  # the last sample is an old one: it says nothing of now
        return [title, (str(stands), stands.style)]
    words = value_words(monitor, monitored)
    told = (f"{words} ", "") if stands.class_ == "good" else (f"{stands.sign} {words} ", stands.style)
    values = [sample.value for sample in monitored.samples][-SPARK:]
    return [title, told, *spark(values, tuple(limits_of(monitor.number)), monitor.number.unit)]


def length(pieces: list[Piece]) -> int:
    """How many cells pieces take."""
    return sum(cell_len(text) for text, _ in pieces)


def banner(moment: Moment) -> str:
    """The words that must not be missed: nothing can be recorded, or the connection under a command is gone."""
    if moment.trouble:
        return f"✖ THE SESSION CANNOT BE WRITTEN, nothing new is started. {moment.trouble}"
    if moment.read_only:
        return f"◌ READ-ONLY, {moment.read_only}"
    if moment.lost:
        return f"✖ NOTHING RUNS HERE ANY MORE: {moment.held}"
    if moment.held:
        return f"✖ NOTHING RUNS YET: {moment.held}"
    state = moment.state
    running = state.running()
    host = connection_of(state.runbook, running.host) if running else ""
    link = state.links.get(host, CONNECTED)
    if running is None or link == CONNECTED:
        doubts = doubt_words(state)
        if doubts:
            return f"? {doubts}"
        tripped, left = tripped_words(state), left_words(left_open(state))
        back = moment.keys.sign("rollback")
        told = f"{OVER} {tripped}{f': {back} rolls back' if back else ''}" if tripped else ""
        return "; ".join(filter(None, (told, f"✖ {left}" if left else "")))
    since = f"{state.links_at[host]:%H:%M:%S}"
    if not running.durable:
        return f"✖ {host}: {link} since {since}; the command ends with its connection"
    if link == STALLED:
        return f"✖ {host}: not answering since {since}; {_there(moment, running, host)}"
    again = _log_in(moment) if link == LOGGED_OUT else "reconnecting"
    return f"✖ {host}: connection lost {since}; {_there(moment, running, host)}; {again}"


def _log_in(moment: Moment) -> str:
    return f"log in again: {moment.keys.sign('app.login')}"


def _there(moment: Moment, running: Attempt, host: str) -> str:
    """What is known of a command whose connection is gone: only what it printed shows that it has started."""
    if moment.printed is not None:
        return "the command is running there"
    if moment.state.links_at[host] < running.started:
        return "the command may not have started"
    return "the command may have started there"
