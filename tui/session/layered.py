"""A mapping that is never changed and of which changed versions are cheap, however large it is."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from itertools import chain
from typing import Generic, TypeVar, overload

Key = TypeVar("Key")
Value = TypeVar("Value")
Other = TypeVar("Other")

LEAST = 32
"""Changes that are kept beside the rest, at least, before both become one."""


class Layered(Mapping[Key, Value], Generic[Key, Value]):
    """What was there at some time, which many versions share, and what changed since, which is copied each time.

    A change copies as many entries as the square root of all, where a dictionary copies all.
    """

    __slots__ = ("_layers",)

    def __init__(self, base: Mapping[Key, Value]) -> None:
        """A mapping with these entries; a mapping that is one already shares them."""
        self._layers: tuple[dict[Key, Value], dict[Key, Value]]
        self._layers = base._layers if isinstance(base, Layered) else (dict(base), {})

    def having(self, key: Key, value: Value) -> "Layered[Key, Value]":
        """The mapping with one entry more, or another one in its place."""
        base, changed = self._layers
        changed = {**changed, key: value}
        made: Layered[Key, Value] = Layered.__new__(Layered)
        if len(changed) > LEAST and len(changed) ** 2 > len(base):
            base, changed = {**base, **changed}, {}
        made._layers = base, changed
        return made

    @property
    def copied(self) -> int:
        """How many entries the next change copies, where the layers do not become one."""
        return len(self._layers[1])

    def __getitem__(self, key: Key) -> Value:
        base, changed = self._layers
        return changed[key] if key in changed else base[key]

    @overload
    def get(self, key: Key, /) -> Value | None: ...
    @overload
    def get(self, key: Key, /, default: Value | Other) -> Value | Other: ...
    def get(self, key: Key, /, default: object = None) -> object:
        """The value, or the default; Mapping's own raises an error for each key that is not there."""
        base, changed = self._layers
        return changed[key] if key in changed else base.get(key, default)

    def __contains__(self, key: object) -> bool:
        base, changed = self._layers
        return key in changed or key in base

    def __iter__(self) -> Iterator[Key]:
        base, changed = self._layers
        return chain(base, (key for key in changed if key not in base))

    def __len__(self) -> int:
        return len(self._whole())

    def keys(self) -> KeysView[Key]:
        """The keys, in the order in which they came."""
        return self._whole().keys()

    def values(self) -> ValuesView[Value]:
        """The values, in the order of the keys."""
        return self._whole().values()

    def items(self) -> ItemsView[Key, Value]:
        """The entries, in the order of the keys."""
        return self._whole().items()

    def __repr__(self) -> str:
        return repr(self._whole())

    def _whole(self) -> dict[Key, Value]:
        """All entries in one; they are merged once, by the first caller that goes through them all."""
        base, changed = self._layers
        if changed:
            base = {**base, **changed}
            self._layers = base, {}
        return base


def whole(mapping: Mapping[Key, Value]) -> Mapping[Key, Value]:
    """The same entries in a mapping of one layer, for who looks many of them up."""
    return mapping._whole() if isinstance(mapping, Layered) else mapping
