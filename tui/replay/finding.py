"""Finds a text in everything that a session ran and printed, and when it was to be seen."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from tui.replay.recorded import RecordedSession
from tui.session.output.output import OutputReader
from tui.text.search import pattern

MOST = 1_000
"""Places that are found at most; more than that does not help in going from one to the next."""

COMMAND = -1
"""The line of a place that is in the command itself."""


class Hit(Struct, frozen=True):
    """A place where the text is: in which attempt's output, on which line, and how far into the session that came.

    `elapsed` is in seconds; `line` is COMMAND where it is in the command.
    """

    elapsed: float
    attempt: int
    step: str
    line: int


def hits(recording: RecordedSession, text: str, stopped: Callable[[], bool]) -> Iterator[Hit]:
    """The places of a text in the commands and outputs of a session, as far as it has been read; blocks.

    Secrets are hidden, and so cannot be found.
    """
    wanted = pattern(text)
    for attempt, began in recording.attempts():
        if stopped():
            return
        if wanted.search(attempt.whole):
            yield Hit(began, attempt.number, attempt.step, COMMAND)
        reader = OutputReader(recording.directory.attempts, attempt.number)
        try:
            for line in reader.search(text, stopped=stopped):
                came = reader.times_of(line, 1)
                yield Hit(began + (came[0] if came else 0.0), attempt.number, attempt.step, line)
        finally:
            reader.close()
