"""Finds the name that was meant by a wrong one, as quickly among ten thousand names as among ten."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache

FEW = 64
"""Up to this many names are compared with the wrong one each; of more, those that look alike at a glance."""
LONG = 48
"""Names longer than this are not looked up by what is left when a character is taken out."""
LOOKED_AT = 800
"""Names that share two letters with a wrong one and are counted, at most; the rarest letters tell most."""
TRIED = 4
ALIKE = 0.6


def closest(wrong: str, known: Iterable[str]) -> str:
    """The known name that is closest to a wrong one; empty where none is close.

    A caller that asks many times about the same names passes the same frozenset: it is looked through once.
    """
    names = known if isinstance(known, frozenset) else frozenset(known)
    if len(names) <= FEW:
        return _best(wrong, sorted(names))
    many = _many(names)
    return many.by_one_letter(wrong) or _best(wrong, many.by_two_letters(wrong))


def did_you_mean(wrong: str, known: Iterable[str], written: Callable[[str], str] = str) -> str:
    """The question whether the closest of the known names was meant, `written` like this; empty where none is close."""
    close = closest(wrong, known)
    return f"did you mean {written(close)}?" if close else ""


def _best(wrong: str, names: list[str]) -> str:
    return next(iter(difflib.get_close_matches(wrong, names, 1, ALIKE)), "")


class _Many:
    """Many names, ordered by what is left of each when a character is taken out, and by two letters that follow."""

    def __init__(self, names: frozenset[str]) -> None:
        self._left: dict[str, str] = {}
        self._pairs: dict[str, list[str]] = {}
        for name in sorted(names):
            for left in _without_one(name):
                self._left.setdefault(left, name)
            for pair in _pairs(name):
                self._pairs.setdefault(pair, []).append(name)

    def by_one_letter(self, wrong: str) -> str:
        """A name with a letter more, less, another one, or two exchanged."""
        return next((self._left[left] for left in _without_one(wrong) if left in self._left), "")

    def by_two_letters(self, wrong: str) -> list[str]:
        """The names that share most of what few names have."""
        shared: Counter[str] = Counter()
        left = LOOKED_AT
        for names in sorted((self._pairs.get(pair, []) for pair in _pairs(wrong)), key=len):
            left -= len(names)
            if left < 0:
                break
            shared.update(names)
        return sorted(name for name, _ in shared.most_common(TRIED))


@lru_cache(maxsize=8)
def _many(names: frozenset[str]) -> _Many:
    return _Many(names)


def _without_one(name: str) -> list[str]:
    """The name itself, then what is left when each of its characters is taken out."""
    return [name, *(name[:at] + name[at + 1 :] for at in range(len(name)))] if len(name) <= LONG else [name]


def _pairs(name: str) -> dict[str, None]:
    return dict.fromkeys(name[at : at + 2] for at in range(min(len(name), LONG) - 1))
