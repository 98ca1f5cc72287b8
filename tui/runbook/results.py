"""What an action's result must be, and which values are taken from it, as an author writes them."""

import math
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from tui.runbook.kinds import Duration, Lines, Model

Filled = Annotated[
    str, Meta(pattern=r"^\{\{ *[A-Za-z_][A-Za-z0-9_-]* *\}\}$", description="a number, or a value as {{ name }}")
]
Bound = float | Filled | None
"""A bound of a number: one that is known, or the value that it will be."""
Status = int | Filled
"""An exit status, or one of HTTP: one that is known, or the value that it will be."""


def known_status(status: Status) -> Status:
    """A status as a number where it is one; a value that turned out to be something else stays as it is."""
    text = str(status).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else status


def known_bound(bound: Bound | str) -> float | None:
    """A bound that is known; None where there is none, or its value is not known or not a number."""
    if bound is None or isinstance(bound, int | float):
        return bound
    try:
        found = float(bound)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


class Number(Model, frozen=True, kw_only=True):
    """A number found in the output, and its bounds.

    `pattern` has one group around the number (the first number of the output where it is empty). With several matches,
    `of` says which counts. Bounds are strict (`below`, `above`) or not (`at_most`, `at_least`); they may be values:
    `{{ name }}`.
    """

    name: str = "value"
    pattern: str = ""
    of: Annotated[str, Meta(pattern=r"^(first|last|smallest|largest|average|sum|count)$")] = "first"
    below: Bound = None
    above: Bound = None
    at_most: Bound = None
    at_least: Bound = None
    unit: str = ""


class Http(Model, frozen=True, kw_only=True):
    """What the status line printed by `curl -I` or `curl -i` must say."""

    status: Status | tuple[Status, ...] | None = None
    protocol: str = ""


class Expect(Model, frozen=True, kw_only=True):
    """What a good result looks like; every field given must hold.

    `exit` lists the exit statuses that are good news ([] for any). Text, JSON and numbers are looked for in whole lines
    of standard output, with `on_stderr` of standard error; what is captured comes from there too. `json` maps a dotted
    path into the JSON document in the output to the value it must have; the value "*" asks only that it is there. A `|`
    between paths takes the first that is there, a `?` at the end asks nothing where there is none.
    `seconds` bounds the duration. `warn` makes a miss a warning that is shown and logged, but does not stop the step.
    """

    exit: tuple[Status, ...] = (0,)
    contains: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    empty: bool | None = None
    on_stderr: bool = False
    json: Mapping[str, str | float | bool | None] = {}
    numbers: tuple[Number, ...] = ()
    http: Http | None = None
    seconds: Bound = None
    choice: tuple[str, ...] = ()
    warn: bool = False
    text: str = ""
    source: Lines = ""


class Capture(Model, frozen=True, kw_only=True):
    """A value taken from the output: the first group of `pattern`, the JSON value at `json`, or all of it, trimmed.

    A `baseline` is what was there before: once a change after its step has begun, what is found then is shown beside
    it and does not replace it.
    """

    pattern: str = ""
    json: str = ""
    secret: bool = False
    optional: bool = False
    baseline: bool = False


class Retry(Model, frozen=True, kw_only=True):
    """Run a read-only action again until its expectations hold: at most `times` more, `every` apart."""

    times: int
    every: Duration = "5s"


class Until(Model, frozen=True, kw_only=True):
    """Ask `every` so often, for as long as `within`, until what is expected is there; only what reads is asked so."""

    within: Duration
    every: Duration = "10s"
