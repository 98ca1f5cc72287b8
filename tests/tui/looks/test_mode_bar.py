"""The line on top says whether this is production, a drill or a replay, also without colours and where it is narrow."""

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from tests.support.screens.running import running
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import SHOP, dialog, shown, until
from tests.tui.looks.test_seen_whole import MONITORS
from tui.app import RunbookApp
from tui.dialogs import Confirm
from tui.execution.workspace import Workspace
from tui.screens.help import HelpScreen
from tui.screens.summary.screen import SummaryScreen
from tui.screens.watch.screen import WatchScreen
from tui.widgets.head.mode import DRILL, OTHER, PRODUCTION, REPLAY, Mode, clock_line, mode_line, mode_of, undecided
from tui.widgets.head.top_line import TopLine

MODES = [mode_of("Production", "", False), mode_of("", "calm", False), mode_of("", "calm", True)]
LONG = "Deploy a release · Method A: Docker Compose · MultinotesAI production deployment"
TITLES = ["", "Deploy", LONG, "日本 " * 40]


def told(mode: Mode, title: str, width: int) -> str:
    return "".join(text for text, _ in mode_line(mode, title, width))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("title", TITLES)
def test_the_line_is_as_wide_as_it_is_told_and_has_its_badge(mode: Mode, title: str) -> None:
    for width in range(60, 251):
        line = told(mode, title, width)
        assert cell_len(line) == width
        assert line.startswith(f" {mode.sign} {mode.word} ")


def test_a_title_that_does_not_fit_is_cut_and_says_so() -> None:
    assert "…" in told(MODES[0], LONG, 66)
    assert "…" not in told(MODES[0], TITLES[1], 66)


def test_each_mode_has_a_sign_a_word_and_a_filler_of_its_own() -> None:
    lines = [told(mode, "Deploy", 80) for mode in MODES]
    assert "● PRODUCTION" in lines[0]
    assert "◆ DRILL" in lines[1]
    assert "◀ REPLAY" in lines[2]
    assert "╱╱╱" in lines[1]
    assert "···" in lines[2]
    assert lines[0].rstrip().endswith("Deploy")
    assert "nothing here is real" in lines[1]


@pytest.mark.parametrize(
    ("environment", "drill", "replayed", "kind", "word"),
    [
        ("", "", False, PRODUCTION, "PRODUCTION"),
        ("Production", "", False, PRODUCTION, "PRODUCTION"),
        ("Staging", "", False, PRODUCTION, "STAGING"),
        ("drill", "", False, PRODUCTION, "PRODUCTION"),
        ("a very long name of an environment", "", False, PRODUCTION, "A VERY LONG NAME OF…"),
        ("\x1b[31mx", "", False, PRODUCTION, mode_of("\x1b[31mx", "", False).word),
        ("Production", "calm", False, DRILL, "DRILL"),
        ("Production", "", True, REPLAY, "REPLAY"),
        ("Production", "calm", True, REPLAY, "REPLAY"),
    ],
)
def test_what_is_at_stake(environment: str, drill: str, replayed: bool, kind: str, word: str) -> None:
    mode = mode_of(environment, drill, replayed)
    assert (mode.kind, mode.word) == (kind, word)
    assert "\x1b" not in mode.word


def test_the_operators_own_time_is_there_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    now = FakeClock().now()
    assert clock_line(now, 80) == "02:00:00 UTC"
    assert clock_line(now, 120).startswith("02:00:00 UTC · 0")


async def test_every_screen_and_dialog_of_a_session_says_it(
    make_workspace: Callable[..., Workspace], clock: FakeClock
) -> None:
    for drill, word, frame in (("", "● PRODUCTION", "● on PRODUCTION"), ("calm", "◆ DRILL", "◆ in a DRILL")):
        async with running(make_workspace(SHOP + MONITORS, drill=drill), (80, 24)) as (app, pilot):
            for key, screen in (("m", WatchScreen), ("question_mark", HelpScreen), ("ctrl+s", SummaryScreen)):
                assert shown(app).splitlines()[0].startswith(f" {word} ")
                await pilot.press(key)
                await until(pilot, lambda screen=screen: isinstance(app.screen, screen))
                await until(pilot, lambda word=word: shown(app).splitlines()[0].startswith(f" {word} "))
                if screen is not SummaryScreen:
                    await pilot.press("escape")
            app.push_screen(Confirm("Sure?", []))
            await dialog(pilot, Confirm)
            assert frame in shown(app)


async def test_the_first_screen_says_it_before_any_session(make_workspace: Callable[..., Workspace]) -> None:
    app = RunbookApp(make_workspace())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        assert shown(app).splitlines()[0].startswith(" ● PRODUCTION ")


async def test_which_mode_it_is_stands_in_the_first_picture_of_a_screen(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        monkeypatch.setattr(TopLine, "on_resize", lambda self, event: None)  # it comes after the first picture
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and "● PRODUCTION  Summary" in shown(app))


def test_another_environment_than_the_runbooks_own_has_a_sign_and_a_colour_of_its_own() -> None:
    staging = mode_of("staging", "", False, "staging", other=True)
    assert (staging.kind, staging.word, staging.where) == (OTHER, "STAGING", "on STAGING")
    assert told(staging, "Deploy", 80).startswith(" ○ STAGING  Deploy ")
    assert mode_of("staging", "calm", False, "staging", other=True).word == "DRILL · STAGING"
    assert mode_of("staging", "", True, "staging", other=True).word == "REPLAY · STAGING"
    assert mode_of("Production", "calm", False, "").word == "DRILL"
    assert undecided(3) == Mode(PRODUCTION, "3 ENVIRONMENTS", "in one of")
    assert undecided(3).place == "● in one of 3 ENVIRONMENTS"
