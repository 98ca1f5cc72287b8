"""The virtual clock of a replay: where it is, how fast it goes, and where it can be taken."""

from collections.abc import Callable
from datetime import datetime, timedelta

from tui.replay.keyframes import ReplayMoment, TimedMarker
from tui.replay.recorded import RecordedSession
from tui.session.views.markers import MarkerKind

SPEEDS = (1, 2, 4, 8, 16, 32, 64)
IDLE = 3.0
"""Seconds without anything to see, after which the rest of them is skipped where idle time is."""

LEAD = 1.0
"""Seconds that are left of a skipped time, so that what comes next is seen coming."""


class Player:
    """Plays one recording. `elapsed` is where it is, in seconds of the session; nothing here waits for anything."""

    def __init__(self, recording: RecordedSession, next_output: Callable[[ReplayMoment, float], float | None]) -> None:
        """Begin at the beginning, paused.

        Args:
            next_output: when the next bytes of a command came, by a moment and seconds into the session.
        """
        self.recording = recording
        self.elapsed = 0.0
        self.playing = False
        self.speed = SPEEDS[0]
        self.skips_idle = True
        self._next_output = next_output

    @property
    def moment(self) -> ReplayMoment:
        """The session as it was here."""
        return self.recording.at(self.elapsed)

    @property
    def now(self) -> datetime:
        """The time on the wall clock here (UTC)."""
        self.recording.at(self.elapsed)
        return self.recording.now(self.elapsed)

    @property
    def at_end(self) -> bool:
        """Whether there is nothing after this."""
        return self.elapsed >= self.recording.total

    def toggle(self) -> None:
        """Play, or pause; at the end, from the beginning again."""
        if not self.playing and self.at_end:
            self.elapsed = 0.0
        self.playing = not self.playing

    def faster(self, steps: int) -> None:
        """Go a number of speeds up, or down."""
        place = SPEEDS.index(self.speed) + steps
        self.speed = SPEEDS[max(0, min(place, len(SPEEDS) - 1))]

    def has_speed(self, steps: int) -> bool:
        """Whether there is a speed that number of steps up, or down."""
        return 0 <= SPEEDS.index(self.speed) + steps < len(SPEEDS)

    def tick(self, seconds: float) -> bool:
        """Let time pass while it plays; says whether anything moved."""
        if not self.playing:
            return False
        target = self.elapsed + seconds * self.speed
        if self.skips_idle:
            target = max(target, self._after_idle())
        self._go(target)
        if self.at_end:
            self.playing = False
        return True

    def seek(self, elapsed: float) -> None:
        """Go to a number of seconds into the session; not beyond its end, nor what has been read of it."""
        self._go(elapsed)

    def by(self, seconds: float) -> None:
        """Go forward, or back, by a number of seconds."""
        self._go(self.elapsed + seconds)

    def mark(self, kind: MarkerKind, forward: bool) -> TimedMarker | None:
        """The next marker of a kind, or the one before; None where there is none."""
        frames = self.recording.frames
        found = frames.mark(kind, self.moment.entry.seq, forward)
        while not forward and found is not None and found.elapsed >= self.elapsed:
            found = frames.mark(kind, found.marker.seq, forward)
        return found

    def to_mark(self, kind: MarkerKind, forward: bool) -> TimedMarker | None:
        """Go to the next marker of a kind, or the one before; None where there is none."""
        found = self.mark(kind, forward)
        if found is not None:
            self.elapsed = found.elapsed
        return found

    def to_part(self, part: int, parts: int, kind: MarkerKind | None) -> TimedMarker | None:
        """Go to one of `parts` equal parts of the session: to its first marker of a kind, else to where it begins."""
        recording = self.recording
        found = recording.frames.mark_in(kind, part, parts, recording.total) if kind is not None else None
        self._go(found.elapsed if found is not None else recording.total * part / max(1, parts - 1))
        return found

    def to_step(self, step: str) -> TimedMarker | None:
        """Go to where a step was opened first; None where it never was."""
        found = self.recording.frames.step(step)
        if found is not None:
            self.elapsed = found.elapsed
        return found

    def to_time(self, time: datetime) -> None:
        """Go to a time on the wall clock: to the last moment before the session's clock showed a later one."""
        low, high = 0.0, self.recording.total
        while high - low > 0.01:
            middle = (low + high) / 2
            self.recording.at(middle)
            low, high = (middle, high) if self.recording.now(middle) < time else (low, middle)
        self._go(high)

    def _after_idle(self) -> float:
        """Where the next thing to see is, less a little, where it is far; else here."""
        moment = self.moment
        following = self.recording.following
        output = self._next_output(moment, self.elapsed)
        coming = min((one for one in (following, output) if one is not None), default=self.recording.total)
        return coming - LEAD if coming - self.elapsed > IDLE else self.elapsed

    def _go(self, elapsed: float) -> None:
        indexed = self.recording.indexed
        limit = self.recording.total if indexed.whole else indexed.elapsed
        self.elapsed = max(0.0, min(elapsed, limit))


def time_of_day(text: str, begin: datetime, total: float) -> datetime | None:
    """The time that 02:31:07 means in a session: the first one at or after its beginning; None where it is none."""
    try:
        time = datetime.strptime(text.strip(), "%H:%M:%S" if text.count(":") == 2 else "%H:%M").time()
    except ValueError:
        return None
    found = datetime.combine(begin.date(), time, begin.tzinfo)
    if found < begin - timedelta(seconds=1):
        found += timedelta(days=1)
    return found if found <= begin + timedelta(seconds=total + 1) else None
