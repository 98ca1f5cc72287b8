"""Goes through the doubtful passages of an imported runbook, one key each; what is left is continued later."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from tui.errors import RunbookError
from tui.importing.review.marked_passage import CHANGES, EDIT, HAND, KEEP, NEXT, QUIT, READS, TEXT, MarkedPassage
from tui.importing.review.review_marks import ReviewMark, marks_of

DONE = {
    KEEP: "kept as it is",
    HAND: "a person does it",
    TEXT: "it is read, nothing runs",
    READS: "it only reads",
    CHANGES: "it changes something",
    EDIT: "another command",
}
"""What each key did."""
LEAVING = (QUIT, "\x03", "\x04", "\x1b", "")


class ReviewTerminal(Struct, frozen=True):
    """The terminal of a review: `show` draws a page, `key` waits for a key, `line` asks for a line; `rows` of it."""

    show: Callable[[Sequence[str]], None]
    key: Callable[[], str]
    line: Callable[[str], str | None]
    columns: int = 80
    rows: int = 24


def review(text: str, document: Sequence[str], keep: Callable[[str], None], terminal: ReviewTerminal) -> str:
    """Go through what is marked, and keep the text after each decision; returns the text.

    Args:
        document: the lines of the document.
        keep: writes the text to its file.
    """
    later: set[str] = set()
    problem = ""
    while True:
        left = [mark for mark in marks_of(text) if _name(mark) not in later]
        if not left:
            return text
        mark = left[0]
        passage = MarkedPassage(text, document, mark)
        terminal.show(passage.page(len(left), problem, terminal.columns, terminal.rows))
        problem, pressed = "", terminal.key()
        if pressed in LEAVING:
            return text
        if pressed == NEXT:
            later.add(_name(mark))
        elif pressed not in passage.keys:
            problem = f"one of: {', '.join(passage.keys)}"
        else:
            command = terminal.line("The command (none: leave it)") if pressed == EDIT else ""
            after, problem = passage.decided(pressed, command or "")
            if not problem and after is not None:
                text = after
                keep(text)


class Decision(Struct, frozen=True):
    """What became of a key: what was done, or why nothing was."""

    words: str
    wrong: bool = False


class Review:
    """The doubtful passages of a runbook: which one is looked at, and what was decided, kept in its file at once.

    Args:
        document: the lines of the document.
        keep: writes the text to the runbook's file.
        now: reads that file; somebody may have written to it meanwhile.
    """

    def __init__(self, name: str, document: Sequence[str], keep: Callable[[str], None], now: Callable[[], str]) -> None:
        self.name = name
        self.document = document
        self.text = now()
        self._keep = keep
        self._now = now
        self._place = 0
        self._before: list[str] = []

    @property
    def mark(self) -> ReviewMark | None:
        """The passage that is looked at; None where none is left."""
        marks = marks_of(self.text)
        return marks[min(self._place, len(marks) - 1)] if marks else None

    @property
    def left(self) -> int:
        """How many passages are left."""
        return len(marks_of(self.text))

    @property
    def keys(self) -> tuple[str, ...]:
        """What can be decided about the passage."""
        return MarkedPassage(self.text, self.document, self.mark).keys if self.mark is not None else ()

    @property
    def can_undo(self) -> bool:
        """Whether a decision can be taken back."""
        return bool(self._before)

    def command(self) -> str:
        """The command that the passage became, if it is one."""
        mark = self.mark
        if mark is None:
            return ""
        action = next(iter(MarkedPassage(self.text, self.document, mark).actions().values()), {})
        return str(action.get("run") or action.get("interactive") or action.get("original") or "")

    def move(self, way: int) -> None:
        """Look at the next passage, or at the one before; behind the last one is the first."""
        self._place = (min(self._place, max(0, self.left - 1)) + way) % max(1, self.left)

    def decide(self, key: str, command: str = "") -> Decision:
        """Decide about the passage; the next one is looked at then."""
        mark = self.mark
        if mark is None or key not in self.keys:
            return Decision(f"one of: {', '.join(self.keys)}", wrong=True)
        self._place = marks_of(self.text).index(mark)
        if self._changed():
            return Decision("the file has been changed meanwhile: it was read again, nothing was decided", wrong=True)
        after, problem = MarkedPassage(self.text, self.document, mark).decided(key, command)
        if problem or after is None:
            return Decision(problem or "nothing was changed", wrong=bool(problem))
        try:
            self._keep(after)
        except RunbookError as error:
            return Decision(f"{error.message}: {error.hint}", wrong=True)
        self._before.append(self.text)
        self.text = after
        where = f"line {mark.start}" if mark.start == mark.end else f"lines {mark.start}-{mark.end}"
        return Decision(f"{where}: {DONE[key]}")

    def undo(self) -> Decision:
        """Take the last decision back."""
        if not self._before:
            return Decision("nothing was decided yet", wrong=True)
        if self._changed():
            return Decision(
                "the file has been changed meanwhile: it was read again, nothing was taken back", wrong=True
            )
        before = self._before.pop()
        self._keep(before)
        looked = {_name(mark) for mark in marks_of(self.text)}
        self.text = before
        marks = marks_of(before)
        self._place = next((place for place, mark in enumerate(marks) if _name(mark) not in looked), 0)
        return Decision("the last decision was taken back")

    def _changed(self) -> bool:
        """Whether somebody else has written to the file; then what it says now is gone through."""
        now = self._now()
        if now == self.text:
            return False
        self.text = now
        self._before.clear()
        return True


def _name(mark: ReviewMark) -> str:
    return f"{mark.start}-{mark.end} {mark.step} {mark.words}"
