"""Tells which steps were made from a passage of the document that says something else by now."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path as File

from tui.runbook.model import Runbook
from tui.runbook.problem import UnplacedProblem, quoted
from tui.runbook.walk import steps_of

LONGEST = 2_000_000
"""Bytes of a document that is compared; a longer one is not a document of a runbook."""


def passage_hash(lines: Sequence[str], source: str) -> str:
    """The hash of the lines that a `source` names; blanks at their ends do not count."""
    told = "\n".join(" ".join(line.split()) for line in _named(lines, source))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def document_lines(text: str) -> list[str]:
    """The lines of a document, as editors number them."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def drifted(runbook: Runbook, beside: File | None) -> Iterator[UnplacedProblem]:
    """Steps whose passage of the document is not what they were made from."""
    kept = [(path, step) for path, step in steps_of(runbook) if step.passage and step.source]
    name = runbook.runbook.document
    if not kept or not name or beside is None or "\0" in name:
        return
    try:
        with (beside / name).open("rb") as file:
            lines = document_lines(file.read(LONGEST).decode("utf-8", "replace"))
    except (OSError, ValueError):
        return  # that it is not there is said elsewhere
    for path, step in kept:
        if passage_hash(lines, step.source) == step.passage:
            continue
        there = _elsewhere(lines, step.source, step.passage)
        if there:
            message = f"lines {step.source} of {quoted(name)} stand at {there} now"
            hint = f"source = {quoted(there)}"
        else:
            message = f"lines {step.source} of {quoted(name)} are not what this step was made from"
            hint = f"compare the step with them; then passage = {quoted(passage_hash(lines, step.source))}"
        yield UnplacedProblem(path=(*path, "passage"), message=message, hint=hint, severity="warning")


def _spans(source: str) -> list[tuple[int, int]]:
    return [(int(start), int(end or start)) for start, end in re.findall(r"(\d+)(?:-(\d+))?", source)]


def _named(lines: Sequence[str], source: str) -> Iterator[str]:
    for start, end in _spans(source):
        yield from lines[max(start - 1, 0) : end]


def _elsewhere(lines: Sequence[str], source: str, wanted: str) -> str:
    """Where the passage stands as a whole, when lines before it came or went."""
    spans = _spans(source)
    if not spans:
        return ""
    for by in sorted(range(1 - spans[0][0], len(lines) - spans[-1][1] + 1), key=abs)[:2_000]:
        shifted = ", ".join(f"{a + by}" if a == b else f"{a + by}-{b + by}" for a, b in spans)
        if by and passage_hash(lines, shifted) == wanted:
            return shifted
    return ""
