"""Documents that become runbooks: what is made of them, and what their reports say nothing of."""

import tomllib
from pathlib import Path
from typing import Any

from tui.importing.imported import ImportedRunbook, imported
from tui.runbook.model import ACTION_KINDS
from tui.runbook.reading.edition.by_id import by_id
from tui.runbook.reading.edition.second_edition import steps_in
from tui.runbook.reading.lint import lint_text

_ROOT = Path(__file__).parents[3]
DOCUMENTS = (
    *sorted((_ROOT / "tests/data/documents").glob("**/*.md")),
    _ROOT / "docs/source/deployment-runbook.md",
)
"""Every document that a test imports."""


def made(text: str) -> tuple[ImportedRunbook, dict[str, Any]]:
    """The runbook of a document, which has no error, and whose report has every line."""
    runbook = imported(text, "page.md")
    assert [str(one) for one in lint_text(runbook.text, "runbook.toml") if one.severity == "error"] == []
    assert dropped(text, runbook) == []
    return runbook, as_arrays(runbook.text)


def as_arrays(text: str) -> dict[str, Any]:
    """A runbook's file as the arrays that its tables by ids stand for, one action on its step."""
    document: dict[str, Any] = by_id(tomllib.loads(text))[0]
    for _, step in steps_in(document):
        several: list[dict[str, Any]] = []
        for one in step.pop("actions", ()):
            action = {"run": one} if isinstance(one, str) else one
            if several and not action.keys() & set(ACTION_KINDS):
                several[-1] |= action  # what follows of the action above it
            else:
                several.append(dict(action))
        if len(several) == 1:
            step |= several[0]
        elif several:
            step["actions"] = several
    return document


def dropped(text: str, runbook: ImportedRunbook) -> list[str]:
    """The lines that the report says nothing of; the marks of a code block say nothing themselves."""
    told = {line for fate in runbook.fates for line in range(fate.start, fate.end + 1)}
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [
        line
        for number, line in enumerate(lines, 1)
        if line.strip() and number not in told and not line.strip().lstrip("> ").startswith(("```", "~~~"))
    ]


def actions(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All actions of the sections, those that stand on their step too."""
    found: list[dict[str, Any]] = []
    for section in document["sections"]:
        for step in section["steps"]:
            found += step.get("actions", [step])
    return found


def only(text: str) -> dict[str, Any]:
    """The one action of a document."""
    (action,) = actions(made(text)[1])
    return action


def fence(*lines: str, language: str = "bash") -> str:
    """A page with one block of code."""
    return "\n".join(["# Page", "", "## Part", "", f"```{language}", *lines, "```", ""])
