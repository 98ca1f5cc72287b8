"""Takes secrets out of every event on its way to the journal, whatever piece of text brought them there."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from tui.session.events import Event

STRUCTURAL = frozenset(
    (
        "type",
        "session",
        "flow",
        "method",
        "environment",
        "step",
        "host",
        "name",
        "message",
        "kind",
        "signal",
        "link",
        "how",
        "result",
    )
    + ("head", "sha256", "runbook_hash", "scenario_hash", "fingerprint", "operator", "second_operator", "previous")
    + ("commands", "id", "blob", "key", "why")
)
"""Fields that hold names of the runbook's or the program's own; replacing a part of one would break the fold."""

NAMED = frozenset(("variables", "settings", "targets", "places", "groups", "figures"))
"""Fields that hold values by names of the runbook's; one that is called as a field is not a field."""

AnEvent = TypeVar("AnEvent", bound=Event)


def guarded(event: AnEvent, redact: Callable[[str], str]) -> AnEvent:
    """The event with every other text in it redacted."""
    fields = msgspec.to_builtins(event)
    cleaned = _cleaned(fields, redact)
    return event if cleaned == fields else msgspec.convert(cleaned, type(event))


def _cleaned(value: object, redact: Callable[[str], str], structural: frozenset[str] = STRUCTURAL) -> object:
    match value:
        case str():
            return redact(value)
        case dict():
            return {
                key: one if key in structural else _cleaned(one, redact, frozenset() if key in NAMED else STRUCTURAL)
                for key, one in value.items()
            }
        case list() | tuple():
            return [_cleaned(one, redact) for one in value]
        case _:
            return value
