"""The sessions on disk: where they are, what is in each, and how one is begun or opened again."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.errors import RunbookInvalid, SessionError
from tui.runbook.model import Runbook

if TYPE_CHECKING:
    from tui.session.clock import Clock
    from tui.session.journal.journal import Journal
    from tui.session.state import SessionState


JOURNAL, RUNBOOK, SCENARIO, ATTEMPTS = "journal.jsonl", "runbook.toml", "scenario.json", "attempts"
"""What is in a session's folder."""
NOT_THERE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EBADF))
"""Why there is no such file; anything else the disk does not say."""
TEAM = "team"
"""The folder beside the sessions for those that others of the team have finished."""


class SessionDirectory(Struct, frozen=True):
    """A session's directory: `runbook.toml` as it was, `journal.jsonl`, `attempts/`; a drill's has `scenario.json`."""

    path: Path

    @property
    def id(self) -> str:
        """The session's name, which sorts by time."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.path / JOURNAL

    @property
    def runbook(self) -> Path:
        """The runbook as it was when the session began."""
        return self.path / RUNBOOK

    @property
    def scenario(self) -> Path:
        """A drill's scenario as it was played."""
        return self.path / SCENARIO

    @property
    def attempts(self) -> Path:
        """The folder of the attempts' output."""
        return self.path / ATTEMPTS

    def load(self) -> "tuple[Runbook, SessionState]":
        """The session's own runbook as its environment has it, and the state after all its events; reads both files.

        Raises:
            RunbookInvalid: the runbook in the folder cannot be used.
            JournalDamaged: a line of the journal is not what was written.
            SessionError: a file cannot be read.
        """
        # what only lists sessions that the index knows reads none
        from tui.runbook.groups.printed_hosts import with_lists
        from tui.runbook.pointing import in_environment
        from tui.runbook.reading.file_text import read_text
        from tui.runbook.reading.load import load
        from tui.session.folding.fold import fold
        from tui.session.journal.journal import read

        text = read_text(self.runbook)
        try:
            runbook = _parsed(text)
        except RunbookInvalid:
            runbook = load(self.runbook, of_session=True)  # it says where the file is
        state = fold(runbook, read(self.journal))
        if state.started is None:
            return in_environment(runbook, ""), state
        return with_lists(in_environment(runbook, state.started.environment), state.started.groups), state


@lru_cache(maxsize=4)
def _parsed(text: str) -> Runbook:
    """The runbook in a text: hundreds of sessions have the same one, and reading it is most of the work."""
    from tui.runbook.reading.load import load_text

    return load_text(text, "runbook.toml", of_session=True)


class Store:
    """All sessions under one root, made with mode 0700 when the first is begun.

    Nobody but its owner may be able to put sessions there: see `tui.session.journal.private`. A root that is not `ours`
    is only read from, whosever it is.
    """

    def __init__(self, root: Path, ours: bool = True) -> None:
        self.root = root
        self.ours = ours
        self.fetch_others: Callable[[Callable[[], bool]], int] | None = None
        """Brings what others of the team have finished, unless it is stopped; None where nothing is shared. It blocks,
        and returns another number where something new is there."""

    def of_team(self) -> "Store":
        """The finished sessions of others of the team that were fetched: a cache, in a folder of its own."""
        return Store(self.root / TEAM, self.ours)

    def directory_of(self, name: str) -> SessionDirectory:
        """The folder of a session of this machine, else of one that was fetched from the team."""
        own, fetched = self.root / name, self.root / TEAM / name
        return SessionDirectory(fetched if not _has_journal(own) and _has_journal(fetched) else own)

    def create(
        self, flow: str, runbook_text: str, clock: "Clock", scenario_text: str = ""
    ) -> "tuple[SessionDirectory, Journal]":
        """Make the directory of a new session, its frozen runbook, a drill's scenario, and its empty journal.

        Raises:
            SessionError: the directory cannot be written.
        """
        import secrets

        from tui.session.journal.durable import sync_directory, write_new
        from tui.session.journal.journal import Journal
        from tui.session.journal.private import private_folder

        name = f"{clock.now():%Y%m%dT%H%M%SZ}-{flow}-{secrets.token_hex(3)}"
        directory = SessionDirectory(self.root / name)
        hint = "free space there, or set XDG_STATE_HOME to a folder that can be written"
        try:
            private_folder(self.root)
            directory.path.mkdir(mode=0o700)
        except OSError as error:
            raise SessionError(f"cannot write the session to {directory.path}: {error.strerror}", hint) from error
        try:
            directory.attempts.mkdir(mode=0o700)
            write_new(directory.runbook, runbook_text.encode())
            if scenario_text:
                write_new(directory.scenario, scenario_text.encode())
            sync_directory(self.root)
            return directory, Journal.create(directory.journal, clock)
        except OSError as error:
            _forget(directory)
            raise SessionError(f"cannot write the session to {directory.path}: {error.strerror}", hint) from error
        except SessionError:
            _forget(directory)
            raise

    def find(self, session: str) -> SessionDirectory:
        """The session of this id, or of the only id that starts or ends with it; "last" is the newest.

        Raises:
            SessionError: there is none, or more than one.
        """
        names = self.names()
        if session == "last":
            if not names:
                raise SessionError("there is no session here yet", "`runbook` begins one, `runbook drill` rehearses")
            return self._closed(names[-1])
        found = [name for name in names if name == session or name.startswith(session) or name.endswith(session)]
        if len(found) != 1 or not session:
            what = "matches more than one session" if found else "is not a session here"
            raise SessionError(f"{session!r} {what}", "`runbook sessions` lists them")
        return self._closed(found[0])

    def find_to_read(self, session: str) -> SessionDirectory:
        """The same; where none is here, one that others of the team have finished and that was fetched.

        Raises:
            SessionError: there is none, or more than one.
        """
        try:
            return self.find(session)
        except SessionError:
            fetched = self.of_team()
            if session == "last" or not any(session and session in name for name in fetched.names()):
                raise
            return fetched.find(session)

    def names(self) -> list[str]:
        """The ids of all sessions, oldest first; what is still being fetched, in a hidden folder, is none yet.

        Raises:
            SessionError: the folder cannot be read, or somebody else could put sessions there.
        """
        if self.ours:
            from tui.session.journal.private import trusted_folder

            trusted_folder(self.root)
        try:
            names = os.listdir(self.root)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            from tui.session.journal.chain import unreadable

            raise unreadable(self.root, error) from error
        return sorted(name for name in names if not name.startswith(".") and _has_journal(f"{self.root}/{name}"))

    def _closed(self, name: str) -> SessionDirectory:
        """A session, whose folder nobody else can look into from here on."""
        if self.ours:
            from tui.session.journal.private import closed

            closed(self.root / name)
        return SessionDirectory(self.root / name)


def _has_journal(folder: Path | str) -> bool:
    """Whether a folder is a session's; one that the disk does not let us look into is listed, and says so."""
    try:
        os.stat(f"{folder}/{JOURNAL}")
    except OSError as error:
        return error.errno not in NOT_THERE
    except ValueError:  # no file has such a name
        return False
    return True


def _forget(directory: SessionDirectory) -> None:
    """Remove a session that could not be begun, where that much can be written."""
    import shutil

    shutil.rmtree(directory.path, ignore_errors=True)


def started_at(name: str) -> datetime:
    """When the session of this id began, from its name (UTC); a folder that was renamed counts as the oldest."""
    try:
        return datetime.strptime(name[:16] + "+0000", "%Y%m%dT%H%M%SZ%z")
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
