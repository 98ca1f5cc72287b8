import threading
from pathlib import Path
from typing import Any

import pytest
from textual.events import Resize
from textual.geometry import Size

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.tui.conftest import dialog, journal, shown, until
from tui.actions import ACTS, IDS, TITLES, bindings, key_words
from tui.app import RunbookApp
from tui.config import Config, load_config, unknown_keys
from tui.dialogs import Confirm
from tui.errors import UsageError
from tui.execution.workspace import Setup, Workspace
from tui.screens.fault import report
from tui.screens.help import HelpScreen
from tui.screens.home.screen import HomeScreen
from tui.screens.palette.screen import palette_rows
from tui.screens.small import cover
from tui.session import events as ev
from tui.session.outcome import OutcomeKind

SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})


def test_every_action_has_an_id_of_its_own_and_a_screen() -> None:
    assert len(IDS) == len(ACTS)
    assert {act.screen for act in ACTS} == set(TITLES)
    for screen in TITLES:
        keys = [key for act in ACTS if act.screen == screen for key in act.key.split(",")]
        assert len(keys) == len(set(keys)), f"two actions of {screen} have the same key"
        assert len(bindings(screen)) == sum(act.screen == screen for act in ACTS)


def test_keys_are_named_as_people_say_them() -> None:
    assert key_words("question_mark,f1") == "? or F1"


async def test_help_lists_every_key_and_the_palette_every_action(workspace: Workspace) -> None:
    app = RunbookApp(workspace, Config(keys={"home.deploy": "f6"}))
    async with app.run_test(size=(250, 240)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        palette = {row.title for row in palette_rows(app.screen)}
        assert {"Deploy", "Links", "Export", "Keys", "Theme"} <= palette
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        seen = shown(app)
        for act in ACTS:
            assert act.help in seen
        assert "F6" in seen
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))


async def test_a_key_can_be_changed(workspace: Workspace) -> None:
    app = RunbookApp(workspace, Config(keys={"home.deploy": "f6"}))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        await until(pilot, lambda: "F6 deploy" in shown(app))
        await pilot.press("d")
        await pilot.pause()
        assert isinstance(app.screen, HomeScreen)
        await pilot.press("f6")
        await until(pilot, lambda: "Set-up" in shown(app))


async def test_a_wrong_key_in_the_settings_is_told(workspace: Workspace) -> None:
    app = RunbookApp(workspace, Config(keys={"home.deply": "f6"}, theme="drak"))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: list(app._notifications))
        assert "did you mean home.deploy?" in next(iter(app._notifications)).message


@pytest.mark.parametrize("size", [(20, 5), (59, 24), (80, 15)])
async def test_a_small_terminal_hears_nothing_until_it_is_large(workspace: Workspace, size: tuple[int, int]) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("d")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "None yet" in shown(app))
        assert isinstance(app.screen, HomeScreen)


@pytest.mark.parametrize("size", [(20, 5), (59, 24), (80, 15), (1, 1), (400, 2)])
def test_what_a_small_terminal_is_told_fills_it(size: tuple[int, int]) -> None:
    painted = cover(Size(*size))
    lines = ["".join(strip.text for strip in line) for line in painted.strips]
    assert [len(line) for line in lines] == [size[0]] * size[1]
    said = f"The terminal is too small ({size[0]}×{size[1]}): 60×20 is the least, 80×24 is better."
    words = " ".join(" ".join(lines).split())
    assert words == (said if size != (1, 1) else "T")


async def test_quitting_says_what_is_stopped_and_how_to_come_back(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(until=threading.Event())
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        app.begin(SETUP)
        await until(pilot, lambda: app.conductor is not None)
        assert app.conductor is not None
        session = app.conductor.state.started.session if app.conductor.state.started else ""
        app.conductor.start("look")
        await until(pilot, lambda: app.conductor is not None and app.conductor.state.running())
        await pilot.press("ctrl+q")
        await dialog(pilot, Confirm)
        assert "$ uptime" in shown(app)
        assert f"runbook resume {session}" in shown(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.conductor.state.running()
        await pilot.press("ctrl+q")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await until(pilot, lambda: not app.is_running)
    ended = [event for event in journal(workspace) if isinstance(event, ev.AttemptFinished)]
    assert [event.outcome.kind for event in ended] == [OutcomeKind.CANCELLED]


async def test_a_fault_of_our_own_tells_no_values(workspace: Workspace, capfd: Any) -> None:
    workspace.secrets.keep("db_password", "hunter2-secret")
    app = RunbookApp(workspace)

    def fail() -> None:
        password = "hunter2-secret"
        raise ValueError(f"no {password} \x1b]0;x\x07")

    with pytest.raises(ValueError, match="no hunter2"):  # noqa: PT012 (it is raised when the application ends)
        async with app.run_test() as pilot:
            app.begin(SETUP)
            await until(pilot, lambda: app.conductor is not None)
            app.call_later(fail)
            await until(pilot, lambda: not app.is_running)
    printed = capfd.readouterr()
    told = printed.err + printed.out
    assert "runbook resume" in told
    assert "hunter2" not in told
    assert "\x1b]0" not in told


def test_a_fault_without_a_session_says_so() -> None:
    assert "No session was open" in report(None, str, "", "").plain


async def test_an_error_of_the_engine_is_told_with_its_hint(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.begin(Setup(flow="deploy", method="docker", operator=" ", variables={"release": "v2"}))
        await until(pilot, lambda: "No operator" in shown(app))
        assert "→ say who is doing this" in shown(app)
        assert isinstance(app.screen, HomeScreen)


def config(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load_config(path)


def test_settings_are_read(tmp_path: Path) -> None:
    read = config(tmp_path, 'operator = "ana"\n[keys]\n"run.sign" = "f7"\n[hosts.shop]\nweb = "web2"\n')
    assert (read.operator, read.keys, read.hosts) == ("ana", {"run.sign": "f7"}, {"shop": {"web": "web2"}})
    assert load_config(tmp_path / "none.toml") == Config()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('opertor = "ana"', "opertor: no such key"),
        ('[keys]\n"run.sign" = 7', "run.sign"),
        ("operator = ", "config.toml"),
        ("theme = 1", "theme"),
    ],
)
def test_wrong_settings_name_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        config(tmp_path, text)
    assert "config.toml" in caught.value.message
    assert told in caught.value.message
    assert caught.value.hint


def test_unknown_actions_and_themes_get_the_nearest_name() -> None:
    found = unknown_keys(Config(keys={"run.sing": "x"}, theme="ansi-drak"), IDS, frozenset({"ansi-dark"}))
    assert found == [
        "keys.run.sing: no such action; did you mean run.sign?",
        "theme: no theme 'ansi-drak'; did you mean ansi-dark?",
    ]


async def test_a_terminal_that_changes_its_size_while_the_program_ends_is_no_fault(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)):
        pass
    assert not app.screen_stack
    for size in (Size(30, 5), Size(80, 24)):
        await app.on_event(Resize(size, size))
        app._paint_all()
