"""Puts a runbook's question to the operator, in the form its kind of answer has, or asks how work by hand went."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import getters, on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.execution.judging.expectations import check_answer
from tui.runbook.described.expectations import expectations
from tui.runbook.model import Action, AnswerKind
from tui.text.block import Piece, block, lines_of
from tui.widgets.fields.choices import Choices
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said


def choices_of(action: Action) -> Sequence[str]:
    """The answers that can be picked; none where the answer is typed."""
    if action.answer is AnswerKind.YES_NO:
        return ("yes", "no")
    return action.choices if action.answer is AnswerKind.CHOICE else ()


def told(action: Action, choice: str, key: str = "") -> list[Piece]:
    """A choice with what follows from it, and the `key` that takes it; one that loses data says so first."""
    follows = action.consequences.get(choice, "")
    loses = choice in action.loses_data
    between = [(" – ", "$soft")] if follows or loses else []
    warned = [("LOSES DATA", "bold $st-bad"), (f": {follows}" if follows else "", "")] if loses else [(follows, "")]
    return [(choice, "bold"), *between, *warned, (key, "")]


def form_problem(action: Action, answer: str) -> str:
    """Why this is not an answer to the question at all; empty where it is one, good news or bad."""
    if not answer.strip():
        return "an answer is needed; Esc leaves"
    if action.answer is AnswerKind.NUMBER:
        return next((one.came for one in check_answer(action, answer) if one.came.endswith("is not a number")), "")
    return ""


class Question(Dialog[str | None]):
    """The answer as text, or None; `asked` is the question with its values filled in."""

    ACTS = "question"
    BINDINGS: ClassVar[list[BindingType]] = bindings("question")
    FIRST: ClassVar[str] = "OptionList, Input"
    kind = "◆ QUESTION"

    written = getters.query_one("#text", Input)

    def __init__(self, action: Action, problem: str = "", asked: str = "") -> None:
        super().__init__("")
        self._action = action
        self._asked = asked or action.ask or ""
        self._first = problem
        self._choices = choices_of(action)

    def body(self) -> Iterable[Widget]:
        yield Said(block(self._asked), classes="dialog-ask")
        if self._choices and self._action.answer is not AnswerKind.YES_NO:
            yield self.hint("answers")
        expected = expectations(self._action.expect)
        if self._action.answer is AnswerKind.YES_NO and not self._action.expect.choice:
            expected = [*expected, "yes"]
        if expected:
            yield Said(lines_of([f"Expected: {'; '.join(expected)}"]), classes="dialog-hint")
        if self._choices:
            yield Choices([told(self._action, choice, self._key(choice)) for choice in self._choices])

    def field(self) -> Iterable[Widget]:
        if not self._choices:
            yield LineInput(id="text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        if not self._choices:
            yield Press(self.entered("OK"), id="ok")

    def _key(self, choice: str) -> str:
        """The key that gives this answer, where one does."""
        return f" ({self.app.keys.sign(f'question.{choice}')})" if self._action.answer is AnswerKind.YES_NO else ""

    def on_mount(self) -> None:
        self.problem(self._first)

    def action_answer(self, answer: str) -> None:
        """Answer a question of yes or no by a key."""
        if self._action.answer is AnswerKind.YES_NO:
            self.dismiss(answer)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index])

    @on(Input.Submitted)
    @on(Button.Pressed, "#ok")
    def _submitted(self) -> None:
        field = self.written
        wrong = form_problem(self._action, field.value)
        if wrong:
            self.problem(wrong)
            field.focus()
        else:
            self.dismiss(field.value.strip())

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)


NOTE, FILE = "note", "file"


class HandResult(Struct, frozen=True):
    """How it came out, what was noted, and the file of this machine that shows it."""

    done: bool
    note: str
    file: str = ""


class ByHand(Dialog[HandResult | None]):
    """What is to be done stands above; what was not done needs a note that says why."""

    ACTS = "by-hand"
    BINDINGS: ClassVar[list[BindingType]] = bindings("by-hand")
    FIRST: ClassVar[str] = "Input"
    kind = "◆ BY HAND"

    def __init__(self, title: str, asked: str, problem: str = "") -> None:
        super().__init__(title)
        self._asked = asked
        self._first = problem

    def body(self) -> Iterable[Widget]:
        yield Said(block(self._asked), classes="dialog-ask")

    def field(self) -> Iterable[Widget]:
        yield Said(block("Note (needed for “not done”)"), classes="dialog-hint")
        yield LineInput(id=NOTE)
        yield Said(block("File as evidence (optional): it is copied into the session"), classes="dialog-hint")
        yield LineInput(id=FILE)

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        yield Press(self.named("Not done", "by-hand.failed"), id="failed")
        yield Press(self.named("Done", "by-hand.done"), id="done")

    def on_mount(self) -> None:
        self.problem(self._first)

    def action_ended(self, done: bool) -> None:
        """Answer that it is done, or that it was not."""
        note, file = (self.query_one(f"#{name}", Input) for name in (NOTE, FILE))
        if not done and not note.value.strip():
            self.problem("say why it was not done")
            note.focus()
            return
        self.dismiss(HandResult(done, note.value.strip(), file.value.strip()))

    @on(Input.Submitted, f"#{NOTE}")
    def _noted(self) -> None:
        self.query_one(f"#{FILE}", Input).focus()

    @on(Input.Submitted, f"#{FILE}")
    @on(Button.Pressed, "#done")
    def _done(self) -> None:
        self.action_ended(True)

    @on(Button.Pressed, "#failed")
    def _failed(self) -> None:
        self.action_ended(False)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)
