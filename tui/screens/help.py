"""Every key, those of the screen it was opened from first; drawn from the one list of actions."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer

from tui.actions import BESIDE, TITLES, Act, acts, bindings, key_words
from tui.bridge import front
from tui.keys import Keys
from tui.screens.home_text import QUIET
from tui.screens.page import Page
from tui.text.block import Piece, styled
from tui.widgets.glyphs import SIGNS
from tui.widgets.said import Said
from tui.widgets.top_line import TopLine


def help_lines(first: str, keys: Keys, ids: bool = True) -> list[list[Piece]]:
    """The keys of every screen, `first` first, then those heard beside them; `ids` adds what the settings call them."""
    lines: list[list[Piece]] = []
    for screen in sorted(TITLES, key=lambda one: (one != first, one not in BESIDE.get(first, ()), one != "app")):
        lines.append([(TITLES[screen], "bold underline")])
        if screen == "rollback":
            lines.append([("  as on the run screen, and:", QUIET)])
        for act in own_acts(screen, keys):
            key = key_words(keys.all_of(act))
            lines.append([(f"  {key:<17} ", "bold"), (act.help, ""), (f"  {act.id}" if ids else "", QUIET)])
        if screen == "run":
            lines += [[], [("Signs on the run screen", "bold underline")]]
            lines += [[(f"  {sign:<17} ", "bold"), (words, "")] for sign, words in SIGNS]
        lines.append([])
    return [*lines, [("Keys are changed in config.toml: ", QUIET), ('[keys]  "run.sign" = "f7"', "bold")]]


def own_acts(screen: str, keys: Keys) -> list[Act]:
    """What can be done on a screen; of the rollback's only what the run screen has not, or has under another key."""
    if screen != "rollback":
        return acts(screen)
    run = {(keys.all_of(act), act.action) for act in acts("run")}
    return [act for act in acts(screen) if (keys.all_of(act), act.action) not in run]


class HelpScreen(Page[None]):
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
        yield TopLine("Help", front(self).workspace.drill)
        with VerticalScroll(id="help"):
            yield Said(styled(help_lines(self._first, self._keys, self.app.size.width >= 100)))
        yield Footer(show_command_palette=False, compact=True)

    def action_close(self) -> None:
        self.dismiss(None)
