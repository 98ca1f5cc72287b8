from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Input, TextArea

from tests.tui.conftest import dialog, shown, type_text, until
from tui.app import RunbookApp
from tui.dialogs import (
    AskText,
    Confirm,
    Question,
    Resolve,
    RollbackReason,
    SendMessage,
    SentMessage,
    Sign,
    TypeName,
)
from tui.dialogs.base import Dialog
from tui.dialogs.moved import WhichHosts
from tui.dialogs.pick import Pick
from tui.dialogs.question import form_problem
from tui.dialogs.sign import SignResult, second_problem
from tui.dialogs.taken_up import TakenUp
from tui.execution.workspace import Workspace
from tui.keys import Keys
from tui.runbook.model import Action, AnswerKind, Expect, Number
from tui.screens.help import HelpScreen
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import Attempt

NOTHING = object()


class Asked:
    """A dialog that is open, and what it gave."""

    def __init__(self, pilot: Pilot[Any], screen: Dialog[Any]) -> None:
        self.pilot, self.screen, self.result = pilot, screen, NOTHING

    async def press(self, *keys: str) -> Any:
        await self.pilot.press(*keys)
        await self.pilot.pause()
        return self.result


async def ask(pilot: Pilot[Any], screen: Dialog[Any], armed: bool = True) -> Asked:
    asked = Asked(pilot, screen)
    pilot.app.push_screen(screen, lambda result: setattr(asked, "result", result))
    if armed:
        await dialog(pilot, type(screen))
    return asked


async def test_a_confirmation_says_no_by_default(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        assert await (await ask(pilot, Confirm("Sure?", ["$ rm"]))).press("enter") is False
        assert await (await ask(pilot, Confirm("Sure?", ["$ rm"]))).press("escape") is False
        assert await (await ask(pilot, Confirm("Sure?", ["$ rm"]))).press("right", "enter") is True
        assert await (await ask(pilot, Confirm("Sure?", ["$ rm"]))).press("y") is True


async def test_what_was_typed_before_a_dialog_showed_does_not_reach_it(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, Confirm("Sure?", ["$ rm"]), armed=False)
        for key in "yyyyy":
            pilot.app.post_message(events.Key(key, key))
        await dialog(pilot, Confirm)
        assert asked.result is NOTHING
        assert await asked.press("y") is True


async def test_a_dialog_waits_until_nobody_types(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "LOOK", 3600.0)
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, Confirm("Sure?", []), armed=False)
        await until(pilot, lambda: asked.screen._looks is not None)
        for _ in range(2):
            for _ in range(Dialog.QUIET - 1):
                asked.screen._look()
            assert not asked.screen.armed
            await pilot.press("y")
        pilot.app.push_screen(HelpScreen("home", Keys()))
        for _ in range(Dialog.QUIET):
            asked.screen._look()
        assert not asked.screen.armed
        pilot.app.pop_screen()
        for _ in range(Dialog.QUIET):
            asked.screen._look()
        assert asked.screen.armed
        assert await asked.press("y") is True


async def test_only_the_hosts_name_starts_what_destroys(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, TypeName("Restore", ["$ mysql < dump"], "web"))
        assert await asked.press("enter") is NOTHING
        await type_text(pilot, "wob")
        assert await asked.press("enter") is NOTHING
        assert "that is not web" in shown(pilot.app)
        await pilot.press("backspace", "backspace")
        await type_text(pilot, "eb")
        assert await asked.press("enter") == "web"
        assert await (await ask(pilot, TypeName("Restore", [], "web"))).press("escape") is None


async def test_a_second_person_types_their_name_below_the_hosts(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, TypeName("Restore", ["$ mysql < dump"], "web", approval=True))
        await type_text(pilot, "web")
        assert await asked.press("enter", "enter") is NOTHING
        assert "two people allow this step" in shown(pilot.app)
        pilot.app.post_message(events.Paste("ben"))
        await until(pilot, lambda: "pasting is refused" in shown(pilot.app))
        await type_text(pilot, "web")
        assert await asked.press("enter") is NOTHING
        assert "web is the host" in shown(pilot.app)
        await pilot.press("backspace", "backspace", "backspace")
        await type_text(pilot, "ben")
        assert await asked.press("enter") == "ben"
        assert (
            await (await ask(pilot, TypeName("Restore", [], "web", approval=True))).press("tab", "b", "enter")
            is NOTHING
        )
        assert "type the name" in shown(pilot.app)


async def test_pasting_the_hosts_name_is_refused(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, TypeName("Restore", [], "web"))
        pilot.app.post_message(events.Paste("web"))
        await until(pilot, lambda: "pasting is refused" in shown(pilot.app))
        pilot.app.copy_to_clipboard("web")
        await pilot.press("ctrl+v")
        assert asked.screen.query_one(Input).value == ""
        assert await asked.press("enter") is NOTHING


async def test_a_reason_is_chosen_or_written_and_never_empty(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        assert await (await ask(pilot, RollbackReason(["errors", "data"]))).press("down", "down", "enter") == "data"
        asked = await ask(pilot, RollbackReason(["errors"]))
        await pilot.press("tab")
        assert await asked.press("enter") is NOTHING
        assert "must not be empty" in shown(pilot.app)
        await type_text(pilot, "the site is down")
        assert await asked.press("enter") == "the site is down"
        assert await (await ask(pilot, AskText("Note", "What?"))).press("escape") is None
        assert await (await ask(pilot, AskText("Note", "What?", required=False))).press("enter") == ""


async def test_two_people_sign_where_two_are_wanted(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, Sign("Switch", ["all good"], two_person=True))
        assert await asked.press("enter", "enter") is NOTHING
        assert "two people sign" in shown(pilot.app)
        await type_text(pilot, "ben")
        await pilot.press("enter")
        await type_text(pilot, "looks right")
        assert await asked.press("enter") == SignResult("looks right", "ben")
        assert await (await ask(pilot, Sign("Look", [], two_person=False))).press("enter") == SignResult()


async def test_a_long_confirmation_shows_its_first_lines_and_its_buttons(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test(size=(80, 24)) as pilot:
        asked = await ask(pilot, Confirm("Back up", [f"line {n}." for n in range(60)], yes="Run it"))
        await until(pilot, lambda: "Run it (y)" in shown(pilot.app))
        assert "Back up" in shown(pilot.app)
        assert "line 0." in shown(pilot.app)
        await pilot.press(*["pagedown"] * 10)  # half of what is seen at a time
        await until(pilot, lambda: "line 59." in shown(pilot.app) and "Run it (y)" in shown(pilot.app))
        assert await asked.press("enter") is False


async def test_enter_by_reflex_does_not_make_a_note_of_the_second_persons_name(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, Sign("Switch", ["all good"], two_person=True))
        for _ in range(3):
            await pilot.press("enter")
            assert "two people sign" in shown(pilot.app)
        await type_text(pilot, "ben")
        assert await asked.press("enter", "enter") == SignResult("", "ben")


def test_the_second_person_is_another_one() -> None:
    assert second_problem("ana", "ana")
    assert second_problem(" ", "ana")
    assert not second_problem("ben", "ana")


async def test_a_question_shows_its_thresholds_and_takes_only_an_answer(workspace: Workspace) -> None:
    errors = Action(
        ask="How many errors?", answer=AnswerKind.NUMBER, expect=Expect(numbers=(Number(name="errors", below=5),))
    )
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, Question(errors))
        assert "below 5" in shown(pilot.app)
        await type_text(pilot, "few")
        assert await asked.press("enter") is NOTHING
        assert "is not a number" in shown(pilot.app)
        await pilot.press("backspace", "backspace", "backspace")
        assert await asked.press("7", "enter") == "7"
        assert await (await ask(pilot, Question(Action(ask="Fine?")))).press("n") == "no"
        choice = Action(ask="Which?", answer=AnswerKind.CHOICE, choices=("a", "b"))
        assert await (await ask(pilot, Question(choice))).press("down", "down", "enter") == "b"


async def test_by_reflex_nothing_is_chosen_and_nothing_recorded(workspace: Workspace) -> None:
    choice = Action(
        ask="What happens to the database?",
        answer=AnswerKind.CHOICE,
        choices=("restore", "leave"),
        consequences={"restore": "everything written since is lost"},
        loses_data=("restore",),
    )
    async with RunbookApp(workspace).run_test() as pilot:
        for dialog in (
            RollbackReason(["errors", "data"]),
            Question(choice),
            Question(Action(ask="Fine?")),
            Pick("Which is done?", ["one", "other"], preselected=False),
        ):
            asked = await ask(pilot, dialog)
            assert await asked.press("enter", "enter") is NOTHING
            assert "nothing is chosen yet" in shown(pilot.app)
            await pilot.press("escape")
        await ask(pilot, Question(choice))
        assert "LOSES DATA: everything written since is lost" in shown(pilot.app)


async def test_a_long_choice_is_continued_below_its_beginning(workspace: Workspace) -> None:
    long = ("reverse " + "what is new " * 9).strip()
    async with RunbookApp(workspace).run_test() as pilot:
        await ask(pilot, Pick("Which?", [long, "leave"]))
        lines = shown(pilot.app).splitlines()
        first = next(place for place, line in enumerate(lines) if "reverse" in line)
        begins = lines[first].index("reverse")
        continued, after = (line[begins:] for line in lines[first + 1 : first + 3])
        assert continued.startswith("  what is new")
        assert after.startswith("leave")


@pytest.mark.parametrize(("answer", "good"), [("3", True), ("99", True), ("many", False), ("", False)])
def test_bad_news_is_an_answer_too(answer: str, good: bool) -> None:
    action = Action(ask="?", answer=AnswerKind.NUMBER, expect=Expect(numbers=(Number(below=5),)))
    assert (form_problem(action, answer) == "") is good


async def test_a_message_can_be_changed_and_is_copied(workspace: Workspace) -> None:
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, SendMessage("Notice", "Deploying (release: no value yet)\nSoon", False))
        assert "write it in by hand" in shown(pilot.app)
        asked.screen.query_one(TextArea).text = "Deploying v2"
        assert await asked.press("f3") is NOTHING
        assert await asked.press("f2") == SentMessage("copied", "Deploying v2")
        assert pilot.app.clipboard == "Deploying v2"
        assert await (await ask(pilot, SendMessage("Notice", "Hi", True))).press("f3") == SentMessage("sent", "Hi")
        assert await (await ask(pilot, SendMessage("Notice", "Hi", True))).press("escape") is None


async def test_an_unknown_outcome_needs_a_reason(workspace: Workspace, clock: Any) -> None:
    lost = Attempt(
        number=3,
        step="backup",
        action=0,
        host="web",
        command="dump",
        started=clock.now(),
        outcome=Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost"),
    )
    async with RunbookApp(workspace).run_test() as pilot:
        asked = await ask(pilot, Resolve(lost))
        assert "the connection was lost" in shown(pilot.app)
        assert await asked.press("enter") is NOTHING
        assert "it is recorded" in shown(pilot.app)
        await type_text(pilot, "the file is there")
        assert "it is recorded" not in shown(pilot.app)
        assert "Failed (F3)" in shown(pilot.app)
        assert await asked.press("enter") is NOTHING
        assert await asked.press("f4") == (True, "the file is there")
        asked = await ask(pilot, Resolve(lost))
        assert await asked.press("f3") is NOTHING
        assert "it is recorded" in shown(pilot.app)
        await type_text(pilot, "no file")
        assert await asked.press("f3") == (False, "no file")


async def test_hostile_text_reaches_no_terminal_and_is_no_markup(workspace: Workspace) -> None:
    hostile = "[@click=app.bell]\x1b]52;c;cm0=\x07[red]x[/foo]\u202e"
    async with RunbookApp(workspace).run_test() as pilot:
        for screen in (
            Confirm(hostile, [hostile]),
            TypeName(hostile, [hostile], hostile),
            AskText(hostile, hostile, choices=[hostile]),
            Question(Action(ask=hostile, answer=AnswerKind.CHOICE, choices=(hostile,)), problem=hostile),
            SendMessage(hostile, hostile, True, hostile),
            Sign(hostile, [hostile], True, hostile),
        ):
            await ask(pilot, screen)
            text = shown(pilot.app)
            assert "[red]x[/foo]" in text
            assert not any(bad in text for bad in "\x1b\x07\u202e")
            await pilot.press("escape")


async def test_a_drill_is_marked_on_dialogs_too(make_workspace: Any) -> None:
    async with RunbookApp(make_workspace(drill="calm")).run_test() as pilot:
        await ask(pilot, Confirm("Sure?", []))
        assert "◆ in a DRILL" in shown(pilot.app)


def every_button_shows(pilot: Pilot[Any], screen: Dialog[Any]) -> bool:
    return all(str(one.label) in shown(pilot.app) for one in screen.query(Button))


async def test_every_button_is_seen_whole_on_a_small_terminal(workspace: Workspace, clock: Any) -> None:
    lost = Attempt(number=3, step="backup", action=0, host="web", command="dump", started=clock.now(), durable=True)
    choice = Action(ask="Which?", answer=AnswerKind.CHOICE, choices=("one", "two"))
    every: list[Dialog[Any]] = [
        Confirm("Open a finished session again?", ["a line"], yes="Open it again", no="Leave it"),
        TypeName("DESTRUCTIVE", [f"line {n}" for n in range(60)], "production-server"),
        Sign("Read what reversing will do", [f"line {n}" for n in range(60)], True),
        TypeName("DESTRUCTIVE", ["$ rm"], "production-server"),
        AskText("Skip", "Why is it left out?"),
        RollbackReason(["errors", "slow"], ["the plan"]),
        Question(Action(ask="How many errors?", answer=AnswerKind.NUMBER)),
        Question(Action(ask="Is it well?", answer=AnswerKind.YES_NO)),
        Question(choice),
        Pick("Which?", ["one", "two"]),
        SendMessage("Notice", "text", True, "the team"),
        Sign("Back up", ["a line"], True, "ben"),
        Resolve(lost, look=lambda: "It is still running."),
        TakenUp(["It stands at a step."], 3),
        WhichHosts(["web: here and there"]),
    ]
    async with RunbookApp(workspace).run_test(size=(80, 24)) as pilot:
        for screen in every:
            pilot.app.push_screen(screen)
            await dialog(pilot, type(screen))
            await until(pilot, partial(every_button_shows, pilot, screen))
            pilot.app.pop_screen()


NEVER_KNOWN = Attempt(
    number=3,
    step="backup",
    action=0,
    host="web",
    command="dump",
    started=datetime(2026, 11, 24, tzinfo=UTC),
    outcome=Outcome(OutcomeKind.UNKNOWN),
)


@pytest.mark.parametrize(
    "asked",
    [
        lambda: Question(Action(ask="Well?", answer=AnswerKind.YES_NO)),
        lambda: Resolve(NEVER_KNOWN, look=lambda: "It is still running."),
        lambda: Confirm("Sure?", []),
    ],
)
async def test_a_dialog_begins_once_to_look_whether_anybody_types(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, asked: Callable[[], Dialog[Any]]
) -> None:
    monkeypatch.setattr(Dialog, "LOOK", 3600.0)
    drawn: list[Dialog[Any]] = []
    first = Dialog._drawn
    monkeypatch.setattr(Dialog, "_drawn", lambda self: [drawn.append(self), first(self)])
    async with RunbookApp(workspace).run_test() as pilot:
        one = await ask(pilot, asked(), armed=False)
        await until(pilot, lambda: one.screen._looks is not None)
        await pilot.pause()
        assert drawn == [one.screen]
