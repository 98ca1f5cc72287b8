"""Keeps the sessions that others of the team have finished in a folder beside this machine's, proved line by line.

It is a cache of what the bucket has: deleted it is fetched again. Only a session whose last word says that it is over,
and of which every line up to that one has the team's seal, is in it.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from tui.errors import RunbookError
from tui.session.archive.manifest import FETCHED, manifest_of
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.private import private_folder
from tui.sharing.bucket import Bucket
from tui.sharing.fetching import fetched_into, folder_beside
from tui.sharing.handed_on import Beat, beat_of
from tui.sharing.seals import Seals
from tui.sharing.stored.bucket_feed import BucketFeed, stored_sessions

NEWEST = 60
"""Deployments that are kept, and as many rehearsals: what was usual a hundred deployments ago is not usual now."""
SECONDS = 120.0
"""Seconds that one look may take; what did not come in that time comes with the next."""
EVERY = 60.0
"""Seconds between two looks."""


class TeamSeen(Struct, frozen=True):
    """How many of the team's finished sessions are here, of how many, and why not all of them are.

    `away` is why the bucket did not say which there are.
    """

    here: int = 0
    of: int = 0
    trouble: str = ""
    away: str = ""

    @property
    def words(self) -> str:
        """What is said where not all of them are here; empty where they are."""
        if self.away:
            return f"nobody says what the team has finished since, what was here before is used: {self.away}"
        if self.here == self.of and not self.trouble:
            return ""
        why = f": {self.trouble}" if self.trouble else "; ask again in a moment for the rest"
        return f"{self.here} of the team's {self.of} newest sessions are here{why}"


class TeamMemory:
    """What one machine has of the team's finished sessions; threads may ask at the same time, one looks."""

    def __init__(self, bucket: Bucket, seals: Callable[[str], Seals], store: Store) -> None:
        self._bucket = bucket
        self._seals = seals
        self._own = store
        self._kept = store.of_team()
        self._looking = threading.Lock()
        self._looked = -EVERY
        self._changes = 0
        self.seen = TeamSeen()

    def fetch(self, stopped: Callable[[], bool] = lambda: False, seconds: float = SECONDS) -> int:
        """Bring what is new; returns another number where something is. It blocks, and never raises."""
        with self._looking:
            if time.monotonic() - self._looked >= EVERY and not stopped():
                try:
                    self._fetch(stopped, time.monotonic() + seconds)
                except RunbookError as error:
                    self.seen = TeamSeen(away=error.message)
                except OSError as error:
                    self.seen = TeamSeen(away=f"they cannot be kept here: {error.strerror}")
                self._looked = time.monotonic()
            return self._changes

    def _fetch(self, stopped: Callable[[], bool], until: float) -> None:
        own = set(self._own.names())
        found = stored_sessions(self._bucket)
        beats = [beat for name, sealed in found if (beat := beat_of(self._seals(name), sealed)) is not None]
        over = [beat for beat in beats if beat.over and beat.session not in own]
        over.sort(key=lambda beat: beat.session, reverse=True)
        wanted = [
            *[beat for beat in over if not beat.drill][:NEWEST],
            *[beat for beat in over if beat.drill][:NEWEST],
        ]
        self._forget({beat.session for beat in wanted})
        here, trouble = 0, ""
        for beat in wanted:
            if self._has(beat):
                here += 1
            elif not stopped() and time.monotonic() < until:
                try:
                    self._bring(beat)
                    here += 1
                except RunbookError as error:
                    trouble = trouble or f"{beat.session}: {error.message}"
        self.seen = TeamSeen(here, len(wanted), trouble)

    def _has(self, beat: Beat) -> bool:
        directory = SessionDirectory(self._kept.root / beat.session)
        with suppress(RunbookError):
            manifest = manifest_of(directory) if (directory.path / FETCHED).exists() else None
            return manifest is not None and manifest.receipt == f"{beat.count}:{beat.head}"
        return False

    def _bring(self, beat: Beat) -> None:
        private_folder(self._own.root)
        private_folder(self._kept.root)
        folder = folder_beside(self._kept.root)
        try:
            feed = BucketFeed(self._bucket, beat.session)
            fetched_into(SessionDirectory(folder), feed, self._seals(beat.session), beat)
            there = self._kept.root / beat.session
            shutil.rmtree(there, ignore_errors=True)
            os.rename(folder, there)
            self._changes += 1
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _forget(self, wanted: set[str]) -> None:
        """Remove what the bucket does not have any more."""
        for name in self._kept.names():
            if name not in wanted:
                shutil.rmtree(self._kept.root / name, ignore_errors=True)
                self._changes += 1
