"""What a drill's host answers to one command where its scenario says nothing: made up, and marked as that."""

import re

from msgspec import Struct

from tui.runbook.shell.script import BEGINS
from tui.session.outcome import MADE_UP_MARK


class Supposed(Struct, frozen=True, kw_only=True, tag="suppose"):
    """An answer that is made up: to this script on this host, or with `pattern` to each that the pattern fits whole.

    `host` is the name of the host whose connection is used. `out` and `err` are what is printed, `pace` the seconds of
    drill time that it takes.
    """

    host: str
    script: str
    pattern: bool = False
    out: str = ""
    err: str = ""
    exit: int = 0
    pace: float = 0.3


class Supposals:
    """The answers that are made up by now: the newest of a script counts, and one of a script before a pattern's."""

    def __init__(self, first: tuple[Supposed, ...] = ()) -> None:
        self._exact: dict[tuple[str, str], Supposed] = {}
        self._patterns: list[tuple[str, re.Pattern[str], Supposed]] = []
        for one in first:
            self.suppose(one)

    def suppose(self, one: Supposed) -> None:
        """Answer so from now on."""
        if one.pattern:
            self._patterns.append((one.host, re.compile(one.script, re.DOTALL), one))
        else:
            self._exact[one.host, one.script] = one

    def answer(self, host: str, script: str) -> Supposed | None:
        """The answer to a script, without what its host begins every command with; None where none is made up."""
        script = script.rpartition(BEGINS)[2]
        exact = self._exact.get((host, script))
        if exact is not None:
            return exact
        fitting = (one for name, pattern, one in self._patterns if name == host and pattern.fullmatch(script))
        return next(fitting, None)


def marked(out: str, err: str, aloud: bool) -> tuple[str, str]:
    """What is printed, with the line that says that it is made up; on standard output where errors are judged."""
    return (f"{MADE_UP_MARK}\n{out}", err) if aloud else (out, f"{MADE_UP_MARK}\n{err}")
