"""Asks for a command of the operator's own and the host for it; says while it is typed how it will be started."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import getters, on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.runbook.model import Danger
from tui.runbook.shell.destroys import danger_of
from tui.text.block import Block, block, lines_of, pieces
from tui.widgets.fields.choices import UNCHOSEN, Choices
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said

STARTS = {
    Danger.NONE: "It only reads: {enter} runs it.",
    Danger.CAUTION: "It may change something: {enter} asks first.",
    Danger.DESTRUCTIVE: "It destroys something: {enter} asks for the host's name.",
}
"""How a command is started."""
NOTHING = "{enter} runs a command; {terminal} opens it, or a shell, in a terminal."


class OwnCommand(Struct, frozen=True):
    """What to run where; `terminal` where it gets the operator's terminal, a shell where the command is empty."""

    host: str
    command: str
    terminal: bool = False


class AskOwnCommand(Dialog[OwnCommand | None]):
    """The hosts stand above the command; the one that the step at hand runs on is chosen."""

    ACTS = "own-command"
    BINDINGS: ClassVar[list[BindingType]] = bindings("own-command")
    FIRST: ClassVar[str] = "#command"
    kind = "! COMMAND"

    command = getters.query_one("#command", Input)
    listed = getters.query_one(OptionList)

    def __init__(self, hosts: Sequence[str], shown: Sequence[str], host: str = "") -> None:
        """Args: hosts: their names; shown: what the list says of each; host: which is chosen."""
        super().__init__("Outside the runbook; it is recorded")
        self._hosts, self._shown = tuple(hosts), tuple(shown)
        self._first = self._hosts.index(host) if host in self._hosts else None

    @property
    def host(self) -> str | None:
        """The host that is chosen."""
        if len(self._hosts) == 1:
            return self._hosts[0]
        at = self.listed.highlighted
        return None if at is None else self._hosts[at]

    def body(self) -> Iterable[Widget]:
        if len(self._hosts) == 1:
            yield Said(lines_of([f"on {self._shown[0]}"]), classes="dialog-text")
        else:
            yield Said(block("On which host? tab goes there, ↑↓ chooses"), classes="dialog-hint")
            yield Choices(self._shown)

    def field(self) -> Iterable[Widget]:
        yield Said(block("Command:"), classes="dialog-hint")
        yield LineInput(id="command")
        yield Said(self._how(""), classes="dialog-hint", id="starts")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Cancel", "dialog.no"), id="no")
        yield Press(self.named("Terminal", "own-command.terminal"), id="terminal")
        yield Press(self.entered("Run"), id="run")

    def on_mount(self) -> None:
        if len(self._hosts) > 1:
            self.listed.highlighted = self._first

    @on(Input.Changed, "#command")
    def _judge(self, event: Input.Changed) -> None:
        text = event.value.strip()
        self.query_one("#starts", Said).say(self._how(text))

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.command.focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#run")
    def _run(self) -> None:
        if not self.command.value.strip():
            leaves = self.app.keys.sign("dialog.no")
            self.problem(f"write a command; {self._terminal} opens a terminal, {leaves} leaves")
            self.command.focus()
        else:
            self._answer(terminal=False)

    @on(Button.Pressed, "#terminal")
    def action_terminal(self) -> None:
        """Open what is written, or a shell, in a terminal."""
        self._answer(terminal=True)

    @property
    def _terminal(self) -> str:
        return self.app.keys.sign("own-command.terminal")

    def _how(self, command: str) -> Block:
        """How what is written is started."""
        words = STARTS[danger_of(command)] if command else NOTHING
        return pieces(words.format(enter=self.app.keys.enter, terminal=self._terminal))

    def _answer(self, terminal: bool) -> None:
        host = self.host
        if host is None:
            self.problem(UNCHOSEN)
            self.listed.focus()
            return
        self.dismiss(OwnCommand(host, self.command.value.strip(), terminal))

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)
