"""Every key, those of the screen it was opened from first; drawn from the one list of actions."""

from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from tui.actions import BESIDE, TITLES, Act, acts, bindings, key_words
from tui.front import FrontPage
from tui.keys import Keys
from tui.screens.home.text import QUIET
from tui.text.block import Piece, styled
from tui.widgets.glyphs import SIGNS
from tui.widgets.head.top_line import TopLine
from tui.widgets.said import Said

KEY = 20
"""The cells in front of what a key does."""
WIDE = 100
FRAME = 6


def help_lines(first: str, keys: Keys, width: int = 80) -> list[list[Piece]]:
    """The keys of every screen, `first` first, then those of what is beside it; wide, also their names in settings."""
    lines: list[list[Piece]] = []
    for screen in sorted(TITLES, key=lambda one: (one != first, one not in BESIDE.get(first, ()), one != "app")):
        lines.append([(TITLES[screen], "bold underline")])
        if screen == "rollback":
            lines.append([("  as on the run screen, and:", QUIET)])
        for act in own_acts(screen, keys):
            key = key_words(keys.all_of(act))
            lines += _row(key, act.help, width)
            if width >= WIDE:
                lines[-1].append((f"  {act.id}", QUIET))
        if screen == "run":
            lines += [[], [("Signs on the run screen", "bold underline")]]
            lines += [line for sign, words in SIGNS for line in _row(sign, words, width)]
        lines.append([])
    return [*lines, [("Keys are changed in config.toml: ", QUIET), ('[keys]  "run.sign" = "f7"', "bold")]]


def _row(name: str, words: str, width: int) -> list[list[Piece]]:
    """A key or a sign, and beside it what it means, in as many lines as that needs."""
    first, *more = wrap(words, max(20, width - KEY - FRAME))
    return [[(f"  {name:<17} ", "bold"), (first, "")], *([(" " * KEY + line, "")] for line in more)]


def own_acts(screen: str, keys: Keys) -> list[Act]:
    """What can be done on a screen; of the rollback's only what the run screen has not, or has under another key."""
    if screen != "rollback":
        return acts(screen)
    run = {(keys.all_of(act), act.action) for act in acts("run")}
    return [act for act in acts(screen) if (keys.all_of(act), act.action) not in run]


class HelpScreen(FrontPage[None]):
    """Closed by Escape, q or ?."""

    AUTO_FOCUS = "#help"
    CSS_PATH = "help.tcss"
    ACTS = "help"
    BINDINGS: ClassVar[list[BindingType]] = bindings("help")

    def __init__(self, first: str, keys: Keys) -> None:
        super().__init__()
        self._first = first
        self._keys = keys

    def compose(self) -> ComposeResult:
        yield TopLine("Keys", self.app.mode)
        with VerticalScroll(id="help"):
            yield Said(styled(help_lines(self._first, self._keys, self.app.size.width)), id="keys")
        yield self.keys_row()

    def on_resize(self, event: events.Resize) -> None:
        for shown in self.query("#keys").results(Said):  # none yet, where it is resized as it opens
            shown.say(styled(help_lines(self._first, self._keys, event.size.width)))

    def action_close(self) -> None:
        self.dismiss(None)
