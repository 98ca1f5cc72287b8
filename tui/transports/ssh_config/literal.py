"""What the lines of the SSH configuration say literally, where `ssh -G` leaves out what matters: quotes, and + or -."""

import glob
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tui.errors import HostError
from tui.transports.ssh_config.by_openssh import BY_OPENSSH

SYSTEM = Path("/etc/ssh/ssh_config")
DEEPEST = 16
_LINE = re.compile(r"\s*(\w+)(?:\s*=\s*|\s+)(.*)")

Filled = Callable[[str], str]
"""Fills in the tokens of one word, as OpenSSH does before it opens a file."""


def values(keyword: str, files: Sequence[Path]) -> Iterator[str]:
    """What follows a keyword in any line of the configuration, whichever host it is for; `files` stands for -F."""
    user = Path(os.path.expanduser("~/.ssh"))
    roots = [(file, user) for file in files[:1]] or [(user / "config", user), (SYSTEM, SYSTEM.parent)]
    for file, folder in roots:
        yield from _values(keyword.lower(), file, folder, 0)


def _values(keyword: str, file: Path, folder: Path, depth: int) -> Iterator[str]:
    try:
        text = file.read_text(errors="surrogateescape")
    except OSError:
        return
    for line in text.split("\n"):
        found = _LINE.match(line)
        if not found:
            continue
        if found[1].lower() == keyword:
            yield found[2]
        elif found[1].lower() == "include" and depth < DEEPEST:
            for pattern in _words(found[2]):
                for name in sorted(glob.glob(str(folder / os.path.expanduser(pattern)))):
                    yield from _values(keyword, Path(name), folder, depth + 1)


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value, comments=True)
    except ValueError:
        return []


def paths(keyword: str, shown: str, default: str, files: Sequence[Path], filled: Filled) -> tuple[Path, ...]:
    """The file names that `ssh -G` shows behind a keyword, though it does not tell a name with a blank from two.

    Raises:
        HostError: more than one reading of the configuration would look like that.
    """
    if not shown or shown == "none":
        return ()
    if " " not in shown:
        return (Path(shown),)
    written = [default.split(), *map(_words, values(keyword, files))]
    readings = {reading for reading in map(tuple, _filled(written, filled)) if " ".join(reading) == shown}
    if not readings and all(word.startswith("/") for word in shown.split(" ")):
        readings = {tuple(shown.split(" "))}  # a line we did not find, as of an Include with tokens of its own
    if len(readings) != 1:
        raise HostError(
            f"{keyword} {shown}: where one name ends and the next begins cannot be told",
            f"write it without blanks in the names, or without tokens; or {BY_OPENSSH}",
        )
    return tuple(map(Path, readings.pop()))


def _filled(written: Iterable[list[str]], filled: Filled) -> Iterator[list[str]]:
    for words in written:
        yield words
        yield [filled(word) for word in words]


def is_amended(keyword: str, files: Sequence[Path]) -> bool:
    """Whether every line with the keyword only adds to the default or takes from it; then its order is the default's.

    OpenSSH puts known kinds of host key first unless the configuration gives an order of its own.
    """
    return all(value.lstrip('" ').startswith(("+", "-")) for value in values(keyword, files))
