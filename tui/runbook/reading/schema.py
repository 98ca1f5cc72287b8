"""Writes the JSON Schema of a runbook, so that editors complete and check `runbook.toml` while it is written."""

import re
from inspect import cleandoc
from typing import Any

import msgspec

from tui.runbook.model import Runbook


def schema() -> bytes:
    """The schema, formatted; the same bytes every time."""
    return schema_of(Runbook, "Runbook", "http://json-schema.org/draft-07/schema#")


def schema_of(kind: type, title: str, draft: str) -> bytes:
    """The schema of any Struct, each key described by what the docstrings say of it.

    Args:
        draft: the address of the JSON Schema draft, for `$schema`.
    """
    document: dict[str, Any] = {"$schema": draft, "title": title, **msgspec.json.schema(kind)}
    for definition in document["$defs"].values():
        _describe(definition)
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


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
