"""Decides what the line on top says: production, another environment, a drill, a replay; and what a screen is about."""

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from rich.cells import cell_len

from tui.text.block import Piece, shown
from tui.widgets.looks.fitting import cut as cut

if TYPE_CHECKING:
    from tui.execution.viewer import Viewer
    from tui.execution.workspace import Workspace

PRODUCTION, OTHER, DRILL, REPLAY = "prod", "other", "drill", "replay"
WORD = 20
"""The longest name of an environment that is shown whole."""
SIGNS = {PRODUCTION: "●", OTHER: "○", DRILL: "◆", REPLAY: "◀"}
FILLERS = {PRODUCTION: " ", OTHER: " ", DRILL: "╱", REPLAY: "·"}
"""What tells the modes apart where there are no colours."""
NOT_REAL = "nothing here is real"
LOCAL_FROM = 100
"""From this width on there is room for the time where the operator sits."""


class Mode(Struct, frozen=True):
    """What is at stake: `kind` is the colour's name, `word` what the badge says."""

    kind: str = PRODUCTION
    word: str = "PRODUCTION"
    leads: str = ""
    """What stands before the word in a sentence; empty for what its kind has."""

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
        return f"{self.leads or ('on' if self.kind in (PRODUCTION, OTHER) else 'in a')} {self.word}"


def mode_of(environment: str, drill: str, replayed: bool, chosen: str = "", other: bool = False) -> Mode:
    """The mode of a session; what is neither a drill nor a replay is production, or what its runbook calls it.

    Args:
        environment: what the runbook calls where its hosts are.
        chosen: the environment that was chosen of several; a drill and a replay of it say which it is.
        other: whether that is another one than the runbook's own.
    """
    word = cut(shown(environment).strip().upper(), WORD).rstrip()
    if replayed or drill:
        kind, of = (REPLAY, "REPLAY") if replayed else (DRILL, "DRILL")
        return Mode(kind, " · ".join(filter(None, (of, cut(shown(chosen).strip().upper(), WORD).rstrip()))))
    return Mode(OTHER if other else PRODUCTION, word if word not in ("", "DRILL", "REPLAY") else "PRODUCTION")


def mode_here(viewer: "Viewer | None", workspace: "Workspace") -> Mode:
    """The mode of the session that is open, else of what is set up here."""
    if viewer is not None:
        from tui.session.places import environment_of

        state, started = viewer.state, viewer.state.started
        environment, drill = viewer.runbook.runbook.environment, started.drill if started else workspace.drill
        other = bool(started and started.environment)
        return mode_of(environment, drill, workspace.replaying, environment_of(state), other)
    if workspace.environments and not workspace.environment and not workspace.drill:
        return undecided(len(workspace.environments))
    environment, chosen = workspace.runbook.runbook.environment, workspace.environment
    return mode_of(environment, workspace.drill, workspace.replaying, chosen, bool(workspace.apart))


def undecided(environments: int) -> Mode:
    """The mode before one of several environments is chosen."""
    return Mode(PRODUCTION, f"{environments} ENVIRONMENTS", "in one of")


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
