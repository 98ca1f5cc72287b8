"""The places of a shell command in which a value may stand, and those in which none may."""

import re
from enum import StrEnum

from msgspec import Struct

_ASSIGN_FIRST = 'write NAME={{ … }} on a line before, and use "$NAME" here'
ARITHMETIC = "it stands in arithmetic, where a shell runs what a value says"


PLACEHOLDER = re.compile(r"\{\{(?!(?:end|else|break|continue)\}\}) *([A-Za-z_][A-Za-z0-9_-]*) *\}\}")
"""One `{{ name }}`, with blanks or without: `{{.Names}}`, `{{json .}}` and `{{end}}` are other programs'."""


NO_VALUE = "no value yet"
"""What people read where a value would stand that nobody has given."""


def unset(name: str) -> str:
    """The words that stand for a value that nobody has given; only ever shown."""
    return f"({name.replace('_', ' ').replace('-', ' ')}: {NO_VALUE})"


class QuotingContext(StrEnum):
    """Where a placeholder stands."""

    BARE = "bare"
    DOUBLE = "in double quotes"
    SINGLE = "in single quotes"
    COMMENT = "in a comment"
    HERE = "in a here-document"
    HERE_LITERAL = "in a here-document with a quoted delimiter"


class Placeholder(Struct, frozen=True):
    """A placeholder of a command; `refusal` says why no value can be written there."""

    start: int
    end: int
    name: str
    place: QuotingContext
    refusal: str = ""

    @property
    def remedy(self) -> str:
        """What the author does about a refusal."""
        if self.refusal == ARITHMETIC:
            return "compute with awk -v n={{ … }}, or compare with [ … ]"
        return _ASSIGN_FIRST


class HereDocument(Struct, frozen=True):
    """The body of a here-document, as offsets into the template."""

    start: int
    end: int
    delimiter: str
    strip_tabs: bool
    literal: bool


class Script(Struct, frozen=True):
    """A command as the shell will read it. `trouble` is set where it ends inside a quote or cannot be followed."""

    placeholders: tuple[Placeholder, ...]
    bodies: tuple[HereDocument, ...]
    comments: tuple[tuple[int, int], ...]
    trouble: str = ""
