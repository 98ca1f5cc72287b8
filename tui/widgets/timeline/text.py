"""Decides what the timeline of a replay shows: where what happened, where the replay is, and how fast it goes."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from tui.session.views.markers import MarkerKind
from tui.text.amounts import clock_words
from tui.text.block import Piece
from tui.widgets.glyphs import STYLES
from tui.widgets.step.text import LABEL

SIGNS = {
    MarkerKind.FAILURE: ("✖", STYLES["bad"]),
    MarkerKind.ROLLBACK: ("↺", STYLES["bad"]),
    MarkerKind.TRIGGER: ("▲", STYLES["bad"]),
    MarkerKind.CONNECTION: ("≠", STYLES["turn"]),
    MarkerKind.HANDOVER: ("⇄", STYLES["turn"]),
    MarkerKind.FAULT: ("ϟ", STYLES["turn"]),
    MarkerKind.SKIP: ("↷", STYLES["turn"]),
    MarkerKind.SIGN_OFF: ("✎", STYLES["good"]),
    MarkerKind.STEP: ("┬", ""),
}
"""The sign of each kind of marker, those first that are shown where several fall into one cell."""

LINE, UNREAD = "─", "·"


class Timeline(Struct, frozen=True, kw_only=True):
    """Where a replay is: `elapsed` of `total` seconds, `now` on the wall clock.

    `read` is the share of the journal that has been read, `words` what is said of the moment it was taken to.
    """

    elapsed: float
    total: float
    now: datetime
    playing: bool = False
    speed: int = 1
    skips_idle: bool = True
    read: float = 1.0
    words: str = ""


def bar(timeline: Timeline, width: int, marks: Mapping[int, set[MarkerKind]]) -> list[Piece]:
    """The line with the markers, `width` cells long."""
    here = place(timeline.elapsed, timeline.total, width)
    known = round(timeline.read * width)
    pieces: list[Piece] = []
    for cell in range(width):
        kinds = marks.get(cell, set())
        sign, style = next(
            (SIGNS[kind] for kind in SIGNS if kind in kinds), (LINE if cell < known else UNREAD, "$faint")
        )
        pieces.append((sign, f"{style} reverse".strip()) if cell == here else (sign, style))
    return pieces


def place(elapsed: float, total: float, width: int) -> int:
    """The cell of a moment."""
    return max(0, min(width - 1, int(elapsed / total * width))) if total > 0 else 0


def words(timeline: Timeline) -> list[Piece]:
    """The line below: whether it plays, the time, how far it is, and what is said of where it was taken to."""
    ended = timeline.elapsed >= timeline.total
    state = "▶ playing" if timeline.playing else "■ end" if ended else "‖ paused"
    pieces: list[Piece] = [
        (f"{state} {timeline.speed}×  ", "bold"),
        (f"{timeline.now:%H:%M:%S}", "bold"),
        (" UTC  ", ""),
        (f"{clock_words(timeline.elapsed)} of {clock_words(timeline.total)}", ""),
    ]
    if timeline.skips_idle:
        pieces.append(("  skips idle", LABEL))
    if timeline.read < 1:
        pieces.append((f"  reading the journal: {timeline.read:.0%}", STYLES["turn"]))
    if timeline.words:
        pieces.append((f"  {timeline.words}", ""))
    return pieces
