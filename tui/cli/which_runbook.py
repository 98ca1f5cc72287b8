"""Decides which runbook a command is about: the one that is named, as it is or was, else the one that is here."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tui.errors import RunbookError, UsageError
from tui.resources import NAME, bundled

if TYPE_CHECKING:
    from tui.runbook.model import Runbook

SHOWN = 5
"""Runbooks of a folder that a message names."""
GIT = "git:"
"""Before a revision of which the runbook here is meant."""
PATIENCE = 20.0
"""Seconds that git has for an answer."""
MOST_FILES, MOST_BYTES = 300, 8 << 20
"""Files of a runbook with parts that are read of a revision, and how large all of them may be."""


def find_runbook(given: Path | None) -> Path:
    """The runbook to use: the one given, else the nearest `runbook.toml` upwards.

    The one that came with the program is for rehearsals; nothing takes it for yours because yours is not there. Of
    several that have other names none is taken by itself.

    Raises:
        UsageError: there is none, or one has to be named.
    """
    found = given or nearest_runbook()
    if found is None and not is_somewhere():
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


def is_somewhere() -> bool:
    """Whether the folder of this process is still there."""
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


def version_of(given: str) -> "Runbook":
    """The runbook that a word of the command line names: a file, REV:path, or git:REV for the one that is here.

    Raises:
        UsageError: there is no such file or revision.
        RunbookInvalid: the runbook there is not right.
    """
    from tui.runbook.reading.load import load

    if Path(given).is_file():
        return load(Path(given))
    if given.startswith(GIT):
        here = find_runbook(None)
        revision = given.removeprefix(GIT)
        return _of_revision(
            revision, Path(_git(here.parent, "rev-parse", "--show-prefix").strip()) / here.name, here.parent
        )
    revision, colon, path = given.partition(":")
    if colon and revision and path:
        return _of_revision(revision, Path(path), Path.cwd())
    raise UsageError(f"there is no file {given}", f"name a file, REV:path, or {GIT}REV for {NAME} as it was then")


def _of_revision(revision: str, path: Path, folder: Path) -> "Runbook":
    """The runbook at a path from the top of a repository, with the parts beside it, in a revision."""
    from tui.errors import RunbookInvalid
    from tui.runbook.reading.load import load

    if revision.startswith("-") or not revision.strip():
        raise UsageError(f"{revision!r} is not a revision", "name a commit, a tag or a branch")
    commit = _git(folder, "rev-list", "-n", "1", "--end-of-options", revision).strip()
    top = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    with tempfile.TemporaryDirectory(prefix="runbook-") as place:
        _write(top, commit, path, Path(place))
        try:
            return load(Path(place) / path.name)
        except RunbookInvalid as error:
            shown = f"{revision}:{path.parent}/" if path.parent.name else f"{revision}:"
            problems = tuple(str(one).replace(f"{place}/", shown) for one in error.problems)
            message = error.message.replace(f"{place}/", shown)
            raise RunbookInvalid(message, error.hint, problems) from None


def _write(top: Path, commit: str, path: Path, place: Path) -> None:
    """Write the runbook, and the TOML files beside and below it, as they were in a commit."""
    folder = "" if str(path.parent) == "." else f"{path.parent}/"
    listed = _git(top, "ls-tree", "-r", "-l", "-z", commit, "--", folder or ".")
    found: dict[str, int] = {}
    for line in filter(None, listed.split("\0")):
        about, _, name = line.partition("\t")
        mode, kind, _, size = about.split()
        if kind == "blob" and mode != "120000" and name.endswith(".toml"):
            found[name] = int(size)
    if str(path) not in found:
        raise UsageError(f"there is no file {path} in {commit[:12]}", "a path is from the top of the repository")
    names = [str(path), *sorted(found.keys() - {str(path)})][:MOST_FILES]
    left = MOST_BYTES
    for name in names:
        left -= found[name]
        if left < 0:
            break
        file = place / name.removeprefix(folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_git(top, "cat-file", "blob", f"{commit}:{name}"), encoding="utf-8")


def _git(folder: Path, *words: str) -> str:
    """What git prints; no program of the repository's own configuration is run for it.

    Raises:
        UsageError: it does not know the answer.
    """
    command = ["git", "--no-pager", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        raise UsageError("there is no git here", "name two files") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git has not answered within {PATIENCE:.0f} s", "name two files") from None
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().split("\n")[0].removeprefix("fatal: ")
        raise UsageError(f"git: {why or words[-1]}", "`git log` lists the revisions")
    return done.stdout.decode(errors="replace")
