"""The sessions of a store with their whole states, as a test wants to look into them."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tui.errors import RunbookError
from tui.session.archive.store import SessionDirectory, Store
from tui.session.state import SessionState
from tui.session.views.called import over


class Stored(Struct, frozen=True, kw_only=True):
    """One session; `problem` says why it cannot be read."""

    id: str
    path: Path
    state: SessionState | None = None
    problem: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be resumed: it is over, or it cannot be read."""
        return self.state is None or over(self.state)


def stored(store: Store) -> Iterator[Stored]:
    """Every session, newest first."""
    for name in reversed(store.names()):
        directory = SessionDirectory(store.root / name)
        try:
            _, state = directory.load()
        except RunbookError as error:
            yield Stored(id=name, path=directory.path, problem=error.message)
        else:
            yield Stored(id=name, path=directory.path, state=state)
