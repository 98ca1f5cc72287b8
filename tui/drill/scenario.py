"""What an author may write in a drill's scenario file: how a host that is not there answers the runbook's commands."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from tui.runbook.kinds import Identifier
from tui.runbook.model import Duration, Facts, Model, Name

BUILT_INS = (
    "now",
    "now_iso",
    "now_long",
    "now_log",
    "now_http",
    "now_stamp",
    "now_digits",
    "now_date",
    "now_ls",
    "now_short",
    "host",
    "hostname",
)
"""What every template may name besides the scenario's facts and the pattern's named groups (docs/drills.md)."""

PLACEHOLDER = re.compile(r"\{\{ *([a-z][a-z0-9_-]*) *\}\}")


class Ending(StrEnum):
    """What happens after a rule's last line.

    The command exits, or runs without end. With `disconnect` the connection is lost: half-way through a command that
    changes something, which keeps running; at the end of any other. With `restart` the whole host restarts under it.
    """

    EXIT = "exit"
    HANG = "hang"
    DISCONNECT = "disconnect"
    RESTART = "restart"


class DrillHostEntry(Model, frozen=True, kw_only=True):
    """What a host of the runbook calls itself in the drill."""

    hostname: str


class Rule(Model, frozen=True, kw_only=True):
    """One answer: the first rule whose `match` is found in the script, and whose `when` and `on` hold, gives it.

    `output` is what the command prints; a line starting with `2> ` goes to standard error. `pace` is how long it takes
    in all, spread over the lines. `set` holds the facts that are different when it has ended. `signal` is what kills
    the command after its last line. For `offline` nobody gets in after a connection was lost.
    """

    match: str
    title: str = ""
    on: tuple[Name, ...] = ()
    when: Facts = {}
    output: str = ""
    pace: Duration = "0.3s"
    exit: Annotated[int, Meta(ge=0, le=255)] = 0
    signal: Annotated[str, Meta(pattern=r"^([A-Z][A-Z0-9]*)?$")] = ""
    ending: Ending = Ending.EXIT
    offline: Duration = "0s"
    set: Mapping[Name, str] = {}


class Fault(Model, frozen=True, kw_only=True):
    """Something that goes wrong: facts that are different from then on, which the rules answer by.

    It strikes `delay` (of drill time) after the session began, or after step `after` was signed; with `by_itself =
    false` only where somebody, or chance, asks for it. It is over when the facts of `over` hold. One that `helps` is
    not trouble but what an operator calls for: chance never chooses it.
    """

    id: Identifier
    title: str
    text: str = ""
    set: Mapping[Name, str]
    after: str = ""
    delay: Duration = "0s"
    by_itself: bool = True
    helps: bool = False
    over: Facts = {}


class PlayedAnswer(Model, frozen=True, kw_only=True):
    """What the drill's second person answers where a step asks for one: of these `steps`, or of any.

    They `approve`, `refuse` with a `reason`, or stay `silent`, `after` some time.
    """

    answer: Literal["approve", "refuse", "silent"] = "approve"
    steps: tuple[Identifier, ...] = ()
    after: Duration = "3s"
    reason: str = ""


class Scenario(Model, frozen=True, kw_only=True):
    """A whole scenario: the facts at its beginning, and the rules, more specific ones first.

    `based_on` names another scenario, whose rules answer what this one's do not and whose facts hold unless given here.
    `faults` are what goes wrong, by itself or when it is asked for. `second_person` is what a second person answers who
    is asked before a step starts, the first that fits; without one they allow it.
    """

    format: Annotated[int, Meta(ge=1, le=1)]
    title: str
    text: str = ""
    based_on: str = ""
    facts: Mapping[Name, str] = {}
    hosts: Mapping[Name, DrillHostEntry] = {}
    faults: tuple[Fault, ...] = ()
    second_person: tuple[PlayedAnswer, ...] = ()
    rules: tuple[Rule, ...] = ()
