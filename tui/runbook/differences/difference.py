"""One thing that is another one in a later version of a runbook."""

from enum import StrEnum

from msgspec import Struct


class EditKind(StrEnum):
    """What happened to it."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


class Edit(Struct, frozen=True, kw_only=True):
    """What is another one, and how.

    `part` is what of the runbook it belongs to (steps, hosts, …), `what` which thing of it, in words, `field` what of
    that. `before` and `after` are what it was and is, empty where there is nothing. `danger` marks what decides how
    dangerous a run is, or how well it is guarded; people read that first.
    """

    kind: EditKind
    part: str
    what: str
    field: str = ""
    before: str = ""
    after: str = ""
    danger: bool = False
