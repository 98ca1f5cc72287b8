"""Visits the parts of a runbook together with the place in the file where each stands."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import compress

from msgspec import Struct
from msgspec.structs import astuple

from tui.runbook.model import Runbook, Step
from tui.runbook.problem import Path
from tui.runbook.services import Probe, Service

Text = tuple[Path, str, str, str]
"""A text with its place, the struct and the field that it is in; both are empty where its owner checks it itself."""
KEY = "key"
"""The struct that stands for the keys of tables."""


def steps_of(runbook: Runbook) -> Iterator[tuple[Path, Step]]:
    """Every step: those of the sections, then those of the troubleshooting."""
    yield from section_steps(runbook)
    for place, issue in enumerate(runbook.troubleshooting):
        path: Path = ("troubleshooting", place)
        for number, step in enumerate(issue.diagnosis):
            yield (*path, "diagnosis", number), step
        for number, solution in enumerate(issue.solutions):
            for index, step in enumerate(solution.steps):
                yield (*path, "solutions", number, "steps", index), step


def section_steps(runbook: Runbook) -> Iterator[tuple[Path, Step]]:
    """Every step of the sections."""
    for place, section in enumerate(runbook.sections):
        for number, step in enumerate(section.steps):
            yield ("sections", place, "steps", number), step


def texts_of(value: object, path: Path = ()) -> list[Text]:
    """Every text that is not empty, wherever it is in the model, the keys of tables among them.

    Probes and services check their own texts: those have no struct and no field.
    """
    found: list[Text] = []
    _texts(value, path, "", "", found)
    return found


def _texts(value: object, path: Path, kind: str, field: str, found: list[Text]) -> None:
    """Adds them to a list: a generator in a generator at each level takes several times as long."""
    if isinstance(value, str):
        found.append((path, kind, field, value))
    elif isinstance(value, Struct):
        own = isinstance(value, (Probe, Service))
        name = "" if own else type(value).__name__
        values = astuple(value)  # most fields are empty, and passed over without a look at each
        for one, item in compress(zip(value.__struct_fields__, values, strict=True), values):
            _texts(item, (*path, one), name, "" if own else one, found)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            if item:
                _texts(item, (*path, place), kind, field, found)
    elif not isinstance(value, (int, float)) and isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            if key:
                found.append(((*path, key), KEY, field, key))
            if item:
                _texts(item, (*path, key), kind, field, found)


def fields_of(texts: Iterable[Text], name: str) -> Iterator[tuple[Path, str]]:
    """Those of the texts that stand in a field of this name."""
    return ((path, text) for path, kind, field, text in texts if field == name and kind != KEY)
