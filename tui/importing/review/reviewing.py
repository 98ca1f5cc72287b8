"""Goes through the doubtful passages of an imported runbook, one key each; what is left is gone on with later."""

from collections.abc import Callable, Sequence

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
        keys = keys_for(text, mark)
        terminal.show(page(text, document, mark, len(left), problem, terminal.columns, terminal.rows))
        problem, pressed = "", terminal.key()
        if pressed in LEAVING:
            return text
        if pressed == NEXT:
            later.add(_name(mark))
        elif pressed not in keys:
            problem = f"one of: {', '.join(keys)}"
        else:
            after, problem = _decided(text, document, mark, pressed, terminal)
            if not problem and after is not None:
                text = after
                keep(text)


def keys_for(text: str, mark: ReviewMark) -> tuple[str, ...]:
    """What can be decided about a passage: of what is no part of a step only that it is right."""
    step = step_text(text, mark.step) if mark.step else None
    if step is None:
        return (KEEP, NEXT, QUIT)
    runs = any("run" in action or "interactive" in action for action in step.actions)
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
    keys = keys_for(text, mark)
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


def _decided(
    text: str, document: Sequence[str], mark: ReviewMark, pressed: str, terminal: ReviewTerminal
) -> tuple[str | None, str]:
    """The text after a decision, None where it was not made; or why it cannot be made."""
    looked = without_mark(text, mark)
    if pressed == KEEP:
        return looked, ""
    change = _CHANGES.get(pressed)
    if change is None:
        command = terminal.line("The command (none: leave it)")
        if not (command or "").strip():
            return None, ""
        change = another((command or "").strip())
    try:
        after = changed(looked, mark.step, _place(looked, document, mark), change)
    except RunbookError as error:
        return None, f"{error.message}: {error.hint}"
    wrong = next((one for one in lint_text(after, "the runbook") if one.severity == "error"), None)
    return (None, f"{wrong.message}: {wrong.hint}") if wrong is not None else (after, "")


def _place(text: str, document: Sequence[str], mark: ReviewMark) -> int:
    """Which action of the step it is: the first whose words stand in the document's lines, else the first."""
    step = step_text(text, mark.step)
    lines = "\n".join(document[mark.start - 1 : mark.end])
    for place, action in enumerate(step.actions if step is not None else ()):
        said = str(action.get("original") or next((action[kind] for kind in ACTION_KINDS if kind in action), ""))
        if said and said.split("\n")[0].strip() in lines:
            return place
    return 0
