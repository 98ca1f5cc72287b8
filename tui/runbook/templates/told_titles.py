"""Fills `{{ name }}` in the titles and short texts of a runbook with what is known of a session, for every screen."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from tui.once import once
from tui.runbook.model import Model, Monitor, Runbook, Trigger
from tui.runbook.shell.placeholders import PLACEHOLDER, unset
from tui.runbook.templates.told_fields import HOLDING, TOLD
from tui.runbook.templates.variables import names
from tui.runbook.walk import texts_of

LONGEST = 60
"""Characters of a value that a title takes: it has one line."""
_WRITTEN = "as written"
Told = TypeVar("Told", bound=Model)
Values = Mapping[str, str]


def titled(runbook: Runbook, facts: Values) -> Runbook:
    """The runbook with the values that are known in its titles; it may be one that was titled before."""
    written = untold(runbook)
    wanted = names_in_titles(written)
    if not wanted:
        return runbook
    values = {name: value for name, value in _values(written, facts).items() if name in wanted}
    if vars(runbook).get("values in titles") == values:
        return runbook
    told = _told(written, values)
    if told is written:
        return runbook
    vars(told).update({_WRITTEN: written, "values in titles": values})
    return told


def untold(runbook: Runbook) -> Runbook:
    """The runbook with its titles as they are written."""
    written: Runbook = vars(runbook).get(_WRITTEN, runbook)
    return written


@once
def names_in_titles(runbook: Runbook) -> frozenset[str]:
    """The names that the titles of a runbook use, and what its monitors measure with."""
    return frozenset(name for text in _texts(runbook) if "{{" in text for name in names(text))


def _texts(one: Model) -> Iterator[str]:
    for field in TOLD.get(type(one), ()):
        given = getattr(one, field)
        yield from (given,) if isinstance(given, str) else given
    if isinstance(one, Monitor):
        yield one.share_of
        yield from (text for _, _, _, text in texts_of(one.number))
    if isinstance(one, Trigger):
        yield from (bound for bound in (one.above, one.below) if isinstance(bound, str))
    for field in HOLDING.get(type(one), ()):
        for part in _parts(getattr(one, field)):
            yield from _texts(part)


def _parts(held: Any) -> Iterator[Model]:
    yield from held.values() if isinstance(held, Mapping) else held


def _values(runbook: Runbook, facts: Values) -> Values:
    about = runbook.runbook
    said = {name: one.default for name, one in runbook.variables.items() if one.default and "{{" not in one.default}
    own = {"title": about.title, "contact": about.contact, "owner": about.owner}
    return {**said, **own, **facts, "environment": about.environment}


def _told(one: Told, values: Values) -> Told:
    """The same thing with what is known in it; itself where nothing is filled in."""
    new: dict[str, Any] = {}
    for field in TOLD.get(type(one), ()):
        given = getattr(one, field)
        told = _filled(given, values) if isinstance(given, str) else tuple(_filled(text, values) for text in given)
        if told != given:
            new[field] = told
    if isinstance(one, Monitor) and any("{{" in text for _, _, _, text in texts_of((one.number, one.share_of))):
        from tui.runbook.templates.filling import filled_number, filled_pattern

        new |= {"number": filled_number(one.number, values), "share_of": filled_pattern(one.share_of, values)}
    if isinstance(one, Trigger) and any(isinstance(bound, str) for bound in (one.above, one.below)):
        from tui.runbook.templates.filling import filled_bound

        new |= {"above": filled_bound(one.above, values), "below": filled_bound(one.below, values)}
    for field in HOLDING.get(type(one), ()):
        held = getattr(one, field)
        parts = [_told(part, values) for part in _parts(held)]
        if any(part is not old for part, old in zip(parts, _parts(held), strict=True)):
            new[field] = dict(zip(held, parts, strict=True)) if isinstance(held, Mapping) else tuple(parts)
    return replace(one, **new) if new else one


def _filled(text: str, values: Values) -> str:
    if "{{" not in text:
        return text
    known = {name: " ".join(values.get(name, "").split())[:LONGEST] for name in names(text)}
    return PLACEHOLDER.sub(lambda found: known[found[1]] or unset(found[1]), text)
