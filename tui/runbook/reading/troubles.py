"""Checks by what a known trouble is recognised: its patterns, and the services and commands that they belong to."""

import re
from collections.abc import Iterator

from tui.runbook.model import Runbook, TroubleSign
from tui.runbook.patterns.bounded import pattern_faults
from tui.runbook.problem import Path, UnplacedProblem, quoted
from tui.runbook.reading.declarations import missing

ANYBODYS = (
    "connect to 10.0.0.5 port 9000 failed: Connection refused",
    "dial tcp 10.0.0.5:443: connect: connection timed out",
    "the request timed out",
    "s3.example does not answer within 20 s",
    "s3.example refuses connections on port 9000",
    "error: the command failed",
    "ERROR: failed",
    "exit status 1",
    "Permission denied",
    "No such file or directory",
)
"""What the programs of every service say: it tells that something failed, not what."""


def issue_faults(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """What is wrong with the words of the known troubles."""
    for number, issue in enumerate(runbook.troubleshooting):
        path: Path = ("troubleshooting", number)
        for place, pattern in enumerate(issue.patterns):
            yield from pattern_faults(pattern, (*path, "patterns", place))
        for place, sign in enumerate(issue.signs):
            yield from _sign_faults(runbook, sign, (*path, "signs", place))


def _sign_faults(runbook: Runbook, sign: TroubleSign, path: Path) -> Iterator[UnplacedProblem]:
    for key, patterns in (("patterns", sign.patterns), ("commands", sign.commands)):
        for place, pattern in enumerate(patterns):
            yield from pattern_faults(pattern, (*path, key, place))
    for place, service in enumerate(sign.services):
        yield from missing(service, runbook.services, "service", (*path, "services", place))
    if not sign.patterns:
        yield UnplacedProblem(
            path=path, message="a sign without patterns is never found", hint="patterns = ['words of it']"
        )
    if not sign.services and not sign.commands:
        message = "this sign belongs to no service and to no command"
        yield UnplacedProblem(
            path=path, message=message, hint="add services or commands, or write the words in `patterns`"
        )


def issue_doubts(runbook: Runbook) -> Iterator[tuple[Path, str, str]]:
    """Patterns that count whatever has failed, and fit the failures of anything: where, what, and what to do."""
    for number, issue in enumerate(runbook.troubleshooting):
        for place, pattern in enumerate(issue.patterns):
            said = next((one for one in ANYBODYS if _fits(pattern, one)), "")
            if said:
                message = f"{quoted(pattern)} fits the failures of any service, as in {quoted(said)}"
                hint = "name the program or the port with it, or write it in `signs` with the services it is about"
                yield ("troubleshooting", number, "patterns", place), message, hint


def _fits(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text, re.MULTILINE) is not None
    except (re.error, OverflowError, RecursionError):
        return False  # an error already
