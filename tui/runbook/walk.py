"""Visits the parts of a runbook together with the place in the file where each stands."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from tui.runbook.model import Runbook, Step
from tui.runbook.problem import Path


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


def texts_of(value: object) -> Iterator[tuple[Path, str]]:
    """Every text that is not empty, wherever it is in the model, the keys of tables among them."""
    found: list[tuple[Path, str]] = []
    _texts(value, (), found)
    return iter(found)


def _texts(value: object, path: Path, found: list[tuple[Path, str]]) -> None:
    """Adds them to a list: a generator in a generator at each level takes several times as long."""
    if not value:
        return
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, Struct):
        for field in value.__struct_fields__:
            if item := getattr(value, field):
                _texts(item, (*path, field), found)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            _texts(item, (*path, place), found)
    elif isinstance(value, (dict, Mapping)):  # the first is what there nearly always is, and quick to tell
        for key, item in value.items():
            _texts(key, (*path, key), found)
            _texts(item, (*path, key), found)


def fields_of(value: object, name: str) -> Iterator[tuple[Path, str]]:
    """Every text that is not empty in a field of this name, wherever it is in the model."""
    found: list[tuple[Path, str]] = []
    _fields(value, name, (), found)
    return iter(found)


def _fields(value: object, name: str, path: Path, found: list[tuple[Path, str]]) -> None:
    if isinstance(value, str):
        return
    if isinstance(value, Struct):
        for field in value.__struct_fields__:
            item = getattr(value, field)
            if not item:
                continue
            if field == name and isinstance(item, str):
                found.append(((*path, field), item))
            else:
                _fields(item, name, (*path, field), found)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            _fields(item, name, (*path, place), found)
    elif isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            _fields(item, name, (*path, key), found)
