"""Sets a recorded session up as the screens know a running one: they show it, and can do nothing to it."""

from datetime import datetime, timedelta
from pathlib import Path

from tui.execution.beginning.read_beside import Read
from tui.execution.connections import Connections
from tui.execution.live_session import LiveSession
from tui.execution.outputs import Outputs
from tui.execution.secrecy.redaction import Redactor
from tui.execution.viewer import Viewer
from tui.execution.workspace import Workspace
from tui.replay.keyframes import ReplayMoment
from tui.replay.output import EVERYTHING, OutputThen, timing_of
from tui.replay.player import Player
from tui.replay.recorded import RecordedSession
from tui.session.archive.store import SessionDirectory, Store
from tui.session.clock import Clock, SystemClock
from tui.session.output.output import OutputReader
from tui.session.output.timing import Timing
from tui.session.state import CONNECTED, Attempt, SessionState

KEPT = 8
"""Attempts whose timing is kept at hand."""


class ReplayClock:
    """The replay's own time."""

    player: Player

    def now(self) -> datetime:
        """The time then, in UTC."""
        return self.player.now

    def monotonic(self) -> float:
        """Seconds since the session began."""
        return self.player.elapsed


class OutputsThen(Outputs):
    """Gives the output of attempts as far as it had come."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, Redactor())
        self.player: Player
        self._timings: dict[int, Timing] = {}
        self._begun: dict[int, float] = {}

    def reader(self, attempt: int) -> OutputReader:
        """The attempt's output, as far as it had come whenever it is read."""
        lines = self.player.recording.lines
        return OutputThen(self.directory, attempt, lines, lambda: self._since(self.player.moment.state, attempt))

    def is_live(self, attempt: int) -> bool:
        """Whether the attempt was running."""
        then = self.player.moment.state.attempts.get(attempt)
        return then is not None and then.outcome is None

    def size(self, attempt: int) -> int:
        """How many bytes a running attempt had printed."""
        since = self._since(self.player.moment.state, attempt)
        return 0 if since == EVERYTHING else self._timing(attempt).size_at(since)

    def printed_at(self, running: Attempt) -> datetime | None:
        """When a running attempt had last printed something; None where it had not yet."""
        timing = self._timing(running.number)
        size = timing.size_at(self.player.elapsed - self._began(running.number))
        return running.started + timedelta(seconds=timing.came_at(size - 1)) if size else None

    def next_output(self, moment: ReplayMoment, elapsed: float) -> float | None:
        """How many seconds into the session the running attempts print again, if they do."""
        coming = []
        for attempt in map(moment.state.attempts.__getitem__, moment.state.open_attempts):
            if attempt.outcome is not None:
                continue
            since = elapsed - self._began(attempt.number)
            following = self._timing(attempt.number).next_after(since)
            if following is not None:
                coming.append(elapsed + following - since)
        return min(coming, default=None)

    def _since(self, state: SessionState, attempt: int) -> float:
        one = state.attempts.get(attempt)
        if one is None or one.outcome is not None:
            return EVERYTHING
        return self.player.elapsed - self._began(attempt)

    def _began(self, attempt: int) -> float:
        """How many seconds into the session an attempt began."""
        if attempt not in self._begun:
            self._begun[attempt] = self.player.recording.frames.attempt(attempt)
        return self._begun[attempt]

    def _timing(self, attempt: int) -> Timing:
        if attempt not in self._timings:
            while len(self._timings) >= KEPT:
                self._timings.pop(next(iter(self._timings)))
            self._timings[attempt] = timing_of(self.directory, attempt)
        return self._timings[attempt]


class Replayer(Viewer):
    """A session as it was at the moment that the player is at."""

    refused = ("this is a replay: nothing can be done in it", "q leaves it; `runbook resume` continues it")

    def __init__(self, recording: RecordedSession, player: Player, outputs: OutputsThen, clock: Clock) -> None:
        super().__init__(LiveSession(player.moment.state, clock), outputs)
        self.read_only = "a replay"
        self.printed_at = outputs.printed_at
        self.player = player
        self.recording = recording

    def show(self) -> None:
        """Take the state of the moment that the player is at."""
        self._live.state = self.player.moment.state

    def close(self) -> None:
        """Let go of the files."""
        super().close()
        self.recording.close()


class ReplayWorkspace(Workspace):
    """The session's own runbook and time, and no host."""

    replaying = True

    def __init__(self, recording: RecordedSession, store: Store, today: Clock | None = None) -> None:
        clock = ReplayClock()
        started = recording.first.state.started
        super().__init__(recording.runbook, "", store, {}, clock, drill=started.drill if started else "")
        self.today = today or SystemClock()
        outputs = OutputsThen(recording.directory.attempts)
        self.player = Player(recording, outputs.next_output)
        clock.player = outputs.player = self.player
        self.replayer = Replayer(recording, self.player, outputs, clock)
        self.connections = ConnectionsThen(recording.runbook, {}, self.replayer)


class ConnectionsThen(Connections, frozen=True):
    """How the connections were."""

    replayer: Replayer

    def links(self) -> dict[str, str]:
        """The state of every connection then, in words."""
        state = self.replayer.state
        return {host: state.links.get(host, CONNECTED) for host in state.hosts}

    def round_trips(self) -> dict[str, float]:
        """None: how long a host took to answer is not recorded."""
        return {}


def staged(directory: SessionDirectory, today: Clock | None = None, read: Read | None = None) -> ReplayWorkspace:
    """A kept session, to be seen again; its key frames are kept where the platform keeps such things.

    Args:
        today: the time at which it is seen, the machine's where it is not given.
        read: waits for its runbook, where it is being read already.

    Raises:
        SessionError: it is not there, or damaged.
        RunbookInvalid: its runbook is.
    """
    from platformdirs import user_cache_path

    recording = RecordedSession(directory, user_cache_path("runbook") / "replay", read)
    return ReplayWorkspace(recording, Store(directory.path.parent, ours=False), today)
