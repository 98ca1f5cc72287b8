"""Shows what a second person is asked to allow, for how long still, and takes their answer at this terminal."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import ClassVar

from msgspec import Struct
from textual import getters, on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.dialogs.laid import Body, Laid, facts, rows_of
from tui.dialogs.sign import second_problem
from tui.people import same_person
from tui.text.block import block, pieces
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said
from tui.widgets.step.laid_out import LaidRow, blocks

TYPES = "The second person, who has read this, types their name:"


class SecondAct(Enum):
    """What becomes of the question."""

    ALLOW = "allow"
    REFUSE = "refuse"
    ALONE = "alone"
    WITHDRAW = "withdraw"


class SecondAnswer(Struct, frozen=True):
    """What was chosen, by whom where a second person answers, and what they wrote."""

    act: SecondAct
    person: str = ""
    note: str = ""


class AskedSecond(Struct, frozen=True, kw_only=True):
    """What the dialog is about: the step, what would run, who asks, who may answer here and what else can be done.

    `left` says for how long the question still counts, empty once it is closed. `person` is who is expected, `only`
    who alone answers here, by their own key. `answers` is whether somebody can answer here, `alone` whether the
    operator may start alone, `asks` whether this is the operator's own question, which can be withdrawn. `written` is
    the note that was written before, and `wrong` why that was not sent.
    """

    title: str
    body: Body
    operator: str
    left: Callable[[], str]
    person: str = ""
    only: str = ""
    answers: bool = True
    alone: bool = False
    asks: bool = True
    note: str = ""
    written: str = ""
    wrong: str = ""


class SecondPerson(Dialog[SecondAnswer | None]):
    """Enter allows, once the second person's name is typed and all that would run was in sight.

    It closes by itself when the question is closed.
    """

    ACTS = "approval"
    DEFAULT_CLASSES = "dialog sign"
    kind = "◆ TWO ALLOW"
    FIRST: ClassVar[str] = "Input, #no"
    BINDINGS: ClassVar[list[BindingType]] = bindings("approval")

    laid = getters.query_one(Laid)
    person = getters.query_one("#person", Input)
    note = getters.query_one("#note", Input)

    def __init__(self, asked: AskedSecond) -> None:
        super().__init__(asked.title)
        self._asked = asked

    def on_mount(self) -> None:
        self.problem(self._asked.wrong)
        self.set_interval(1.0, self._tick)

    @property
    def foot(self) -> tuple[str, ...]:
        """For how long still: the row that says more may be below what is in sight."""
        left = self._asked.left()
        return (f"{left} left",) if left else ()

    def _tick(self) -> None:
        """Say for how long still; the question may have been answered elsewhere, or its time be over."""
        if self._asked.left():
            self.laid.refresh(layout=True)
            self._say_what_is_beyond()
        elif self.app.screen is self:
            self.dismiss(None)

    def body(self) -> Iterable[Widget]:
        yield Laid(self._rows, classes="dialog-text")

    def _rows(self, width: int) -> list[LaidRow]:
        asked = self._asked
        left = f"{asked.left() or '0:00'} to answer, and to start it then"
        told = [("asks", asked.operator), ("left", left), ("answers", asked.note), ("or", self._or())]
        return blocks([list(rows_of(asked.body, width)), facts([one for one in told if one[1]], width)])

    def _to_read(self) -> int:
        """How many rows say what would run: they stand first, and are what is allowed."""
        found = rows_of(self._asked.body, self.laid.size.width)
        return sum(not (row.blank and self.has_class("tight")) for row in found)

    def _or(self) -> str:
        """What the operator can do instead, where no button says so."""
        asked, of = self._asked, self.app.keys.sign
        if not asked.answers:
            return ""
        alone = [f"{of('approval.alone')} starts it alone, with a reason"] if asked.alone else []
        withdraw = [f"{of('approval.withdraw')} withdraws the question"] if asked.asks else []
        return " · ".join(alone + withdraw)

    def field(self) -> Iterable[Widget]:
        asked = self._asked
        if not asked.answers:
            return
        types = f"Type your name, {asked.only}, once you have read this:" if asked.only else TYPES
        yield Said(pieces(types), classes="dialog-hint")
        yield LineInput(asked.person, id="person")
        yield Said(block("A note, or why it is refused:"), classes="dialog-hint")
        yield LineInput(asked.written, id="note")

    def buttons(self) -> Iterable[Button]:
        asked = self._asked
        yield Press(self.named("Back", "dialog.no"), id="no")
        if asked.answers:
            yield Press(self.named("Refuse", "approval.refuse"), id="refuse")
            yield Press(self.entered("Allow"), id="allow")
            return
        if asked.asks:
            yield Press(self.named("Withdraw", "approval.withdraw"), id="withdraw")
        if asked.alone:
            yield Press(self.named("Alone", "approval.alone"), id="alone")

    @on(Input.Submitted, "#person")
    def _next(self) -> None:
        """On to the note, once there is a second person."""
        if wrong := self._wrong():
            self.problem(wrong)
        else:
            self.note.focus()

    @on(Input.Submitted, "#note")
    @on(Button.Pressed, "#allow")
    def _allow(self) -> None:
        self.action_answer(True)

    @on(Button.Pressed, "#refuse")
    def _refuse(self) -> None:
        self.action_answer(False)

    def action_answer(self, granted: bool) -> None:
        """The second person allows it, or refuses it with a reason."""
        if not self.armed or not self._asked.answers:
            return
        note = self.note.value.strip()
        if wrong := self._wrong():
            self.problem(wrong)
            self.person.focus()
        elif not granted and not note:
            self.problem("write why it is refused")
            self.note.focus()
        elif not granted or not self.unread(self._to_read()):
            given = self._asked.only or self.person.value.strip()
            self.dismiss(SecondAnswer(SecondAct.ALLOW if granted else SecondAct.REFUSE, given, note))

    def _wrong(self) -> str:
        given, only = self.person.value.strip(), self._asked.only
        if only and given and not same_person(given, only):
            return f"you answer as {only} here; somebody else follows the session themselves"
        return second_problem(given, self._asked.operator, "allow this step")

    @on(Button.Pressed, "#alone")
    def action_alone(self) -> None:
        if self.armed and self._asked.alone:
            self.dismiss(SecondAnswer(SecondAct.ALONE))

    @on(Button.Pressed, "#withdraw")
    def action_withdraw(self) -> None:
        if self.armed and self._asked.asks:
            self.dismiss(SecondAnswer(SecondAct.WITHDRAW))

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)
