"""Decides what the line on top says: whether it is production, a drill or a replay, and what the screen is about."""

from datetime import datetime

from msgspec import Struct
from rich.cells import cell_len

from tui.text.block import Piece, shown
from tui.widgets.looks.fitting import cut as cut

PRODUCTION, DRILL, REPLAY = "prod", "drill", "replay"
WORD = 20
"""The longest name of an environment that is shown whole."""
SIGNS = {PRODUCTION: "●", DRILL: "◆", REPLAY: "◀"}
FILLERS = {PRODUCTION: " ", DRILL: "╱", REPLAY: "·"}
"""What tells the modes apart where there are no colours."""
NOT_REAL = "nothing here is real"
LOCAL_FROM = 100
"""From this width on there is room for the time where the operator sits."""


class Mode(Struct, frozen=True):
    """What is at stake: `kind` is the colour's name, `word` what the badge says."""

    kind: str = PRODUCTION
    word: str = "PRODUCTION"

    @property
    def sign(self) -> str:
        """Its sign, in the badge and on the frame of each dialog."""
        return SIGNS[self.kind]

    @property
    def place(self) -> str:
        """What a dialog's frame says."""
        return f"{self.sign} {self.where}"

    @property
    def where(self) -> str:
        """The same where the frame has a sign of its own."""
        return f"{'on' if self.kind == PRODUCTION else 'in a'} {self.word}"


def mode_of(environment: str, drill: str, replayed: bool) -> Mode:
    """The mode of a session; what is neither a drill nor a replay is production, or what its runbook calls it."""
    if replayed:
        return Mode(REPLAY, "REPLAY")
    if drill:
        return Mode(DRILL, "DRILL")
    word = shown(environment).strip().upper()
    return Mode(PRODUCTION, cut(word, WORD).rstrip() if word not in ("", "DRILL", "REPLAY") else "PRODUCTION")


def clock_line(now: datetime, width: int) -> str:
    """The time: UTC, and where there is room the operator's own."""
    local = now.astimezone()
    zone = f" · {local:%H:%M} {local.tzname()}" if local.utcoffset() and width >= LOCAL_FROM else ""
    return f"{now:%H:%M:%S} UTC{zone}"


def mode_line(mode: Mode, title: str, width: int) -> list[Piece]:
    """The line but for the time, exactly `width` cells long: badge, title, and what fills it."""
    base = f"${mode.kind}-fg on ${mode.kind}-bg"
    badge = f" {mode.sign} {mode.word} "
    room = max(0, width - cell_len(badge))
    head = f" {shown(title)} "
    tail = f" {NOT_REAL} " if mode.kind == DRILL else ""
    tail = tail if cell_len(head) + cell_len(tail) <= room else ""
    head = head if cell_len(head) <= room else cut(head.rstrip(), room)
    fill = FILLERS[mode.kind] * (room - cell_len(head) - cell_len(tail))
    pieces = [
        (badge, f"bold ${mode.kind}-on on ${mode.kind}-badge"),
        (head, f"bold {base}"),
        (fill, f"${mode.kind}-mark on ${mode.kind}-bg"),
        (tail, base),
    ]
    return [(text, style) for text, style in pieces if text]
