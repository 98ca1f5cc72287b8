"""The run screen by its keys: from the first step to the summary, failures, questions, roll back."""

import threading
from collections.abc import Callable
from typing import Any

from textual.events import Key, Paste

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running, status
from tests.tui.conftest import SHOP, dialog, journal, shown, type_text, until
from tui.dialogs import (
    AskText,
    Confirm,
    Question,
    Resolve,
    RollbackReason,
    SendMessage,
    Sign,
    TypeName,
)
from tui.errors import JournalUnwritable
from tui.execution.workspace import Workspace
from tui.screens.run.session import SessionScreen
from tui.screens.summary.screen import SummaryScreen
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus
from tui.transports.base import LinkState
from tui.widgets.step.card import StepCard

AHEAD = SHOP.replace('title = "Notice"\n', 'title = "Notice"\nahead = "24h"\nof = "2026-11-25 02:00"\n')


async def test_a_notice_that_was_sent_already_is_asked_when(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(AHEAD)
    async with running(workspace) as (app, pilot):
        assert app.conductor is not None
        for step in ("look", "backup"):
            app.conductor.skip(step, "not the point")
        await comes(pilot, app, "backup", StepStatus.SKIPPED)
        for when, told in (("yesterday", "it must be a date and a time"), ("2026-11-24 23:00", "in the future")):
            await pilot.press("enter")
            await dialog(pilot, SendMessage)
            await pilot.press("f4")
            await until(pilot, lambda: "write when it was sent, then F4" in shown(app))
            await type_text(pilot, when)
            await pilot.press("f4")
            await until(pilot, lambda told=told: told in shown(app))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("enter")
        await dialog(pilot, SendMessage)
        await pilot.press("f4")
        await type_text(pilot, "2026-11-23 01:00")
        await pilot.press("enter")
        await dialog(pilot, Question)  # what the step asks next comes at once
        sent = [event for event in journal(workspace) if isinstance(event, ev.MessageSent)]
    assert [(one.how, one.went_out) for one in sent] == [("already sent", "2026-11-23 01:00")]


async def test_enter_takes_a_session_from_the_first_step_to_the_summary(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        await pilot.press("enter")
        await dialog(pilot, Confirm)
        assert "dump > /backups/v2.sql" in shown(app)
        await pilot.press("y")
        await comes(pilot, app, "backup", StepStatus.PASSED)
        await pilot.press("enter")
        await dialog(pilot, Sign)
        await type_text(pilot, "size is right")
        await pilot.press("enter")
        await comes(pilot, app, "backup", StepStatus.SIGNED)
        await pilot.press("enter")
        await dialog(pilot, SendMessage)
        await pilot.press("f4")
        await dialog(pilot, Question)  # at once
        await pilot.press("2", "enter")
        await comes(pilot, app, "announce", StepStatus.SIGNED)
        await pilot.press("enter")
        assert (await dialog(pilot, TypeName))._wanted == "web"
        await type_text(pilot, "web")
        await pilot.press("enter")
        await comes(pilot, app, "switch-docker", StepStatus.PASSED)
        await pilot.press("s")
        await dialog(pilot, Sign)
        await type_text(pilot, "ben")
        await pilot.press("enter", "enter")
        await comes(pilot, app, "switch-docker", StepStatus.SIGNED)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen))
    notes = [event.note for event in journal(workspace) if isinstance(event, ev.StepSigned)]
    assert notes == ["", "size is right", "", ""]


async def test_the_default_of_a_confirmation_is_no(workspace: Workspace, host: FakeTransport) -> None:
    async with running(workspace) as (app, pilot):
        app.conductor.skip("look", "not now")
        await comes(pilot, app, "look", StepStatus.SKIPPED)
        for key in ("enter", "escape", "n"):
            await pilot.press("enter")
            await dialog(pilot, Confirm)
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert host.ran == []
        assert status(app, "backup") is StepStatus.PENDING


async def test_what_is_typed_ahead_or_pasted_does_not_start_a_destructive_step(
    workspace: Workspace, host: FakeTransport
) -> None:
    async with running(workspace) as (app, pilot):
        for step in ("look", "backup", "announce"):
            app.conductor.skip(step, "not now")
        await comes(pilot, app, "announce", StepStatus.SKIPPED)
        for key in ("enter", "w", "e", "b", "enter"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await dialog(pilot, TypeName)
        app.screen.focused.post_message(Paste("web"))
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, TypeName)
        assert host.ran == []
        await pilot.press("escape")
        assert status(app, "switch-docker") is StepStatus.PENDING


async def test_a_failed_step_says_what_came_and_offers_what_to_do(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = [Reply(b"nothing here\n"), Reply(b"load average\n")]
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        text = shown(app)
        assert '✖ contains "load"' in text
        for offer in ("r  RETRY", "k skip", "nothing here"):
            assert offer in text
        await pilot.press("r")
        await comes(pilot, app, "look", StepStatus.SIGNED)
    assert len(host.ran) == 3


async def test_the_card_wraps_what_is_long_and_loses_no_letter(make_workspace: Callable[..., Workspace]) -> None:
    words = [f"w{number:03d}" for number in range(24)]
    text = SHOP.replace('title = "Look around"', f'title = "Look around"\ntext = "{" ".join(words)}"')
    async with running(make_workspace(text), (80, 24)) as (app, pilot):
        await until(pilot, lambda: "w000" in shown(app))
        card = app.screen.query_one("#card", StepCard)
        card.scroll_end(animate=False)
        await pilot.pause()
        end = shown(app)
        card.scroll_home(animate=False)
        await pilot.pause()
        seen = shown(app) + end
        assert [word for word in words if word not in seen] == []


async def test_skip_note_and_reopen_are_recorded_with_their_words(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("k")
        await dialog(pilot, AskText)
        await pilot.press("enter")
        assert isinstance(app.screen, AskText)
        await type_text(pilot, "seen")
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.SKIPPED)
        await pilot.press("n")
        await dialog(pilot, AskText)
        await type_text(pilot, "dark")
        await pilot.press("enter")
        await until(pilot, lambda: any(isinstance(event, ev.NoteAdded) for event in journal(workspace)))
        await pilot.press("up", "u")
        await dialog(pilot, AskText)
        await type_text(pilot, "again")
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.PENDING)


async def test_cancel_asks_and_ends_the_command(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(b"load 1\nload 2\n", until=threading.Event())
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.running() and "load 2" in shown(app))
        await pilot.press("c")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await comes(pilot, app, "look", StepStatus.FAILED)
        assert "cancelled" in shown(app)


async def test_an_unknown_outcome_is_resolved_by_a_person_with_a_reason(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["uptime"] = Reply(b"load\n", Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost"))
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.UNKNOWN)
        assert "UNKNOWN" in shown(app)
        await pilot.press("enter")
        await dialog(pilot, Resolve)
        await type_text(pilot, "looked")
        await pilot.press("enter")
        await pilot.click("#succeeded")
        await comes(pilot, app, "look", StepStatus.SIGNED)
    resolved = [event for event in journal(workspace) if isinstance(event, ev.OutcomeResolved)]
    assert [(one.succeeded, one.reason) for one in resolved] == [(True, "looked")]
    assert len(host.ran) == 2


async def test_rollback_from_the_run_screen_with_a_reason_of_the_runbook(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert not isinstance(app.screen, RollbackReason)  # nothing has changed yet, so there is nothing to undo
        app.conductor.start("switch-docker")
        await comes(pilot, app, "switch-docker", StepStatus.PASSED)
        await pilot.press("ctrl+r")
        await dialog(pilot, RollbackReason)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.conductor.state.rollback is not None)
        assert app.conductor.state.rollback.reason == "Error rate above 10%"
        await until(pilot, lambda: "ROLLBACK" in shown(app))
        assert app.conductor.state.next_step().id == "switch-back"


async def test_the_foot_tells_time_connection_and_trouble(workspace: Workspace, host: FakeTransport) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await until(pilot, lambda: "02:00:00 UTC" in shown(app))
        assert "● web" in shown(app)
        host.state = LinkState.LOST
        app.conductor.recorder.trouble = JournalUnwritable("cannot write the journal: No space left", "free space")
        await until(pilot, lambda: "connection lost" in shown(app) and "No space left" in shown(app))
        assert "free space" in shown(app)


async def test_a_drill_is_marked_on_the_run_screen(make_workspace: Callable[..., Workspace]) -> None:
    async with running(make_workspace(drill="Calm")) as (app, pilot):
        await until(pilot, lambda: shown(app))
        assert "DRILL" in shown(app).splitlines()[0]


CHOICE = """
[[sections.steps]]
id = "choose"
title = "Choose"
[[sections.steps.actions]]
ask = "Which?"
answer = "choice"
choices = ["go", "stay"]
consequences = { go = "takes {{ release }} back", stay = "keeps it" }
loses_data = ["go"]
[[sections.steps]]
id = "look"
"""


async def test_a_choice_says_with_the_values_of_the_session_what_follows_from_it(make_workspace: Any) -> None:
    text = SHOP.replace('[[sections.steps]]\nid = "look"\n', CHOICE, 1)
    async with running(make_workspace(text), (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await dialog(pilot, Question)
        assert "go – LOSES DATA: takes v2 back" in shown(app)
