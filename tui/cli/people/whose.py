"""The question whom a session is taken from: on a terminal framed as the screens frame what destroys something."""

import sys
from datetime import datetime

from msgspec import Struct
from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tui.cli.launching import unheard
from tui.cli.printing import is_terminal, tell
from tui.errors import UsageError
from tui.text.block import last_words
from tui.widgets.head.mode import mode_of
from tui.widgets.looks import ascii

WIDE = 84
"""Cells of the frame at most."""
NAME = "Type {} and press Enter; anything else leaves it."


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
            *((("silent", f"for {self.silent}"),) if self.silent else ()),
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
        with unheard():
            show(Console(), whose, ascii.wanted(glyphs))
        given = sys.stdin.readline().strip()
    else:
        tell(f"{whose.said}.")
        tell(whose.means)
    if given != whose.operator:
        raise UsageError("the session is not taken over", f"--from {whose.operator} says whom it is taken from")


def show(console: Console, whose: Whose, plainly: bool) -> None:
    """Draw the question; `plainly` without signs that the terminal does not have."""

    def words(text: str, style: str = "") -> Text:
        made = last_words([ascii.plain(text) if plainly else text])
        made.stylize(style)
        return made

    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    for label, told in whose.told:
        facts.add_row(words(label), words(told, "bold" if label in ("from", "silent") else ""))
    about = Table.grid()
    for row in (words(whose.title or whose.session, "bold"), "", facts):
        about.add_row(row)
    heading = words(f"✖ TAKE OVER {mode_of(whose.environment, whose.drill, replayed=False).where}", "bold red")
    frame = box.ASCII if plainly else box.HEAVY
    panel = Panel(about, frame, title=heading, title_align="left", border_style="red", width=min(console.width, WIDE))
    console.print(panel)
    ask = words(NAME.format(whose.operator))
    ask.stylize("bold", 5, 5 + len(whose.operator))
    console.print(ask)
