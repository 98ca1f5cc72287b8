"""Carries a job's requests to an instance by Systems Manager: each is a command of its own, and its answer is short."""

import time
from collections.abc import Callable
from functools import partial

from tui.errors import HostError
from tui.transports.base import CancelToken, HostFacts, Stream
from tui.transports.jobs.paged import MOST, JobPage, NoPage, begin_request, page_request, read_page, share_of
from tui.transports.jobs.request import Lost
from tui.transports.jobs.scripts import JobRequest, unwrap_job
from tui.transports.shell import Wrapped
from tui.transports.ssm.carrying import BY_BUCKET, Sending, carried
from tui.transports.ssm.output_bucket import OutputBucket, OutputNotFetched
from tui.transports.ssm.service import Invocation, SystemsManager

BRIEF, HOLD = 6, 40
"""Naps that an instance waits for news before it answers that there is none: of the first page, which tells that the
command has begun and can be ended from now on, and of any other. See `paged`.
"""
BREATH = 1.0
"""Seconds between two pages of which the first was not full: who prints a line every moment is asked less often."""
LATER = 3
"""Pages that cannot be read, one after another, before that is told."""

Send = Callable[[str, OutputBucket | None], Sending]
"""Sends a request whose answer comes by that bucket, where one is given."""


class OneAnswer:
    """A request whose answer is all that it prints; see Exchange."""

    def __init__(self, sending: Sending, cancel: CancelToken) -> None:
        self._sending = sending
        self._cancel = cancel
        self._told = False

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        """The answer; see Exchange."""
        if self._told:
            return None
        found = self._sending.answer(wait)
        if found is None:
            return []
        self._told = True
        return [(Stream.OUT, found.out.encode()), (Stream.ERR, found.err.encode())]

    def whole(self) -> bool:
        """It is, or it was never given."""
        return True

    def close(self) -> None:
        """Let go of it."""
        self._sending.take_back()


class Paged:
    """A job that is followed page by page, told as its follower over a connection tells it; see Exchange."""

    def __init__(
        self,
        send: Send,
        request: JobRequest,
        first: str,
        cancel: CancelToken,
        bucket: OutputBucket | None,
        not_fetched: Callable[[str], None],
    ) -> None:
        """Send the first request, which starts the job or asks for its first page.

        Args:
            bucket: by which much output comes.
            not_fetched: is told why it does not, once; it comes by small pages then.
        """
        self._send = send
        self._request = request
        self._cancel = cancel
        self._bucket = bucket
        self._not_fetched = not_fetched
        self._left = 0
        self._came = {Stream.OUT: request.out, Stream.ERR: request.err}
        self._begun = False
        self._over = False
        self._odd = 0
        self._not_before = 0.0
        self._sending: Sending | None = send(first, None)

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        """What has come; see Exchange."""
        if self._over:
            return None
        try:
            return self._taken(wait)
        except OutputNotFetched as error:
            self._bucket = self._sending = None
            self._not_fetched(error.message)
            return []
        except HostError as error:
            if self._begun:
                raise Lost from error
            raise

    def _taken(self, wait: float) -> list[tuple[Stream, bytes]]:
        if self._sending is None:
            if (left := self._not_before - time.monotonic()) > 0:
                time.sleep(min(wait, left))
                return []
            session, job = self._request.session, self._request.job
            step, _, number = job.rpartition(".")
            key, come = f"{session}/{step}/{number}", (self._came[Stream.OUT], self._came[Stream.ERR])
            by = self._bucket if self._left > share_of(MOST) else None
            most = BY_BUCKET if by is not None else MOST
            self._sending = self._send(page_request(key, self._request.nonce, *come, HOLD, most), by)
        if not self._begun and self._cancel.cancelled:
            self._sending.take_back()
        found = self._sending.answer(wait)
        if found is None:
            return []
        self._sending = None
        try:
            page = read_page(found.out, self._request.nonce)
        except NoPage as none:
            return self._without_page(none, found)
        self._odd = 0
        return self._told(page)

    def _without_page(self, none: NoPage, found: Invocation) -> list[tuple[Stream, bytes]]:
        if not none.words and self._begun and self._odd < LATER:
            self._odd += 1
            self._not_before = time.monotonic() + BREATH
            return []
        self._over = True
        if self._begun:
            return []  # it is asked again from the beginning, and what is said then counts
        words = f"\nrunbook-job {self._request.nonce} {none.words}\n" if none.words else f"{found.out}\n{found.err}"
        return [(Stream.OUT, words.encode())]

    def _told(self, page: JobPage) -> list[tuple[Stream, bytes]]:
        nonce = self._request.nonce
        told: list[tuple[Stream, bytes]] = []
        if not self._begun:
            self._begun = True
            told += [(Stream.ERR, f"\nrunbook-job-errors {nonce}\n".encode())]
            told += [(Stream.OUT, f"\nrunbook-job {nonce} running\n".encode())]
        told += [(stream, data) for stream, data in ((Stream.OUT, page.out), (Stream.ERR, page.err)) if data]
        for stream, data in ((Stream.OUT, page.out), (Stream.ERR, page.err)):
            self._came[stream] += len(data)
        printed = page.printed_out, page.printed_err
        missing = [max(0, has - self._came[stream]) for has, stream in zip(printed, Stream, strict=True)]
        self._left, whole = sum(missing), not any(missing)
        if page.how and whole:
            self._over = True
            told.append((Stream.OUT, f"\0runbook-job {nonce} end {printed[0]} {printed[1]} {page.how}\n".encode()))
        elif whole:
            self._not_before = time.monotonic() + BREATH
        return told

    def whole(self) -> bool:
        """It is, or it was lost before."""
        return True

    def close(self) -> None:
        """Let go of it; the job keeps running."""
        if self._sending is not None:
            self._sending.take_back()


class SSMChannels:
    """The way to an instance, for one request after another; see Channels."""

    def __init__(
        self,
        service: SystemsManager,
        instance: str,
        user: str,
        facts: Callable[[], HostFacts],
        bucket: OutputBucket | None = None,
    ) -> None:
        """Args:
        facts: those of the instance, found out when they are first asked for.
        bucket: by which much output comes.
        """
        self._service = service
        self._instance = instance
        self._user = user
        self._facts = facts
        self._bucket = bucket
        self.not_fetched: dict[str, str] = {}
        """Why the output of a job did not come by the bucket, by its key."""

    def login_shell(self) -> str:
        """None is told: requests are read as those of a host that does not tell."""
        return ""

    def boot_id(self) -> str:
        """Which start of the instance it was that was reached first."""
        return self._facts().boot_id

    def exchange(self, wrapped: Wrapped, cancel: CancelToken, urgent: bool = False) -> OneAnswer | Paged:
        """Send a request; see Channels."""
        request = unwrap_job(wrapped.request)
        comment = f"runbook {request.session} {request.job}" if request is not None else "runbook"

        def send(text: str, by: OutputBucket | None, stdin: bytes = b"") -> Sending:
            return Sending(self._service, self._instance, carried(Wrapped(text, stdin), self._user), comment, by)

        if request is None or request.kind not in ("start", "attach"):
            return OneAnswer(send(wrapped.request, None), cancel)
        step, _, number = request.job.rpartition(".")
        key = f"{request.session}/{step}/{number}"
        bucket = self._bucket if key not in self.not_fetched else None
        if request.kind == "start":
            first = begin_request(wrapped.request, BRIEF)
        else:
            first = page_request(key, request.nonce, request.out, request.err, BRIEF)

        def sent(text: str, by: OutputBucket | None) -> Sending:
            return send(text, by, wrapped.stdin if text is first else b"")

        return Paged(sent, request, first, cancel, bucket, partial(self.not_fetched.__setitem__, key))
