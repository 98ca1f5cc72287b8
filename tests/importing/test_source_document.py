"""The 214 commands of the bundled runbook's own document: how many an import has as steps, and in which section."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.bundled.test_bundled_runbook import rows
from tests.support.runbooks.imported_pages import as_arrays, dropped
from tests.support.source.import_measured import even, lines_of
from tui.importing.imported import ImportedRunbook, imported

_LOG = logging.getLogger(__name__)
DOCUMENT = Path(__file__).parents[2] / "docs/source/deployment-runbook.md"
KINDS = ("run", "interactive", "manual")
IN_THE_REPORT = {
    497: "asked for as a secret",
    626: "section health-check-endpoints: text",
    661: "health-check-endpoints",
}
"""What is not a step: the line that holds a token, and two requests that are shown beside what answers them."""


class Landed(Struct, frozen=True):
    """Where a line of the document stands in the runbook: the headings above its step, and how it is done there."""

    headings: tuple[str, ...]
    kind: str


@pytest.fixture(scope="module")
def runbook() -> ImportedRunbook:
    return imported(DOCUMENT.read_text(encoding="utf-8"), DOCUMENT.name)


def steps(document: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Each step with the titles of what it stands in."""
    for section in document["sections"]:
        for step in section["steps"]:
            yield (section["title"], step["title"]), step
    for issue in document["troubleshooting"]:
        for step in issue.get("diagnosis", ()):
            yield (issue["title"], "Diagnosis"), step
        for solution in issue.get("solutions", ()):
            for step in solution.get("steps", ()):
                yield (issue["title"], solution["title"]), step


def landed(document: dict[str, Any], line: int, text: str) -> Landed | None:
    """Where a command of the document is done, if it is."""
    for headings, step in steps(document):
        if line in lines_of(step.get("source", "")):
            for action in step.get("actions", [step]):
                said = "\n".join(str(action.get(key, "")) for key in (*KINDS, "original", "stdin"))
                if flat(text) in flat(said):
                    return Landed(headings, next(kind for kind in KINDS if kind in action))
    return None


def flat(text: str) -> str:
    """A command on one line without the remark behind it, whichever way its line ends are written."""
    return re.sub(r"\s+# .*$", "", " ".join(even(text.replace("\\n", "\n")).split()))


def plain(heading: str) -> str:
    """A heading without its number: `Step 1: Pull Latest Code`, `2. API Endpoints`, `Issue 6: …`."""
    return re.sub(r"^(?:(?:step|issue|method|solution) \w+: |\d+\. )", "", heading.lower()).strip(" :")


def test_at_least_nine_of_ten_commands_are_steps_in_their_section_and_the_rest_is_in_the_report(
    runbook: ImportedRunbook,
) -> None:
    document = as_arrays(runbook.text)
    commands = [row for row in rows() if row.kind == "command"]
    kinds: Counter[str] = Counter()
    elsewhere, missed = [], []
    for row in commands:
        found = landed(document, row.line, row.text)
        if found is None:
            missed.append(row.line)
            continue
        kinds[found.kind] += 1
        named = {plain(one) for one in row.section.split(" > ")}
        if not named & {plain(one) for one in found.headings}:
            elsewhere.append((row.line, row.section, found.headings))
    _LOG.info("%d commands: %s, not as steps: %s", len(commands), dict(kinds), missed)
    assert len(commands) == 214
    assert elsewhere == []
    assert missed == list(IN_THE_REPORT)
    assert kinds.total() >= 0.9 * len(commands)
    for line in missed:
        told = [fate.became for fate in runbook.fates if fate.start <= line <= fate.end]
        assert any(IN_THE_REPORT[line] in one for one in told), (line, told)


def test_no_line_of_the_document_is_dropped(runbook: ImportedRunbook) -> None:
    assert dropped(DOCUMENT.read_text(encoding="utf-8"), runbook) == []
