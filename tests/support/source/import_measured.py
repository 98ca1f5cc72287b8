"""Measures what an import makes of a document against the right answer that stands beside it."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.support.runbooks.imported_pages import as_arrays, dropped
from tui.importing.imported import imported
from tui.importing.named import name_of
from tui.importing.shell_code.carried import host_name
from tui.runbook.reading.lint import lint_text

_MOVES = re.compile(
    r"^(?:ssh (?:-\w+ )*\S+$|[A-Za-z_]\w*=\S*$|"
    r"sudo -i|sudo su|cd \S+$|source |\. |export |umask|deactivate|unset |set -a)"
)
"""Lines that say where and with what the next command runs: they count where they are among what it was made from."""


class MeasuredImport(Struct, frozen=True):
    """Right, wrong and missed commands; what is not marked as it should be; lines that are lost."""

    name: str
    right: int
    wrong: tuple[str, ...]
    missed: tuple[str, ...]
    unmarked: tuple[str, ...]
    dropped: tuple[str, ...]
    not_by_hand: tuple[int, ...]
    errors: tuple[str, ...]

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall of the commands."""
        return 2 * self.right / (2 * self.right + len(self.wrong) + len(self.missed))


def every_step(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All steps of a runbook, those of troubles too."""
    steps = [step for section in document["sections"] for step in section["steps"]]
    for issue in document.get("troubleshooting", ()):
        steps += issue.get("diagnosis", [])
        steps += [step for one in issue.get("solutions", ()) for step in one.get("steps", ())]
    return steps


def every_action(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All actions of a runbook, those of troubles too."""
    return [action for step in every_step(document) for action in step.get("actions", [step])]


def measured(page: Path) -> MeasuredImport:
    """What an import makes of a page, against the answer beside it."""
    text = page.read_text(encoding="utf-8")
    answer = tomllib.loads(page.with_suffix(".toml").read_text(encoding="utf-8"))
    runbook = imported(text, page.name)
    document = as_arrays(runbook.text)
    wanted = Counter(map(even, answer["commands"]))
    marks: dict[str, list[str]] = {}
    found: Counter[str] = Counter()
    inside = {even(one).rstrip(";") for one in answer["inside"]}
    optional = {even(one) for one in answer.get("optional", ())}
    for step, action in _commands(document):
        original = even(action.get("original", action.get("run", action.get("interactive", "")))).split("\n> ")[0]
        moves, command = _apart(original, wanted)
        found.update({one: 1 for one in moves if found[one] < wanted[one]})
        if command.rstrip(";") not in inside:
            found[command] += command not in optional or command in wanted
            marks.setdefault(command, []).append(
                step["danger"] if "danger" in step else "changes" if step.get("mutates") else ""
            )
    told = {even(line) for action in every_action(document) for line in action.get("original", "").split("\n")}
    missed = [
        one
        for one in (wanted - found).elements()
        if one not in optional and not (_MOVES.match(one) and _is_told(one, told, runbook.text))
    ]
    by_hand = {line for fate in runbook.fates if fate.doubt for line in range(fate.start, fate.end + 1)}
    for step in every_step(document):
        if step.get("checklist") or any("manual" in action for action in step.get("actions", [step])):
            by_hand |= lines_of(step.get("source", ""))
    by_hand |= {
        line for fate in runbook.fates if "follow-up" in fate.became for line in range(fate.start, fate.end + 1)
    }
    return MeasuredImport(
        name=page.stem,
        right=sum((wanted & found).values()) + (wanted - found).total() - len(missed),
        wrong=tuple((found - wanted).elements()),
        missed=tuple(missed),
        unmarked=(
            *(one for one in map(even, answer["changes"]) if "" in marks.get(one, ())),
            *(one for one in map(even, answer["destroys"]) if {*marks.get(one, ())} - {"destructive"}),
        ),
        dropped=tuple(dropped(text, runbook)),
        not_by_hand=tuple(line for line in answer["manual"] if not by_hand & {line - 1, line, line + 1}),
        errors=tuple(str(one) for one in lint_text(runbook.text, page.name) if one.severity == "error"),
    )


def _commands(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for step in every_step(document):
        for action in step.get("actions", [step]):
            if "run" in action or "interactive" in action:
                yield step, action


def _apart(original: str, wanted: Counter[str]) -> tuple[list[str], str]:
    """The lines of a command that only moved the shell, and the command itself."""
    lines, moves = original.split("\n"), []
    while len(lines) > 1 and "\n".join(lines) not in wanted and (_MOVES.match(lines[0]) or lines[0] in wanted):
        moves.append(lines.pop(0))
    return moves, "\n".join(lines)


def _is_told(command: str, told: set[str], text: str) -> bool:
    """Whether a line that only moved the shell is among what a command was made from, or is a host or a value."""
    if command in told:
        return True
    if command.startswith("ssh "):
        return f"[hosts.{host_name(command.split()[-1].rpartition('@')[2].strip('<>'))}]" in text
    return command.split("\n")[0] in text or (
        command.startswith("export ") and name_of(command[7:].split("=")[0]) in text
    )


def even(text: str) -> str:
    """A command with one blank where there are several, and without blank lines."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines() if line.strip())


def lines_of(source: str) -> set[int]:
    """The lines that a `source` names."""
    found: set[int] = set()
    for span in filter(None, source.split(",")):
        first, _, last = span.strip().partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found
