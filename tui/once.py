"""Keeps what a pure function finds out about a frozen struct beside that struct, so that it is found out once."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple

Kept = TypeVar("Kept")
Rest = TypeVarTuple("Rest")
Found = TypeVar("Found")


def once(function: Callable[[Kept, *Rest], Found]) -> Callable[[Kept, *Rest], Found]:
    """The function, asked once for each struct and further arguments, which can be hashed.

    The struct is one declared with `dict=True`: what is found out is not part of its value, and goes with it.
    Threads may find it out at the same time; each finds the same.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def asked(kept: Kept, *rest: *Rest) -> Found:
        known: dict[object, Found] = vars(kept).setdefault(name, {})
        if rest not in known:
            known[rest] = function(kept, *rest)
        return known[rest]

    return asked
