"""Every dialog comes to rest at every size: it is laid out a few times, and then no more."""

import os
import sys
from pathlib import Path

import pytest
from textual.geometry import Size

from tests.support.hostile.mashed import Ground
from tests.support.hostile.mashing import FIRST, resize
from tests.support.screens.layouts import Layouts
from tests.support.sessions.episodes import dialogs

LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
pytestmark = pytest.mark.timeout(7200 if LONG else 120)
WIDTHS = range(60, 112) if LONG else (71,)
AROUND = range(-2, 3) if LONG else range(1)
"""Heights beside the one at which all of a dialog just fits: there it is decided whether it has a scrollbar."""
HIGH, BESIDE = 60, 6
"""Rows at which every dialog fits, and those that it leaves to the screen below."""
OF_ALL = 1 if LONG else 4
"""A short run takes one dialog of a number of them; each is held to rest at three sizes where it is placed."""


async def test_every_dialog_comes_to_rest_at_every_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layouts, tried, most = Layouts(monkeypatch), 0, 0
    ground = Ground(tmp_path)
    async with ground.opened():
        for make in dialogs(ground)[::OF_ALL]:
            dialog = make()
            layouts.made = 0
            ground.app.push_screen(dialog)
            await ground.calm()
            for width in WIDTHS:
                layouts.made = 0
                resize(ground.app, Size(width, HIGH))
                await ground.calm()
                fits = dialog.box.outer_size.height + BESIDE
                for height in (fits + more for more in AROUND):
                    layouts.made = 0
                    resize(ground.app, Size(width, height))
                    await ground.calm()
                    assert ground.app.screen is dialog
                    tried, most = tried + 1, max(most, layouts.made)
            layouts.made = 0
            resize(ground.app, FIRST)
            ground.app.pop_screen()
            await ground.calm()
        ground.app.exit()
    assert most
    if LONG:
        sys.stdout.write(f"\ndialogs: {tried} sizes, {most} layouts at most\n")
