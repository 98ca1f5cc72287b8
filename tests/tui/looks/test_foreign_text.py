"""Text that would drive a terminal, in every word of a runbook and of its host, on every screen and dialog."""

import os
import random
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from textual.app import App

from tests.support.hostile.mashed import RUNBOOK, Ground, quick_dialogs
from tests.support.hostile.mashing import NAME
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.sessions.episodes import PLACES, Player, dialogs
from tests.support.sessions.fake_clock import FakeClock
from tui.execution.workspace import Workspace
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.outcome import Outcome

LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
FOREIGN = {
    "escape": r"\u001b[2J\u001b[31m",
    "title": r"\u001b]0;evil\u0007",
    "clipboard": r"\u001b]52;c;ZXZpbA==\u0007",
    "device": r"\u001bP$q\"p\u001b\\",
    "C1": r"\u009b31m\u009d52;c;ZXZpbA==\u009c\u0090q\u009c",
    "bidi": r"\u202e\u2066\u200f",
    "tags": r"\U000E0001\U000E0041\U000E007F",
    "invisible": r"\u200b\u2060\ufeff\u00ad\u3164",
    "marks": "a" + r"\u0301" * 60,
    "lines": r"\u0085\u2028\u000b\u000c\u0008\u007f",
    "private": r"\ue000\U000F0000",
}
WORDS = re.compile(r'(?m)\b(title|text|note|prompt|body|ask|unit|environment|owner|contact|forbidden) = "([^"\n]*)"')


class Foreign(Ground):
    """A ground whose runbook and host say one foreign thing in every word."""

    def __init__(self, folder: Path, foreign: str) -> None:
        folder.mkdir()
        text = WORDS.sub(lambda found: f'{found[1]} = "{found[2]}{foreign}"', RUNBOOK.read_text())
        path = folder / "runbook.toml"
        path.write_text(text)
        said = foreign.encode().decode("unicode_escape").encode("utf-8", "surrogatepass")
        looks = {
            "measure": Reply(b"errors 0.1%" + said + b"\n"),
            "fail always": Reply(b"no" + said + b"\n", Outcome.exited(1), said),
            "look": Reply(b"fine" + said + b"\n"),
        }
        self.host = FakeTransport(looks, NAME)
        self.store = Store(folder / "sessions")
        self.workspace = Workspace(
            load(path), text, self.store, {"db": self.host}, FakeClock(), drill="mashed" + said.decode()
        )


def foreign_to(app: App[object]) -> set[str]:
    """The characters on the screen that no terminal should be given, and floods of marks."""
    screen = app.screen
    found: set[str] = set()
    for strip in screen._compositor.render_strips(screen.size):
        text = "".join(segment.text for segment in strip)
        found |= {character for character in text if not character.isprintable() and character != "\N{NO-BREAK SPACE}"}
        found |= {"\u0301" * 5} if "\u0301" * 5 in text else set()
    return found


@pytest.mark.parametrize("kind", [*FOREIGN, "all"] if LONG else ["all"])
@pytest.mark.timeout(600)
async def test_no_screen_gives_it_to_the_terminal(tmp_path: Path, kind: str) -> None:
    ground = Foreign(tmp_path / kind, FOREIGN.get(kind) or "".join(FOREIGN.values()))
    player = Player(ground, random.Random(1), Counter())
    looked, wrong = 0, []

    def look(where: str) -> None:
        nonlocal looked
        looked += 1
        if found := foreign_to(ground.app):
            wrong.append(f"{where}: {sorted(map(ascii, found))}")

    with quick_dialogs():
        async with ground.opened():
            for place in PLACES:
                await player._bring(place)
                look(place)
            for make in dialogs(ground):
                screen = make()
                ground.app.push_screen(screen)
                await ground.calm()
                look(type(screen).__name__)
                screen.dismiss(None)
                await ground.calm()
            ground.app.exit()
    assert wrong == []
    assert looked > 20
    if LONG:
        sys.stdout.write(f"\n{kind}: {looked} screens and dialogs, {len(wrong)} with it\n")
