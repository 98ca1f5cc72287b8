"""Matches and checks the regular expressions that people write: no pattern takes longer than its bound."""

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from tui.errors import RunbookError
from tui.runbook.patterns.backtracking import PatternShape, shape_of
from tui.runbook.problem import Path, UnplacedProblem, quoted, visible

BOUND = 2.0
"""How many seconds a pattern may take; one that took longer before gets `AGAIN`."""
AGAIN = 0.2
SHORT = 5000
"""A text of up to this many characters is matched at once where the pattern has nothing in it that could take long."""


class TooSlow(RunbookError):
    """A pattern hit its bound: whether it matches is not known."""


class PatternMatch(Struct, frozen=True):
    """One match: where it is, and what its groups have (None for a group that took no part)."""

    start: int
    end: int
    text: str
    groups: tuple[str | None, ...] = ()

    @property
    def counts(self) -> str:
        """The part that counts: the first group, or the whole match where there is none."""
        return (self.groups[0] or "") if self.groups else self.text


_slow: set[str] = set()


def search(pattern: str, text: str) -> PatternMatch | None:
    """The first match of a pattern, `^` and `$` at each line.

    Raises:
        TooSlow: it hit its bound.
    """
    quick = _at_once(pattern, text, re.MULTILINE)
    if quick is not None:
        return _told(quick.search(text))
    return next(iter(_match("search", pattern, text, re.MULTILINE)), None)


def fullmatch(pattern: str, text: str) -> PatternMatch | None:
    """The match of a pattern with the whole text; raises as `search` does."""
    quick = _at_once(pattern, text, 0)
    if quick is not None:
        return _told(quick.fullmatch(text))
    return next(iter(_match("fullmatch", pattern, text, 0)), None)


def finditer(pattern: str, text: str) -> list[PatternMatch]:
    """Every match of a pattern, `^` and `$` at each line; raises as `search` does."""
    quick = _at_once(pattern, text, re.MULTILINE)
    if quick is not None:
        return [PatternMatch(one.start(), one.end(), one[0], one.groups()) for one in quick.finditer(text)]
    return _match("finditer", pattern, text, re.MULTILINE)


def names_in(pattern: str) -> dict[str, int]:
    """The names of a pattern's groups, and which group each is, counted from 1."""
    return dict(_compiled(pattern, re.MULTILINE).groupindex)


def _match(how: str, pattern: str, text: str, flags: int) -> list[PatternMatch]:
    """Every match, found in a process of its own that can be ended."""
    _compiled(pattern, flags)  # a fault of the pattern is told here
    from tui.runbook.patterns.matcher import matches

    bound = AGAIN if pattern in _slow else BOUND
    told = matches(how, pattern, text, int(flags), bound)
    if told is None:
        _slow.add(pattern)
        raise TooSlow(
            f"the pattern {quoted(pattern)} took more than {bound:g} s on this text: nobody knows whether it matches",
            "write it without a repetition inside a repetition; `runbook lint` names it",
        )
    return [PatternMatch(start, end, text[start:end], groups) for start, end, groups in told]


@lru_cache(maxsize=1024)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(pattern, flags)


@lru_cache(maxsize=1024)
def _harmless(pattern: str, flags: int) -> re.Pattern[str] | None:
    """The pattern, unless something in it could take long; a drill tries a hundred of them for each answer."""
    compiled = _compiled(pattern, flags)
    return None if _shape(pattern).risky else compiled


def _at_once(pattern: str, text: str, flags: int) -> re.Pattern[str] | None:
    return _harmless(pattern, flags) if len(text) <= SHORT else None


def _told(match: re.Match[str] | None) -> PatternMatch | None:
    return None if match is None else PatternMatch(match.start(), match.end(), match[0], match.groups())


@lru_cache(maxsize=1024)
def _shape(pattern: str) -> PatternShape:
    return shape_of(pattern)


def pattern_doubts(pattern: str, path: Path) -> Iterator[UnplacedProblem]:
    """What may take very long in a pattern."""
    if _shape(pattern).nested:
        yield UnplacedProblem(
            path=path,
            message=f"{quoted(pattern)} repeats a repetition: on a text that does not match it may never end",
            hint="write each part so that it can match in one way only",
            severity="warning",
        )


def pattern_faults(pattern: str, path: Path, groups: bool = False) -> Iterator[UnplacedProblem]:
    """What is wrong with a pattern; with `groups` it must have one that says which part counts."""
    try:
        compiled = _compiled(pattern, 0)
    except (re.error, OverflowError, RecursionError) as error:
        yield UnplacedProblem(
            path=path,
            message=f"{quoted(pattern)} is not a regular expression",
            hint=visible(str(error), 100) or "it is nested too deeply",
        )
        return
    if groups and pattern and not compiled.groups:
        yield UnplacedProblem(
            path=path,
            message=f"{quoted(pattern)} has no group",
            hint="put ( and ) around the part that counts",
        )
