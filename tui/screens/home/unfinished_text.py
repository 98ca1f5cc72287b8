"""Decides what the frame of an unfinished session says: how far it is, at which step, and what resumes it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tui.session.archive.known import KnownSession
from tui.text.amounts import roughly
from tui.text.block import Piece, shown
from tui.transports.base import Answering
from tui.widgets.glyphs import STYLES
from tui.widgets.looks.bars import bar
from tui.widgets.looks.fitting import clipped, spread, width_of

TURN = "$st-turn"
ANSWERED = {
    Answering.YES: (f"✔ {Answering.YES}", STYLES["good"]),
    Answering.NO: (f"✖ {Answering.NO}", STYLES["bad"]),
    Answering.UNKNOWN: (Answering.UNKNOWN.value, "$faint"),
}
ROOMY = 6
"""Rows from which the hosts have one of their own."""


def unfinished_lines(
    one: KnownSession, width: int, height: int, keys: tuple[str, str], reached: Mapping[str, Answering | None]
) -> list[list[Piece]]:
    """The session in `height` rows; blank rows go first, the keys last.

    Args:
        keys: what resumes it, and what rolls it back.
        reached: whether each host answered; None while it is being asked.
    """
    counts: list[Piece] = [(f"{one.settled}/{one.steps}", f"bold {TURN}")]
    where: list[Piece] = [(f"{shown(one.environment)} · ", "bold")] if one.environment else []
    share = one.settled / one.steps if one.steps else 0.0
    lines: list[list[Piece]] = [
        spread([(f"{one.sign} ", f"bold {TURN}"), *where, (one.what, "bold")], counts, width),
        bar(width, share, TURN),
        clipped(
            [("at ", "$soft"), (one.at, "")] if one.at else [("nothing is left to do but to finish it", "")], width
        ),
        host_line(one, width, reached),
        [],
        _keys_line(keys, width),
    ]
    if height < ROOMY and not _wrong(one, reached):
        del lines[3]
    while len(lines) > height and [] in lines:
        lines.remove([])
    return lines if len(lines) <= height else [*lines[: height - 1], lines[-1]]


def host_line(one: KnownSession, width: int, reached: Mapping[str, Answering | None]) -> list[Piece]:
    """Whether its hosts can be reached, and what was left running there."""
    line = _answered({host: [host] for host in reached}, reached)
    if width_of(line) > width:
        alike: dict[str, list[str]] = {}
        for host in sorted(reached, key=lambda host: reached[host] is not Answering.NO):
            alike.setdefault(str(reached[host]), []).append(host)
        line = _answered({hosts[0]: hosts for hosts in alike.values()}, reached)
    ran: list[Piece] = [("nothing runs there", "$soft")]
    if one.running:
        return _beside_running(one.running, line, width, Answering.NO in reached.values())
    if width_of([*line, *ran]) <= width:
        line = [*line, *ran]
    return clipped(line, width)


def _beside_running(host: str, answered: list[Piece], width: int, wrong: bool) -> list[Piece]:
    """What was left running, in full or in brief, and as far as there is room whether its hosts can be reached.

    That a host can not is said in any case.
    """
    told = (
        [(f"▶ a command ran on {host} when it was left", STYLES["live"])],
        [(f"▶ ran on {host} when left", STYLES["live"])],
    )
    whole = [[*ran, ("  ", ""), *answered] for ran in told]
    lines = whole if wrong else [*whole, *told]
    return next((line for line in lines if width_of(line) <= width), clipped(lines[-1], width))


def _answered(groups: Mapping[str, Sequence[str]], reached: Mapping[str, Answering | None]) -> list[Piece]:
    """Hosts that answered alike, by the first of them, with what they answered."""
    line: list[Piece] = []
    for first, hosts in groups.items():
        answered = reached[first]
        line += [(f"{', '.join(hosts)} ", "$soft")]
        line += [("…", "$faint") if answered is None else ANSWERED[answered], ("  ", "")]
    return line


def unfinished_foot(one: KnownSession, now: datetime) -> list[Piece]:
    """Who is at it, and when something last happened in it."""
    return [(f"{one.people} · {roughly(now - (one.last or one.began))} ago", "")]


def _wrong(one: KnownSession, reached: Mapping[str, Answering | None]) -> bool:
    return bool(one.running) or Answering.NO in reached.values()


def _keys_line(keys: tuple[str, str], width: int) -> list[Piece]:
    resume, back = keys
    line: list[Piece] = [(f" {resume} ", f"bold $background on {TURN}"), (" RESUME", "bold $strong")]
    more: list[Piece] = [("   ", ""), (back, f"bold {TURN}"), (" roll it back", "")]
    short: list[Piece] = [("   ", ""), (back, f"bold {TURN}"), (" roll back", "")]
    return next(([*line, *one] for one in (more, short) if width_of([*line, *one]) <= width), clipped(line, width))
