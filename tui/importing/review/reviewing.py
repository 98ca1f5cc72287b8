"""Goes through the doubtful passages of an imported runbook, one key each; what is left is gone on with later."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from tui.errors import RunbookError
from tui.importing.review.review_edits import (
    Change,
    another,
    by_hand,
    changed,
    mutates,
    reads,
    step_text,
    text_only,
    written,
)
from tui.importing.review.review_marks import ReviewMark, marks_of, without_mark
from tui.runbook.model import ACTION_KINDS
from tui.runbook.reading.lint import lint_text
from tui.text.amounts import counted
from tui.text.sanitise import sanitise

KEEP, HAND, TEXT, READS, CHANGES, EDIT, NEXT, QUIT = "k", "m", "t", "r", "c", "e", "n", "q"
WORDS = {
    KEEP: "keep it as it is",
    HAND: "by hand: a person does it",
    TEXT: "text only: it is read, nothing runs",
    READS: "it only reads",
    CHANGES: "it changes something",
    EDIT: "edit the command",
    NEXT: "later: the next one",
    QUIT: "leave; `--review` continues",
}
"""What each key does."""
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
_CHANGES: dict[str, Change] = {HAND: by_hand, TEXT: text_only, READS: reads, CHANGES: mutates}
ROOM = 10
"""Rows for the title, the frame lines and the keys."""


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
        keys = keys_for(text, document, mark)
        terminal.show(page(text, document, mark, len(left), problem, terminal.columns, terminal.rows))
        problem, pressed = "", terminal.key()
        if pressed in LEAVING:
            return text
        if pressed == NEXT:
            later.add(_name(mark))
        elif pressed not in keys:
            problem = f"one of: {', '.join(keys)}"
        else:
            command = terminal.line("The command (none: leave it)") if pressed == EDIT else ""
            after, problem = decided(text, document, mark, pressed, command or "")
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
        return keys_for(self.text, self.document, self.mark) if self.mark is not None else ()

    @property
    def can_undo(self) -> bool:
        """Whether a decision can be taken back."""
        return bool(self._before)

    def command(self) -> str:
        """The command that the passage became, if it is one."""
        mark = self.mark
        if mark is None:
            return ""
        action = next(iter(actions_of(self.text, self.document, mark).values()), {})
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
        after, problem = decided(self.text, self.document, mark, key, command)
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


def keys_for(text: str, document: Sequence[str], mark: ReviewMark) -> tuple[str, ...]:
    """What can be decided about a passage: of what became no action only that it is right."""
    found = actions_of(text, document, mark)
    if not found:
        return (KEEP, NEXT, QUIT)
    runs = any("run" in action or "interactive" in action for action in found.values())
    return (KEEP, *((HAND, TEXT, READS, CHANGES) if runs else (TEXT,)), EDIT, NEXT, QUIT)


def page(
    text: str, document: Sequence[str], mark: ReviewMark, left: int, problem: str, columns: int = 80, rows: int = 24
) -> list[str]:
    """What stands on the screen: the document's lines, what became of them, the keys."""
    step = step_text(text, mark.step) if mark.step else None
    became = written(text, step).split("\n") if step is not None else ["(no step)"]
    became = [line for line in became if not line.startswith(("# look at", "passage =", "short ="))]
    numbers = range(mark.start, min(mark.end, len(document)) + 1)
    lines = [f"{number:>5}  {document[number - 1]}" for number in numbers]
    keys = keys_for(text, document, mark)
    told = [f"{key}  {WORDS[key]}" for key in keys]
    half = (len(told) + 1) // 2 if columns >= 72 else len(told)
    asked = [_beside(told[at], told[at + half] if at + half < len(told) else "") for at in range(half)]
    width = max(20, columns - 1)
    doubt = _wrapped([f"? {mark.words}"], width, "  ")
    room = max(4, rows - ROOM - len(asked) - len(doubt) + 1)
    passage, result = _wrapped(lines, width, " " * 7), _wrapped([f"  {line}" for line in became], width, " " * 6)
    shown = min(len(passage), max(2, room // 2))
    head = [f"REVIEW  {counted(left, 'passage')} to look at", *doubt, "", "The document:"]
    body = [*_cut(passage, shown), "", "What became of it:", *_cut(result, room - shown)]
    drawn = [*head, *body, "", *asked, *([f"✖ {problem}"] if problem else [])]
    return [sanitise(line, width) for line in drawn]


def _wrapped(lines: Sequence[str], width: int, indent: str) -> list[str]:
    """The lines in rows of this width; what continues one is indented, and no character of it is lost."""
    found: list[str] = []
    for line in map(sanitise, lines):
        found.append(line[:width])
        rest, room = line[width:], width - len(indent)
        found += [indent + rest[at : at + room] for at in range(0, len(rest), room)]
    return found


def _beside(left: str, right: str) -> str:
    return f"{left:<38} {right}".rstrip()


def _cut(lines: Sequence[str], most: int) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    return [*lines[: max(1, most - 1)], f"  … {counted(len(lines) - max(1, most - 1), 'more line')}"]


def _name(mark: ReviewMark) -> str:
    return f"{mark.start}-{mark.end} {mark.step} {mark.words}"


def decided(
    text: str, document: Sequence[str], mark: ReviewMark, pressed: str, command: str = ""
) -> tuple[str | None, str]:
    """The text after a decision, None where it was not made; or why it cannot be made."""
    looked = without_mark(text, mark)
    if pressed == KEEP:
        return looked, ""
    change = _CHANGES.get(pressed)
    if change is None:
        if not command.strip():
            return None, ""
        change = another(command.strip())
    places = [*actions_of(looked, document, mark)]
    after = looked
    try:
        for place in places[:1] if pressed == EDIT else places:
            after = changed(after, mark.step, place, change)
    except RunbookError as error:
        return None, f"{error.message}: {error.hint}"
    wrong = next((one for one in lint_text(after, "the runbook") if one.severity == "error"), None)
    return (None, f"{wrong.message}: {wrong.hint}") if wrong is not None else (after, "")


def actions_of(text: str, document: Sequence[str], mark: ReviewMark) -> dict[int, dict[str, Any]]:
    """The actions that a passage became, by their places in its step: those whose words stand in its lines."""
    step = step_text(text, mark.step) if mark.step else None
    if step is None:
        return {}
    lines = "\n".join(document[mark.start - 1 : mark.end])
    found = {place: action for place, action in enumerate(step.actions) if _said_in(action, lines)}
    return found or (dict(enumerate(step.actions)) if len(step.actions) == 1 else {})


def _said_in(action: Mapping[str, Any], lines: str) -> bool:
    said = str(action.get("original") or next((action[kind] for kind in ACTION_KINDS if kind in action), ""))
    return any(line.strip() in lines for line in said.split("\n")[:1] if line.strip())
