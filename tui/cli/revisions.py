"""Reads a runbook as it is in a file, or as it was in a revision of its git repository."""

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tui.errors import UsageError
from tui.resources import NAME

if TYPE_CHECKING:
    from tui.runbook.model import Runbook

GIT = "git:"
"""Before a revision of which the runbook here is meant."""
PATIENCE = 20.0
"""Seconds that git has for an answer."""
MOST_FILES, MOST_BYTES = 300, 8 << 20
"""Files of a runbook with parts that are read of a revision, and how large all of them may be."""


def version_of(given: str) -> "Runbook":
    """The runbook that a word of the command line names: a file, REV:path, or git:REV for the one that is here.

    Raises:
        UsageError: there is no such file or revision.
        RunbookInvalid: the runbook there is not right.
    """
    from tui.cli.which_runbook import find_runbook
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
