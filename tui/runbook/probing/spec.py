"""What a kind of probe offers: its settings, its checks, and the fields of each check's result."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Shape(StrEnum):
    """What kind of value a setting or a field has."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    TEXTS = "texts"
    SECRET = "secret"  # noqa: S105 - the word for a kind of value
    TABLE = "table"


class Setting(Struct, frozen=True, kw_only=True):
    """A setting of a service, or a parameter of a check. A secret one is the name of a secret, never its value."""

    name: str
    shape: Shape = Shape.TEXT
    help: str
    required: bool = False
    default: str | float | bool | tuple[str, ...] | None = None


class Field(Struct, frozen=True, kw_only=True):
    """A field of a check's result; `figure` ones are kept as baseline and compared. `unit` is empty for a count."""

    name: str
    shape: Shape = Shape.NUMBER
    unit: str = ""
    help: str
    figure: bool = False


class CheckSpec(Struct, frozen=True, kw_only=True):
    """One check: what it is told and what it finds. `mutates` marks one that leaves something behind on failure."""

    name: str
    help: str
    parameters: tuple[Setting, ...] = ()
    fields: tuple[Field, ...] = ()
    mutates: bool = False


class KindSpec(Struct, frozen=True, kw_only=True):
    """A kind of service: its settings and the checks that can be made of it."""

    name: str
    title: str
    settings: tuple[Setting, ...] = ()
    checks: tuple[CheckSpec, ...] = ()

    def check(self, name: str) -> CheckSpec:
        """The check of this name; the loader has made sure that it is there."""
        return next(check for check in self.checks if check.name == name)


Kinds = Mapping[str, KindSpec]
