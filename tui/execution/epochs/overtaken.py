"""Keeps who had a session before from starting anything on its hosts, and learns what they started unrecorded."""

from collections.abc import Mapping

from tui.errors import RunbookError, TakenOver
from tui.execution.commands import shown
from tui.execution.epochs.claims import is_aside
from tui.execution.epochs.holding import Holding
from tui.execution.recorder import Recorder
from tui.runbook.index import index_of
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus, step_by_id
from tui.transports.base import Transport

OPEN = (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.FAILED, StepStatus.WAITING)
UNRECORDED = "who had the session before started it; what they wrote of it did not arrive"


class Overtaken:
    """The hosts of a session that was taken over, and what begins there that its journal does not know."""

    def __init__(self, recorder: Recorder, transports: Mapping[str, Transport], holding: Holding) -> None:
        self._recorder = recorder
        self._transports = transports
        self._holding = holding
        self._unknown: list[tuple[int, str, str]] = []
        self._notes: list[str] = []

    def fence_off(self) -> "Overtaken":
        """Have nothing of an earlier epoch begin from now on; blocks while the hosts are asked.

        A host that does not answer is fenced by the first change that starts there, which is noted.

        Raises:
            TakenOver: another person has the session by now.
        """
        state = self._recorder.state
        session = state.started.session if state.started else ""
        for name, host in state.runbook.hosts.items():
            if host.connection or name not in state.hosts:
                continue
            try:
                begun = self._transports[name].fence(session, self._holding.fence)
            except TakenOver:
                raise
            except RunbookError as error:
                self._notes.append(f"{name} could not be asked what was started there: {error.message}")
                continue
            for job in begun:
                if is_aside(job):
                    continue
                step, _, number = job.rpartition("/")
                known = state.attempts.get(int(number)) if number.isdigit() else None
                if number.isdigit() and (known is None or known.step != step):
                    self._unknown.append((int(number), step, name))
        return self

    def record(self) -> None:
        """Record what was started and is not in the journal: its outcome is unknown, and a person decides."""
        for words in self._notes:
            self._note(words)
        for number, step_id, host in sorted(self._unknown):
            self._adopt(number, step_id, host)

    def _adopt(self, number: int, step_id: str, host: str) -> None:
        recorder = self._recorder
        state = recorder.state
        known = step_id in index_of(state.runbook).steps
        if not known or state.step(step_id).status not in OPEN or number in state.attempts:
            self._note(f"{step_id}, attempt {number} on {host}: {UNRECORDED}; look there before you continue")
            return
        found = step_by_id(state.runbook, step_id)
        place = min(state.step(step_id).action, len(found.actions) - 1)
        key = f"{state.facts.get('session', '')}/{step_id}/{number}"
        recorder.record(ev.StepOpened(step=step_id, operator=state.operator, confirmed="taken over"))
        recorder.record(
            ev.AttemptStarted(
                attempt=number,
                step=step_id,
                action=place,
                host=host,
                command=shown(found.actions[place], recorder.values()),
                mutates=True,
                durable=found.actions[place].run is not None,
            )
        )
        detail = f"{UNRECORDED}. {self._looked(host, key)}".strip()
        outcome = Outcome(OutcomeKind.UNKNOWN, detail=detail)
        recorder.record(ev.AttemptFinished(attempt=number, outcome=outcome, seconds=0.0))

    def _looked(self, host: str, key: str) -> str:
        try:
            return self._transports[host].look(key)
        except RunbookError as error:
            return error.message

    def _note(self, words: str) -> None:
        self._recorder.record(ev.NoteAdded(text=words, operator=self._recorder.state.operator))
