"""Compares two documents key by key: tables by their keys, lists of tables by the id or title of each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from tui.runbook.differences.difference import Edit, EditKind

NOTHING = "nothing"
"""How a key is shown that is not there."""
_NAMES = ("id", "title", "name")
"""What a table of a list is known by."""
Dangerous = Callable[[tuple[str, ...]], bool]
"""Whether a change at a path makes a run more dangerous."""


def compared(
    part: str, before: object, after: object, dangerous: Dangerous = lambda path: False, path: tuple[str, ...] = ()
) -> Iterator[Edit]:
    """The differences between two values.

    Args:
        part: what of the runbook they are.
        path: where in it they stand; the first one or two names say which thing it is.
    """
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _of_key(part, before, after, key, dangerous, path)
    elif _named(before) and _named(after):
        yield from compared(part, _by_name(before), _by_name(after), dangerous, path)
        yield from _order(part, [*_by_name(before)], [*_by_name(after)], path)
    else:
        yield _one(EditKind.CHANGED, part, path, shown(before), shown(after), dangerous(path))


def _of_key(
    part: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    key: str,
    dangerous: Dangerous,
    path: tuple[str, ...],
) -> Iterator[Edit]:
    here = (*path, str(key))
    if key in before and key in after:
        yield from compared(part, before[key], after[key], dangerous, here)
    elif len(here) > 1:  # a key of a thing that is in both
        old, new = (shown(one[key]) if key in one else NOTHING for one in (before, after))
        yield _one(EditKind.CHANGED, part, here, old, new, dangerous(here))
    elif key in after:
        yield _one(EditKind.ADDED, part, here, "", shown(after[key]), dangerous(here))
    else:
        yield _one(EditKind.REMOVED, part, here, shown(before[key]), "", dangerous(here))


def _one(kind: EditKind, part: str, path: tuple[str, ...], before: str, after: str, danger: bool) -> Edit:
    what, field = path[0] if path else "", ".".join(path[1:])
    return Edit(kind=kind, part=part, what=what, field=field, before=before, after=after, danger=danger)


def _order(part: str, before: Sequence[str], after: Sequence[str], path: tuple[str, ...]) -> Iterator[Edit]:
    for name in moved_in(before, after):
        here = (*path, name)
        yield _one(EditKind.MOVED, part, here, *place_words(before, after, name), False)


def moved_in(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The fewest of the names that are in both lists which would have to be moved for one to become the other."""
    old, new = [name for name in before if name in set(after)], [name for name in after if name in set(before)]
    kept: set[str] = set()
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        kept.update(old[block.a : block.a + block.size])
    return [name for name in new if name not in kept]


def place_words(before: Sequence[str], after: Sequence[str], name: str) -> tuple[str, str]:
    """Where a name stood in a list, and where it stands now, in words."""
    old, new = (_place(names, name) for names in (before, after))
    return old, new


def _place(names: Sequence[str], name: str) -> str:
    at = names.index(name)
    return f"after {names[at - 1]}" if at else "first"


def _named(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and _name(one) is not None for one in value)
        and len({_name(one) for one in value}) == len(value)
    )


def _name(table: Mapping[str, Any]) -> str | None:
    return next((str(table[key]) for key in _NAMES if key in table), None)


def _by_name(tables: Any) -> dict[str, Any]:
    return {_name(table) or "": table for table in tables}


def shown(value: object) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {shown(one)}" for key, one in value.items()) or NOTHING
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value)) or NOTHING
    return NOTHING if value in (None, "") else str(value)
