"""The two heavier tiers of a start: a confirmation whose default is No, and the name of the host typed by hand."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, getters, on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.dialogs.base import Dialog, Result
from tui.dialogs.laid import Body, Laid, WayToRun, read, rows_of
from tui.dialogs.sign import second_problem
from tui.people import same_person
from tui.text.block import Block, Piece, block, lines_of, shown, styled
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said


class Ways(Dialog[Result]):
    """Shows the first of `ways`; the key shows the next, which is then the one that is allowed.

    After another one is shown, nothing is heard until it has been seen, as when the dialog opened.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("ways")

    def __init__(self, title: str, ways: Sequence[WayToRun], kind: str = "") -> None:
        super().__init__(title, kind)
        self.ways = ways
        self.at = 0

    @property
    def way(self) -> WayToRun:
        """What is shown, and allowed by the answer."""
        return self.ways[self.at]

    @property
    def _next(self) -> WayToRun:
        return self.ways[(self.at + 1) % len(self.ways)]

    def body(self) -> Iterable[Widget]:
        if len(self.ways) == 1:
            yield read(self.way.body)
        else:
            yield Laid(lambda width: rows_of(self.way.body, width), classes="dialog-text")

    def other(self) -> Iterable[Button]:
        """The button that shows the other way, where there is one."""
        if len(self.ways) > 1:
            yield Press(self.named(self._next.called, "ways.other"), id="other")

    def action_other(self) -> None:
        """Show the other way, and hear nothing until it has been seen."""
        if not self.armed or len(self.ways) == 1:
            return
        self.at = (self.at + 1) % len(self.ways)
        self.armed = False
        self.query_one("#other", Press).say(self.named(self._next.called, "ways.other"))
        self.query_one(Laid).refresh(layout=True)
        self.box.scroll_home(animate=False)
        self._read_to = 0.0
        self.shown_anew()
        self.call_after_refresh(self._drawn)

    def shown_anew(self) -> None:
        """What else of the dialog depends on which way is shown."""


class Confirm(Ways[bool]):
    """Asks for a yes; No has the focus. Where there are several `ways`, what is read is theirs."""

    ACTS = "confirm"
    FIRST: ClassVar[str] = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("confirm"),
        *bindings("ways"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        title: str,
        lines: Body = (),
        yes: str = "Yes",
        no: str = "No",
        kind: str = "",
        ways: Sequence[WayToRun] = (),
    ) -> None:
        super().__init__(title, ways or [WayToRun("", lines)], kind)
        self._yes, self._no = yes, no

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named(self._no, "confirm.no"), id="no")
        yield from self.other()
        yield Press(self.named(self._yes, "confirm.yes"), id="yes")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "other":
            self.action_other()
        else:
            self.dismiss(event.button.id == "yes")

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


def typed_so_far(typed: str, name: str) -> list[Piece]:
    """The name with what is typed of it filled in, and how much that is; or from where on it is another one."""
    same = next((at for at, (a, b) in enumerate(zip(typed, name, strict=False)) if a != b), min(len(typed), len(name)))
    pieces: list[Piece] = [
        (f"{same} of {len(name)}  ", "$soft"),
        (name[:same], "bold $st-good"),
        (name[same:], "$faint"),
    ]
    if len(typed) > same:
        pieces.append((f"  ✖ another from letter {same + 1} on", "$st-bad"))
    elif name and same == len(name):
        pieces.append(("  ✔", "$st-good"))
    return pieces


class TypedInput(LineInput):
    """A field that has to be typed into: what is pasted is refused."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._refuse()

    def action_paste(self) -> None:
        self._refuse()

    def _refuse(self) -> None:
        if isinstance(self.screen, TypeName):
            self.screen.problem("pasting is refused here: type it")


class TypeName(Ways[str | None]):
    """Asks for `name` to be typed before something that destroys; everything else means no.

    Where it also needs `approval`, a second person types their own name below; that name is the result, else `name`.
    Where it may start `alone`, a key says that nobody else is there, once the host's name is typed: `is_alone`.
    With `asks_second` the second person answers afterwards, by themselves.
    """

    ACTS = "ways"
    FIRST: ClassVar[str] = "#name"
    typed = getters.query_one("#name", Input)
    second = getters.query_one("#second", Input)
    so_far = getters.query_one("#so-far", Said)

    def __init__(
        self,
        title: str,
        lines: Body = (),
        name: str = "",
        approval: bool = False,
        destroys: bool = True,
        ways: Sequence[WayToRun] = (),
        alone: bool = False,
        asks_second: bool = False,
    ) -> None:
        super().__init__(title, ways or [WayToRun("", lines, name)], "✖ DESTRUCTIVE" if destroys else "◆ TWO ALLOW")
        self.set_class(destroys, "destructive")
        self._approval = approval
        self._may_be_alone = alone
        self._asks_second = asks_second
        self.is_alone = False

    @property
    def foot(self) -> tuple[str, ...]:
        """What the frame says below."""
        return ("paste is refused",)

    @property
    def _wanted(self) -> str:
        """What is to be typed."""
        return shown(self.way.name).strip()

    def _words(self) -> Block:
        then = "; a second person is asked then" if self._asks_second else ""
        return lines_of([f"Type {self._wanted} and press {self.app.keys.enter}{then}"])

    def shown_anew(self) -> None:
        """Another way may be on another host, and what was typed is not for it."""
        for field in self.query(Input):
            field.value = ""
        self.query_one("#ask", Said).say(self._words())
        self.so_far.say(styled([typed_so_far("", self._wanted)]))

    def field(self) -> Iterable[Widget]:
        yield Said(self._words(), classes="dialog-ask", id="ask")
        yield TypedInput(id="name")
        yield Said(styled([typed_so_far("", self._wanted)]), id="so-far")
        if self._approval:
            yield Said(
                block("The second person, who has read this and allows it, types their name:"), classes="dialog-ask"
            )
            yield TypedInput(id="second")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("No", "dialog.no"), id="no")
        yield from self.other()
        if self._may_be_alone:
            yield Press(self.named("Nobody else is there", "ways.alone"), id="alone")

    @on(Button.Pressed, "#alone")
    def action_alone(self) -> None:
        """Say that nobody else is there; the reason is asked next."""
        if self.armed and self._may_be_alone and self._named():
            self.is_alone = True
            self.dismiss(self._wanted)

    @on(Button.Pressed, "#other")
    def _other(self) -> None:
        self.action_other()

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)

    @on(Input.Changed, "#name")
    def _fill(self, event: Input.Changed) -> None:
        """Fill the name as it is typed."""
        self.so_far.say(styled([typed_so_far(event.value, self._wanted)]))

    def _named(self) -> bool:
        """Whether the host's name is typed; where it is not that is said."""
        typed = self.typed
        if not self._wanted or typed.value.strip() != self._wanted:
            self.problem(f"that is not {self._wanted}; nothing was started" if typed.value else "type the name, or Esc")
            typed.focus()
            return False
        return True

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if not self._named():
            return
        if not self._approval:
            self.dismiss(self._wanted)
        else:
            self._approved(self.second)

    def _approved(self, second: Input) -> None:
        conductor = self.app.conductor
        wrong = second_problem(second.value, conductor.state.operator if conductor else "", "allow this step")
        if same_person(second.value, self._wanted or ""):  # a reflex: the field above, typed again
            wrong = f"{self._wanted} is the host: the second person types their own name"
        if not wrong:
            if not self.unread():
                self.dismiss(second.value.strip())
        elif second.has_focus:
            self.problem(wrong)
        else:
            second.focus()
