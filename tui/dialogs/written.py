"""Has one of several chosen and something written about it, in one dialog: what is to be corrected, what is done."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from msgspec import Struct
from textual import getters, on
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

from tui.dialogs.base import Dialog
from tui.runbook.model import Variable
from tui.session.views.followups import Due
from tui.text.block import Block, block, lines_of, pieces
from tui.widgets.fields.choices import UNCHOSEN, Choices
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said


class Written(Struct, frozen=True):
    """What was chosen, by its place, and what was written in each field."""

    place: int
    texts: tuple[str, ...]


class ChooseAndWrite(Dialog[Written | None]):
    """Enter on a row goes to the fields, Enter in the last of them is the answer; nothing is chosen at first."""

    FIRST: ClassVar[str] = "OptionList, Input"
    listed = getters.query_one(OptionList)

    def __init__(self, title: str, kind: str, rows: Sequence[str], fields: Mapping[str, str], yes: str) -> None:
        """Ask.

        Args:
            rows: what can be chosen; a single one is chosen already.
            fields: what stands above each field, by its id.
            yes: what the button says.
        """
        super().__init__(title, kind)
        self._rows, self._fields, self._yes = rows, fields, yes

    @property
    def chosen(self) -> int | None:
        """The place of what is chosen."""
        if len(self._rows) == 1:
            return 0
        return self.listed.highlighted

    def body(self) -> Iterable[Widget]:
        if len(self._rows) == 1:
            yield Said(lines_of(self._rows), classes="dialog-text")
        else:
            yield self.hint("continues")
            yield Choices(self._rows)

    def field(self) -> Iterable[Widget]:
        for name, words in self._fields.items():
            yield Said(block(words), classes="dialog-hint", id=f"{name}-words")
            yield LineInput(id=name)

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Cancel", "dialog.no"), id="no")
        yield Press(self.entered(self._yes), id="yes")

    @on(OptionList.OptionHighlighted)
    def _marked(self, event: OptionList.OptionHighlighted) -> None:
        if self.chosen == event.option_index:  # the list's own first mark, which does not last, is not a choice
            self.problem("")
            self.begin(event.option_index)

    def begin(self, place: int) -> None:
        """What a row brings with it into the fields."""

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        inputs = list(self.query(Input))
        at = inputs.index(event.input)
        if at + 1 == len(inputs):
            self._answer()
        elif wrong := self._wrong(event.input):
            self.problem(wrong)
        else:
            inputs[at + 1].focus()

    @on(Button.Pressed, "#yes")
    def _answer(self) -> None:
        place = self.chosen
        if place is None:
            self.problem(UNCHOSEN)
            self.listed.focus()
            return
        for field in self.query(Input):
            if wrong := self._wrong(field):
                self.problem(wrong)
                field.focus()
                return
        self.dismiss(Written(place, tuple(field.value.strip() for field in self.query(Input))))

    def _wrong(self, field: Input) -> str:
        place = self.chosen
        return self.wrong(place, field.id or "", field.value.strip()) if place is not None else UNCHOSEN

    def wrong(self, place: int, field: str, text: str) -> str:
        """What is wrong with what a field has; empty where it is right."""
        return ""

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)


class CorrectValue(ChooseAndWrite):
    """Which value is wrong, what it is, and why; what ran with the old one stays as it is."""

    value = getters.query_one("#value", Input)

    def __init__(self, known: Mapping[str, str], variables: Mapping[str, Variable]) -> None:
        self._known, self._variables = known, variables
        self._names = tuple(known)
        rows = [f"{name} = {known[name] or '(empty)'}" for name in self._names]
        fields = {"value": "What it is:", "reason": "Why? It is recorded:"}
        super().__init__(
            "What still runs gets the corrected value; what ran keeps the old one.",
            "◆ CORRECT",
            rows,
            fields,
            "Correct it",
        )

    def on_mount(self) -> None:
        if len(self._names) == 1:
            self.begin(0)

    def begin(self, place: int) -> None:
        self.value.value = self._known[self._names[place]]
        self.query_one("#value-words", Said).say(self._words(self._names[place]))

    def _words(self, name: str) -> Block:
        variable = self._variables.get(name)
        return pieces(f"{variable.prompt} ({name}):" if variable else f"{name}, which a step captured:")

    def wrong(self, place: int, field: str, text: str) -> str:
        name = self._names[place]
        variable = self._variables.get(name)
        if field == "reason":
            return "" if text else "a reason is needed"
        if not text and not (variable is not None and variable.optional):
            return "it must not be empty; Esc leaves"
        return f"{name} is that already; Esc leaves" if text == self._known[name] else ""


class TickOff(ChooseAndWrite):
    """Which follow-up is done, and what was found, which may stay empty."""

    def __init__(self, left: Sequence[Due], now: datetime) -> None:
        rows = [f"{one.followup.title} – {one.words(now)}" for one in left]
        title = "Which is done?" if len(left) > 1 else "Is it done?"
        super().__init__(title, "◆ FOLLOW-UP", rows, {"note": "What was found (may stay empty):"}, "Done")
