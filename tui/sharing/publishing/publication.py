"""A session that is handed on: to every place that the settings name, and how that stands, in words."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui.session.archive.store import SessionDirectory
from tui.session.clock import Clock
from tui.sharing.handed_on import Received, Sink, StrayLines
from tui.sharing.publishing.publisher import Publisher
from tui.text.amounts import counted

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor
    from tui.sharing.publishing.inbox_reader import InboxReader


class Publication:
    """See Shared, in the engine."""

    def __init__(
        self,
        conductor: "Conductor",
        directory: SessionDirectory,
        sinks: Sequence[Sink],
        clock: Clock,
        epoch: Callable[[], int] = lambda: 1,
    ) -> None:
        """Begin to hand on what the conductor writes, from the first line on."""
        self._reader: InboxReader | None = None
        recorder = conductor.recorder
        self._publishers = [
            Publisher(sink, directory, conductor.outputs, clock, recorder.state, epoch, recorder.pending)
            for sink in sinks
        ]
        for one in self._publishers:
            recorder.subscribe_to_lines(one.reached)

    @property
    def troubled(self) -> bool:
        """Whether it is not handed on everywhere."""
        return any(one.standing.trouble for one in self._publishers)

    @property
    def words(self) -> str:
        """How it stands: `shared · 2 follow`, or since when and why it is not."""
        for one in self._publishers:
            if one.standing.trouble:
                since = f" since {one.standing.since:%H:%M:%S}" if one.standing.since else ""
                return f"not shared{since}: {one.standing.trouble}"
        known = [one.standing.followers for one in self._publishers if one.standing.followers is not None]
        refused = self._reader.refusals if self._reader is not None else 0
        told = [counted(refused, "message") + " refused"] if refused else []
        return " · ".join(["shared", *([f"{max(known)} follow"] if known else []), *told])

    def take_messages(self, reader: "InboxReader") -> None:
        """Give what followers send to a reader, say how many of them it has refused, and tell who sent them."""
        self._reader = reader
        for one in self._publishers:
            one.listen(reader, lambda: reader.told)

    def find_forks(self, found: Callable[[StrayLines], None]) -> None:
        """Tell somebody of what earlier writers have handed on, on a thread of this one's."""
        for one in self._publishers:
            one.find_forks(found)

    def listen(self, received: Received) -> None:
        """Tell somebody of what followers send, on a thread of this one's."""
        for one in self._publishers:
            one.listen(received)

    def close(self) -> None:
        """Hand on what is left, for a moment, and end."""
        for one in self._publishers:
            one.end()
        for one in self._publishers:
            one.close()
