"""Keeps the connections to jump hosts that somebody logged in to by typing, so that all hosts behind one ask once."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from tui.errors import AuthenticationRefused


class Hop(Protocol):
    """A connection to a jump host."""

    def is_active(self) -> bool:
        """Whether it lasts."""

    def close(self) -> None:
        """End it."""


AHop = TypeVar("AHop", bound=Hop)


class _Held(Generic[AHop]):
    def __init__(self, hop: AHop) -> None:
        self.hop = hop
        self.users = 0


class Hops:
    """Those of one program. One that wants nothing typed is reached again for each host behind it, as by ssh."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._held: dict[Hashable, _Held[Hop]] = {}
        self._untyped: set[Hashable] = set()
        self._refused: dict[Hashable, AuthenticationRefused] = {}

    def invite(self) -> None:
        """Let those ask again that refused."""
        with self._lock:
            self._refused.clear()

    def through(
        self, place: Hashable, make: Callable[[], tuple[AHop, bool]], asks: bool
    ) -> tuple[AHop, Callable[[], None], bool]:
        """A connection to a jump host, how to let go of it, and whether anything was typed for it.

        Args:
            place: what tells this jump host from another.
            make: connects to it, and says whether anything was typed.
            asks: whether that may ask; a refusal holds for the others then, until the next invitation.
        """
        with self._lock:
            making = self._making.setdefault(place, threading.Lock())
            untyped = place in self._untyped
        if untyped:
            hop, typed = make()
            return hop, hop.close, typed
        with making:
            with self._lock:
                if (refused := self._refused.get(place)) is not None:
                    raise refused
                held = self._held.get(place)
                if held is not None and held.hop.is_active():
                    return held.hop, self._taken(place, held), True  # type: ignore[return-value]  # made for this place
            try:
                hop, typed = make()
            except AuthenticationRefused as error:
                if asks:
                    with self._lock:
                        self._refused[place] = error
                raise
            with self._lock:
                if not typed:
                    self._untyped.add(place)
                    return hop, hop.close, False
                held = self._held[place] = _Held[Hop](hop)
                return hop, self._taken(place, held), True

    def held(self, place: Hashable) -> tuple[Hop, Callable[[], None]] | None:
        """A connection to a jump host that somebody logged in to and that lasts, and how to let go of it."""
        with self._lock:
            found = self._held.get(place)
            if found is None or not found.hop.is_active():
                return None
            return found.hop, self._taken(place, found)

    def _taken(self, place: Hashable, held: _Held[Hop]) -> Callable[[], None]:
        """Count one more user; returns how that one lets go, perhaps more than once."""
        held.users += 1
        gone = False

        def let_go() -> None:
            nonlocal gone
            with self._lock:
                held.users -= not gone
                gone = True
                if held.users:
                    return
                if self._held.get(place) is held:
                    del self._held[place]
            held.hop.close()

        return let_go
