"""Writes the JSON Schema of a runbook, so that editors complete and check `runbook.toml` while it is written."""

import re
from inspect import cleandoc
from typing import Any

import msgspec

from tui.runbook.model import Runbook
from tui.runbook.reading.edition.second_keys import SecondEdition

_BY_ID = {
    "Runbook": ("sections", "troubleshooting", "rollback_reasons", "followups", "checklist"),
    "Section": ("steps",),
    "Issue": ("diagnosis", "solutions"),
    "Solution": ("steps",),
}
"""What the second edition may write as a table by ids."""
_WHOLE = ("actions", "look", "id")
"""Keys of steps and actions that have no table with a value for each method."""
_ACTIONS = "A text is a command; a table that is not an action by itself belongs to the one above it."
_EACH = "In a step with `methods`: what it is in each of them."
_ABOUT = "Short keys of this table, on one line: title, source, danger and the like."
_METHODS = "Written once for several methods: those, or the id of the step in each of them."
_METHOD = "In a step with `methods`: the one method that has this action."
_WORDS = "Texts that this method has its own of, for `{{ method.NAME }}` in steps of one method."


def schema() -> bytes:
    """The schema, formatted; the same bytes every time."""
    document = _described(Runbook, "Runbook", "http://json-schema.org/draft-07/schema#")
    second = _described(SecondEdition, "", "")["$defs"]
    _second_edition(document["$defs"], second)
    return _formatted(document)


def schema_of(kind: type, title: str, draft: str) -> bytes:
    """The schema of any Struct, each key described by what the docstrings say of it.

    Args:
        draft: the address of the JSON Schema draft, for `$schema`.
    """
    return _formatted(_described(kind, title, draft))


def _formatted(document: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _described(kind: type, title: str, draft: str) -> dict[str, Any]:
    document: dict[str, Any] = {"$schema": draft, "title": title, **msgspec.json.schema(kind)}
    for definition in document["$defs"].values():
        _describe(definition)
    return document


def _second_edition(definitions: dict[str, Any], second: dict[str, Any]) -> None:
    """Add what the second edition may write beside the model; a file of the first one that has it is refused."""
    definitions["Runbook"]["properties"].update(second.pop("SecondEdition")["properties"])
    definitions.update(second)
    for name in ("Section", "Step", "Issue", "Solution", "Reason", "FollowUp", "ChecklistItem"):
        definitions[name]["required"] = [key for key in definitions[name]["required"] if key != "id"]
    for owner, keys in _BY_ID.items():
        for key in keys:
            array = definitions[owner]["properties"][key]
            table = {"type": "object", "additionalProperties": array["items"]}
            about = {one: array.pop(one) for one in ("description", "default") if one in array}
            definitions[owner]["properties"][key] = {**about, "anyOf": [array, table]}
    step, action = definitions["Step"], definitions["Action"]
    step["required"] = [key for key in step["required"] if key != "actions"]
    step["properties"] = {**action["properties"], **step["properties"]}
    command, given = {"type": "string"}, {"$ref": "#/$defs/Action"}
    step["properties"]["actions"]["items"] = {"anyOf": [command, given]}
    step["properties"]["actions"]["description"] = _ACTIONS
    step["patternProperties"] = {"^[0-9]+[a-z]?$": {"anyOf": [command, given]}}
    monitored = definitions["Monitor"]["properties"]["probe"]
    monitored["anyOf"] = [command, *monitored["anyOf"]]
    look = step["properties"]["look"]
    look["anyOf"] = [command, *look["anyOf"]]
    contained: list[dict[str, Any]] = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    for table in (step, action):
        for key, value in table["properties"].items():
            if key not in _WHOLE and value.get("type") != "object":
                table["properties"][key] = _each_method(value, {"expect": contained, "probe": [command]}.get(key))
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    names = {"type": "array", "items": {"type": "string"}}
    step["properties"]["methods"] = {"anyOf": [names, texts], "description": _METHODS}
    action["properties"]["method"] = {"type": "string", "description": _METHOD}
    definitions["Method"]["properties"]["words"] = {**texts, "description": _WORDS}
    tables = (
        "About",
        "Window",
        "Host",
        "Variable",
        "Service",
        "Monitor",
        "Method",
        "Flow",
        "Message",
        "Link",
        "Endpoint",
    )
    for name in ("Section", "Issue", "Solution", "Step", *tables):
        definitions[name]["properties"]["about"] = {"type": "object", "description": _ABOUT}
        definitions[name]["required"] = []  # they may stand in `about`


def _each_method(value: dict[str, Any], shorter: list[dict[str, Any]] | None) -> dict[str, Any]:
    """A key of a step or an action, which may also be a table with a value for each method."""
    about: dict[str, Any] = {key: value[key] for key in ("description", "default") if key in value}
    one = {key: value[key] for key in value if key not in about}
    word = [{"type": "string", "pattern": r"\{\{ *method\."}] if "pattern" in one else []
    each = {"type": "object", "additionalProperties": {"anyOf": [one, {"const": ""}]}, "description": _EACH}
    return {**about, "anyOf": [*(shorter or ()), one, *word, each]}


def _describe(definition: dict[str, Any]) -> None:
    """Give each key the sentences of its table's description that name it.

    Python 3.13 takes the indentation out of docstrings by itself; here every Python writes the same.
    """
    if "description" in definition:
        definition["description"] = cleandoc(definition["description"])
    sentences = re.split(r"(?<=[.;])\s+", " ".join(str(definition.get("description", "")).split()))
    for name, key in definition.get("properties", {}).items():
        about = " ".join(sentence for sentence in sentences if f"`{name}`" in sentence)
        if about and "description" not in key:
            key["description"] = about
