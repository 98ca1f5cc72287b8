"""The question whom a session is taken from: on a terminal framed as the screens frame what destroys something."""

import os
import shutil
import sys
from datetime import datetime

from msgspec import Struct
from rich.cells import cell_len

from tui.cli.launching import unheard
from tui.cli.printing import is_terminal, tell, tell_drawn
from tui.dialogs.laid import NARROW
from tui.errors import UsageError
from tui.text.block import Piece, shown
from tui.widgets.head.mode import mode_of
from tui.widgets.looks import ascii
from tui.widgets.step.laid_out import BLANK, rows

WIDE = 84
"""Cells of the frame at most."""
LABELS = 12
"""Cells of the labels' column."""
LOOKED_FOR = ("from", "silent")
"""The labels of what a person looks for first."""
RED, HEAD, NAME = "red", "bold red", "bold"


class Whose(Struct, frozen=True):
    """Who has a session, since when nothing came from them, and what taking it over does.

    `said` is the same in one sentence, which a pipe gets; `heard` is when it was taken or last written, and its label.
    """

    session: str
    title: str
    environment: str
    drill: str
    operator: str
    machine: str
    heard: tuple[str, datetime]
    silent: str
    means: str
    said: str

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """Each fact after its label."""
        label, at = self.heard
        return (
            ("session", self.session),
            ("from", f"{self.operator} on {self.machine}"),
            (label, f"{at:%Y-%m-%d %H:%M:%S} UTC"),
            ("silent", f"for {self.silent}"),
            ("then", self.means),
        )


def confirmed(whose: Whose, given: str, glyphs: str = "") -> None:
    """Make sure that a person takes it from this person: their name is typed, and nothing stands for it.

    Args:
        given: the name that the command line has; a terminal asks for one where it has none.
        glyphs: which signs the settings want.

    Raises:
        UsageError: another name was given, or none.
    """
    if not given and is_terminal():
        plainly, letters = ascii.wanted(glyphs), ascii.utf8()
        lines = asked(whose, shutil.get_terminal_size().columns)
        if plainly:
            lines = [[(ascii.plain(text, letters), style) for text, style in line] for line in lines]
        with unheard():
            tell_drawn(lines, colours=not os.environ.get("NO_COLOR"))
        given = sys.stdin.readline().strip()
    else:
        tell(f"{whose.said}.")
        tell(whose.means)
    if given != whose.operator:
        raise UsageError("the session is not taken over", f"--from {whose.operator} says whom it is taken from")


def asked(whose: Whose, columns: int) -> list[list[Piece]]:
    """The question at this width: its frame, what is known in it, and what is to be typed."""
    width = max(LABELS, min(columns, WIDE) - 4)
    heading = shown(f" ✖ TAKE OVER {mode_of(whose.environment, whose.drill, replayed=False).where} ")
    known = [*rows([(whose.title or whose.session, NAME)], width), BLANK]
    for label, words in whose.told:
        fact: list[Piece] = [(f"{label}  ".ljust(LABELS), ""), (words, NAME if label in LOOKED_FOR else "")]
        known += rows(fact, width, LABELS if width >= NARROW else 1)
    lines: list[list[Piece]] = [[("┏━", RED), (heading, HEAD), ("━" * (width - cell_len(heading) + 1) + "┓", RED)]]
    for row in known:
        pieces = [(text, NAME if style == NAME else "") for text, style in row.pieces]
        lines.append([("┃ ", RED), *pieces, (" " * (width - cell_len(row.text)) + " ┃", RED)])
    lines.append([("┗" + "━" * (width + 2) + "┛", RED)])
    lines.append([("Type ", ""), (whose.operator, NAME), (" and press Enter; anything else leaves it.", "")])
    return lines
