"""Where a terminal has only ASCII, nothing else is drawn, and each state still has a sign of its own."""

import ast
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.geometry import Size

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import SETUP
from tests.tui.conftest import dialog, shown, until
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs import AskText
from tui.execution.workspace import Workspace
from tui.screens.help import HelpScreen
from tui.screens.run.session import SessionScreen
from tui.screens.small import cover
from tui.session.views.called import GLYPHS
from tui.widgets.checklist.plan_text import FOLDED, MARK, OPEN
from tui.widgets.looks.ascii import FRAMES, OTHERS, SIGNS, STATES, plain, utf8, wanted
from tui.widgets.looks.figures import ROWS, WIDTH, _cells

PLACE = Path(__file__).parents[3] / "tui"
DRAWN = ("screens", "dialogs", "widgets", "session/views", "runbook/described", "execution", "drill", "replay")
UTF8, LATIN, LINUX = {"LANG": "de_DE.UTF-8"}, {"LANG": "de_DE.ISO-8859-1"}, {"TERM": "linux", "LANG": "C.UTF-8"}


def signs() -> dict[str, str]:
    """Every sign that is not a letter in the texts of what is drawn, with a place where it stands."""
    found: dict[str, str] = {}
    for file in (one for place in DRAWN for one in (PLACE / place).rglob("*.py") if one.name != "ascii.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {
                    sign: str(file) for sign in node.value if not (sign.isascii() or sign.isalpha() or byte(sign))
                }
    return found


def byte(sign: str) -> bool:
    """Whether it stands for a byte that is not a text, and is never drawn."""
    return "\udc80" <= sign <= "\udcff"


def test_every_sign_of_the_program_has_one_of_ascii() -> None:
    assert {sign: where for sign, where in signs().items() if sign not in SIGNS} == {}


def test_each_takes_as_many_cells_as_before() -> None:
    for sign, other in {**SIGNS, **FRAMES, **OTHERS}.items():
        assert other.isascii()
        assert cell_len(other) == cell_len(sign), sign


def test_no_two_states_have_the_same() -> None:
    assert set(GLYPHS.values()) <= set(STATES)
    assert len(set(STATES.values())) == len(STATES) == 10


def test_what_stands_before_a_title_is_no_state_and_is_told_apart() -> None:
    """In a list of steps a fold stands beside a state; on the time line a step stands among other marks."""
    before = [plain(sign) for sign in (FOLDED, OPEN)]
    assert len({*before, plain(MARK)}) == 3
    assert not {*before, plain("┬"), plain("└")} & set(STATES.values())


@pytest.mark.parametrize(
    ("text", "letters", "told"),
    [
        ("✔ signed · 0:42", True, "+ signed . 0:42"),
        ("größer", True, "größer"),
        ("größer", False, "gro?er"),
        ("日本 ok", False, "???? ok"),
        ("🚀 up", True, "?? up"),
        ("0.2 s → 5.1 s", True, "0.2 s-> 5.1 s"),
        ("→ the next line", True, "> the next line"),
        ("🚨 ROLLBACK — it’s ✅", True, "!! ROLLBACK - it's OK"),
        ("e\N{COMBINING ACUTE ACCENT}", False, "e"),
        ("╭─ 1 Plan ─╮", True, "+- 1 Plan -+"),
    ],
)
def test_text_keeps_its_width(text: str, letters: bool, told: str) -> None:
    assert plain(text, letters) == told
    assert cell_len(told) == cell_len(text)


@pytest.mark.parametrize(
    ("glyphs", "environment", "is_wanted"),
    [
        ("", UTF8, False),
        ("", {}, False),
        ("", LINUX, True),
        ("", LATIN, True),
        ("", {**UTF8, "LC_ALL": "C"}, True),
        ("", {"LC_CTYPE": "UTF-8"}, False),
        ("", {"LANG": "en_GB.utf8"}, False),
        ("", {"LANG": "en_GB.UTF-8@euro"}, False),
        ("ascii", UTF8, True),
        ("unicode", LINUX, False),
    ],
)
def test_it_is_found_out_or_said(glyphs: str, environment: dict[str, str], is_wanted: bool) -> None:
    assert wanted(glyphs, environment) is is_wanted


def test_letters_are_there_on_the_console_of_linux() -> None:
    assert utf8(LINUX)
    assert not utf8(LATIN)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_screen_of_a_run_is_ascii(
    workspace: Workspace, host: FakeTransport, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    host.replies["uptime"] = Reply("läuft 日本 ✔\n".encode(), until=threading.Event())
    app = RunbookApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        assert shown(app).isascii()
        workspace.preflight(SETUP, lambda row: None)
        app.begin(SETUP)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and "o to do" in shown(app))
        assert "enter" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: "> running" in shown(app) and "lauft ???? +" in shown(app))
        assert shown(app).isascii()
        for key, screen in (("n", AskText), ("question_mark", HelpScreen), ("m", None)):
            await pilot.press(key)
            if screen is AskText:
                await dialog(pilot, AskText)
            await pilot.pause()
            assert shown(app).isascii()
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        app.conductor.cancel()
        await until(pilot, lambda: not app.conductor.busy)


async def test_a_scroll_bar_is_of_whole_cells_wherever_it_stands(workspace: Workspace) -> None:
    async with RunbookApp(workspace, Config(glyphs="ascii")).run_test(size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        frame = app.screen.frame
        for row in range(4):
            frame.scroll_to(y=row, animate=False)
            await pilot.pause()
            at = app.screen.find_widget(frame.vertical_scrollbar).region
            cells = [line[at.x] for line in shown(app).splitlines()[at.y : at.bottom]]
            assert len(cells) > 2
            assert "".join(cells).strip() == "", (row, cells)


@pytest.mark.parametrize("value", ["0123456789", "12:40"])
def test_large_figures_are_figures_in_ascii(value: str) -> None:
    rows = ["".join(_cells(sign, row) for sign in value) for row in range(len(ROWS))]
    assert "".join(rows).isascii()
    assert {len(row) for row in rows} == {WIDTH * len(value)}
    drawn = {sign: tuple(_cells(sign, row) for row in range(len(ROWS))) for sign in value}
    assert len(set(drawn.values())) == len(set(value)), "no two are the same"


async def test_the_settings_say_it_as_well(make_workspace: Callable[..., Workspace]) -> None:
    app = RunbookApp(make_workspace(), Config(glyphs="ascii"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        assert shown(app).isascii()


def test_a_terminal_that_is_too_small_is_told_so_in_ascii() -> None:
    told = "".join(piece.text for row in cover(Size(50, 10), ascii=True).strips for strip in row for piece in strip)
    assert "80x24" in told
    assert told.isascii()
