"""Decides what the two lines at the foot of the run screen say: time, pace, connections, journal."""

from datetime import timedelta

from tui.runbook.facts import connection_of
from tui.runbook.model import Step
from tui.runbook.window import window_state
from tui.session.state import CONNECTED, Attempt, step_by_id
from tui.session.views.doubts import doubt_words
from tui.text.amounts import clock_words, duration
from tui.text.block import Piece
from tui.widgets.glyphs import OVER, STYLES
from tui.widgets.moment import Moment, Spent, current_step, left, rollback_time, spent, too_late
from tui.widgets.step.text import LABEL
from tui.widgets.tripped_text import tripped_words

SILENT_AFTER = 30.0
"""A running command that has printed nothing for so many seconds is pointed out; nothing is done about it."""

BETWEEN = "  "
STALLED = "not answering"


def first_line(moment: Moment) -> list[Piece]:
    """The clocks: since the session began, until the window closes."""
    state, now = moment.state, moment.now
    since = (now - state.started_at).total_seconds() if state.started_at else 0.0
    return [
        ("session ", LABEL),
        (f"{clock_words(since)}{BETWEEN}", ""),
        *_window(moment),
    ]


def second_line(moment: Moment) -> list[Piece]:
    """The running step's pace, the connections, the journal."""
    pieces: list[Piece] = []
    here = current_step(moment.state)
    if here:
        pieces += _pace(moment, step_by_id(moment.state.runbook, here))
    for host, link in moment.links.items():
        down = link not in ("connected", "not connected")
        pieces += [
            (f"{host} ", LABEL),
            (f"{'✖ ' if down else ''}{link}{BETWEEN}", STYLES["bad"] if down else ""),
        ]
    pieces += _rest(moment)
    pieces += [("journal ", LABEL), (f"{moment.state.seq + 1} events on disk", "")]
    return pieces


def banner(moment: Moment) -> str:
    """The words that must not be missed: nothing can be recorded, or the connection under a command is gone."""
    if moment.trouble:
        return f"✖ THE SESSION CANNOT BE WRITTEN, nothing new is started. {moment.trouble}"
    if moment.read_only:
        return f"◌ READ-ONLY, {moment.read_only}"
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
        tripped = tripped_words(state)
        back = moment.keys.of("rollback")
        return f"{OVER} {tripped}{f': {back} rolls back' if back else ''}" if tripped else ""
    since = f"{state.links_at[host]:%H:%M:%S}"
    if not running.durable:
        return f"✖ {host}: {link} since {since}; the command ends with its connection"
    if link == STALLED:
        return f"✖ {host}: not answering since {since}; {_there(moment, running, host)}"
    return f"✖ {host}: connection lost {since}; {_there(moment, running, host)}; reconnecting"


def _there(moment: Moment, running: Attempt, host: str) -> str:
    """What is known of a command whose connection is gone: only what it printed shows that it has started."""
    if moment.printed is not None:
        return "the command is running there"
    if moment.state.links_at[host] < running.started:
        return "the command may not have started"
    return "the command may have started there"


def silence(moment: Moment) -> float:
    """For how many seconds the running command has printed nothing; 0 where none runs."""
    running = moment.state.running()
    if running is None:
        return 0.0
    return max(0.0, (moment.now - (moment.printed or running.started)).total_seconds())


def pace_words(time: Spent) -> str:
    """What a step took beside its budget: 1 m 12 s of 5 m 00 s."""
    return f"{duration(round(time.took))} of {duration(timedelta(seconds=time.budget))}"


def _pace(moment: Moment, step: Step) -> list[Piece]:
    if not moment.state.step(step.id).attempts:
        return []
    time = spent(moment.state, step, moment.now)
    pieces: list[Piece] = [("step ", LABEL), (pace_words(time), STYLES["bad"] if time.over else "bold")]
    if time.over:
        pieces.append((f" {OVER} over", STYLES["bad"]))
    known = moment.usual.get(step.id)
    if known is not None:
        longer = known.longer(time.took) and not time.over
        words = f" · {OVER} longer than the usual " if longer else " · usually "
        pieces.append((f"{words}{duration(round(known.median, 1))}", STYLES["turn"] if longer else ""))
    quiet = silence(moment)
    if quiet >= SILENT_AFTER:
        pieces.append((f" · silent for {duration(round(quiet))}", STYLES["turn"]))
    return [*pieces, (BETWEEN, "")]


def _rest(moment: Moment) -> list[Piece]:
    """How long the commands of the rest take, where enough of them is known to say so."""
    rest = left(moment.state, moment.usual, moment.now) if moment.usual and not moment.state.rollback else None
    if rest is None or not rest.steps or rest.known * 2 < rest.steps:
        return []
    return [("commands left ", LABEL), (f"about {duration(round(rest.seconds))}{BETWEEN}", "")]


def _window(moment: Moment) -> list[Piece]:
    state, now = moment.state, moment.now
    window = window_state(state.runbook.window, now)
    if window.left == timedelta.max:
        return []
    if not window.inside:
        return [("window ", LABEL), ("✖ closed", STYLES["bad"])]
    pieces: list[Piece] = [("window ", LABEL), (window.words.removeprefix("inside, "), "bold")]
    step = state.next_step()
    back = rollback_time(state, step, moment.usual)
    late = too_late(state, step, now, moment.usual)
    if late:
        pieces.append((f" {OVER} {late}", STYLES["bad"]))
    elif back and not state.rollback:
        pieces.append((f" = {duration(window.left - back)} + rollback {duration(back)}", ""))
    return pieces
