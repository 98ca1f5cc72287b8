"""Marks in an imported runbook what a person should look at, as comments, and finds them again."""

import re
from collections.abc import Iterable

from msgspec import Struct

from tui.importing.drafted import Fate
from tui.text.toml_text import toml_text

_MARK = re.compile(r"^# look at (\d+)(?:-(\d+))?: (.*)$")
_BY_ID = re.compile(r"^\[[\w.-]+\.(?:steps|diagnosis)\.([a-z0-9-]+)\]")
"""The head of a step's table."""
_OF_STEP = re.compile(r"^step ([a-z0-9-]+)(?:: (.*))?$")


class ReviewMark(Struct, frozen=True):
    """A doubtful passage: its lines in the document, what is doubtful, and the line of the runbook that says so.

    `step` is the id of the step that it became a part of; empty where it is of none.
    """

    start: int
    end: int
    words: str
    line: int
    step: str = ""


def with_marks(text: str, fates: Iterable[Fate]) -> str:
    """The runbook with a comment for each doubtful passage: in its step, else at the top."""
    lines = text.split("\n")
    for fate in fates:
        if not fate.doubt:
            continue
        found = _OF_STEP.match(fate.became)
        became = (found[2] or "" if found else fate.became).strip()
        where = str(fate.start) if fate.start == fate.end else f"{fate.start}-{fate.end}"
        words = " ".join(": ".join(one for one in (became, fate.doubt) if one).split())
        mark = f"# look at {where}: {words if words.isprintable() else toml_text(words)[1:-1]}"
        at = _place(lines, found[1] if found else "")
        if mark not in lines[max(0, at - 1) : at]:
            lines.insert(at, mark)
    return "\n".join(lines)


def marks_of(text: str) -> tuple[ReviewMark, ...]:
    """The marks that are left, in the order of the runbook."""
    found, lines = [], text.split("\n")
    for number, line in enumerate(lines):
        mark = _MARK.match(line)
        if mark is not None:
            start = int(mark[1])
            found.append(ReviewMark(start, int(mark[2] or start), mark[3], number, _step_at(lines, number)))
    return tuple(found)


def without_mark(text: str, mark: ReviewMark) -> str:
    """The runbook in which a passage was looked at."""
    lines = text.split("\n")
    del lines[mark.line]
    return "\n".join(lines)


def _place(lines: list[str], step: str) -> int:
    """The line before which a step's marks stand: that of its id; for none the first that is not a comment."""
    wanted = f"id = {toml_text(step)}"
    for number, line in enumerate(lines):
        if step and line == wanted and _header(lines, number).endswith("steps]]"):
            return number
    for number, line in enumerate(lines):
        if step and line == wanted and number and lines[number - 1].startswith(("[[troubleshooting.", "# look at")):
            return number
    return next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)


def _header(lines: list[str], number: int) -> str:
    while number and not lines[number].startswith("["):
        number -= 1
    return lines[number]


def _step_at(lines: list[str], number: int) -> str:
    """The id that stands below a mark, where the two are in one table."""
    for line in lines[number + 1 :]:
        if line.startswith("# look at"):
            continue
        found = re.match(r'id = "([a-z0-9-]+)"$', line)
        if found and _header(lines, number).startswith("[["):
            return found[1]
        break
    by_id = _BY_ID.match(_header(lines, number))
    return by_id[1] if by_id else ""
