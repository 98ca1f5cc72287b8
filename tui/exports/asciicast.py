"""A session as a recording of a terminal, which asciinema plays: versions 2 and 3 of asciicast.

See https://docs.asciinema.org/manual/asciicast/v2/ and https://docs.asciinema.org/manual/asciicast/v3/.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from tui.errors import UsageError
from tui.exports.event_words import event_words
from tui.exports.source import Source
from tui.replay.elapsed import passed
from tui.runbook.shell.script import with_input
from tui.session import events as ev
from tui.session.folding.fold import apply
from tui.session.output.output import OutputReader
from tui.session.output.timing import STREAMS
from tui.session.state import SessionState, initial
from tui.session.views.called import attempt_failed
from tui.session.views.markers import MarkerKind, marker_of
from tui.text.amounts import counted
from tui.text.command import command_lines
from tui.text.drawn import Drawn
from tui.text.looks import DEFAULT, nearest
from tui.text.sanitise import sanitise

COLUMNS, ROWS = 100, 30
IDLE = 2.0
"""Seconds to which players cut silence."""

SHOWN = 500
"""Lines of an attempt that are shown from its beginning, and as many from its end."""

BOLD, QUIET, GOOD, BAD, LIVE, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[36m", "\x1b[0m"
BEHIND = "\x1b[7m"
HOSTS = tuple(f"\x1b[{number}m" for number in (*range(30, 38), *range(90, 98)))
"""The colours of a host's output."""
COLOURS = {
    MarkerKind.FAILURE: BAD,
    MarkerKind.ROLLBACK: BAD,
    MarkerKind.TRIGGER: BAD,
    MarkerKind.SIGN_OFF: GOOD,
}


class Frame(NamedTuple):
    """Something that appears `elapsed` seconds into the session: output (o) or a marker (m)."""

    elapsed: float
    code: str
    data: str


def render_v2(source: Source) -> bytes:
    """The recording with the time of each event since the beginning."""
    frames = recorded(source)
    head = {"version": 2, "width": COLUMNS, "height": ROWS, **_head(source), "duration": frames[-1].elapsed}
    return _lines(head, ((frame.elapsed, frame.code, frame.data) for frame in frames))


def render_v3(source: Source) -> bytes:
    """The recording with the time of each event since the one before."""
    head = {"version": 3, "term": {"cols": COLUMNS, "rows": ROWS}, **_head(source)}
    return _lines(head, _intervals(recorded(source)))


def _intervals(frames: Iterable[Frame]) -> Iterator[tuple[float, str, str]]:
    before = 0.0
    for frame in frames:
        yield round(frame.elapsed - before, 6), frame.code, frame.data
        before = frame.elapsed


def first_of(source: Source) -> ev.Entry:
    """The session's first event.

    Raises:
        UsageError: nothing happened in it.
    """
    if source.first is None:
        raise UsageError(f"session {source.id} has no events", "there is nothing to play")
    return source.first


def recorded(source: Source, shown: int = SHOWN) -> list[Frame]:
    """Everything that is seen, in order of time; of each attempt `shown` lines at its beginning and its end.

    Raises:
        UsageError: nothing happened in the session.
    """
    state, elapsed, before = initial(source.runbook), 0.0, first_of(source)
    frames: list[Frame] = []
    for entry in source.entries:
        elapsed += passed(before, entry)
        before = entry
        state = apply(state, entry)
        at = round(elapsed, 6)
        frames += (Frame(at, *one) for one in _seen(source, entry, state))
        if isinstance(entry.event, ev.AttemptStarted):
            frames += _output(source, entry.event.attempt, at, shown)
    return sorted(frames, key=lambda frame: frame.elapsed)


def _head(source: Source) -> dict[str, Any]:
    flow = source.state.started.flow if source.state.started else ""
    drill = "DRILL: " if source.state.drill else ""
    title = sanitise(f"{drill}{source.runbook.runbook.title}: {flow}, session {source.id}")
    return {"timestamp": int(first_of(source).at.timestamp()), "idle_time_limit": IDLE, "title": title}


def _lines(head: dict[str, Any], events: Iterable[tuple[float, str, str]]) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in chain([head], events)).encode()


def _seen(source: Source, entry: ev.Entry, state: SessionState) -> Iterator[tuple[str, str]]:
    """What an event shows: lines, and the marker that it is."""
    marker = marker_of(entry, state)
    if marker is not None:
        yield "m", sanitise(f"{marker.kind}: {marker.words}")
    colour = COLOURS.get(marker.kind, QUIET) if marker is not None else QUIET
    match entry.event:
        case ev.StepOpened():
            _, title, what = event_words(entry.event, state)
            yield "o", f"\r\n{BOLD}{entry.at:%H:%M:%S} {sanitise(title)}{PLAIN} {QUIET}{sanitise(what)}{PLAIN}\r\n"
        case ev.AttemptStarted():
            told = with_input(entry.event.command, entry.event.stdin)
            command = "\r\n  ".join(command_lines(told))
            yield "o", f"{LIVE}{sanitise(entry.event.host)} $ {command}{PLAIN}\r\n"
        case ev.AttemptChecked() if marker is None and not entry.event.retrying:
            return
        case ev.MonitorSampled() | ev.MonitorsWaiting() | ev.ProbeMeasured() | ev.TriggerArmed():
            return
        case ev.JobsCleared() | ev.StepNotNeeded():
            return
        case _:
            who, title, what = event_words(entry.event, state)
            words = " ".join(part for part in (f"{who}:" if who else "", what) if part)
            yield "o", f"{colour}{sanitise(words)}{PLAIN}\r\n"


def _output(source: Source, attempt: int, began: float, shown: int) -> Iterator[Frame]:
    """The lines of an attempt when they came, their secrets hidden; of very many those in the middle left out."""
    reader = OutputReader(source.attempts, attempt)
    try:
        total = reader.lines_total()
        first, last = min(total, shown), max(shown, total - shown)
        failed = attempt_failed(source.state.attempts[attempt])
        yield from _shown(reader, 0, first, began, failed)
        if last < total:
            left_out = last - first
            at = reader.times_of(last, 1)
            if left_out:
                words = f"{QUIET}… {counted(left_out, 'line')} left out{PLAIN}\r\n"
                yield Frame(round(began + (at[0] if at else 0.0), 6), "o", words)
            yield from _shown(reader, last, total - last, began, failed)
    finally:
        reader.close()


def _shown(reader: OutputReader, first: int, count: int, began: float, failed: bool) -> Iterator[Frame]:
    """Lines of an attempt; what one that `failed` wrote to its error stream is red: of others that is not an error."""
    lines, times, streams = (
        reader.shown_lines(first, count),
        reader.times_of(first, count),
        reader.streams_of(first, count),
    )
    for place, line in enumerate(lines):
        came = times[place] if place < len(times) else 0.0
        error = place < len(streams) and streams[place] != STREAMS[0]
        yield Frame(round(began + came, 6), "o", f"{_coloured(line, BAD if error and failed else '')}\r\n")


def _coloured(line: Drawn, otherwise: str) -> str:
    """A line with its colours by the program's own sequences; what has none has those given."""
    if not line.runs:
        return f"{otherwise}{line.text}{PLAIN}" if otherwise else line.text
    made, at = [otherwise], 0
    for start, end, look in line.runs:
        number = look.behind if look.behind != DEFAULT else look.colour
        colour = HOSTS[nearest(number)] if number != DEFAULT else otherwise
        behind = BEHIND if look.reverse or look.behind != DEFAULT else ""
        made += [line.text[at:start], PLAIN, colour, behind, BOLD if look.bold else ""]
        made += [line.text[start:end], PLAIN, otherwise]
        at = end
    return "".join([*made, line.text[at:], PLAIN])
