"""The runbook's dashboards, each a key press away."""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tui.runbook.model import Link
from tui.screens.dialogs.base import Dialog
from tui.text.sanitise import sanitise
from tui.widgets.option_rows import OptionRows


def can_open(url: str, environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a browser would open in a window of its own; one in this terminal would draw over the screen."""
    if not url.startswith(("https://", "http://")):
        return False
    return platform == "darwin" or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


class Links(Dialog[str | None]):
    """Gives the address of the page that was chosen."""

    FIRST: ClassVar[str] = "OptionList"

    def __init__(self, links: tuple[Link, ...]) -> None:
        super().__init__("Dashboards and links")
        self._links = links

    def body(self) -> Iterable[Widget]:
        yield OptionRows(*(Option(_words(link)) for link in self._links), compact=True, markup=False)
        yield Static("Enter copies the address, and opens it where a browser can.", classes="dialog-hint", markup=False)

    def buttons(self) -> Iterable[Button]:
        yield Button(self.named("Close", "dialog.no"), id="no", compact=True)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._links[event.option_index].url)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)


def _words(link: Link) -> Content:
    parts: list[str | tuple[str, str]] = [(sanitise(link.title), "bold"), f"  {sanitise(link.url)}"]
    if link.look_for:
        parts.append((f"\n  {sanitise('; '.join(link.look_for))}", "dim"))
    if link.access:
        parts.append((f"\n  {sanitise(link.access)}", "dim"))
    return Content.assemble(*parts)
