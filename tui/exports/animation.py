"""A session as an animated picture (SVG): the recording of the terminal for a page or a README, without a player.

The rows are one column that is moved up behind a window, so that each is in the file once. It needs no script; for
readers who want no motion it shows the end.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from rich.cells import cell_len, get_character_cell_size

from tui.exports.asciicast import COLUMNS, QUIET, first_of, recorded
from tui.exports.html.tags import Child, Html, joined, tag
from tui.exports.source import Source
from tui.replay.elapsed import passed
from tui.session import events as ev
from tui.session.state import step_by_id
from tui.session.views.called import Tone
from tui.session.views.markers import MarkerKind
from tui.text.amounts import duration
from tui.text.drawn import Drawn, drawn
from tui.text.looks import DEFAULT, Look, nearest
from tui.text.sanitise import sanitise

ROWS = 28
CELL, ROW, EDGE, BAR = 8.4, 18.0, 14.0, 34.0
"""The measures of a cell, of a row, of the blank edge beside all, and of the lines above and below."""
OF_AN_ATTEMPT = 6
"""Lines of an attempt that are shown from its beginning, and as many from its end."""
BROKEN = 3
"""Rows into which a long line is broken, at most; the rest of it is left out."""
MOST = 1_500_000
"""Characters of rows in the picture, at most: the last ones."""
IDLE, QUICK, HELD, LAST = 0.6, 0.03, 1.5, 5.0
"""Seconds: the longest silence, the least between two rows, how long what went wrong stands still, and the end."""
LONGEST, FRAME = 75.0, 0.05
"""Seconds: a longer picture is played quicker, and what comes within one frame comes together."""
HOLDS = (MarkerKind.FAILURE, MarkerKind.ROLLBACK, MarkerKind.TRIGGER, MarkerKind.FAULT)

GROUND, RAISED, INK, SOFT, GOOD, BAD, TURN = "#10151b", "#1b2129", "#dde3ea", "#9aa7b5", "#57d38c", "#ff7b7b", "#ffb454"
COLOURS = (
    *("#9aa7b5", "#ff7b7b", "#57d38c", "#e6c35c", "#6cb6ff", "#d69bff", "#4fd0d9", "#dde3ea"),
    *("#9aa7b5", "#ff9b9b", "#7ee6a8", "#ffd97a", "#93caff", "#e3b9ff", "#7be4ea", "#ffffff"),
)
"""The sixteen colours of a terminal, each to be read on both grounds."""
TONES = {Tone.GOOD: GOOD, Tone.BAD: BAD, Tone.OPEN: TURN}
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


class PlayedRow(Struct, frozen=True):
    """A row, or what the line below says from then on in this colour; `at` seconds into the picture."""

    at: float
    line: Drawn
    colour: str = ""


def render(source: Source) -> bytes:
    """The whole picture, UTF-8.

    Raises:
        UsageError: nothing happened in the session.
    """
    rows, tellings = _paced(source)
    length = round(max(one.at for one in [*rows, *tellings]) + LAST, 2)
    written = _last(rows)
    lines = [_text(row, place) for place, row in enumerate(written)]
    said = [_text(one, place) for place, one in enumerate(tellings)]
    width, window = 2 * EDGE + COLUMNS * CELL, ROWS * ROW
    about = f"Session {source.id} as a recording of a terminal, {duration(length)} long, over and over."
    return joined(
        tag(
            "svg",
            tag("title", _title(source)),
            tag("desc", about),
            tag("style", _style(written, tellings, length)),
            tag("rect", width="100%", height="100%", rx=8, fill=GROUND),
            tag("rect", width="100%", height=BAR - 6, rx=8, fill=RAISED),
            _head(source),
            _window(tag("g", lines, class_="rows"), BAR, window),
            _window(tag("g", said, class_="told"), BAR + window + 8, ROW),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width:g} {2 * BAR + window:g}",
            role="img",
            fill=INK,
            **{"xml:space": "preserve"},
        )
    ).encode()


def _title(source: Source) -> str:
    card = source.card()
    return f"{source.runbook.runbook.title}: {card.what or 'session'}, {card.badge.words}"


def _head(source: Source) -> Html:
    """Whether it is a drill, and what was done."""
    drill = source.state.drill
    words = " ◆ DRILL " if drill else " ● PRODUCTION "
    badge = tag("tspan", words, fill=TURN if drill else BAD, class_="b")
    at = f"{first_of(source).at:%Y-%m-%d}"
    return tag("text", badge, tag("tspan", f" {source.card().what}, {at}", class_="b"), x=EDGE, y=19)


def _window(content: Html, top: float, height: float) -> Html:
    """A part of the picture that shows only what lies in it."""
    return tag("svg", content, x=EDGE, y=top, width=COLUMNS * CELL, height=height)


def _style(rows: Sequence[PlayedRow], tellings: Sequence[PlayedRow], length: float) -> Html:
    """The colours, and where the two columns stand at which time; without motion at their end."""
    colours = "".join(f".c{number}{{fill:{colour}}}" for number, colour in enumerate(COLOURS))
    return Html(
        f"text{{font:14px {FONT};white-space:pre}}{colours}.b{{font-weight:700}}"
        f"{_moved('rows', rows, length, ROWS)}{_moved('told', tellings, length, 1)}"
        "@media (prefers-reduced-motion:reduce){.rows,.told{animation:none}}"
    )


def _moved(name: str, rows: Sequence[PlayedRow], length: float, window: int) -> str:
    """A column of rows that is moved up by a row for each that has come: never between two places."""
    places: dict[int, int] = {0: 0}
    for count, row in enumerate(rows, 1):
        places[round(row.at / FRAME)] = count
    frames = "".join(
        f"{at * FRAME / length * 100:.3f}%{{transform:translateY({(window - count) * ROW:g}px)}}"
        for at, count in places.items()
    )
    end = f"transform:translateY({(window - len(rows)) * ROW:g}px)"
    return f".{name}{{{end};animation:{name} {length:g}s step-end infinite}}@keyframes {name}{{{frames}100%{{{end}}}}}"


def _last(rows: Sequence[PlayedRow]) -> Sequence[PlayedRow]:
    """The rows that there is room for, the last ones."""
    room = MOST
    for place in range(len(rows) - 1, -1, -1):
        room -= len(_text(rows[place], place))
        if room < 0:
            return rows[place + 1 :]
    return rows


def _text(row: PlayedRow, place: int) -> Html:
    """A row; it is as wide as its cells, whatever font there is."""
    text, runs = row.line
    made: list[Child] = []
    at = 0
    for start, end, look in runs:
        made += [text[at:start], tag("tspan", text[start:end], class_=_class(look))]
        at = end
    size = round(cell_len(text) * CELL, 1)
    length = size or None
    return (
        tag("text", *made, text[at:], y=round(place * ROW + 13, 1), textLength=length, fill=row.colour)
        if size
        else Html("")
    )


def _class(look: Look) -> str:
    colour = look.behind if look.reverse or look.colour == DEFAULT else look.colour
    return " ".join(filter(None, (f"c{nearest(colour)}" if colour != DEFAULT else "", "b" if look.bold else "")))


def _paced(source: Source) -> tuple[list[PlayedRow], list[PlayedRow]]:
    """The rows, and what the line below says, each at its time in the picture: silence is short, what failed stands."""
    held = {f"{kind}" for kind in HOLDS}
    moments = [(frame.elapsed, 0, frame.code, frame.data, "") for frame in recorded(source, OF_AN_ATTEMPT)]
    moments += [(elapsed, 1, "told", words, colour) for elapsed, words, colour in _told(source)]
    rows: list[PlayedRow] = []
    tellings: list[PlayedRow] = []
    at = before = hold = 0.0
    for elapsed, _, code, data, colour in sorted(moments, key=lambda one: one[:2]):
        if elapsed > before:
            at += min(elapsed - before, IDLE) + hold
            before, hold = elapsed, 0.0
        if code == "m" and data.partition(":")[0] in held:
            hold = HELD
        elif code == "told":
            tellings.append(PlayedRow(at, Drawn(sanitise(data, COLUMNS)), colour))
        elif code == "o":
            for line in _broken(data):
                at += QUICK
                rows.append(PlayedRow(at, line, SOFT if data.startswith(QUIET) else ""))
    quicker = min(1.0, LONGEST / at) if at else 1.0
    return [_quicker(one, quicker) for one in rows], [_quicker(one, quicker) for one in tellings]


def _quicker(row: PlayedRow, share: float) -> PlayedRow:
    return PlayedRow(row.at * share, row.line, row.colour)


def _told(source: Source) -> Iterator[tuple[float, str, str]]:
    """What the line below says and when: the step, that it is rolled back, and last what the session came to."""
    elapsed, before, back = 0.0, first_of(source), ""
    for entry in source.entries:
        elapsed += passed(before, entry)
        before, event = entry, entry.event
        if isinstance(event, ev.RollbackStarted):
            back = "↺ ROLLBACK  "
            yield elapsed, f"{back}because {event.reason}", BAD
        elif isinstance(event, ev.StepOpened):
            yield elapsed, f"{back}{step_by_id(source.runbook, event.step).title}", TURN if back else SOFT
        elif isinstance(event, ev.TriggerTripped):
            yield elapsed, "▲ a trigger proposes the rollback", BAD
    badge = source.card().badge
    yield elapsed, f"{badge.sign} {badge.words.upper()}", TONES[badge.tone]


def _broken(data: str) -> Iterator[Drawn]:
    """What a frame prints, in rows of the terminal's width."""
    for line in data.removesuffix("\r\n").split("\r\n"):
        whole = drawn(line.encode())
        begin = width = count = 0
        for place, character in enumerate(whole.text):
            size = get_character_cell_size(character)
            if width + size > COLUMNS:
                yield _part(whole, begin, place)
                begin, width, count = place, 0, count + 1
                if count == BROKEN:
                    break
            width += size
        if count < BROKEN:
            yield _part(whole, begin, len(whole.text))


def _part(whole: Drawn, begin: int, end: int) -> Drawn:
    runs = (
        (max(start, begin) - begin, min(stop, end) - begin, look)
        for start, stop, look in whole.runs
        if start < end and stop > begin
    )
    return Drawn(sanitise(whole.text[begin:end]), tuple(runs))
