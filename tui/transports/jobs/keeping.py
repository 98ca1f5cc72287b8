"""What every place does with the durable commands that it keeps, whatever carries the requests there."""

from tui.session.outcome import Outcome
from tui.transports.base import UNSHARED, CancelToken, Fence, Left, OutputSink
from tui.transports.jobs.job import JobRun
from tui.transports.jobs.request import Channels, clear, fence_off, look


class KeepsJobs:
    """A place whose durable commands are asked for over its own channels; see Transport."""

    _channels: Channels
    _patience: float

    def rejoin(self, left: Left, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Follow a durable command that was left; see Transport."""
        return JobRun(self._channels, left, sink, cancel, self._patience).rejoin()

    def look(self, key: str) -> str:
        """What there is of a durable command at the place; see Transport."""
        return look(self._channels, key)

    def fence(self, session: str, fence: Fence) -> tuple[str, ...]:
        """Have nothing of an earlier epoch begin there; see Transport."""
        return fence_off(self._channels, session, fence)

    def clear(self, session: str, fence: Fence = UNSHARED) -> int:
        """Remove what a session's durable commands left at the place; see Transport."""
        return clear(self._channels, session, fence)
