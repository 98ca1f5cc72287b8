"""Text as Markdown that means itself: nothing of it becomes a link, emphasis, HTML or the end of a code block."""

import re
from collections.abc import Iterator, Sequence

from tui.text.sanitise import sanitise

CELL = 300
_MARKUP = re.compile(r"[\\`*_\[\]<>|#~$]|&(?=[#a-z])|:(?=//)|(?<=www)\.|^[-+=]|^\d+(?=[.)](?:\s|$))", re.IGNORECASE)


def markdown_text(text: str) -> str:
    """Text that cannot become markup: of links, emphasis, HTML and control characters only the words stay."""
    return _MARKUP.sub(_escaped, sanitise(" ".join(text.split())).strip())


def markdown_cell(text: str) -> str:
    """The same for a cell of a table, which has an end."""
    return markdown_text(text) if len(text) <= CELL else markdown_text(text[: CELL - 1] + "…")


def fenced(lines: Sequence[str], language: str) -> Iterator[str]:
    """A code block whose fence is longer than any row of backticks that is shown inside it."""
    shown = [sanitise(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield from shown
    yield fence


def _escaped(found: re.Match[str]) -> str:
    """What is matched, so that it means itself; a list's number is escaped at the sign behind it."""
    return found[0] + "\\" if found[0].isdigit() else "\\" + found[0]
