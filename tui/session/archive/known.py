"""What lists show of each session, kept in an index beside them: a journal that has not changed is read once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from tui.session.archive.indexes.session_index import TOGETHER, SessionIndex, stamp_of
from tui.session.archive.store import RUNBOOK, SessionDirectory, Store
from tui.session.listed.listed_session import KnownSession as KnownSession
from tui.session.listed.listed_session import ListedSession as ListedSession

Kept = TypeVar("Kept", bound=Struct)
Listed = TypeVar("Listed", ListedSession, KnownSession)


class KnownSessions:
    """Reads sessions once, and again where their files have changed; threads may ask at the same time.

    What was read is kept in the index of the store, where it is ours.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._known: dict[str, tuple[bytes, KnownSession]] = {}
        self.index = SessionIndex(store.root) if store.ours else None

    def names(self) -> list[str]:
        """The ids of all sessions, the newest first; what is known of others is forgotten.

        Raises:
            SessionError: the folder cannot be read, or somebody else could put sessions there.
        """
        names = self.store.names()[::-1]
        there = set(names)
        with self._lock:
            self._known = {name: one for name, one in self._known.items() if name in there}
        return names

    def get(self, name: str) -> KnownSession:
        """A session as it is on the disk now; blocks for some hundredths of a second where it has to be read."""
        directory = SessionDirectory(self.store.root / name)
        stamp = _stamp_of(directory)
        with self._lock:
            before = self._known.get(name)
        if before is not None and stamp and before[0] == stamp:
            return before[1]
        one = self.kept(directory, KnownSession, _read, _stamp_of, stamp)
        with self._lock:
            self._known[name] = stamp, one
        return one

    def all(self) -> Iterator[KnownSession]:
        """Every session, the newest first; one that cannot be read says why instead of hiding.

        Raises:
            SessionError: as `names` does.
        """
        return self._all(KnownSession)

    def listed(self) -> Iterator[ListedSession]:
        """The same without their follow-ups, which take longer than all the rest.

        Raises:
            SessionError: as `names` does.
        """
        return self._all(ListedSession)

    def each(self, names: Sequence[str]) -> Iterator[KnownSession]:
        """These sessions, as `get` has each; the index is asked for many at once."""
        return self._each(names, KnownSession)

    def _all(self, kind: type[Listed]) -> Iterator[Listed]:
        names = self.names()
        yield from self._each(names, kind)
        self.done(names)

    def _each(self, names: Sequence[str], kind: type[Listed]) -> Iterator[Listed]:
        for at in range(0, len(names), TOGETHER):
            some = names[at : at + TOGETHER]
            new = [name for name in some if name not in self._known]
            kept = self.index.kept_of(KnownSession.__name__, new) if self.index is not None and new else {}
            for name in some:
                yield self._kept_as(name, kind, kept.get(name)) or self.get(name)

    def _kept_as(self, name: str, kind: type[Listed], kept: tuple[bytes, bytes] | None) -> Listed | None:
        """What the index has of a session, where its files have not changed since; None where it has to be read."""
        if kept is None:
            return None
        directory = SessionDirectory(self.store.root / name)
        stamp = _stamp_of(directory)
        one = _decoded(kept[1], kind, directory) if stamp and stamp == kept[0] else None
        if isinstance(one, KnownSession):
            with self._lock:
                self._known[name] = stamp, one
        return one

    def done(self, names: list[str]) -> None:
        """All of `names` were asked for: what was read is written to the index, and what it has of others forgotten."""
        if self.index is not None:
            self.index.flush(names)

    def flush(self) -> None:
        """Write to the index what was read since."""
        if self.index is not None:
            self.index.flush()

    def kept(
        self,
        directory: SessionDirectory,
        kind: type[Kept],
        read: Callable[[SessionDirectory], Kept],
        stamp_of: Callable[[SessionDirectory], bytes],
        stamp: bytes | None = None,
    ) -> Kept:
        """What is read of a session, taken from the index where its files have not changed since, and kept there.

        Args:
            stamp: what `stamp_of` says now, where that is known.
        """
        if self.index is None:
            return read(directory)
        stamp = stamp_of(directory) if stamp is None else stamp
        if not stamp:
            return read(directory)
        data = self.index.get(kind.__name__, directory.id, stamp)
        if data is not None and (found := _decoded(data, kind, directory)) is not None:
            return found
        one = read(directory)
        if stamp == stamp_of(directory) and not getattr(one, "problem", ""):
            self.index.put(kind.__name__, directory.id, stamp, msgspec.json.encode(one, enc_hook=str))
        return one


def _decoded(data: bytes, kind: type[Kept], directory: SessionDirectory) -> Kept | None:
    """What was kept, with its folder where that is now; None where it is damaged: it is read again."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=lambda kind, value: directory.path)
    except (msgspec.MsgspecError, ValueError):
        return None


def _stamp_of(directory: SessionDirectory) -> bytes:
    """What is the same as long as a session's files are; empty where that cannot be known."""
    return stamp_of(directory.path, RUNBOOK)


def _read(directory: SessionDirectory) -> KnownSession:
    from tui.session.archive.known_state import read_session  # what the index knows needs none of it

    return read_session(directory)
