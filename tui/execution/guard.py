"""Takes secrets out of every event on its way to the journal, whatever piece of text brought them there."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tui.session.events import Event

STRUCTURAL = frozenset(
    ("session", "flow", "method", "step", "host", "name", "message", "kind", "signal", "link", "how", "result")
    + ("head", "sha256", "runbook_hash", "scenario_hash", "fingerprint", "operator", "second_operator", "previous")
)
"""Fields that hold names of the runbook's or the program's own; replacing a part of one would break the fold.

A value that only happens to be called so, as a variable may be, is not one.
"""

AnEvent = TypeVar("AnEvent", bound=Event)


def guarded(event: AnEvent, redact: Callable[[str], str]) -> AnEvent:
    """The event with every other text in it redacted."""
    cleaned: AnEvent = _cleaned(event, redact)
    return cleaned


def _cleaned(value: Any, redact: Callable[[str], str]) -> Any:
    match value:
        case Enum():
            return value
        case str():
            return redact(value)
        case Struct():
            texts = ((name, getattr(value, name)) for name in value.__struct_fields__ if name not in STRUCTURAL)
            found = {name: (text, _cleaned(text, redact)) for name, text in texts}
            changes = {name: cleaned for name, (text, cleaned) in found.items() if cleaned != text}
            return replace(value, **changes) if changes else value
        case Mapping():
            return {key: _cleaned(one, redact) for key, one in value.items()}
        case tuple():
            return tuple(_cleaned(one, redact) for one in value)
        case _:
            return value
