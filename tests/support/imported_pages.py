"""Documents that become runbooks: what is made of them, and what their reports say nothing of."""

import tomllib
from typing import Any

from tui.importing.imported import ImportedRunbook, imported
from tui.runbook.reading.lint import lint_text


def made(text: str) -> tuple[ImportedRunbook, dict[str, Any]]:
    """The runbook of a document, which has no error, and whose report has every line."""
    runbook = imported(text, "page.md")
    assert [str(one) for one in lint_text(runbook.text, "runbook.toml") if one.severity == "error"] == []
    assert dropped(text, runbook) == []
    return runbook, tomllib.loads(runbook.text)


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
