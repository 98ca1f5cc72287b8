"""An act that waits for answers begins at once, ends with its screen, and what goes wrong in it is told."""

import ast
import threading
from typing import Any

import pytest
from textual.worker import WorkerFailed

from tests.support.harness.one_read import one_read
from tests.support.machines.fake_transport import FakeTransport
from tests.support.screens.running import running
from tests.support.source.source_trees import nodes
from tests.tui.conftest import dialog, journal, shown, type_text, until
from tests.tui.home.test_one_read import settled
from tui.dialogs import AskText, Confirm
from tui.dialogs.ask import AskLogin
from tui.dialogs.base import Dialog
from tui.dialogs.written import CorrectValue
from tui.errors import RunbookError
from tui.execution.connections import Connections
from tui.execution.workspace import Workspace
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.screens.run.screen import RunScreen
from tui.session import events as ev
from tui.transports.asking import Asking


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ("n\r", AskText),
        ("n\r\r\r", AskText),
        ("nnn", AskText),
        ("nk", AskText),
        ("kn", AskText),
        ("v\r", CorrectValue),
        ("\x11\r", Confirm),
    ],
)
async def test_keys_read_with_the_one_that_asks_start_nothing_and_ask_nothing_else(
    workspace: Workspace, host: FakeTransport, keys: str, kind: type[Dialog[Any]]
) -> None:
    async with running(workspace) as (app, pilot):
        assert app.conductor is not None
        known = len(host.ran)
        stack = app.screen_stack[:]
        one_read(app, keys)
        await settled(pilot)
        asked = await dialog(pilot, kind)
        assert app.screen_stack == [*stack, asked]
        assert len(host.ran) == known
        assert not app.conductor.state.attempts


async def test_a_value_is_chosen_corrected_and_explained_in_one_question(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("v")
        asked = await dialog(pilot, CorrectValue)
        await pilot.press("enter")
        await until(pilot, lambda: "release is that already" in shown(app))
        asked.value.value = "v3"
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "a reason is needed" in shown(app))
        await type_text(pilot, "wrong tag")
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen) is RunScreen)
        await until(pilot, lambda: any(isinstance(one, ev.ValueCorrected) for one in journal(workspace)))
        assert not app.workers


def asked_and_told(told: list[object]) -> Any:
    @asks
    async def act(screen: FrontPage[None], fault: Exception | None = None) -> None:
        told.append("begun")
        try:
            told.append(await screen.app.ask(AskText("Well?", "Say.")))
        finally:
            told.append("ended")
        if fault is not None:
            raise fault

    return act


async def test_an_act_begins_at_once_and_continues_with_the_answer(workspace: Workspace) -> None:
    told: list[object] = []
    async with running(workspace) as (app, pilot):
        asked_and_told(told)(app.screen)
        assert told == ["begun"]
        assert isinstance(app.screen, AskText)
        await dialog(pilot, AskText)
        await type_text(pilot, "well")
        await pilot.press("enter")
        await until(pilot, lambda: "ended" in told)
        assert told == ["begun", "well", "ended"]


@pytest.mark.parametrize("answered", [False, True])
async def test_an_error_of_an_act_is_told_before_its_first_question_and_after_it(
    workspace: Workspace, answered: bool
) -> None:
    @asks
    async def act(screen: FrontPage[None]) -> None:
        if answered:
            await screen.app.ask(AskText("Well?", "Say."))
        raise RunbookError("it is not so", "do that")

    async with running(workspace) as (app, pilot):
        act(app.screen)
        if answered:
            await dialog(pilot, AskText)
            await pilot.press("escape")
        await until(pilot, lambda: app._notifications)
        assert [one.message for one in app._notifications] == ["It is not so\n→ do that"]
        assert type(app.screen) is RunScreen


async def test_an_act_ends_with_its_screen_and_an_answer_that_comes_later_does_nothing(workspace: Workspace) -> None:
    told: list[object] = []
    async with running(workspace) as (app, pilot):
        asked_and_told(told)(app.screen)
        asked = await dialog(pilot, AskText)
        app.workers.cancel_node(app.screen_stack[-2])
        await until(pilot, lambda: "ended" in told)
        asked.dismiss("too late")
        await settled(pilot)
        assert told == ["begun", "ended"]
        asked_and_told(told)(app.screen)
        await dialog(pilot, AskText)
        app.close_session()
        await until(pilot, lambda: told == ["begun", "ended", "begun", "ended"])
        await until(pilot, lambda: not app.workers)


async def test_what_blocks_is_waited_for_and_its_error_is_told(workspace: Workspace) -> None:
    told: list[object] = []

    def fails() -> None:
        raise ValueError("no number")

    @asks
    async def act(screen: FrontPage[None]) -> None:
        told.append(await screen.app.work_done(lambda: 5))
        await screen.app.work_done(fails)

    async with running(workspace) as (app, pilot):
        act(app.screen)
        await until(pilot, lambda: app._notifications)
        assert "A fault of this program: ValueError: no number" in next(iter(app._notifications)).message
        assert told == [5]


async def test_a_fault_in_an_act_is_reported_as_itself(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    async def fails() -> None:
        async with running(workspace) as (app, pilot):
            asked_and_told([])(app.screen, ValueError("a number was wanted"))
            await dialog(pilot, AskText)
            await pilot.press("escape")
            await until(pilot, lambda: app._exception is not None)

    with pytest.raises(WorkerFailed):
        await fails()
    said = capfd.readouterr().err
    assert "ValueError: a number was wanted" in said
    assert "Worker raised" not in said


def test_every_question_is_awaited() -> None:
    calls = [(file, ast.unparse(node.func), len(node.args)) for file, node in nodes(ast.Call, words=("push_screen",))]
    assert [file for file, name, count in calls if name.endswith("push_screen") and count > 1] == ["front/front.py"]
    assert [file for file, name, _ in calls if name.endswith("push_screen_wait")] == []


async def test_what_is_typed_before_a_login_asks_begins_nothing_below(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks, called = threading.Event(), threading.Event()

    def log_in_again(connections: Connections, asking: Asking) -> dict[str, RunbookError]:
        called.set()
        asks.wait()
        with asking.invited():
            asking.answer("Log in", ["a code"])
        return {}

    monkeypatch.setattr(Connections, "log_in_again", log_in_again)
    async with running(workspace) as (app, pilot):
        app.action_login()
        await until(pilot, called.is_set)
        await pilot.press("n", "k", "s", "enter")
        assert type(app.screen) is RunScreen
        assert app.conductor is not None
        assert not app.conductor.state.attempts
        asks.set()
        asked = await dialog(pilot, AskLogin)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not asked)
        await until(pilot, lambda: not app.hushed)
        await pilot.press("n")
        await dialog(pilot, AskText)
        await pilot.press("escape")


async def test_a_login_that_does_not_last_is_told_with_the_key_that_asks_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = RunbookError("web: logged in, but a first command has no result", "try: ssh web")
    monkeypatch.setattr(Connections, "log_in_again", lambda connections, asking: {"web": lost})
    monkeypatch.setattr(Connections, "logged_out", lambda connections: ["web"])
    async with running(workspace, notifications=True) as (app, pilot):
        await pilot.press("f9")
        await until(pilot, lambda: "→ F9 asks again" in shown(app))
        assert "logged in, but a first command has no result" in shown(app)
