"""The review of an import: each doubtful passage beside what became of it, decided with one key, kept at once."""

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll

from tui.actions import bindings
from tui.dialogs.ask import AskText
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.importing.review.marked_passage import EDIT
from tui.importing.review.reviewing import Review
from tui.screens.review.text import became_lines, document_lines, head_line, passage_words, title_of
from tui.text.block import pieces, styled
from tui.widgets.head.mode import OTHER, Mode
from tui.widgets.head.top_line import TopLine
from tui.widgets.painting import entitle
from tui.widgets.words import Words

DRAFT = Mode(OTHER, "DRAFT")
"""What the line on top says: nothing of a draft runs here."""


class ReviewScreen(FrontPage[None]):
    """Goes through what is doubtful in an imported runbook; leaving it loses nothing."""

    ACTS = "review"
    AUTO_FOCUS = "#became"
    CSS_PATH = "review.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("review")
    HORIZONTAL_BREAKPOINTS = [(0, "slim"), (110, "broad")]

    top = getters.query_one(TopLine)
    head = getters.query_one("#head", Words)
    told = getters.query_one("#told", Words)
    document_frame = getters.query_one("#document", VerticalScroll)
    document_words = getters.query_one("#document-words", Words)
    became_frame = getters.query_one("#became", VerticalScroll)
    became_words = getters.query_one("#became-words", Words)

    def __init__(self, review: Review) -> None:
        super().__init__()
        self.review = review
        self._said = ""

    def compose(self) -> ComposeResult:
        self.app.mode_apart = DRAFT
        yield TopLine(title_of(self.review), DRAFT)
        yield Words(id="head")
        with Vertical(id="frames"):
            with VerticalScroll(id="document"):
                yield Words(id="document-words")
            with VerticalScroll(id="became"):
                yield Words(id="became-words")
        yield Words(id="told")
        yield self.keys_row()

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        """Show the passage that is looked at, from its beginning."""
        review, mark = self.review, self.review.mark
        self.top.entitle(title_of(review))
        self.head.say(styled([head_line(review)]))
        self.told.say(pieces((self._said, "$soft")))
        self.document_words.say(styled(document_lines(review)))
        self.became_words.say(styled(became_lines(review)))
        entitle(self.document_frame, pieces("The document"), pieces(passage_words(review)))
        where = f"step {mark.step}" if mark is not None and mark.step else "no step"
        entitle(self.became_frame, pieces("What became of it"), pieces(where if mark is not None else ""))
        for frame in (self.document_frame, self.became_frame):
            frame.scroll_home(animate=False)
        self.show_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be decided about this passage."""
        if action == "decide":
            return parameters[0] in self.review.keys
        if action == "edit":
            return EDIT in self.review.keys
        if action == "undo":
            return self.review.can_undo
        if action == "move":
            return self.review.left > 1
        return True

    def action_decide(self, key: str) -> None:
        """Decide about the passage; it is kept at once, and the next one is shown."""
        self._decide(key)

    @asks
    async def action_edit(self) -> None:
        """Write another command in its place; the document's own stays beside it."""
        if (
            command := await self.app.ask(AskText("Another command", "The command", self.review.command()))
        ) is not None:
            self._decide(EDIT, command)

    def _decide(self, key: str, command: str = "") -> None:
        said = self.review.decide(key, command)
        self._said = f"{'✖' if said.wrong else '✔'} {said.words}"
        self._show()

    def action_undo(self) -> None:
        """Take the last decision back."""
        said = self.review.undo()
        self._said = f"{'✖' if said.wrong else '✔'} {said.words}"
        self._show()

    def action_move(self, way: int) -> None:
        """Look at another passage; nothing is decided."""
        self.review.move(way)
        self._said = ""
        self._show()

    def action_leave(self) -> None:
        """Leave; what is left stays marked in the runbook."""
        self.app.exit()
