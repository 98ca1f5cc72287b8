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


def texts_of(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text, wherever it is in the model, the keys of tables among them."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Struct):
        for field in value.__struct_fields__:
            yield from texts_of(getattr(value, field), (*path, field))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts_of(key, (*path, key))
            yield from texts_of(item, (*path, key))
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from texts_of(item, (*path, place))


def fields_of(value: object, name: str, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a field of this name, wherever it is in the model."""
    if isinstance(value, Struct):
        for field in value.__struct_fields__:
            item = getattr(value, field)
            if field == name and isinstance(item, str):
                yield (*path, field), item
            elif isinstance(item, (Struct, Mapping, tuple)) and item:
                yield from fields_of(item, name, (*path, field))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from fields_of(item, name, (*path, key))
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from fields_of(item, name, (*path, place))
