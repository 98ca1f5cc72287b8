"""Decides which runbook a command is about: the one that is named, else the one that is here."""

import os
from pathlib import Path

from tui.errors import RunbookError, UsageError
from tui.resources import NAME, bundled

SHOWN = 5
"""Runbooks of a folder that a message names."""


def find_runbook(given: Path | None) -> Path:
    """The runbook to use: the one given, else the nearest `runbook.toml` upwards.

    The one that came with the program is for rehearsals; nothing takes it for yours because yours is not there. Of
    several that have other names none is taken by itself.

    Raises:
        UsageError: there is none, or one has to be named.
    """
    found = given or nearest_runbook()
    if found is None and not _is_somewhere():
        raise UsageError("the folder you are in does not exist any more", "cd to one that does, or name a file with -f")
    if found is None:
        _refuse_others()
        ways = "`runbook init` or `runbook import FILE.md` makes one, `runbook drill` rehearses with the bundled one"
        hint = f"go to the folder of your runbook, or name it with -f FILE; {ways}"
        raise UsageError("there is no runbook.toml here, nor in a folder above", hint)
    return found


def rehearsed_runbook(given: Path | None) -> Path:
    """The same for a rehearsal, which the bundled one is for where there is none.

    Raises:
        UsageError: one has to be named.
    """
    found = given or nearest_runbook()
    if found is None:
        _refuse_others()
    return found or bundled(NAME)


def _refuse_others() -> None:
    files = runbooks_here()
    if files:
        names = ", ".join(str(path.relative_to(Path.cwd())) for path in files[:SHOWN])
        more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        words = "the runbooks here are" if len(files) > 1 else "the runbook here is"
        hint = "name it with -f FILE; `runbook list` says what each is"
        raise UsageError(f"there is no {NAME} here; {words} {names}{more}", hint)


def _is_somewhere() -> bool:
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def nearest_runbook() -> Path | None:
    """The `runbook.toml` of this folder, or of the nearest above that has one."""
    try:
        here = Path.cwd()
    except OSError:
        return None
    return next((folder / NAME for folder in (here, *here.parents) if (folder / NAME).is_file()), None)


def runbooks_here() -> list[Path]:
    """The runbooks of this folder, or else of the nearest above that has a `runbook.toml`."""
    from tui.execution.beginning.found_runbooks import runbook_files

    nearest = nearest_runbook()
    try:
        here = Path.cwd()
    except OSError:
        return []
    return runbook_files(here) or (runbook_files(nearest.parent) if nearest else [])


def same_runbook(wanted: str) -> Path | None:
    """The runbook in this folder that has this id, as it is today."""
    from tui.runbook.model import runbook_id
    from tui.runbook.reading.load import load

    nearest = nearest_runbook()
    for path in dict.fromkeys([*([nearest] if nearest else []), *runbooks_here()]):
        try:
            if runbook_id(load(path)) == wanted:
                return path
        except RunbookError:
            continue
    return None
