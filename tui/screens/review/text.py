"""Decides what the review shows of a passage: the document's lines around it, and the step that it became."""

import re

from tui.importing.review.review_edits import StepText, step_text
from tui.importing.review.reviewing import Review
from tui.runbook.model import ACTION_KINDS
from tui.text.amounts import counted
from tui.text.block import Piece, shown

AROUND = 3
"""Lines of the document before and after a passage."""
_HIDDEN = ("# look at", "passage =", "short =")
_LAST = ("text", "source")
_KEY = re.compile(r"^(\s*)([\w.-]+)( = )")


def title_of(review: Review) -> str:
    """What the screen is about, and how much of it is left."""
    left = f"{counted(review.left, 'passage')} to look at" if review.left else "every passage was looked at"
    return f"Review · {review.name} · {left}"


def head_line(review: Review) -> list[Piece]:
    """What is doubtful."""
    if review.mark is None:
        return [
            ("✔ ", "$st-good"),
            ("Nothing is left to look at. ", "bold"),
            (f"Rehearse it next: runbook drill {review.name}", "$soft"),
        ]
    return [("? ", "bold $st-turn"), (shown(review.mark.words), "bold $st-turn")]


def passage_words(review: Review) -> str:
    """Where the passage is in the document."""
    mark = review.mark
    if mark is None:
        return ""
    lines = f"line {mark.start}" if mark.start == mark.end else f"lines {mark.start}-{mark.end}"
    return f"{lines} of {len(review.document)}"


def document_lines(review: Review) -> list[list[Piece]]:
    """The passage, and a few lines around it that are faint."""
    mark = review.mark
    if mark is None:
        return []
    first, last = max(1, mark.start - AROUND), min(len(review.document), mark.end + AROUND)
    return [
        [
            (f"{number:>4} ", "$faint"),
            ("▌ " if mark.start <= number <= mark.end else "  ", "$st-turn"),
            (shown(review.document[number - 1]), "" if mark.start <= number <= mark.end else "$faint"),
        ]
        for number in range(first, last + 1)
    ]


def became_lines(review: Review) -> list[list[Piece]]:
    """The step as it stands in the runbook."""
    mark = review.mark
    if mark is None:
        return []
    step = step_text(review.text, mark.step) if mark.step else None
    if step is None:
        return [[("It is text of the runbook, and no step that can be changed here.", "$soft")]]
    return [_line(line) for line in _in_order(review.text, step)]


def _in_order(text: str, step: StepText) -> list[str]:
    """The lines of the step, what it does before what is only read; comments stay with what they stand above."""
    parts, at = [], step.own[0].start
    for one in step.own:
        parts.append((str(one.path[-1]) if one is not step.own[0] else "", text[at : one.end]))
        at = one.end
    found = [
        line for key, part in sorted(parts, key=lambda one: _place(one[0])) for line in part.strip("\n").split("\n")
    ]
    return [line for line in found if line and not line.startswith(_HIDDEN)]


def _place(key: str) -> int:
    """Where a key of a step stands: what it does stands before all that is not known here, what is read behind."""
    known = ("", "title", *ACTION_KINDS, "actions", *_LAST)
    return known.index(key) - len(known) * (key not in _LAST) if key in known else 0


def _line(line: str) -> list[Piece]:
    key = _KEY.match(line)
    if key is None:
        return [(shown(line), "$soft" if line.startswith(("[", "#")) else "")]
    return [(shown(key[1] + key[2] + key[3]), "$soft"), (shown(line[key.end() :]), "")]
