"""Keeps a session's HTML page in the team's bucket while the session grows, for people who have only a browser."""

import re
import threading
from collections.abc import Callable

from tui.exports.html.document import render
from tui.exports.source import source
from tui.session.archive.store import SessionDirectory
from tui.session.events import SessionFinished
from tui.session.journal.chain import last_entry
from tui.sharing.bucket import Bucket, BucketError

KIND = "text/html; charset=utf-8"
_HEAD = re.compile(rb"<head[^>]*>")


class LivePage:
    """One session's page; those who have its address see it, for as long as the address is good."""

    def __init__(self, directory: SessionDirectory, bucket: Bucket, every: float) -> None:
        self._directory = directory
        self._bucket = bucket
        self._every = every
        self._seen: tuple[int, ...] = ()
        self.key = f"pages/{directory.id}.html"

    def address(self, seconds: int) -> str:
        """An address at which anybody who has it can read the page for so long."""
        return self._bucket.presigned(self.key, seconds)

    def put(self) -> bool:
        """Put the page there as it is now; False where nothing has changed since the last time.

        Raises:
            BucketError: it could not be put there.
            SessionError: the session cannot be read.
        """
        seen = self._sizes()
        if seen == self._seen:
            return False
        page = render(source(self._directory))
        if not self.over():  # a browser that shows it asks again by itself
            again = f'<meta http-equiv="refresh" content="{max(1, round(self._every))}">'.encode()
            page = _HEAD.sub(lambda found: found[0] + again, page, count=1)
        self._bucket.put(self.key, page, KIND)
        self._seen = seen
        return True

    def over(self) -> bool:
        """Whether the session's end is recorded."""
        last = last_entry(self._directory.journal)
        return last is not None and isinstance(last.event, SessionFinished)

    def keep(self, stop: threading.Event, told: Callable[[str], None]) -> None:
        """Put it there again whenever it has changed, until it is stopped or the session is over; failures are told."""
        failed = ""
        while not stop.is_set():
            try:
                self.put()
                if failed:
                    told("the page is there again")
                failed = ""
                if self.over():
                    return
            except BucketError as error:
                if error.message != failed:
                    told(f"{error.message}; tried again every {self._every:g} s")
                failed = error.message
            stop.wait(self._every)

    def _sizes(self) -> tuple[int, ...]:
        files = (self._directory.journal, *sorted(self._directory.attempts.glob("*.out")))
        return tuple(path.stat().st_size for path in files)
