"""Hands a session on to one place, on a thread of its own: no key, no command and no fsync ever waits for it."""

import platform
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from tui import threads
from tui.errors import RunbookError
from tui.session.archive.store import SessionDirectory
from tui.session.clock import Clock
from tui.session.events import Entry
from tui.session.folding.packed import packed
from tui.session.places import environment_of
from tui.session.state import SessionState, last_attempt
from tui.session.views.called import over, session_called
from tui.sharing.handed_on import (
    LINES_MOST,
    Beat,
    HasTakenOver,
    KeyFrame,
    OtherWriter,
    Received,
    RefusedMessage,
    ShareFailed,
    Sink,
    StrayLines,
    measured_since,
)
from tui.sharing.publishing.journal_lines import JournalLines
from tui.sharing.publishing.masked_output import MaskedOutput, RunningOutputs
from tui.sharing.publishing.session_files import SessionFiles

LOOK = 0.25
"""Seconds between two looks at the output of a command that runs."""
GATHER = 0.05
"""Seconds in which events are gathered, so that a flood of them is sent in few batches."""
FRAME_EVERY = 1000
"""Lines between two states for those who join late."""
PAUSES = (0.5, 1.0, 2.0, 5.0)
"""Seconds between two tries after a failure."""
LAST_WORDS, LAST_PAUSE = 2.0, 0.1
"""Seconds in which the end of a session is still handed on, and between two tries of that."""


class HandedOn(Struct, frozen=True):
    """How the handing on stands: how many follow where that is known, else why and since when it does not work."""

    followers: int | None = None
    trouble: str = ""
    since: datetime | None = None


class Publisher:
    """Hands one session on to one sink. `reached` is told by the recorder; the rest is the thread's own."""

    def __init__(
        self,
        sink: Sink,
        directory: SessionDirectory,
        outputs: RunningOutputs,
        clock: Clock,
        state: SessionState,
        epoch: Callable[[], int] = lambda: 1,
        pending: Callable[[], Sequence[Entry]] = lambda: (),
    ) -> None:
        """Args:
        state: after the last line that is durable already.
        epoch: which of the session's writers this is.
        pending: what was measured since the journal's last line.
        """
        self._sink = sink
        self._text = directory.runbook
        self._journal = JournalLines(directory.journal)
        self._outputs = outputs
        self._clock = clock
        self._epoch = epoch
        self._pending = pending
        self._state = state
        self._received: Received = lambda message: None
        self._refused: Callable[[], tuple[RefusedMessage, ...]] = tuple
        self._strays: Callable[[StrayLines], None] = lambda stray: None
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._begun = False
        self._framed = self._newest = -1
        self._attempts: dict[int, MaskedOutput] = {}
        self._files = SessionFiles(directory, outputs, sink)
        self._beaten = 0.0
        self._last_word = 0.0
        self.standing = HandedOn()
        self._thread = threads.start(f"hand on to {sink.where}", self._run)

    @property
    def where(self) -> str:
        """Where the session is handed on to."""
        return self._sink.where

    def reached(self, state: SessionState) -> None:
        """Hand on the lines that led to a state, which is all that the writer of the journal does for this."""
        self._state = state
        self._wake.set()

    def listen(self, received: Received, refused: Callable[[], tuple[RefusedMessage, ...]] = tuple) -> None:
        """Tell somebody of what followers send, on this thread, and followers of what was refused of it."""
        self._received, self._refused = received, refused

    def find_forks(self, found: Callable[[StrayLines], None]) -> None:
        """Tell somebody of what earlier writers have handed on, on this thread; see Sink.strays."""
        self._strays = found

    def end(self) -> None:
        """Hand on what is left, for a moment, and end after that."""
        self._last_word = time.monotonic() + LAST_WORDS
        self._closing.set()
        self._wake.set()

    def close(self) -> None:
        """The same, and wait for it."""
        self.end()
        if threading.current_thread() is not self._thread:
            self._thread.join(LAST_WORDS)

    def _run(self) -> None:
        failed = 0
        try:
            while True:
                closing = self._closing.is_set()
                try:
                    self._hand_on()
                    failed, self.standing = (
                        0,
                        HandedOn(self._sink.followers() if self._due() else self.standing.followers),
                    )
                except RunbookError as error:
                    failed += 1
                    self._failed(error)
                    if isinstance(error, OtherWriter):
                        if isinstance(error, HasTakenOver):
                            self._beside()
                        return
                except (OSError, ValueError) as error:  # the session's folder cannot be read
                    failed += 1
                    self._failed(ShareFailed(f"this session cannot be read here: {error}"))
                if closing and (not failed or time.monotonic() > self._last_word):
                    return
                self._rest(failed)
        finally:
            self._journal.close()
            self._sink.close()

    def _beside(self) -> None:
        """Hand on the lines that are still written here: they are kept beside those of who has taken over."""
        first = max(0, self._journal.count - self._sink.looks_back)
        if self._sink.looks_back:
            self._journal.again(first)
        while True:
            closing = self._closing.is_set()
            first = self._journal.count
            try:
                while lines := self._journal.read(self._state.seq + 1, LINES_MOST):
                    self._sink.lines(first, lines)
                    first = self._journal.count
            except OtherWriter:
                return
            except (RunbookError, OSError):
                self._journal.again(first)
            if closing:
                return
            self._wake.wait(PAUSES[-1])
            self._closing.wait(GATHER)
            self._wake.clear()

    def _failed(self, error: RunbookError) -> None:
        words = error.message
        since = self.standing.since if self.standing.trouble else self._clock.now()
        self.standing = HandedOn(None, words, since)
        self._begun = False

    def _rest(self, failed: int) -> None:
        """Wait for news; after a failure for a while, whatever comes."""
        if failed and self._closing.is_set():
            time.sleep(LAST_PAUSE)
            return
        if failed:
            self._closing.wait(PAUSES[min(failed, len(PAUSES)) - 1])
            return
        every = self._sink.every
        self._wake.wait(LOOK if self._outputs.live else every)
        self._closing.wait(max(GATHER, every / 10) if every < 1 else every)
        self._wake.clear()

    def _hand_on(self) -> None:
        if not self._begun:
            self._begin()
        state = self._state
        if (
            state.seq < self._journal.count + LINES_MOST
        ):  # else others wait for what happened, and can wait for what it printed
            self._hand_on_output(state)
        while self._journal.count <= state.seq:
            first = self._journal.count
            lines = self._journal.read(state.seq + 1, LINES_MOST)
            if not lines:
                break
            self._sink.lines(first, lines)
        if self._journal.count != state.seq + 1:
            return
        if state.seq - self._framed >= FRAME_EVERY or (self._framed < 0 and state.started is not None):
            self._sink.frame(KeyFrame(state.seq + 1, self._journal.head, packed(state)))
            self._framed = state.seq
        self._hand_on_output(state)
        due = time.monotonic() - self._beaten >= self._sink.every or self._closing.is_set()
        self._files.evidence = self._files.evidence or due
        self._files.hand_on()
        if due:
            self._sink.beat(self._beat(state))
            self._beaten = time.monotonic()
            for message in self._sink.messages():
                self._received(message)
            for stray in self._sink.strays():
                self._strays(stray)

    def _begin(self) -> None:
        self._framed, self._attempts = -1, {}
        count = self._sink.begin(self._text.read_bytes(), self._journal.line)
        state = self._state  # another one may come while the sink is asked: what is new in that is handed on later
        if count > state.seq + 1:
            raise OtherWriter("another program hands on this session, and is ahead", "it is handed on by that one")
        self._journal.again(count)
        numbers = sorted(state.attempts)
        held = self._sink.held(numbers)
        self._files.begin()
        self._attempts = {one: MaskedOutput(self._outputs, one, held.get(one, 0)) for one in numbers}
        self._newest = last_attempt(state)
        self._begun = True

    def _hand_on_output(self, state: SessionState) -> None:
        for number in range(self._newest + 1, last_attempt(state) + 1):
            self._attempts[number] = MaskedOutput(self._outputs, number)
        self._newest = max(self._newest, last_attempt(state))
        self._attempts |= {
            number: MaskedOutput(self._outputs, number) for number in self._outputs.live if number not in self._attempts
        }  # one that is followed again prints on
        for number, output in list(self._attempts.items()):
            attempt = state.attempts.get(number)
            if attempt is not None and attempt.outcome is not None and not attempt.size:
                output.whole = True  # it has printed nothing
            for offset, data in output.pieces():
                self._sink.output(number, offset, data)
            if output.whole:
                self._files.ended(number)
                del self._attempts[number]  # hundreds of them would be looked at with each event

    def _due(self) -> bool:
        return time.monotonic() - self._beaten < LOOK

    def _beat(self, state: SessionState) -> Beat:
        started = state.started
        return Beat(
            session=started.session if started else "",
            at=self._clock.now(),
            epoch=self._epoch(),
            count=self._journal.count,
            head=self._journal.head,
            title=state.runbook.runbook.title,
            flow=state.flow,
            environment=environment_of(state),
            operator=state.operator,
            machine=platform.node(),
            drill=started.drill if started else "",
            stands=str(session_called(state)),
            over=over(state),
            measured=measured_since(self._pending(), self._journal.count),
            refused=self._refused(),
        )
