"""Fills `{{ name }}` in what is expected and captured, tells what has no value yet, and where none may stand."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from tui.runbook.model import Action, Capture, Expect, Number
from tui.runbook.problem import UnplacedProblem
from tui.runbook.results import Bound, Http, Status, known_bound, known_status
from tui.runbook.services import Service
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.templates.told_fields import TOLD
from tui.runbook.templates.variables import fill, fill_shown, names, worded
from tui.runbook.walk import KEY, Text

_OF_ACTIONS = (
    "run",
    "ask",
    "manual",
    "interactive",
    "open",
    "directory",
    "stdin",
    "title",
    "original",
    "consequences",
    "choices",
    "loses_data",
)
BOUNDS = ("below", "above", "at_most", "at_least")
FILLED = frozenset(
    {
        *(
            (kind, key)
            for kind in ("Host", "HostOverride")
            for key in ("target", "user", "directory", "file", "preamble", "expect_hostname", "environment")
        ),
        ("Environment", "variables"),
        *(("Variable", key) for key in ("default", "choices_from", "default_from")),
        *(("Action", key) for key in _OF_ACTIONS),
        *((kind.__name__, key) for kind, keys in TOLD.items() if kind is not Service for key in keys),
        *(("Step", key) for key in ("text", "note")),
        ("Monitor", "share_of"),
        *(("Number", key) for key in ("name", "pattern", "unit")),
        *(("Message", key) for key in ("title", "body", "to", "send", "of")),
        *(("Expect", key) for key in ("contains", "absent", "matches", "misses", "json", "choice", "text")),
        *(("Capture", key) for key in ("pattern", "json")),
        ("Http", "protocol"),
        ("Watched", "samples"),
        ("Link", "url"),
        ("Flow", "back_to"),
        ("Monitor", "run"),
        *(("Secret", key) for key in ("file", "command", "service", "username")),
    }
)
"""The fields in which a placeholder is filled in; in every other one it is refused."""
_FILLED_NUMBERS = frozenset(
    {
        *(("Number", key) for key in BOUNDS),
        ("Trigger", "above"),
        ("Trigger", "below"),
        *(("Expect", key) for key in ("seconds", "exit")),
        ("Http", "status"),
    }
)
_PATTERNS = ("matches", "misses")
_TEXTS = ("contains", "absent", "choice", *_PATTERNS)
_JsonValue = str | float | bool | None


def filled_action(action: Action, values: Mapping[str, str]) -> Action:
    """The action with the values in what it says, expects and captures; in a pattern a value stands for itself."""
    told = {fill_shown(choice, values): worded(follows, values) for choice, follows in action.consequences.items()}
    choices = tuple(fill_shown(choice, values) for choice in action.choices)
    losing = tuple(fill_shown(choice, values) for choice in action.loses_data)
    captures = {name: _capture(one, values) for name, one in action.capture.items()}
    return replace(
        action,
        expect=filled_expect(action.expect, values),
        capture=captures,
        consequences=told,
        choices=choices,
        loses_data=losing,
    )


def filled_expect(expect: Expect, values: Mapping[str, str]) -> Expect:
    """The expectations with the values in place; one that names what has no value yet says so in words."""
    texts = {
        key: tuple((filled_pattern if key in _PATTERNS else fill_shown)(text, values) for text in getattr(expect, key))
        for key in _TEXTS
    }
    json = {fill_shown(path, values): _json(one, values) for path, one in expect.json.items()}
    return replace(
        expect,
        json=json,
        text=worded(expect.text, values),
        numbers=tuple(filled_number(number, values) for number in expect.numbers),
        seconds=filled_bound(expect.seconds, values),
        exit=tuple(_status(status, values) for status in expect.exit),
        http=_http(expect.http, values) if expect.http is not None else None,
        **texts,
    )


def filled_number(number: Number, values: Mapping[str, str]) -> Number:
    """The number with the values in what finds it and in its bounds."""
    bounds = {key: filled_bound(getattr(number, key), values) for key in BOUNDS}
    pattern = filled_pattern(number.pattern, values)
    return replace(
        number, name=fill_shown(number.name, values), pattern=pattern, unit=fill_shown(number.unit, values), **bounds
    )


def filled_pattern(pattern: str, values: Mapping[str, str]) -> str:
    """The pattern with the values in place, each of which stands for itself."""
    return fill_shown(pattern, {name: re.escape(value) for name, value in values.items()}) if pattern else ""


def _http(http: Http, values: Mapping[str, str]) -> Http:
    status: Status | tuple[Status, ...] | None = http.status
    if isinstance(status, tuple):
        status = tuple(_status(one, values) for one in status)
    elif status is not None:
        status = _status(status, values)
    return replace(http, status=status, protocol=fill_shown(http.protocol, values))


def _status(status: Status, values: Mapping[str, str]) -> Status:
    """A status with its value in place; one that is not a number stays a text, and nothing is it."""
    return known_status(fill_shown(status, values)) if isinstance(status, str) else status


def filled_bound(bound: Bound, values: Mapping[str, str]) -> Bound:
    """A bound with its value in place; one that is not a number stays a text, and nothing is within it."""
    if not isinstance(bound, str):
        return bound
    text = fill_shown(bound, values)
    known = known_bound(text)
    return text if known is None else known


def judged_action(action: Action, values: Mapping[str, str]) -> Action:
    """The action filled in, with those of its expectations that can be judged: each value that they name is known."""
    return filled_action(replace(action, expect=_split(action.expect, values)[0]), values)


def not_judged(expect: Expect, values: Mapping[str, str]) -> tuple[Expect, list[str]]:
    """The expectations that cannot be judged, filled in to be read, and the names that have no value yet."""
    return filled_expect(left := _split(expect, values)[1], values), _unset(_named(left), values)


def _split(expect: Expect, values: Mapping[str, str]) -> tuple[Expect, Expect]:
    """The expectations whose values are all known, and those of which one is not."""
    known: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for key in _TEXTS:
        texts = getattr(expect, key)
        left[key] = tuple(text for text in texts if _unset([text], values))
        known[key] = tuple(text for text in texts if text not in left[key])
    left["numbers"] = tuple(number for number in expect.numbers if _unset(_texts_in(number), values))
    known["numbers"] = tuple(number for number in expect.numbers if number not in left["numbers"])
    known["exit"], left["exit"] = ((), expect.exit) if _unset(_given(expect.exit), values) else (expect.exit, (0,))
    told = expect.http is not None and not _unset(_of_http(expect.http), values)
    known["http"], left["http"] = (expect.http, None) if told else (None, expect.http)
    late = isinstance(expect.seconds, str) and _unset([expect.seconds], values)
    left["seconds"], known["seconds"] = (expect.seconds, None) if late else (None, expect.seconds)
    left["json"] = {path: one for path, one in expect.json.items() if _unset([path, str(one)], values)}
    known["json"] = {path: one for path, one in expect.json.items() if path not in left["json"]}
    return replace(expect, **known), Expect(**left)


def _named(expect: Expect) -> list[str]:
    texts = [text for key in _TEXTS for text in getattr(expect, key)]
    texts += [text for number in expect.numbers for text in _texts_in(number)]
    texts += [*_given((expect.seconds, *expect.exit)), *(_of_http(expect.http) if expect.http is not None else ())]
    return [*texts, *expect.json, *(str(one) for one in expect.json.values())]


def _texts_in(number: Number) -> list[str]:
    return _given((number.name, number.pattern, number.unit, *(getattr(number, key) for key in BOUNDS)))


def _of_http(http: Http) -> list[str]:
    return _given((http.protocol, *(http.status if isinstance(http.status, tuple) else (http.status,))))


def _given(values: Iterable[object]) -> list[str]:
    """Those of the values that are texts."""
    return [value for value in values if isinstance(value, str)]


def _unset(texts: Iterable[str], values: Mapping[str, str]) -> list[str]:
    return sorted({name for text in texts for name in names(text)} - values.keys())


def _json(wanted: _JsonValue, values: Mapping[str, str]) -> _JsonValue:
    return fill_shown(wanted, values) if isinstance(wanted, str) else wanted


def _capture(wanted: Capture, values: Mapping[str, str]) -> Capture:
    escaped = {name: re.escape(value) for name, value in values.items()}
    return replace(wanted, pattern=fill(wanted.pattern, escaped), json=fill(wanted.json, values))


def unfilled(texts: Iterable[Text]) -> Iterator[UnplacedProblem]:
    """A fault for each placeholder that nothing would fill in: people would read `{{ name }}`."""
    for path, kind, field, text in texts:
        if "{{" not in text or not field or kind == KEY or (kind, field) in FILLED | _FILLED_NUMBERS:
            continue
        if found := PLACEHOLDER.search(text):
            yield UnplacedProblem(
                path=path,
                message=f"{found[0]} is not filled in here",
                hint="write it out; it is filled in commands, expectations, questions, messages, texts of steps",
            )
