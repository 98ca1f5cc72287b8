"""Brings a session that another machine wrote onto this one, proved line by line, so that it can be continued here."""

import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.errors import SessionError
from tui.runbook.reading.load import load_text
from tui.session.archive.files_told import FilesTold
from tui.session.archive.manifest import FETCHED, manifest_of
from tui.session.archive.store import SessionDirectory, Store
from tui.session.folding.fold import apply
from tui.session.journal.durable import sync_directory, write_new
from tui.session.journal.private import private_folder
from tui.session.state import initial
from tui.sharing.fetched_files import fetch_files
from tui.sharing.following.proving import LineProof
from tui.sharing.handed_on import TEXT, Beat, Feed, ShareFailed, beat_of
from tui.sharing.publishing.fork_reader import REPLACED
from tui.sharing.seals import Seals

PATIENCE = 10.0
"""Seconds in which what the last beat has said must be there: a bucket is looked at every two seconds."""
BATCH = 1000
BESIDE = ".fetching-"
"""How the folder of a session begins that is not here whole yet; no list has it (`Store.names`)."""
LEFT = 24 * 3600.0
"""Seconds after which such a folder is one that a program left as it was ended."""


class FetchedSession(Struct, frozen=True):
    """A session as it is here now: how many lines it has, what its last writer had said, and what is not whole.

    `apart` is where a copy is kept that was here before, `forked` after which line that one has others.
    """

    directory: SessionDirectory
    count: int
    beat: Beat
    missing: tuple[str, ...] = ()
    apart: Path | None = None
    forked: int = -1


def last_beat(feed: Feed, seals: Seals) -> Beat:
    """What the session's writer said last.

    Raises:
        ShareFailed: nothing of it is there that the team's key has sealed.
    """
    beat = beat_of(seals, feed.beat())
    if beat is None:
        hint = "`runbook follow` lists what is live; is the key in [share] the team's?"
        raise ShareFailed(f"{feed.where} has nothing of {seals.session}", hint)
    return beat


def fetch_session(
    feed: Feed, seals: Seals, store: Store, say: Callable[[str], None] = lambda words: None
) -> FetchedSession:
    """Bring a session here; a copy that is here already is kept aside. Blocks.

    Raises:
        ShareFailed: it does not answer, or has not all.
        SessionError: it cannot be written here, or what came is not what was written.
    """
    beat = last_beat(feed, seals)
    try:
        private_folder(store.root)
        folder = folder_beside(store.root)
    except OSError as error:
        raise SessionError(f"cannot write below {store.root}: {error.strerror}", "free space there") from error
    try:
        return _into(folder, feed, seals, store, beat, say)
    except OSError as error:
        raise SessionError(f"the session cannot be written here: {error.strerror}", "free space there") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def folder_beside(root: Path) -> Path:
    """An empty folder for what is fetched, until it is whole; those that ended programs left are removed.

    Raises:
        OSError: it cannot be made.
    """
    for path in root.glob(f"{BESIDE}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFT:
                shutil.rmtree(path, ignore_errors=True)
    folder = root / f"{BESIDE}{secrets.token_hex(6)}"
    folder.mkdir(mode=0o700)
    return folder


def begun_here(store: Store, directory: SessionDirectory) -> bool:
    """Whether a session began on this machine, also where somebody else has had it since: its runbook was run here.

    Raises:
        SessionError: what was noted beside it makes no sense.
    """
    if directory.path.parent != store.root:
        return False
    if manifest_of(directory) is None:
        return True
    copies = map(SessionDirectory, (store.root / REPLACED).glob(f"{directory.id}-*"))
    text = directory.runbook.read_bytes()
    return any(manifest_of(copy) is None and copy.runbook.read_bytes() == text for copy in copies)


def _into(
    folder: Path, feed: Feed, seals: Seals, store: Store, beat: Beat, say: Callable[[str], None]
) -> FetchedSession:
    count, missing = fetched_into(SessionDirectory(folder), feed, seals, beat)
    say(f"{count} events, each proved by the one before")
    there = store.root / seals.session
    apart, forked = _put_aside(there, SessionDirectory(folder), store) if there.exists() else (None, -1)
    folder.rename(there)
    sync_directory(store.root)
    return FetchedSession(SessionDirectory(there), count, beat, missing, apart, forked)


def fetched_into(directory: SessionDirectory, feed: Feed, seals: Seals, beat: Beat) -> tuple[int, tuple[str, ...]]:
    """Bring a session into an empty folder, as far as its last beat says; returns its lines, and what is missing.

    Raises:
        ShareFailed: it does not answer, or has not all.
        RunbookError: what came is not what was written.
        OSError: it cannot be written.
    """
    text = seals.opened(TEXT, "", feed.text())
    if text is None:
        raise ShareFailed(f"{feed.where} has no runbook of {seals.session}", "ask who writes it to leave it first")
    directory.attempts.mkdir(mode=0o700)
    write_new(directory.runbook, text)
    told = FilesTold()
    count, head = _journal(directory, feed, seals, beat, text.decode(), told)
    came = fetch_files(directory, feed, seals, told)
    write_new(directory.path / FETCHED, msgspec.json.encode(came.manifest(seals.session, f"{count}:{head}")))
    return count, came.words


def _journal(
    directory: SessionDirectory, feed: Feed, seals: Seals, beat: Beat, text: str, told: FilesTold
) -> tuple[int, str]:
    """Write the lines that are proved; returns how many, and the hash of the last."""
    state, proof = initial(load_text(text, "runbook.toml", of_session=True)), LineProof(seals)
    until = time.monotonic() + PATIENCE
    with directory.journal.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        while True:
            came = [*proof.take(feed.lines(proof.count, BATCH, 0.1))]
            for one in came:
                file.write(one.line + b"\n")
                for entry in one.entries:
                    state = apply(state, entry)
                    told.hear(entry.event)
            if came:
                until = time.monotonic() + PATIENCE
            elif proof.count >= beat.count:
                break
            elif time.monotonic() > until:
                words = f"{feed.where} has {proof.count} of the {beat.count} events that {beat.operator} has written"
                raise ShareFailed(words, "try again in a moment; on their machine it may still be sent")
        file.flush()
        os.fsync(file.fileno())
    return proof.count, proof.head


def _put_aside(there: Path, new: SessionDirectory, store: Store) -> tuple[Path, int]:
    """Keep the copy that is here; returns where, and the number of the first line that it has otherwise (-1: none)."""
    before = SessionDirectory(there).journal.read_bytes().splitlines()
    after = new.journal.read_bytes().splitlines()
    pairs = enumerate(zip(before, after, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), min(len(before), len(after)))
    private_folder(store.root / REPLACED)
    apart = store.root / REPLACED / f"{there.name}-{secrets.token_hex(3)}"
    there.rename(apart)
    return apart, same if len(before) > same else -1
