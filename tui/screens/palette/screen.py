"""The command palette as a screen like all others: Textual's own closes more than itself under quick keys."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.command import Command, CommandList, CommandPalette, DiscoveryHit, Hits, Provider, SearchIcon
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.worker import Worker

from tui.errors import NotNow
from tui.front.front import Front
from tui.front.front_page import FrontPage
from tui.screens.palette.palette_rows import PaletteRow, brought, row_line, rows_of
from tui.session.state import SessionState
from tui.text.block import block, last_words, styled
from tui.widgets.keys_row.widget import KeysRow
from tui.widgets.offers.offer import Offer, Rank
from tui.widgets.page import Page
from tui.widgets.painting import entitle

SIGN = "❯"
MARGIN = 4
"""Cells of the frame, and of the scroll bar."""


@dataclass
class RowHit(DiscoveryHit):
    """A row of the palette, found by a search or listed without one."""

    row: PaletteRow | None = None


class Doings(Provider):
    """Everything that can be done on the screen below, in the order in which it is likely wanted."""

    async def discover(self) -> Hits:
        """All of it."""
        for hit in self._hits(""):
            yield hit

    async def search(self, query: str) -> Hits:
        """What a search finds."""
        for hit in self._hits(query):
            yield hit

    def _hits(self, wanted: str) -> list[RowHit]:
        return [
            RowHit(last_words([row.title]), doing(self.screen, row), row.title, None, row)
            for row in palette_rows(self.screen, wanted)
        ]


def palette_rows(screen: Screen[Any], wanted: str = "") -> list[PaletteRow]:
    """What the palette lists over a screen."""
    if not isinstance(screen, FrontPage):
        return []
    state = getattr(screen, "state", None) if hasattr(screen, "checklist") else None
    if not isinstance(state, SessionState):
        return rows_of([*screen.offers(), THEME], None, wanted)
    return rows_of([*screen.offers(), THEME], state, wanted, brought(state, screen.app.usual(state)))


def doing(screen: Screen[Any], row: PaletteRow) -> Callable[[], Any]:
    """What choosing a row does: the act, the step looked at, or why it cannot be done."""
    app = screen.app

    async def run() -> None:
        if app.screen is not screen or not isinstance(screen, FrontPage) or not isinstance(app, Front):
            return  # another screen has come meanwhile: the choice was not made for it
        if row.why_not:
            app.show_error(NotNow(row.why_not, row.instead))
        elif row.act == THEME.act:
            app.action_change_theme()
        elif row.step:
            checklist: Any = getattr(screen, "checklist")  # noqa: B009  # only screens of a session have steps
            checklist.look_at(row.step)
        else:
            await screen.do_act(row.act)

    return run


class Palette(CommandPalette, Page[None]):
    """What can be done on the screen below, or what `providers` offer, found by a few letters of it."""

    _found: Sequence[Command] = ()
    """What is listed, before it is drawn."""
    CSS_PATH: ClassVar[Path] = Path(__file__).with_name("palette.tcss")

    def __init__(
        self,
        providers: Sequence[type[Provider]] | None = None,
        placeholder: str = "a key, a word, a step's number or title",
    ) -> None:
        super().__init__(providers or [Doings], placeholder=placeholder, id="--command-palette")

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield KeysRow(lambda: [CLOSES])

    def on_mount(self) -> None:
        self.query_one(SearchIcon).icon = SIGN
        self._frame.border_title = block("Do")

    @property
    def _frame(self) -> Vertical:
        return self.query_one("#--container", Vertical)

    def on_resize(self) -> None:
        """Draw the rows for the width that there is now."""
        for rows in self.query(CommandList):
            at = rows.highlighted
            self._refresh_command_list(rows, list(self._found), False)
            rows.highlighted = at

    def on_keys_row_chosen(self) -> None:
        """Close it, as Escape does."""
        self._action_escape()

    def run_worker(self, *work: Any, **options: Any) -> Worker[Any]:
        """Search; a search whose widgets are gone before it begins does not end the program."""
        return super().run_worker(*work, **{**options, "exit_on_error": False})

    def _refresh_command_list(self, command_list: CommandList, commands: list[Command], clear_current: bool) -> None:
        self._found = commands
        drawn: list[Command] = []
        before: PaletteRow | None = None
        for command in commands:
            hit = command.hit
            if isinstance(hit, RowHit) and hit.row is not None:
                line: Content = styled([row_line(hit.row, before, self.size.width - MARGIN)])
                before = hit.row
                drawn.append(Command(line, hit, command.id))
            else:
                drawn.append(command)
        super()._refresh_command_list(command_list, drawn, clear_current)
        possible = sum(not (isinstance(one.hit, RowHit) and one.hit.row and one.hit.row.why_not) for one in drawn)
        entitle(self._frame, foot=block(f"{possible} of {len(drawn)} now"))

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # a page key before the rows are laid out
            super()._action_command_list(action)


THEME = Offer(act="palette.theme", key="", verb="theme", words="Change the colours", action="change_theme")
CLOSES = Offer(act="palette.close", key="esc", verb="close", words="Close", action="escape", rank=Rank.LEAVE)
