"""One list of keys: what the cards, bands, dialogs and the help name is what is bound, also where it was changed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.screens.running import SETUP, running
from tests.tui.conftest import SHOP, dialog, shown, until
from tests.tui.looks.test_seen_whole import MONITORS
from tui.actions import ACTS, acts
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs import Confirm, Question, Resolve
from tui.execution.workspace import Workspace
from tui.keys import BY_ID, Keys, read_keys
from tui.screens.help import HelpScreen
from tui.screens.home.screen import HomeScreen
from tui.screens.palette.screen import palette_rows
from tui.screens.replay.screen import ReplayScreen
from tui.screens.rollback.screen import RollbackScreen
from tui.screens.run.screen import RunScreen
from tui.screens.run.session import SessionScreen
from tui.screens.setup.screen import SetupScreen
from tui.screens.summary.screen import SummaryScreen
from tui.screens.troubleshoot import TroubleshootScreen
from tui.screens.watch.screen import WatchScreen
from tui.session.state import StepStatus


@pytest.mark.parametrize(
    ("given", "told", "kept"),
    [
        ({"run.sign": "k"}, "keys.run.sign: k is run.skip already; Sign keeps s", {}),
        ({"run.sign": "f7", "run.skip": "f7"}, "keys.run.skip: F7 is run.sign already", {}),
        ({"run.sign": "?"}, "keys.run.sign: ? is app.help already; Sign keeps s", {}),
        ({"run.sign": "up"}, "keys.run.sign: ↑ is steps.before already", {}),
        ({"run.sign": "ctrl+p"}, "keys.run.sign: ^p is the command palette", {}),
        ({"run.sign": "F 7"}, "keys.run.sign: 'F 7' is not a key", {}),
        ({"run.sign": "p"}, "keys.rollback.sign: p is rollback.everything already", {"run.sign": "p"}),
        ({"resolve.failed": "x"}, "keys.resolve.failed: x is typed into a field there; It failed keeps F3", {}),
        ({"setup.begin": "?"}, "keys.setup.begin: ? is typed into a field there; Begin keeps F10 or ^⏎", {}),
        ({"resolve.failed": "f4"}, "keys.resolve.failed: F4 is resolve.succeeded already", {}),
    ],
)
def test_a_key_that_is_taken_or_is_none_is_told_and_the_action_keeps_its_own(
    given: dict[str, str], told: str, kept: dict[str, str]
) -> None:
    keys, wrong = read_keys(given)
    assert any(told in line for line in wrong), wrong
    assert {name: key for name, key in keys.own.items() if name in given} == kept


def test_keys_may_change_places_and_are_the_same_on_the_screens_of_a_session() -> None:
    keys, wrong = read_keys({"run.sign": "k", "run.skip": "s", "run.note": "F7"})
    assert not wrong
    for screen in ("run", "rollback", "trouble"):
        assert [keys.on(screen).sign(name) for name in ("sign", "skip", "note")] == ["k", "s", "F7"]


def test_a_key_of_the_settings_is_written_as_the_screens_show_it() -> None:
    keys, wrong = read_keys({"setup.begin": "^g", "run.note": "^", "run.sign": "F7"})
    assert not wrong
    assert [keys.own[name] for name in ("setup.begin", "run.note", "run.sign")] == ["ctrl+g", "^", "f7"]
    assert keys.sign("setup.begin") == "^g"
    assert read_keys({"run.sign": "^p"})[1] == ["keys.run.sign: ^p is the command palette; Sign keeps s"]


DRAWN = Path(__file__).parents[1] / "drawn"
ROOT = Path(__file__).parents[3]
DOCUMENTS = (*(ROOT / "docs").glob("*.md"), ROOT / "README.md")
OTHER_NAMES = re.compile(
    r"\b[Cc]trl\b(?! and r\)|\+g\" is the same)|\bpage(up|down)\b|"
    r"(?<![\w.])f([1-9]|1[0-2])\b(?![-_=.])"
)
"""A key by another name than ^r, pgdn and F7."""


def test_a_key_has_one_name_on_every_screen_and_in_the_documents() -> None:
    wrong = [
        f"{file.name}:{number}: {line.strip()}"
        for file in (*DRAWN.glob("*.txt"), *DOCUMENTS)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if OTHER_NAMES.search(line) or (file.parent == DRAWN and ENTER.search(line))
    ]
    assert not wrong, "\n".join(wrong)


ENTER = re.compile(r"\([Ee]nter\)|· [Ee]nter |\bEnter [a-z]+s\b|press Enter")
"""The key ⏎ by its word, which only ASCII needs."""


def test_the_registry_itself_has_no_key_twice_where_it_is_heard() -> None:
    assert read_keys({act.id: act.key for act in ACTS})[1] == []


def test_no_two_acts_have_one_id() -> None:
    ids = [act.id for act in ACTS]
    assert len(ids) == len(set(ids))


def test_each_thing_a_card_names_is_bound_by_the_key_it_names() -> None:
    for screen in ("run", "rollback", "trouble"):
        for act in acts(screen):
            assert BY_ID[act.id].key.split(",")[0] in act.key
    assert Keys(screen="rollback").sign("reopen") == "U"
    assert Keys(screen="rollback").sign("update") == "u"
    assert Keys(screen="rollback").sign("rollback") == ""


async def test_the_rollbacks_band_names_the_key_that_does_a_step_again(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        app.conductor.start("look")
        await until(pilot, lambda: app.conductor.state.step("look").status is StepStatus.SIGNED)
        app.conductor.roll_back("rollback", "errors")
        await until(pilot, lambda: isinstance(app.screen, RollbackScreen) and app.screen.moment)
        await until(pilot, lambda: "p whole session" in shown(app))
        await pilot.press("p")
        await until(pilot, lambda: "p rollback's steps" in shown(app))
        app.screen.checklist.look_at("look")
        await until(pilot, lambda: "U again" in shown(app))
        await pilot.press("p")
        await until(pilot, lambda: "p whole session" in shown(app))


async def test_a_changed_key_is_named_on_the_card_the_band_the_button_and_in_the_help(workspace: Workspace) -> None:
    own = {"run.next": "f8", "run.rollback": "f9", "confirm.yes": "f7", "run.follow": "v"}
    workspace.preflight(SETUP, lambda row: None)
    app = RunbookApp(workspace, Config(keys={**own, "run.follow": "f6"}))
    async with app.run_test(size=(120, 240)) as pilot:
        app.begin(SETUP)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and " F8  START" in shown(app))
        app.push_screen(Confirm("Sure?", []))
        await dialog(pilot, Confirm)
        assert "Yes (F7)" in shown(app)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert shown(app).index("DIALOG: YES OR NO") < shown(app).index("EVERY DIALOG") < shown(app).index("SET-UP")
        assert "F9" in shown(app)


async def test_what_is_wrong_with_the_keys_is_one_message_at_the_start(workspace: Workspace) -> None:
    app = RunbookApp(workspace, Config(keys={"run.sign": "k", "run.note": "ctrl+p"}))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app._notifications) == 1)
        (told,) = app._notifications
        assert "Sign keeps s" in told.message
        assert "Note keeps n" in told.message


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help_opens_over_a_dialog_and_leaves_it_as_it_was(workspace: Workspace, key: str) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
        asked = Confirm("Sure?", [])
        pilot.app.push_screen(asked)
        await dialog(pilot, Confirm)
        assert "F1 help" in shown(pilot.app)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.screen is asked)
        assert asked.armed


def test_every_dialog_with_keys_of_its_own_says_so_in_the_help() -> None:
    assert {kind.ACTS for kind in (Confirm, Question, Resolve)} == {"confirm", "question", "resolve"}


async def test_replay_and_watch_offer_no_key_that_would_be_refused(make_workspace: Callable[..., Workspace]) -> None:
    async with running(make_workspace(SHOP + MONITORS)) as (app, pilot):
        for step in ("look", "backup", "announce"):
            app.conductor.skip(step, "not now")
        app.conductor.start("switch-docker", "web")
        await until(pilot, lambda: app.conductor.state.step("switch-docker").status is StepStatus.PASSED)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and "ROLL BACK" in shown(app))
        session = app.conductor.state.started.session
        await pilot.press("escape")
        app.close_session()
        app.replay(session)
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        for key, screen in (("m", WatchScreen), ("ctrl+s", SummaryScreen)):
            await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
            await pilot.press(key)
            await until(pilot, lambda screen=screen: isinstance(app.screen, screen))
            await until(pilot, lambda: "? keys" in shown(app))
            offered = {row.title for row in palette_rows(app.screen) if not row.why_not}
            assert not offered & {"Roll back", "Finish", "Note"}
            assert "ROLL BACK" not in shown(app)
            await pilot.press("escape")


@pytest.mark.parametrize("screen", [RunScreen, RollbackScreen, TroubleshootScreen, ReplayScreen])
def test_a_screen_of_a_session_has_no_key_of_another_one(screen: type[RunScreen]) -> None:
    bound = {binding.id or "" for _, binding in screen._merge_bindings()}
    assert {name.partition(".")[0] for name in bound if name} == {screen.ACTS}
    assert {act.id for act in acts(screen.ACTS)} <= bound


async def test_keys_changed_on_the_run_screen_take_none_from_the_troubles(workspace: Workspace) -> None:
    keys, wrong = read_keys({"run.values": "escape"})
    assert any("keys.trouble.values: esc is trouble.back already" in line for line in wrong), wrong
    assert (keys.sign("values"), keys.on("trouble").sign("values")) == ("esc", "v")
    assert keys.on("trouble").sign("back") == "esc"


async def test_a_changed_key_of_the_set_up_works_while_a_field_has_the_focus(workspace: Workspace) -> None:
    async with RunbookApp(workspace, Config(keys={"setup.back": "ctrl+a"})).run_test(size=(80, 24)) as pilot:
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, SetupScreen) and pilot.app.focused is not None)
        assert "^a back" in shown(pilot.app)
        await pilot.press("ctrl+a")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen))
