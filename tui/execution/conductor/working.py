"""Does a session's work, one piece after the other, on a thread of its own, and says what went wrong."""

from collections.abc import Callable
from concurrent.futures import Future, wait

from tui import threads
from tui.errors import HostError, JournalUnwritable, RunbookError
from tui.execution.conductor.executor import Executor
from tui.execution.recording import Recording
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.journal.journal import Journal
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import SessionState
from tui.transports.base import CancelToken, Detached


class Working(Recording):
    """A session being recorded whose commands run one at a time."""

    def __init__(
        self, runbook: Runbook, journal: Journal, executor: Executor, state: SessionState | None = None
    ) -> None:
        super().__init__(runbook, journal, executor.outputs, state)
        self.executor = executor
        self._pool = threads.pool("conductor", 1)
        self._cancel: CancelToken | None = None
        self._work: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a command is running, or about to."""
        return self._work is not None and not self._work.done()

    def wait(self, timeout: float | None = None) -> None:
        """Block until nothing runs (for headless use and tests; a screen never calls this)."""
        if self._work is not None:
            wait([self._work], timeout)

    def cancel(self) -> None:
        """Stop the running command; its outcome says cancelled once its processes are gone."""
        if self._cancel is not None:
            self._cancel.cancel()

    def close(self) -> None:
        """Let go of the journal; a durable command keeps running, any other one is cancelled."""
        if self._cancel is not None:
            self._cancel.leave()
        self._closing.set()
        self._pool.shutdown(wait=True)
        self._journal.close()

    def _submit(self, work: Callable[[CancelToken], None]) -> None:
        self._cancel = CancelToken()
        self._work = self._pool.submit(self._guarded, work, self._cancel)

    def _guarded(self, work: Callable[[CancelToken], None], cancel: CancelToken) -> None:
        try:
            work(cancel)
        except Detached:
            return  # the command goes on; whoever resumes the session follows it again
        except JournalUnwritable as error:
            self.trouble = error
        except Exception as error:  # whatever it is, the operator is told and the command is not taken for done
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        running = self.state.running()
        words = f"a fault of this program: {type(error).__name__}: {error}"
        if running is not None:
            outcome = Outcome(OutcomeKind.UNKNOWN, detail=words)
            self.record_happened(ev.AttemptFinished(attempt=running.number, outcome=outcome, seconds=0.0))
        self.trouble = RunbookError(self.executor.redact(words), "please report it; the session can be resumed")

    def _clear(self, cancel: CancelToken) -> None:
        """Remove what durable commands left on the hosts that can be reached now."""
        session = self.state.started.session if self.state.started else ""
        connections = {
            self.executor.transports[one.host]: one.host for one in self.state.attempts.values() if one.durable
        }
        for transport, host in connections.items():
            if cancel.left:
                return
            try:
                self.record(ev.JobsCleared(host=host, left=transport.clear(session)))
            except HostError as error:
                self.record(ev.JobsCleared(host=host, problem=error.message))
