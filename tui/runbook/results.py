"""What an action's result must be, and which values are taken from it, as an author writes them."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from tui.runbook.kinds import Duration, Lines, Model


class Number(Model, frozen=True, kw_only=True):
    """A number found in the output, and its bounds.

    `pattern` has one group around the number (the first number of the output where it is empty). With several matches,
    `of` says which counts. Bounds are strict (`below`, `above`) or not (`at_most`, `at_least`).
    """

    name: str = "value"
    pattern: str = ""
    of: Annotated[str, Meta(pattern=r"^(first|last|smallest|largest|average|sum|count)$")] = "first"
    below: float | None = None
    above: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""


class Http(Model, frozen=True, kw_only=True):
    """What the status line printed by `curl -I` or `curl -i` must say."""

    status: int | tuple[int, ...] | None = None
    protocol: str = ""


class Expect(Model, frozen=True, kw_only=True):
    """What a good result looks like; every field given must hold.

    `exit` lists the exit statuses that are good news ([] for any). Text, JSON and numbers are looked for in whole lines
    of standard output, with `on_stderr` of standard error; what is captured comes from there too. `json` maps a dotted
    path into the JSON document in the output to the value it must have; the value "*" asks only that it is there. A `|`
    between paths takes the first that is there, a `?` at the end asks nothing where there is none.
    `seconds` bounds the duration. `warn` makes a miss a warning that is shown and logged, but does not stop the step.
    """

    exit: tuple[int, ...] = (0,)
    contains: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    empty: bool | None = None
    on_stderr: bool = False
    json: Mapping[str, str | float | bool | None] = {}
    numbers: tuple[Number, ...] = ()
    http: Http | None = None
    seconds: float | None = None
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
