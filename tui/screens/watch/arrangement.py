"""Decides how the monitors share the watch screen: graphs in rows of cards, the rest as a list below them."""

from collections.abc import Sequence

from msgspec import Struct

CARD, HIGH = 26, 8
"""A card is at least so wide and so high; where there is no room for that, one of a trigger may be lower."""
LOW = 6
WIDE = 40
"""Cards of this width are better than fewer rows of cards."""
TWICE = 2
"""How many times as high as the others the graphs of triggers are."""
FRAME = 3
"""Rows of the list beside its monitors: its frame and its head."""


class Tier(Struct, frozen=True):
    """Cards beside each other, and how high they are."""

    names: tuple[str, ...]
    height: int


class Arrangement(Struct, frozen=True):
    """The rows of cards from above, then a list of the rest."""

    tiers: tuple[Tier, ...] = ()
    rest: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        """How many rows of the screen it takes."""
        return sum(tier.height for tier in self.tiers) + (len(self.rest) + FRAME if self.rest else 0)


def arranged(watched: Sequence[str], others: Sequence[str], width: int, height: int) -> Arrangement:
    """Graphs of all that have a trigger, and of those others whose cards fit; the rest is a list.

    The graphs of triggers are the higher ones. Where not even they have room, the screen scrolls.
    """
    most = max(1, width // CARD)
    first = _in_tiers(watched, -(-len(watched) // most)) if watched else []
    count = _cards(len(first), len(others), most, height)
    rest = tuple(others[count:])
    room = height - (len(rest) + FRAME if rest else 0)
    second = _in_tiers(others[:count], _tiers(count, width, room - HIGH * len(first), bool(first))) if count else []
    if not first:
        return Arrangement(tuple(_shared(second, room)), rest)
    each = max(HIGH, room // (TWICE * len(first) + len(second)))
    tiers = [*_shared(first, room - each * len(second)), *(Tier(names, each) for names in second)]
    return Arrangement(tuple(tiers), rest)


def _cards(first: int, others: int, most: int, height: int) -> int:
    """How many of the others are cards: those that fit, with a list of those that are left."""
    for count in range(others, 0, -1):
        tiers = -(-count // most)
        listed = others - count + FRAME if count < others else 0
        if first and HIGH * tiers > height // 2:
            continue
        if HIGH * (first + tiers) + listed <= height and (count == others or count == tiers * most):
            return count
    return 0


def _tiers(count: int, width: int, room: int, half: bool) -> int:
    """In how many rows the others' cards stand: the fewest in which they are wide, else all that fit."""
    most = max(1, (room // 2 if half else room) // HIGH)
    fewest = -(-count // max(1, width // CARD))
    wide = next((tiers for tiers in range(fewest, most + 1) if width // -(-count // tiers) >= WIDE), most)
    return max(fewest, min(wide, count))


def _in_tiers(names: Sequence[str], tiers: int) -> list[tuple[str, ...]]:
    """Names in a number of rows, as even as can be, the fuller ones below."""
    least, more = divmod(len(names), tiers)
    found, place = [], 0
    for tier in range(tiers):
        size = least + (tier >= tiers - more)
        found.append(tuple(names[place : place + size]))
        place += size
    return found


def _shared(tiers: Sequence[tuple[str, ...]], room: int) -> list[Tier]:
    """Rows of cards that fill the room."""
    if not tiers:
        return []
    each, more = divmod(max(room, LOW * len(tiers)), len(tiers))
    return [Tier(names, each + (place < more)) for place, names in enumerate(tiers)]
