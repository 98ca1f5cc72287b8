"""Checks the regular expressions of a runbook before the night in which they are needed."""

import re
import warnings
from collections.abc import Iterator

from tui.runbook.problem import Fault, Path, quoted, visible


def pattern_faults(pattern: str, path: Path, groups: bool = False) -> Iterator[Fault]:
    """What is wrong with a pattern; with `groups` it must have one that says which part counts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield Fault(
            path=path,
            message=f"{quoted(pattern)} is not a regular expression",
            hint=visible(str(error), 100) or "it is nested too deeply",
        )
        return
    if groups and pattern and not compiled.groups:
        yield Fault(
            path=path,
            message=f"{quoted(pattern)} has no group",
            hint="put ( and ) around the part that counts",
        )
