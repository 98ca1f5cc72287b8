"""The fields of the set-up: a prompt, something to fill in, and in place what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import RadioSet

from tui.runbook.model import Method
from tui.screens.setup.form import LABEL, FormField, beside_lines
from tui.text.block import Block, block, pieces, styled
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Choice, Said

FIELD = 30
"""Cells of what is filled in."""
FRAME = 4
"""Cells of the frame about the fields."""
CHOICE = 6
"""Cells that a method's mark takes, and what is left between two methods."""


class ChoiceInput(LineInput):
    """A field whose offered values up and down go through; another may be typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", show=False),
        Binding("up", "choose(-1)", show=False),
    ]

    choices: tuple[str, ...] = ()

    def offer(self, choices: tuple[str, ...]) -> None:
        """Offer values to choose from."""
        self.choices = choices
        self.suggest(choices)

    def action_choose(self, by: int) -> None:
        if not self.choices:
            return
        place = self.choices.index(self.value) + by if self.value in self.choices else 0
        self.value = self.choices[place % len(self.choices)]
        self.cursor_position = len(self.value)


class Hinted(Vertical):
    """What is said beside a field, or below it; on a low screen in one row, and whole while the field has the focus."""

    BEFORE: ClassVar[int] = LABEL + 1
    """Cells that stand before it in its row."""

    offered = getters.query_one(".choices", Said)
    hint = ""
    listed = ""
    """What is offered, in words."""

    def tell(self, hint: str, listed: str = "") -> None:
        """Say something else."""
        self.hint, self.listed = hint, listed
        self.tell_again()

    def tell_again(self) -> None:
        """Say it in the room that there is now."""
        if not self.query(".choices"):
            return
        brief = self.screen.has_class("low") and not self.has_focus_within
        width = self.content_size.width or self.app.size.width - FRAME  # before the first layout it has none
        lines = beside_lines(self.hint, self.listed, max(1, width - self.BEFORE) if brief else 0)
        self.offered.say(styled([[(line, "")] for line in lines]))
        if not self.query(".line > .choices"):
            self.offered.display = bool(lines)

    def on_mount(self) -> None:
        self.tell_again()

    def on_resize(self, event: events.Resize) -> None:
        self.tell_again()  # now, for what else this size changes is laid out with it

    def on_descendant_focus(self) -> None:
        self.tell_again()

    def on_descendant_blur(self) -> None:
        self.tell_again()


class FormEntry(Hinted):
    """One field; `value` is what it holds."""

    BEFORE = LABEL + 1 + FIELD + 1

    def __init__(self, field: FormField) -> None:
        super().__init__(id=f"{field.id}-entry", classes="entry")
        self.field = field
        self.hint, self.listed = field.hint, _offered(field.choices)
        self._read = ""
        self.input = ChoiceInput(field.value, id=field.id)
        self.input.offer(field.choices)
        self.wrong = Said(block(""), classes="problem")
        self.wrong.display = False

    def compose(self) -> ComposeResult:
        if self.field.above:
            yield Said(block(self.field.above), classes="above")
        with Horizontal(classes="line"):
            yield Said(block(self.field.prompt), classes="prompt")
            yield self.input
            yield Said(block(""), classes="choices")
        yield self.wrong

    @property
    def value(self) -> str:
        """What is in the field now."""
        return self.input.value

    def offer(self, choices: tuple[str, ...]) -> None:
        """Offer values to choose from."""
        self.tell(self.field.hint, _offered(choices))
        self.input.offer(choices)

    def fill(self, value: str) -> None:
        """Write what the host said into a field that is empty, and say where it comes from."""
        field = self.input
        if field.value:
            return
        field.value = self._read = value
        self.tell(f"read from the host: {value}")

    def renew(self, field: FormField) -> None:
        """Offer what holds in another environment, unless a person wrote something else into the field."""
        shown = self.input
        untouched = shown.value in (self.field.value, self._read)
        self.field, self._read = field, ""
        self.offer(field.choices)
        if untouched:
            shown.value = field.value

    def problem(self, text: str) -> None:
        """Say below the field what is wrong with it."""
        shown = self.wrong
        shown.display = bool(text)
        shown.say(block(f"✖ {text}" if text else ""))

    def focus_input(self) -> None:
        """Put the cursor into the field."""
        self.input.focus()


class Radios(RadioSet):
    """The arrows choose, so that what is marked is what is done; Enter chooses and moves on."""

    _begun = False

    def on_mount(self) -> None:
        """Begin at the chosen one, whichever Textual marks first; where none is chosen, none is marked."""
        self.call_later(self._begin)

    def _begin(self) -> None:
        if self.children:  # none any more, where the screen was removed meanwhile
            self._selected = self.pressed_index if self._pressed_button is not None else None
            self._begun = True

    def action_next_button(self) -> None:
        super().action_next_button()
        self._choose()

    def action_previous_button(self) -> None:
        super().action_previous_button()
        self._choose()

    def _choose(self) -> None:
        """Choose what an arrow marks. As the set appears Textual moves to its first button, which chooses nothing."""
        if self._begun:
            super().action_toggle_button()

    def action_toggle_button(self) -> None:
        super().action_toggle_button()
        self.screen.focus_next()


class Environments(Hinted):
    """The environments to choose from, none of them chosen unless it is `given`; `told` says what each is."""

    wrong = getters.query_one(".problem", Said)

    def __init__(self, names: Sequence[str], told: Mapping[str, str], given: str) -> None:
        super().__init__(id="environment-entry", classes="entry")
        self._names, self._told, self._given = names, told, given
        self.hint = self._words(given)

    def compose(self) -> ComposeResult:
        problem = Said(block(""), classes="problem")
        problem.display = False
        with Horizontal(classes="line"):
            yield Said(block("environment"), classes="prompt")
            with Radios(id="environment", compact=True):
                for name in self._names:
                    yield Choice(pieces((name, "bold")), value=name == self._given)
        yield Said(block(""), classes="choices")
        yield problem

    def _words(self, name: str) -> str:
        return self._told.get(name, "") if name else "↑↓ choose where: no host is reached before"

    def on_resize(self, event: events.Resize) -> None:
        """Put them beside each other where they have room."""
        room = event.size.width - LABEL - 1
        self.set_class(sum(CHOICE + cell_len(name) for name in self._names) <= room, "row")

    def on_radio_set_changed(self, event: RadioSet.Changed) -> None:
        """Say what the chosen one is."""
        self.tell(self._words(self._names[event.index]))
        self.problem("")

    @property
    def value(self) -> str:
        """The chosen one; empty where none is."""
        place = next((radios.pressed_index for radios in self.query(Radios)), -1)
        return self._names[place] if place >= 0 else self._given

    def problem(self, text: str) -> None:
        """Say that one is to be chosen."""
        self.wrong.display = bool(text)
        self.wrong.say(block(f"✖ {text}" if text else ""))


class Methods(Hinted):
    """The ways to go through the flow: the `given` one chosen, else the recommended one."""

    def __init__(self, methods: Sequence[tuple[str, Method]], given: str = "") -> None:
        super().__init__(id="method-entry", classes="entry")
        self._methods = methods
        recommended = next((name for name, one in methods if one.recommended), methods[0][0])
        self._first = given if any(name == given for name, _ in methods) else recommended

    def compose(self) -> ComposeResult:
        chosen = [name for name, _ in self._methods].index(self._first)
        self.hint = self._methods[chosen][1].text
        with Horizontal(classes="line"):
            yield Said(block("method"), classes="prompt")
            with Radios(id="method", compact=True):
                for place, (_, method) in enumerate(self._methods):
                    yield Choice(_words(method), value=place == chosen)
        yield Said(block(""), classes="choices")

    def on_resize(self, event: events.Resize) -> None:
        """Put the methods beside each other where they have room."""
        room = event.size.width - LABEL - 1
        self.set_class(sum(CHOICE + _words(method).cell_length for _, method in self._methods) <= room, "row")

    def on_radio_set_changed(self, event: RadioSet.Changed) -> None:
        """Say what the chosen method does."""
        self.tell(self._methods[event.index][1].text)

    @property
    def value(self) -> str:
        """The name of the chosen method."""
        place = next((radios.pressed_index for radios in self.query(Radios)), -1)
        if place < 0:
            return self._first
        return self._methods[place][0]


def _offered(choices: tuple[str, ...]) -> str:
    if not choices:
        return ""
    return "↑↓ " + " · ".join(choices[:8]) + (" …" if len(choices) > 8 else "")


def _words(method: Method) -> Block:
    return pieces((method.title, "bold"), " (recommended)" if method.recommended else "")
