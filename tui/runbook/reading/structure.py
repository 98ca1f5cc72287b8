"""Holds a document against the model and finds every wrong key, type and word at once, where a decoder stops at one."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from tui.runbook.model import Model, Runbook
from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted, visible
from tui.text.nearest import did_you_mean

M = TypeVar("M", bound=Model)

_GROUPS = "not supported yet: docs/groups.md says what is"
PLANNED = {"engine": _GROUPS}
"""What is said of keys that the design of groups has and this program does not, where they are unknown."""


def check(document: object) -> tuple[Runbook, list[UnplacedProblem]]:
    """The runbook as far as it can be read, and its faults."""
    return _walked(Runbook, document)


def check_as(kind: type[M], document: object) -> tuple[M, list[UnplacedProblem]]:
    """The document as a model of this kind, as far as it can be read, and its faults.

    What is wrong is left out or stands there empty, so that the references of the rest can be checked as well. One that
    is right is converted at once, unless it has a text that msgspec may take for right and that is not: `web` and a
    newline fits `^[a-z]+$`.
    """
    try:
        model = msgspec.convert(document, kind)
    except msgspec.ValidationError:
        return _walked(kind, document)
    return _walked(kind, document) if _has_ended_line(document) else (model, [])


def _has_ended_line(value: object) -> bool:
    """Whether a text or a key in it is one line with its end."""
    if isinstance(value, dict):
        return any(map(_has_ended_line, (*value, *value.values())))
    if isinstance(value, list):
        return any(map(_has_ended_line, value))
    return isinstance(value, str) and value[-1:] == "\n" and value.count("\n") == 1


def _walked(kind: type[M], document: object) -> tuple[M, list[UnplacedProblem]]:
    faults: list[UnplacedProblem] = []
    model = _read(document, _model(kind), (), faults)
    return model, faults


@cache
def _model(kind: type[Model]) -> inspect.Type:
    return inspect.type_info(kind)


def _read(value: Any, kind: Any, path: Path, faults: list[UnplacedProblem], description: str = "") -> Any:
    """The value as `kind`; a fault and an empty value where it is not."""
    match kind:
        case inspect.Metadata():
            note = str((kind.extra_json_schema or {}).get("description", ""))
            return _read(value, kind.type, path, faults, note)
        case inspect.UnionType():
            return _read(value, _choose(value, kind), path, faults, description)
        case inspect.StructType() if isinstance(value, dict):
            return _struct(value, kind, path, faults)
        case inspect.DictType() if isinstance(value, dict):
            return _mapping(value, kind, path, faults)
        case inspect.VarTupleType() if isinstance(value, list):
            items = (_read(item, kind.item_type, (*path, place), faults) for place, item in enumerate(value))
            return tuple(items)
    wrong = _wrong(value, kind, description)
    if wrong:
        faults.append(UnplacedProblem(path=path, message=wrong[0], hint=wrong[1]))
        return _empty(kind)
    if isinstance(kind, inspect.EnumType):
        return kind.cls(value)
    return float(value) if isinstance(kind, inspect.FloatType) else value


def _struct(value: Mapping[str, Any], kind: inspect.StructType, path: Path, faults: list[UnplacedProblem]) -> Any:
    fields = {field.encode_name: field for field in kind.fields}
    for key in sorted(value.keys() - fields.keys()):
        hint = PLANNED.get(key) or nearest(key, fields.keys() - value.keys())
        faults.append(UnplacedProblem(path=(*path, key), message=f"unknown key {quoted(key)}", hint=hint))
    given = {}
    for name, field in fields.items():
        if name in value:
            count = len(faults)
            item = _read(value[name], field.type, (*path, name), faults)
            if field.required or all(fault.path != (*path, name) for fault in faults[count:]):
                given[field.name] = item
        elif field.required:
            faults.append(
                UnplacedProblem(
                    path=path, message=f"missing key {quoted(name)}", hint=f"{name} = {_example(field.type)}"
                )
            )
            given[field.name] = _empty(field.type)
    return kind.cls(**given)


def _mapping(
    value: Mapping[str, Any], kind: inspect.DictType, path: Path, faults: list[UnplacedProblem]
) -> dict[str, Any]:
    for key in value:
        wrong = _wrong_text(key, *_text_rules(kind.key_type))
        if wrong:
            faults.append(UnplacedProblem(path=(*path, key), message=wrong[0], hint=wrong[1]))
    return {key: _read(item, kind.value_type, (*path, key), faults) for key, item in value.items()}


def _choose(value: object, kind: inspect.UnionType) -> inspect.Type:
    """The member of a union that the author most likely meant."""
    members = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
    return next((member for member in members if _fits(value, member)), members[0])


def _fits(value: object, kind: Any) -> bool:
    match kind:
        case inspect.StructType() | inspect.DictType():
            return isinstance(value, dict)
        case inspect.VarTupleType():
            return isinstance(value, list)
    return not _wrong(value, kind, "")


def _wrong(value: object, kind: Any, description: str) -> tuple[str, str] | None:
    """What is wrong with a value, and the hint; None where it is right."""
    match kind:
        case inspect.StrType() if isinstance(value, str):
            return _wrong_text(value, kind.pattern, description)
        case inspect.BoolType() if isinstance(value, bool):
            return None
        case inspect.IntType() if isinstance(value, int) and not isinstance(value, bool):
            return _wrong_number(value, kind)
        case inspect.FloatType() if isinstance(value, (int, float)) and not isinstance(value, bool):
            return None if abs(value) < 1e300 else ("the number is too large", "")
        case inspect.EnumType() if isinstance(value, str):
            return _wrong_word(value, [str(member.value) for member in kind.cls])
        case inspect.LiteralType() if isinstance(value, str):
            return _wrong_word(value, [str(word) for word in kind.values])
    return f"expected {_words(kind)}, found {_found(value)}", ""


def _wrong_word(value: str, words: list[str]) -> tuple[str, str] | None:
    if value in words:
        return None
    return f"{quoted(value)} is not one of {', '.join(words)}", did_you_mean(value, words, quoted)


def _wrong_text(text: str, pattern: str | None, description: str) -> tuple[str, str] | None:
    if pattern is None or (re.search(pattern, text) and not text.endswith("\n")):
        return None
    return f"{quoted(text)} is not right here", description or f"it must match {pattern}"


def _wrong_number(value: int, kind: inspect.IntType) -> tuple[str, str] | None:
    low = kind.ge is None or value >= kind.ge
    high = kind.le is None or value <= kind.le
    if low and high and abs(value) < 1 << 63:
        return None
    allowed = str(kind.ge) if kind.ge == kind.le else f"{kind.ge} to {kind.le}"
    return f"{visible(str(value))} is not right here", f"allowed: {allowed}" if kind.ge is not None else "too large"


def _text_rules(kind: Any) -> tuple[str | None, str]:
    if isinstance(kind, inspect.Metadata):
        text: Any = kind.type
        return text.pattern, str((kind.extra_json_schema or {}).get("description", ""))
    return kind.pattern, ""


_NAMES: dict[type, str] = {
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.EnumType: "text",
    inspect.LiteralType: "text",
    inspect.VarTupleType: "an array",
    inspect.DictType: "a table",
    inspect.StructType: "a table",
}


def _words(kind: Any) -> str:
    if isinstance(kind, inspect.VarTupleType):
        item = kind.item_type.type if isinstance(kind.item_type, inspect.Metadata) else kind.item_type
        plural = {"text": "texts", "a table": "tables", "a whole number": "whole numbers"}.get(_words(item), "values")
        return f"an array of {plural}"
    return _NAMES.get(type(kind), "something else")


def _found(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {visible(str(value))}"
        case str():
            return f"the text {quoted(value)}"
        case list():
            return "an array"
        case dict():
            return "a table"
        case datetime() | date() | time():
            return "a date or time without quotes"
    return "something else"


def _example(kind: Any) -> str:
    """How the missing value could be written."""
    kind = kind.type if isinstance(kind, inspect.Metadata) else kind
    match kind:
        case inspect.StrType():
            return '"…"'
        case inspect.EnumType():
            return " or ".join(f'"{member.value}"' for member in kind.cls)
        case inspect.VarTupleType():
            return "[…]"
        case inspect.IntType():
            return "1"
    return "{…}"


def _empty(kind: Any) -> Any:
    """A value that stands for one that is missing or wrong, so that the rest can be read."""
    match kind:
        case inspect.Metadata():
            return _empty(kind.type)
        case inspect.UnionType():
            return None if any(isinstance(member, inspect.NoneType) for member in kind.types) else _empty(kind.types[0])
        case inspect.StrType():
            return ""
        case inspect.EnumType():
            return next(iter(kind.cls))
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.VarTupleType():
            return ()
        case inspect.DictType():
            return {}
        case inspect.StructType():
            return _read({}, kind, (), [])
        case inspect.BoolType():
            return False
    return 0


def paths(document: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every path of a document with its value."""
    yield path, document
    if isinstance(document, dict):
        for key, value in document.items():
            yield from paths(value, (*path, key))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from paths(value, (*path, place))
