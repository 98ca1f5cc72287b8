"""Finds the line of an output that says what went wrong, so that nobody has to look for it."""

import re
from collections.abc import Iterable

from tui.session.output.output import OutputReader
from tui.session.output.timing import STREAMS

LOOKED_THROUGH = 1000
"""Lines at the end of an output among which it is looked for."""
AT_ONCE = 100
LONGEST = 500
"""Characters of it that are kept; where it is cut it ends in an ellipsis."""

_TELLS = re.compile(
    r"\b(?:\w*(?:error|exception)|fatal|fail(?:ed|ure|s)?|panic|abort(?:ed|ing)?|critical|denied|refused|rejected|"
    r"cannot|can't|could not|couldn't|unable to|no such|not found|not permitted|does not exist|invalid|unknown|"
    r"timed out|timeout|unreachable|killed|out of memory|no space left|segmentation fault|conflict)\b",
    re.IGNORECASE,
)
_NONE_FAILED = re.compile(r"\b(?:0|no|without) (?:\w+ )?(?:errors?|fail(?:ed|ures?)|exceptions?)\b", re.IGNORECASE)
_TRACEBACK = re.compile(r"^(\s*(?:\S+ +\| +)?)Traceback \(most recent call last\):\s*$")
"""The first group is what stands before each of its lines, as docker-compose's names of containers."""


def error_line(reader: OutputReader, succeeded: bool = False) -> str:
    """The first line that tells of an error, on standard error before standard output; else the last on standard error.

    Of a Python traceback it is the line that names the exception, not the code above it. Secrets are hidden in it.

    Args:
        succeeded: the command ended well, though not as expected: only a line that tells of an error counts.
    """
    if reader.withheld:
        return ""
    total = reader.lines_total()
    errors: list[str] = []
    others: list[str] = []
    for first in range(max(0, total - LOOKED_THROUGH), total, AT_ONCE):
        texts = [line.text for line in reader.shown_lines(first, AT_ONCE)]
        for text, stream in zip(texts, reader.streams_of(first, len(texts)), strict=False):
            (others if stream == STREAMS[0] else errors).append(text)
    reader.close()
    last = (lambda lines: "") if succeeded else _last
    found = telling(errors) or last(errors) or telling(others) or last(others)
    return found if len(found) <= LONGEST else f"{found[: LONGEST - 1]}…"


def telling(lines: Iterable[str]) -> str:
    """The first of the lines that tells of an error; empty where none does."""
    before = -1
    for line in lines:
        if found := _TRACEBACK.match(line):
            before = found.end(1)
        elif before >= 0 and (line[before : before + 1].isspace() or not line[before:].strip()):
            continue
        elif before >= 0 or (_TELLS.search(line) and not _NONE_FAILED.search(line)):
            return line.strip()
    return ""


def _last(lines: list[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
