"""Carries a job's requests to an instance by Systems Manager: each is a command of its own, and its answer is short."""

import base64
import shlex
import time
from collections.abc import Callable
from contextlib import suppress

from tui.errors import HostError
from tui.transports.base import CancelToken, HostFacts, Stream
from tui.transports.jobs.paged import JobPage, NoPage, begin_request, page_request, read_page
from tui.transports.jobs.request import Lost
from tui.transports.jobs.scripts import JobRequest, unwrap_job
from tui.transports.shell import Wrapped
from tui.transports.ssm.service import MOST_SENT, NOT_THERE, Invocation, SystemsManager

BRIEF, HOLD = 6, 40
"""Naps that an instance waits for news before it answers that there is none: of the first page, which tells that the
command has begun and can be ended from now on, and of any other. See `paged`.
"""
WITHIN = 120
"""Seconds that a request may take on an instance."""
FIRST, SLOWEST = 0.1, 2.0
"""Seconds between two questions whether an answer is there: at first, and at last."""
BREATH = 1.0
"""Seconds between two pages of which the first was not full: who prints a line every moment is asked less often."""
FORGOTTEN = 60.0
"""Seconds after which a command that the service does not know is given up."""
SILENT = 120.0
"""Seconds for which the service may not say how a command stands."""
LATER = 3
"""Pages that cannot be read, one after another, before that is told."""

_NEVER = {
    "DeliveryTimedOut": "its agent did not take the command in time",
    "Undeliverable": "the command cannot be delivered to it",
    "Terminated": "the command was ended before it was delivered",
    "InvalidPlatform": "its system does not run shell scripts",
    "AccessDenied": "AWS does not allow commands there",
    "Cancelled": "the command was cancelled before it was delivered",
}


def carried(wrapped: Wrapped, user: str) -> str:
    """The shell script that does a request on an instance, whatever the service makes of the text.

    It is in base64, for the service fills in `{{ssm:…}}` wherever it finds it. Without a user it runs as the agent's,
    which is root.
    """
    script = base64.b64encode(wrapped.request.encode()).decode()
    lines = [f"rb=$(printf %s {script} | base64 -d)", 'export HOME="${HOME:-/root}"']
    run = f'su -l -s /bin/sh -c "$rb" {shlex.quote(user)}' if user else 'sh -c "$rb"'
    if wrapped.stdin:
        lines.append(f"printf %s {base64.b64encode(wrapped.stdin).decode()} | base64 -d | {run}")
    else:
        lines.append(f"{run} </dev/null")
    return "\n".join(lines)


class Sending:
    """One request on its way to an instance and back."""

    def __init__(self, service: SystemsManager, instance: str, script: str, comment: str) -> None:
        """Send it.

        Raises:
            HostError: it cannot be sent.
            Lost: it may have been sent.
        """
        if len(script) > MOST_SENT:
            size = f"{len(script) >> 10} KiB with its input"
            raise HostError(f"the command is too long for Systems Manager: {size}", "send its input by another way")
        self._service = service
        self._instance = instance
        self._command = service.send(instance, script, comment, WITHIN)
        self._sent = self._heard = time.monotonic()
        self._pause = FIRST
        self._next = self._sent + FIRST
        self._over = self._taken_back = False

    def answer(self, wait: float) -> Invocation | None:
        """How it ended; None where that is not known yet, after `wait` seconds at most.

        Raises:
            HostError: it was not delivered, and never will be.
            Lost: it may have been.
        """
        now = time.monotonic()
        if self._next > now:
            time.sleep(min(wait, self._next - now))
            if self._next > time.monotonic():
                return None
        found = self._looked()
        if found.over:
            self._over = True
            return self._delivered(found)
        self._pause = min(SLOWEST, self._pause * 1.5)
        self._next = time.monotonic() + self._pause
        if found is NOT_THERE and time.monotonic() > self._sent + FORGOTTEN:
            raise Lost
        return None

    def _looked(self) -> Invocation:
        try:
            found = self._service.invocation(self._command, self._instance)
        except (HostError, Lost):
            if time.monotonic() > self._heard + SILENT:
                raise Lost from None
            return Invocation("InProgress", "", True, "", "")
        self._heard = time.monotonic()
        return found

    def _delivered(self, found: Invocation) -> Invocation:
        never = _NEVER.get(found.details.replace(" ", ""))  # written with spaces, or without
        if found.status in ("Success", "Failed") and never is None:
            return found
        if found.begun:
            raise Lost
        why = never or found.details or found.status
        raise HostError(f"Systems Manager does not reach {self._instance}: {why}", "does it run, with its SSM agent?")

    def take_back(self) -> None:
        """Have it not delivered, or ended, where it is not over; how it ended is still told."""
        if not (self._over or self._taken_back):
            self._taken_back = True
            with suppress(HostError, Lost):
                self._service.cancel(self._command, self._instance)


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

    def __init__(self, send: Callable[[str], Sending], request: JobRequest, first: str, cancel: CancelToken) -> None:
        """Send the first request, which starts the job or asks for its first page."""
        self._send = send
        self._request = request
        self._cancel = cancel
        self._came = {Stream.OUT: request.out, Stream.ERR: request.err}
        self._begun = False
        self._over = False
        self._odd = 0
        self._not_before = 0.0
        self._sending: Sending | None = send(first)

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        """What has come; see Exchange."""
        if self._over:
            return None
        try:
            return self._taken(wait)
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
            come = self._came[Stream.OUT], self._came[Stream.ERR]
            self._sending = self._send(page_request(f"{session}/{step}/{number}", self._request.nonce, *come, HOLD))
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
        whole = self._came[Stream.OUT] >= printed[0] and self._came[Stream.ERR] >= printed[1]
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

    def __init__(self, service: SystemsManager, instance: str, user: str, facts: Callable[[], HostFacts]) -> None:
        """Args: facts: those of the instance, found out when they are first asked for."""
        self._service = service
        self._instance = instance
        self._user = user
        self._facts = facts

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

        def send(text: str, stdin: bytes = b"") -> Sending:
            return Sending(self._service, self._instance, carried(Wrapped(text, stdin), self._user), comment)

        if request is None or request.kind not in ("start", "attach"):
            return OneAnswer(send(wrapped.request), cancel)
        if request.kind == "start":
            first = begin_request(wrapped.request, BRIEF)
            return Paged(lambda text: send(text, wrapped.stdin if text is first else b""), request, first, cancel)
        step, _, number = request.job.rpartition(".")
        first = page_request(f"{request.session}/{step}/{number}", request.nonce, request.out, request.err, BRIEF)
        return Paged(send, request, first, cancel)
