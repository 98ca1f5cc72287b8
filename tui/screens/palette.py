"""The command palette as a screen like all others: Textual's own closes more than itself under quick keys."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from textual.command import CommandPalette, Provider
from textual.worker import Worker

from tui.widgets.page import Page


class Palette(CommandPalette, Page[None]):
    """What can be done on the screen below, or what `providers` offer, found by a few letters of it."""

    def __init__(self, providers: Sequence[type[Provider]] | None = None, placeholder: str = "Search…") -> None:
        super().__init__(providers, placeholder=placeholder, id="--command-palette")

    def run_worker(self, *work: Any, **options: Any) -> Worker[Any]:
        """Search; a search whose widgets are gone before it begins does not end the program."""
        return super().run_worker(*work, **{**options, "exit_on_error": False})

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # a page key before the rows are laid out
            super()._action_command_list(action)
