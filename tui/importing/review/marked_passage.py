"""Shows a passage of an imported runbook that somebody has to look at, and changes what became of it by one key."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

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
from tui.importing.review.review_marks import ReviewMark, without_mark
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
_CHANGES: dict[str, Change] = {HAND: by_hand, TEXT: text_only, READS: reads, CHANGES: mutates}
ROOM = 10
"""Rows for the title, the frame lines and the keys."""


class MarkedPassage(Struct, frozen=True):
    """A passage of the `document` (its lines) that somebody has to look at: its `mark` in the runbook's `text`."""

    text: str
    document: Sequence[str]
    mark: ReviewMark

    @property
    def keys(self) -> tuple[str, ...]:
        """What can be decided about it: of what became no action only that it is right."""
        found = self.actions()
        if not found:
            return (KEEP, NEXT, QUIT)
        runs = any("run" in action or "interactive" in action for action in found.values())
        return (KEEP, *((HAND, TEXT, READS, CHANGES) if runs else (TEXT,)), EDIT, NEXT, QUIT)

    def page(self, left: int, problem: str, columns: int = 80, rows: int = 24) -> list[str]:
        """What stands on the screen: the document's lines, what became of them, the keys; `left` passages are left."""
        text, document, mark = self.text, self.document, self.mark
        step = step_text(text, mark.step) if mark.step else None
        became = written(text, step).split("\n") if step is not None else ["(no step)"]
        became = [line for line in became if not line.startswith(("# look at", "passage =", "short ="))]
        numbers = range(mark.start, min(mark.end, len(document)) + 1)
        lines = [f"{number:>5}  {document[number - 1]}" for number in numbers]
        told = [f"{key}  {WORDS[key]}" for key in self.keys]
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

    def decided(self, pressed: str, command: str = "") -> tuple[str | None, str]:
        """The text after a decision, None where it was not made; or why it cannot be made."""
        looked = without_mark(self.text, self.mark)
        if pressed == KEEP:
            return looked, ""
        change = _CHANGES.get(pressed)
        if change is None:
            if not command.strip():
                return None, ""
            change = another(command.strip())
        places = [*replace(self, text=looked).actions()]
        after = looked
        try:
            for place in places[:1] if pressed == EDIT else places:
                after = changed(after, self.mark.step, place, change)
        except RunbookError as error:
            return None, f"{error.message}: {error.hint}"
        wrong = next((one for one in lint_text(after, "the runbook") if one.severity == "error"), None)
        return (None, f"{wrong.message}: {wrong.hint}") if wrong is not None else (after, "")

    def actions(self) -> dict[int, dict[str, Any]]:
        """The actions that it became, by their places in its step: those whose words stand in its lines."""
        step = step_text(self.text, self.mark.step) if self.mark.step else None
        if step is None:
            return {}
        lines = "\n".join(self.document[self.mark.start - 1 : self.mark.end])
        found = {place: action for place, action in enumerate(step.actions) if _said_in(action, lines)}
        return found or (dict(enumerate(step.actions)) if len(step.actions) == 1 else {})


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


def _said_in(action: Mapping[str, Any], lines: str) -> bool:
    said = str(action.get("original") or next((action[kind] for kind in ACTION_KINDS if kind in action), ""))
    return any(line.strip() in lines for line in said.split("\n")[:1] if line.strip())
