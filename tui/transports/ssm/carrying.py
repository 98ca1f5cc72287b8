"""Carries one request to an instance by Systems Manager, as a command of its own, and its answer back."""

import base64
import shlex
import time
from contextlib import suppress

from msgspec.structs import replace

from tui.errors import HostError
from tui.transports.jobs.request import Lost
from tui.transports.shell import Wrapped
from tui.transports.ssm.output_bucket import NotThereYet, OutputBucket
from tui.transports.ssm.service import MOST_SENT, NOT_THERE, Invocation, SystemsManager

WITHIN = 120
"""Seconds that a request may take on an instance."""
FIRST, SLOWEST = 0.1, 2.0
"""Seconds between two questions whether an answer is there: at first, and at last."""
FORGOTTEN = 60.0
"""Seconds after which a command that the service does not know is given up."""
SILENT = 120.0
"""Seconds for which the service may not say how a command stands."""
BY_BUCKET = 2 << 20
"""Characters of base64 on a page that comes by a bucket."""
BESIDE = 64 << 10
"""Characters that stand beside the page in an answer: what startup files print, the page's head."""
ABSENT = 5.0
"""Seconds within which what an instance has sent to a bucket is to be there."""
AGAIN = 1.0
"""Seconds between two looks into a bucket."""

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

    def __init__(
        self, service: SystemsManager, instance: str, script: str, comment: str, to: OutputBucket | None = None
    ) -> None:
        """Send it.

        Args:
            to: the bucket from which its answer is read.

        Raises:
            OutputNotFetched: there is no such bucket; nothing was sent.
            HostError: it cannot be sent.
            Lost: it may have been sent.
        """
        if len(script) > MOST_SENT:
            size = f"{len(script) >> 10} KiB with its input"
            raise HostError(f"the command is too long for Systems Manager: {size}", "send its input by another way")
        self._service = service
        self._instance = instance
        self._to = to
        self._command = service.send(instance, script, comment, WITHIN, to)
        self._sent = self._heard = time.monotonic()
        self._pause = FIRST
        self._ended = 0.0
        self._next = self._sent + FIRST
        self._over = self._taken_back = False

    def answer(self, wait: float) -> Invocation | None:
        """How it ended; None where that is not known yet, after `wait` seconds at most.

        Raises:
            OutputNotFetched: it has ended, and its answer is not in the bucket.
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
            return self._whole(self._delivered(found))
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

    def _whole(self, found: Invocation) -> Invocation | None:
        """The answer as it is in the bucket; None where it is not there yet."""
        if self._to is None:
            return found
        self._ended = self._ended or time.monotonic()
        try:
            whole = self._to.fetch(self._command, self._instance, found.url, BY_BUCKET + BESIDE)
        except NotThereYet:
            if time.monotonic() > self._ended + ABSENT:
                raise
            self._next = time.monotonic() + AGAIN
            return None
        return replace(found, out=whole)

    def _delivered(self, found: Invocation) -> Invocation:
        self._over = True
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
