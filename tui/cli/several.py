"""The commands about several runbooks: which there are in a folder, which is meant, what differs between two."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.options import guarded
from tui.cli.printing import ask_line, is_terminal, tell
from tui.cli.which_runbook import nearest_runbook, runbooks_here
from tui.errors import RunbookError, UsageError

if TYPE_CHECKING:
    from tui.execution.beginning.found_runbooks import FoundRunbook


DIFFERS, TROUBLE = 1, 2
"""What `diff` ends with, as diff(1) does."""


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@guarded
def list_runbooks(as_json: bool) -> None:
    """List the runbooks of this folder, with what is unfinished and what is left to do of each."""
    from tui.execution.beginning.found_runbooks import found_runbooks
    from tui.text.json_text import json_text

    found = list(found_runbooks(runbooks_here()))
    counts = _counts()
    if as_json:
        rows = []
        for one in found:
            unfinished, owed = counts.get(one.id, (0, 0))
            about = {"id": one.id, "title": one.title, "file": str(_shown(one.path)), "problem": one.problem}
            rows.append({**about, "unfinished": unfinished, "followups": owed})
        tell(json_text(rows))
        return
    if not found:
        ways = "`runbook init` or `runbook import FILE.md` makes one, `runbook drill` rehearses with the bundled one"
        raise UsageError("there is no runbook in this folder", ways)
    for line in _lines(found, counts):
        tell(line)


def _lines(found: "list[FoundRunbook]", counts: dict[str, tuple[int, int]]) -> list[str]:
    from tui.headless.columns import table

    rows = [("ID", "TITLE", "FILE", "UNFINISHED", "FOLLOW-UPS")]
    for one in found:
        unfinished, owed = counts.get(one.id, (0, 0))
        title = one.title or f"? {one.problem}"
        rows.append((one.id, title, str(_shown(one.path)), str(unfinished or ""), str(owed or "")))
    ids = [one.id for one in found if one.id]
    twice = [name for name in dict.fromkeys(ids) if ids.count(name) > 1]
    doubts = [f"! {name} is the id of {ids.count(name)} runbooks: their sessions are told as of one" for name in twice]
    return [*table(rows).split("\n"), *doubts]


def _counts() -> dict[str, tuple[int, int]]:
    """Of each runbook's id how many sessions are unfinished, and how many follow-ups are left."""
    from tui.cli.wiring import open_store
    from tui.session.archive.known import KnownSessions

    found: dict[str, tuple[int, int]] = {}
    for one in KnownSessions(open_store()).listed():
        if one.readable and not one.scenario:
            unfinished, owed = found.get(one.runbook, (0, 0))
            found[one.runbook] = unfinished + (not one.finished), owed + one.owing
    return found


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def chosen_file(given: Path | None) -> Path | None:
    """The runbook that the screen opens: the one given, else the one here; of several with other names, asked for.

    Raises:
        UsageError: none was chosen.
    """
    if given is not None or nearest_runbook() is not None or not is_terminal():
        return given
    from tui.execution.beginning.found_runbooks import found_runbooks

    found = [one for one in found_runbooks(runbooks_here()) if not one.problem]
    if not found:
        return None
    tell("The runbooks here:")
    for number, one in enumerate(found, 1):
        tell(f"  {number}  {one.title} ({one.id}, {_shown(one.path)})")
    while answer := ask_line("Which one? Its number, or nothing to leave"):
        if answer.isdecimal() and 1 <= int(answer) <= len(found):
            return found[int(answer) - 1].path
        tell(f"a number from 1 to {len(found)}")
    raise UsageError("no runbook was chosen", "name it with -f FILE")


def others_than(path: Path) -> tuple[Path, ...]:
    """The other runbooks of this folder."""
    return tuple(one for one in runbooks_here() if one.resolve() != path.resolve())


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@guarded
def diff(before: str, after: str, as_json: bool) -> None:
    """Say what changed from runbook A to runbook B: what is about danger first.

    Each is a file, REV:path of this git repository, or git:REV for the runbook here as it was then. Ends with 0 where
    nothing differs, 1 where something does, 2 where one of them cannot be read.
    """
    from tui.cli.which_runbook import version_of
    from tui.runbook.differences.difference_lines import difference_lines
    from tui.runbook.differences.runbooks import differences
    from tui.text.json_text import json_text

    try:
        found = differences(version_of(before), version_of(after))
    except RunbookError as error:
        error.exit_code = TROUBLE
        raise
    if as_json:
        tell(json_text(found))
    else:
        for line in difference_lines(found, before, after):
            tell(line)
    sys.exit(DIFFERS if found else 0)
