"""The runbook's dashboards, each a key press away."""

import os
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Button, OptionList

from tui.dialogs.base import Dialog
from tui.errors import RunbookError
from tui.runbook.model import Link
from tui.runbook.templates.variables import address, worded
from tui.text.block import Block, Piece, pieces, styled
from tui.widgets.fields.option_rows import OptionRow, OptionRows
from tui.widgets.said import Press, Said

NOTHING: Mapping[str, str] = MappingProxyType({})


def can_open(url: str, environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a browser would open in a window of its own; one in this terminal would draw over the screen."""
    if not url.startswith(("https://", "http://")):
        return False
    return platform == "darwin" or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


class Links(Dialog[str | None]):
    """Gives the address of the page that was chosen."""

    FIRST: ClassVar[str] = "OptionList"
    kind = "◆ LINKS"

    def __init__(self, links: tuple[Link, ...], values: Mapping[str, str] = NOTHING) -> None:
        super().__init__("Dashboards and links")
        self._links = links
        self._values = values

    def body(self) -> Iterable[Widget]:
        yield OptionRows(*(OptionRow(_words(link, self._values)) for link in self._links))
        words = f"{self.app.keys.enter} copies the address, and opens it where a browser can."
        yield Said(pieces(words), classes="dialog-hint")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Close", "dialog.no"), id="no")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        try:
            self.dismiss(address(self._links[event.option_index].url, self._values))
        except RunbookError as error:
            self.problem(error.message)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)


def _words(link: Link, values: Mapping[str, str]) -> Block:
    lines: list[list[Piece]] = [[(link.title, "bold"), (f"  {worded(link.url, values)}", "")]]
    if link.look_for:
        lines.append([(f"  {'; '.join(link.look_for)}", "$faint")])
    if link.access:
        lines.append([(f"  {link.access}", "$faint")])
    return styled(lines)
