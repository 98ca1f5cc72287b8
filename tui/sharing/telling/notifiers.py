"""Tells people by the services that the settings name: on threads of their own, and nothing ever waits for one."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from tui import threads
from tui.config import NotifierPlace
from tui.errors import RunbookError, UsageError
from tui.execution.secrecy.redaction import Redactor
from tui.runbook.templates.variables import fill_shown
from tui.session import events as ev
from tui.session.state import SessionState
from tui.sharing.own_secrets import own_secret
from tui.sharing.telling.told_of import ALWAYS, KINDS, TEXT, Notice, notice_of
from tui.text.amounts import counted
from tui.text.nearest import did_you_mean
from tui.text.sanitise import sanitise

HANGS = 20.0
"""Seconds after which a service that has not taken a message is said to hang."""
MOST = 100
"""Messages that wait for a service; of more the oldest are left out, which is said."""
LONGEST = 2000

Send = Callable[[str, str], bool]
"""Gives a title and a text to a service; whether it took them."""


class NotifyFailed(RunbookError):
    """A message did not go out."""

    exit_code = 4


class Notifier:
    """One service; `trouble` says why people are not told by it, and is empty where they are."""

    def __init__(self, name: str, place: NotifierPlace, send: Send, hangs: float = HANGS) -> None:
        self.name = name
        self._place = place
        self._send = send
        self._hangs = hangs
        self._waiting: deque[tuple[str, str]] = deque()
        self._left_out = 0
        self._failed = ""
        self._since: float | None = None
        self._last = -1
        self._workers = threads.Workers(f"notify {name}", 1)

    @property
    def trouble(self) -> str:
        """Why people are not told by it; empty where they are."""
        since = self._since
        left_out = f", {counted(self._left_out, 'message')} left out" if self._left_out else ""
        if since is not None and time.monotonic() - since > self._hangs:
            return f"{self.name} has not taken a message for {time.monotonic() - since:.0f} s{left_out}"
        return f"{self.name}: {self._failed}{left_out}" if self._failed else ""

    def heard(self, notice: Notice) -> None:
        """Tell of it, where this one is for that, and once for each event."""
        wanted = notice.kind in self._place.on or notice.kind in ALWAYS
        if not wanted or notice.seq <= self._last:
            return
        self._last = notice.seq
        text = fill_shown(self._place.text or TEXT, notice.values)[:LONGEST]
        self.tell(f"{notice.values['title']}: {notice.kind}", text)

    def tell(self, title: str, text: str) -> None:
        """Send a message, at once or after those before it."""
        if len(self._waiting) >= MOST:
            with suppress(IndexError):
                self._waiting.popleft()
                self._left_out += 1
        self._waiting.append((title, text))
        with suppress(RunbookError):  # too many threads: it is sent with the next one
            self._workers.begin(self._one)

    @property
    def takes_updates(self) -> bool:
        """Whether it is for what the operator writes, too: the status update of a rollback."""
        return "update" in self._place.on

    def deliver(self, title: str, text: str) -> None:
        """Give it to the service; blocks.

        Raises:
            NotifyFailed: it was not taken.
        """
        try:
            taken = self._send(title, text)
        except NotifyFailed:
            raise
        except Exception as error:  # each service has its own errors, and its address may be in their words
            raise NotifyFailed(f"it was not taken: {type(error).__name__}", "is its address right?") from None
        if not taken:
            raise NotifyFailed("it was not taken", "is its address right, and can it be reached from here?")

    def _one(self) -> None:
        try:
            title, text = self._waiting.popleft()
        except IndexError:
            return
        self._since = time.monotonic()
        try:
            self.deliver(title, text)
            self._failed = ""
        except NotifyFailed as error:
            self._failed = error.message
        finally:
            self._since = None


class Notifiers:
    """All services of the settings, for one session."""

    def __init__(self, every: Iterable[Notifier]) -> None:
        self.every = tuple(every)

    @property
    def trouble(self) -> str:
        """Why people are not told by one of them."""
        return next((one.trouble for one in self.every if one.trouble), "")

    def heard(self, entry: ev.Entry, state: SessionState) -> None:
        """A listener of the recorder: it writes down what is to be told, and returns."""
        notice = notice_of(entry, state)
        if notice is not None:
            for one in self.every:
                one.heard(notice)


class Updates:
    """The services that are for the status update of a rollback; see Announces, in the engine."""

    def __init__(self, every: Iterable[Notifier], redactor: Redactor) -> None:
        self._every = tuple(every)
        self._redactor = redactor

    def tell(self, title: str, text: str) -> None:
        """Send it to each, without the secrets that are known; nothing waits for them."""
        for one in self._every:
            one.tell(self._redactor.redact(title), self._redactor.redact(text)[:LONGEST])


def updates_of(services: Iterable[Notifier], redactor: Redactor) -> Updates | None:
    """Those of the services that are for it; None where none is."""
    wanted = [one for one in services if one.takes_updates]
    return Updates(wanted, redactor) if wanted else None


def notifiers_of(
    places: Mapping[str, NotifierPlace], redactor: Redactor, make: Callable[[str, str], Send] | None = None
) -> list[Notifier]:
    """The services that the settings name; the library that speaks to them is imported with the first message.

    Raises:
        UsageError: one cannot be meant.
        SecretMissing: its address is not where the settings say.
    """
    made = []
    for name, place in places.items():
        for kind in place.on:
            if kind not in KINDS:
                hint = did_you_mean(kind, KINDS) or f"there are: {', '.join(KINDS)}"
                raise UsageError(f"[notify.{name}] on: {kind!r} is nothing that is told", hint)
        url = own_secret(f"[notify.{name}] url", place.url, redactor)
        made.append(Notifier(name, place, (make or by_apprise)(name, url)))
    return made


def by_apprise(name: str, url: str) -> Send:
    """A way to a service by its apprise address."""

    def send(title: str, text: str) -> bool:
        try:
            apprise: Any = import_module("apprise")  # an extra: it is not there where nobody asked for it
        except ImportError:
            raise NotifyFailed("apprise is not installed here", "pip install 'runbook-tui[notify]'") from None
        service = apprise.Apprise()
        if not service.add(url):
            raise NotifyFailed("its address is none that apprise knows", "see github.com/caronc/apprise/wiki")
        return bool(service.notify(title=sanitise(title), body="\n".join(map(sanitise, text.splitlines()))))

    return send
