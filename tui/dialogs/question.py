"""Puts a runbook's question to the operator, in the form its kind of answer has."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import getters, on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.execution.judging.expectations import check_answer
from tui.runbook.described.expectations import expectations
from tui.runbook.model import Action, AnswerKind
from tui.text.block import block, lines_of
from tui.widgets.fields.choices import Choices
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said


def choices_of(action: Action) -> Sequence[str]:
    """The answers that can be picked; none where the answer is typed."""
    if action.answer is AnswerKind.YES_NO:
        return ("yes", "no")
    return action.choices if action.answer is AnswerKind.CHOICE else ()


def told(action: Action, choice: str) -> str:
    """A choice with what follows from it; one that loses data says so first."""
    follows = action.consequences.get(choice, "")
    loses = "LOSES DATA: " if choice in action.loses_data else ""
    return f"{choice} – {loses}{follows}" if follows or loses else choice


def form_problem(action: Action, answer: str) -> str:
    """Why this is no answer to the question at all; empty where it is one, good news or bad."""
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
            yield Said(block("↑↓ choose · enter answers"), classes="dialog-hint")
        expected = expectations(self._action.expect)
        if self._action.answer is AnswerKind.YES_NO and not self._action.expect.choice:
            expected = [*expected, "yes"]
        if expected:
            yield Said(lines_of([f"Expected: {'; '.join(expected)}"]), classes="dialog-hint")
        if self._choices:
            yield Choices([f"{told(self._action, choice)}{self._key(choice)}" for choice in self._choices])

    def field(self) -> Iterable[Widget]:
        if not self._choices:
            yield LineInput(id="text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        if not self._choices:
            yield Press(block("OK (enter)"), id="ok")

    def _key(self, choice: str) -> str:
        """The key that gives this answer, where one does."""
        return f" ({self.app.keys.of(f'question.{choice}')})" if self._action.answer is AnswerKind.YES_NO else ""

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
