"""Does a session's work, one piece after the other, on a thread of its own, and says what went wrong."""

from collections.abc import Callable
from concurrent.futures import Future, wait

from tui import threads
from tui.errors import JournalUnwritable, RunbookError
from tui.execution.recorder import Recorder
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Detached

Work = Callable[[CancelToken], None]
"""A piece of work; it ends early once its token is cancelled or left."""


class Worker:
    """The one thread on which a session's commands run."""

    def __init__(self, recorder: Recorder, redact: Callable[[str], str]) -> None:
        self._recorder = recorder
        self._redact = redact
        self._pool = threads.pool("conductor", 1)
        self._cancel: CancelToken | None = None
        self._work: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a command is running, or about to."""
        return self._work is not None and not self._work.done()

    def submit(self, work: Work) -> None:
        """Do this once what was submitted before has ended; the worker is busy until then."""
        self._cancel = CancelToken()
        self._work = self._pool.submit(self._guarded, work, self._cancel)

    def submit_beside(self, work: Work) -> Future[None] | None:
        """Do this as well, in its turn, which no one waits for or cancels; None where the worker is closed."""
        try:
            return self._pool.submit(self._guarded, work, CancelToken())
        except RuntimeError:
            return None

    def wait(self, timeout: float | None = None) -> None:
        """Block until nothing runs."""
        if self._work is not None:
            wait([self._work], timeout)

    def cancel(self) -> None:
        """Stop the running command; its outcome says cancelled once its processes are gone."""
        if self._cancel is not None:
            self._cancel.cancel()

    def leave(self) -> None:
        """Let go of the running command: a durable one keeps running, any other is cancelled."""
        if self._cancel is not None:
            self._cancel.leave()

    def close(self) -> None:
        """End the thread; blocks until its work has ended."""
        self._pool.shutdown(wait=True)

    def _guarded(self, work: Work, cancel: CancelToken) -> None:
        try:
            work(cancel)
        except Detached:
            return  # the command is still running; the process that resumes the session follows it again
        except JournalUnwritable as error:
            self._recorder.trouble = error
        except Exception as error:  # whatever it is, the operator is told and the command is not taken for done
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        words = f"a fault of this program: {type(error).__name__}: {error}"
        for running in self._recorder.state.all_running():
            outcome = Outcome(OutcomeKind.UNKNOWN, detail=words)
            self._recorder.record_happened(ev.AttemptFinished(attempt=running.number, outcome=outcome, seconds=0.0))
        self._recorder.trouble = RunbookError(self._redact(words), "please report it; the session can be resumed")
