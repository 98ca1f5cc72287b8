"""Fills `{{ name }}` in the titles of sections and steps with what is known of a session, for every screen at once."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from msgspec.structs import replace

from tui.once import once
from tui.runbook.model import Issue, Runbook, Section, Solution, Step
from tui.runbook.shell.placeholders import PLACEHOLDER, unset
from tui.runbook.templates.variables import names

LONGEST = 60
"""Characters of a value that a title takes: it has one line."""
_WRITTEN = "as written"
Named = TypeVar("Named", Section, Step)
Holder = TypeVar("Holder", Section, Solution, Issue)


def titled(runbook: Runbook, facts: Mapping[str, str]) -> Runbook:
    """The runbook with the values that are known in its titles; it may be one that was titled before."""
    written: Runbook = vars(runbook).get(_WRITTEN, runbook)
    wanted = names_in_titles(written)
    if not wanted:
        return runbook
    values = {
        name: " ".join(value.split())[:LONGEST] for name, value in _values(written, facts).items() if name in wanted
    }
    if vars(runbook).get("values in titles") == values:
        return runbook
    told = replace(
        written,
        sections=tuple(_section(section, values) for section in written.sections),
        troubleshooting=tuple(_issue(issue, values) for issue in written.troubleshooting),
    )
    vars(told).update({_WRITTEN: written, "values in titles": values})
    return told


@once
def names_in_titles(runbook: Runbook) -> frozenset[str]:
    """The names that the titles of a runbook use."""
    return frozenset(name for text in _titles(runbook) for name in names(text))


def _titles(runbook: Runbook) -> Iterator[str]:
    for section in runbook.sections:
        yield from (section.title, section.short, section.text)
        for step in section.steps:
            yield from (step.title, step.short)
    for issue in runbook.troubleshooting:
        for step in issue.diagnosis:
            yield from (step.title, step.short)
        for solution in issue.solutions:
            for step in solution.steps:
                yield from (step.title, step.short)


def _values(runbook: Runbook, facts: Mapping[str, str]) -> Mapping[str, str]:
    about = runbook.runbook
    said = {name: one.default for name, one in runbook.variables.items() if one.default and "{{" not in one.default}
    own = {"title": about.title, "environment": about.environment, "contact": about.contact, "owner": about.owner}
    return {**said, **own, **facts}


def _section(section: Section, values: Mapping[str, str]) -> Section:
    told = _named(section, values, "title", "short", "text")
    return _with(told, "steps", tuple(_named(step, values, "title", "short") for step in section.steps))


def _issue(issue: Issue, values: Mapping[str, str]) -> Issue:
    told = _with(issue, "solutions", tuple(_solution(one, values) for one in issue.solutions))
    return _with(told, "diagnosis", tuple(_named(step, values, "title", "short") for step in issue.diagnosis))


def _solution(solution: Solution, values: Mapping[str, str]) -> Solution:
    return _with(solution, "steps", tuple(_named(step, values, "title", "short") for step in solution.steps))


def _named(one: Named, values: Mapping[str, str], *fields: str) -> Named:
    """The same thing under its name as it is known; itself where nothing is filled in."""
    written = {field: getattr(one, field) for field in fields if "{{" in getattr(one, field)}
    if not written:
        return one
    return replace(
        one,
        **{
            field: PLACEHOLDER.sub(lambda found: values.get(found[1]) or unset(found[1]), text)
            for field, text in written.items()
        },
    )


def _with(one: Holder, field: str, parts: tuple[object, ...]) -> Holder:
    """The same with its parts; itself where none of them has changed."""
    same = all(old is new for old, new in zip(getattr(one, field), parts, strict=True))
    return one if same else replace(one, **{field: parts})
