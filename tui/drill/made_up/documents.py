"""Makes up documents: JSON with what a runbook looks for in it, and the results of probes."""

import json
from collections.abc import Mapping
from typing import Any

from tui.drill.made_up.matching import matching
from tui.drill.made_up.within_bounds import figure_within
from tui.execution.judging.evidence import OPTIONAL
from tui.runbook.model import Action, Expect, Number, Probe
from tui.runbook.probing import KINDS
from tui.runbook.probing.spec import Field, Shape
from tui.session.outcome import MADE_UP

ANY = "*"
"""What is expected where a value need only be there."""
TOLD = "made-up"
"""What stands where any text will do."""


def document(expect: Expect, captured: Mapping[str, str]) -> Any:
    """A document with what is expected and captured by path.

    Args:
        captured: the text that is to be found at each path.
    """
    made: Any = None
    for path, wanted in expect.json.items():
        made = put(made, path.removesuffix(OPTIONAL), TOLD if wanted == ANY else _plain(wanted))
    for path, text in captured.items():
        made = put(made, path, text, over=False)
    return made


def probed(kind: str, probe: Probe, given: Mapping[str, Any], action: Action, hints: Mapping[str, str]) -> Any:
    """The result of a probe, as its action expects it.

    Args:
        given: the check's parameters by value.
        hints: what values that are captured should be, by name.
    """
    made: Any = {field.name: _field(field, given) for field in KINDS[kind].check(probe.check).fields}
    for number in action.expect.numbers:
        made = put(made, number.name, _figure([one for one in action.expect.numbers if one.name == number.name]))
    for path, wanted in action.expect.json.items():
        made = put(made, path.removesuffix(OPTIONAL), TOLD if wanted == ANY else _plain(wanted), over=wanted != ANY)
    for name, capture in action.capture.items():
        if capture.secret:
            continue
        text = matching(capture.pattern, {1: hints[name]} if name in hints else None) if capture.pattern else None
        if capture.json:
            made = put(made, capture.json, text or hints.get(name, TOLD), over=name in hints or text is not None)
        elif text is not None:
            made = _with_text(made, name, text)
    secret = {one.json or name: f"made-up-{name}" for name, one in action.capture.items() if one.secret}
    return {**made, "summary": MADE_UP, **({"secrets": secret} if secret else {})}


def _with_text(made: dict[str, Any], name: str, text: str) -> dict[str, Any]:
    """The document in which a text stands: as a part of it where it is written as one, else under a name."""
    for wrapped in (f"{{{text}}}", f'{{"{name}": {text}}}'):
        try:
            part = json.loads(wrapped)
        except ValueError:
            continue
        return {**made, **part}
    return {**made, name: text}


def put(made: Any, path: str, value: object, over: bool = True) -> Any:
    """The document with a value at a dotted path, of which the first of several counts.

    Args:
        over: it replaces what is there.
    """
    first = path.partition("|")[0].replace("[", ".").replace("]", "").strip(".")
    keys = first.split(".") if first else []
    return _put(made, keys, value, over)


def _put(made: Any, keys: list[str], value: object, over: bool) -> Any:
    if not keys:
        return value if over or made is None else made
    key, rest = keys[0], keys[1:]
    if key.lstrip("-").isdecimal() and not isinstance(made, dict):
        place, found = abs(int(key)), list(made) if isinstance(made, list) else []
        found += [None] * (place + 1 - len(found))
        found[int(key)] = _put(found[int(key)], rest, value, over)
        return found
    table = dict(made) if isinstance(made, dict) else {}
    table[key] = _put(table.get(key), rest, value, over)
    return table


def _field(field: Field, given: Mapping[str, Any]) -> object:
    if field.name == "status":
        return int(given.get("status") or 200)
    made: dict[Shape, object] = {Shape.NUMBER: 1, Shape.FLAG: True, Shape.TEXTS: [TOLD], Shape.TABLE: {}}
    return made.get(field.shape, TOLD)


def _figure(numbers: list[Number]) -> object:
    return _plain(figure_within(numbers))


def _plain(value: object) -> object:
    """A number without needless decimals, as a document has it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
