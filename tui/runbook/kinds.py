"""The kinds of value an author writes in a runbook, and what all of its tables have in common."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct

Identifier = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*$", description="lower-case letters, digits and hyphens")]
Name = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_-]*$", description="lower-case letters, digits, underscores and hyphens")
]
Duration = Annotated[
    str, Meta(pattern=r"^(?=\d)(\d+h)?(\d+m)?(\d+(\.\d+)?s)?$", description="a length of time: 90s, 5m, 1h30m")
]
Lines = Annotated[
    str, Meta(pattern=r"^(\d+(-\d+)?(, ?\d+(-\d+)?)*)?$", description="lines of the source document: 153, 156-159")
]
AtLeastOne = Annotated[int, Meta(ge=1)]
BatchSize = Annotated[
    str, Meta(pattern=r"^([1-9][0-9]{0,4}|([1-9][0-9]?|100)%)$", description='hosts, or a share of all: "5", "25%"')
]
PassageHash = Annotated[
    str, Meta(pattern=r"^([0-9a-f]{12})?$", description="12 digits, as `runbook import` and `runbook lint` write them")
]
Facts = Mapping[str, str | tuple[str, ...]]
"""Facts that must all hold: a name (method, variable or captured value) and the value, or values, it must have."""


def exported(name: str) -> str:
    """The environment variable that a captured secret of this name is exported as."""
    return name.upper().replace("-", "_")


@lru_cache(maxsize=1024)
def seconds(duration: str) -> float:
    """The length in seconds of a `Duration` such as `1h30m`."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([hms])", duration))


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of everything an author writes: frozen, and an unknown key is an error."""


class HostByHost(Model, frozen=True, kw_only=True):
    """What goes over a group host by host: on each of them all that it does, before its place goes to another.

    `each` names the group. `batches` are how many hosts are gone over before it pauses, each a number or a share of
    all (`["1", "25%", "100%"]`); the last size holds until none is left. `at_once` is on how many hosts it runs at a
    time (5), `stop_after` how many may fail, be not reached or end unknown until it begins on no other (1), over all
    batches. `soak` is how long monitors and triggers are judged between two batches; without it the operator begins
    each batch.
    """

    each: Name = ""
    batches: tuple[BatchSize, ...] = ()
    at_once: AtLeastOne | None = None
    stop_after: AtLeastOne | None = None
    soak: Duration = ""


class Danger(StrEnum):
    """How a step starts: with one key, with a confirmation, or by typing the host's name."""

    NONE = "none"
    CAUTION = "caution"
    DESTRUCTIVE = "destructive"


class Signoff(StrEnum):
    """Who confirms that a step is done; `on-warning`: the operator where a check warned, else nobody."""

    AUTO = "auto"
    ON_WARNING = "on-warning"
    OPERATOR = "operator"
    TWO_PERSON = "two-person"


class Approval(StrEnum):
    """Who has to allow a step, beside the operator, before it starts."""

    NONE = "none"
    SECOND_PERSON = "second-person"
    OR_ALONE = "second-person-or-alone"
    """Where nobody is reachable the operator may start it alone, with a reason that the report names first."""

    @property
    def described(self) -> str:
        """Who allows it, as a description of the step says it; empty where nobody has to."""
        alone = ", or the operator alone with a reason" if self is Approval.OR_ALONE else ""
        return "" if self is Approval.NONE else f"a second person allows it{alone}"


class Cut(StrEnum):
    """Whether an action cuts users off (`begins`), or shows that they are served again (`ends`)."""

    NONE = "none"
    BEGINS = "begins"
    ENDS = "ends"


class Weekday(StrEnum):
    """A day of the deployment window."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"
