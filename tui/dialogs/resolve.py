"""Has a person decide an outcome that the program cannot know, after looking on the host."""

from collections.abc import Callable, Iterable
from typing import ClassVar, Literal

from textual import getters, on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.dialogs.laid import Laid, facts
from tui.session.state import Attempt
from tui.text.block import Piece, block
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said
from tui.widgets.step.laid_out import LaidRow, blocks, code, rows

Resolved = tuple[bool, str]
"""Whether it succeeded, and how the operator knows."""

Follow = Literal["follow"]
"""Asks to follow the command again, which may be running still or have left its exit status."""


INDENT = 13
"""Cells of the column of labels."""
WANTED = "write how you know; it is recorded"


class Resolve(Dialog[Resolved | Follow | None]):
    """What was sent and where, and what the host knows of it; how the operator knows must not be empty.

    `look` asks the host; it blocks, so it is called on a thread of its own.
    """

    ACTS = "resolve"
    BINDINGS: ClassVar[list[BindingType]] = bindings("resolve")
    FIRST: ClassVar[str] = "Input"
    DEFAULT_CLASSES = "dialog unknown"
    kind = "? UNKNOWN"

    found = getters.query_one("#found", Laid)
    reason = getters.query_one("#reason", Input)
    no = getters.query_one("#no", Button)

    def __init__(
        self,
        attempt: Attempt,
        target: str = "",
        look: Callable[[], str] | None = None,
        title: str = "Its outcome is not known",
    ) -> None:
        super().__init__(title)
        self._attempt = attempt
        self._target = target
        self._look_there = look

    def body(self) -> Iterable[Widget]:
        self._found_there = "looking…" if self._look_there else ""
        yield Laid(self._rows, id="found", classes="dialog-text")

    def _rows(self, width: int) -> list[LaidRow]:
        """What was sent and where, what the host knows of it, and what each answer does."""
        attempt = self._attempt
        detail = (attempt.outcome and attempt.outcome.detail) or "it is not known"
        on: list[Piece] = [("on ", "$soft"), (attempt.host, "bold")]
        on += [("  as ", "$soft"), (self._target, "")] if self._target not in ("", attempt.host) else []
        on += [("  attempt ", "$soft"), (str(attempt.number), ""), ("  at ", "$soft")]
        on += [(f"{attempt.started:%H:%M:%S} UTC", "")]
        there = self._found_there or "look what happened, then record it"
        answers = [
            ("Succeeded", "the step continues after it"),
            ("Failed", "it can be retried, skipped or rolled back"),
        ]
        if attempt.durable:
            answers.append(("Follow", "its output, if it is still running there"))
        may = "It may have run completely, in part or not at all; nothing runs again by itself."
        return blocks(
            [
                rows(on, width, 3),
                code(attempt.whole, width),
                rows([(f"? {detail.rstrip('.')}. ", "bold $st-bad"), (may, "")], width, 2),
                facts([("on the host", there), *answers], width, INDENT),
            ]
        )

    def field(self) -> Iterable[Widget]:
        yield Said(block("How do you know?"), classes="dialog-hint")
        yield LineInput(id="reason")

    def on_mount(self) -> None:
        if self._look_there:
            self.app.work(self, self._look_there, self._found, lambda error: self._found(error.message))

    def _found(self, words: str) -> None:
        self._found_there = words
        self.found.refresh(layout=True)

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        if self._attempt.durable:
            yield Press(self.named("Follow", "resolve.follow"), id="follow")
        yield Press(self.named("Failed", "resolve.failed"), id="failed")
        yield Press(self.named("Succeeded", "resolve.succeeded"), id="succeeded")

    @on(Input.Submitted)
    def _written(self, event: Input.Submitted) -> None:
        """Enter answers nothing: which of the two it was is a key or a button of its own."""
        if event.value.strip():
            self.no.focus()
        else:
            self.problem(WANTED)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "no":
            self.dismiss(None)
        elif event.button.id == "follow":
            self.action_follow()
        else:
            self.action_resolve(event.button.id == "succeeded")

    def action_follow(self) -> None:
        if self.armed and self._attempt.durable:
            self.dismiss("follow")

    def action_resolve(self, succeeded: bool) -> None:
        reason = self.reason
        if not self.armed:
            return
        if reason.value.strip():
            self.dismiss((succeeded, reason.value.strip()))
        else:
            self.problem(WANTED)
            reason.focus()
