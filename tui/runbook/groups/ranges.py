"""Spells out the hosts that a pattern such as `web[01:40].example.com` stands for."""

import re
from functools import lru_cache
from itertools import product

MOST = 1000
"""Hosts of all groups, at most: each has a connection of its own, which takes a thread; 1,000 were measured."""
MOST_BY_OPENSSH = 200
"""Those of them whose connection `ssh` makes: each takes a process, and two threads of `threads.MOST`."""
_RANGE = re.compile(r"\[([^\[\]]*)\]")
_ENDS = re.compile(r"(\d{1,6}):(\d{1,6})")
ADDRESS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


class WrongRange(ValueError):
    """A pattern that stands for no hosts; `hint` says how one is written."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@lru_cache(maxsize=512)
def spelled(pattern: str) -> tuple[str, ...]:
    """The addresses in the order in which they count; that of a pattern without a range is itself.

    Raises:
        WrongRange: it cannot be read as one.
    """
    parts = _RANGE.split(pattern)
    choices = [_counted(part, pattern) if place % 2 else (part,) for place, part in enumerate(parts)]
    total = 1
    for one in choices:
        total *= len(one)
    if total > MOST:
        raise WrongRange(f"{pattern!r} stands for {total} hosts", f"a group has at most {MOST}")
    found = tuple("".join(one) for one in product(*choices))
    for address in found[:1]:
        if not ADDRESS.fullmatch(address):
            raise WrongRange(
                f"{pattern!r} is not a host's address or name", 'as in "web[01:40].example.com", without user and port'
            )
    return found


def _counted(inside: str, pattern: str) -> tuple[str, ...]:
    """The numbers of a range, with as many digits as its ends are written with."""
    ends = _ENDS.fullmatch(inside)
    if ends is None:
        raise WrongRange(f"[{inside}] in {pattern!r} is not a range", 'two numbers and a colon, as in "web[01:40]"')
    first, last = ends[1], ends[2]
    if int(last) < int(first):
        raise WrongRange(f"[{inside}] in {pattern!r} counts backwards", f"[{last}:{first}]")
    padded = len(first) > 1 and first.startswith("0") or len(last) > 1 and last.startswith("0")
    if padded and len(first) != len(last):
        wide = max(len(first), len(last))
        hint = f"[{int(first):0{wide}}:{int(last):0{wide}}]"
        raise WrongRange(f"the ends of [{inside}] in {pattern!r} have different numbers of digits", hint)
    if int(last) - int(first) >= MOST:
        raise WrongRange(f"[{inside}] in {pattern!r} is too long", f"a group has at most {MOST} hosts")
    width = len(first) if padded else 1
    return tuple(f"{number:0{width}}" for number in range(int(first), int(last) + 1))
