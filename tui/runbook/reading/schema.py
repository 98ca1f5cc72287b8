"""Writes the JSON Schema of a runbook, so that editors complete and check `runbook.toml` while it is written."""

import re
from inspect import cleandoc
from typing import Any

import msgspec

from tui.runbook.model import Runbook
from tui.runbook.reading.edition.second_keys import SecondEdition


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
    step, action = definitions["Step"], definitions["Action"]
    step["required"] = [key for key in step["required"] if key != "actions"]
    step["properties"] = {**action["properties"], **step["properties"]}
    command, given = {"type": "string"}, {"$ref": "#/$defs/Action"}
    step["properties"]["actions"]["items"] = {"anyOf": [command, given]}
    look = step["properties"]["look"]
    look["anyOf"] = [command, *look["anyOf"]]


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
