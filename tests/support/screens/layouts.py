"""How often a dialog is laid out until it rests."""

from typing import Any

import pytest
from textual.geometry import Size
from textual.screen import Screen

from tui.dialogs.base import Dialog

MOST = 12
"""Layouts after a resize: each part that gets another width may ask for one; a dialog without rest asks again."""


class Layouts:
    """How often a screen was laid out, by its name; one that never rests fails at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        lay_out = Screen._refresh_layout

        def counted(screen: Screen[Any], size: Size | None = None, scroll: bool = False) -> None:
            self.made += isinstance(screen, Dialog)
            assert self.made <= MOST, f"{type(screen).__name__} is laid out again and again at {screen.app.size}"
            lay_out(screen, size, scroll)

        monkeypatch.setattr(Screen, "_refresh_layout", counted)
