"""Records what a person does for a step: answers, messages, pages, and work that is done by hand."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from tui.errors import NotNow
from tui.execution.conductor.executor import Executor
from tui.execution.conductor.gate import Gate
from tui.execution.conductor.planner import Planner
from tui.execution.conductor.progress import Progress
from tui.execution.judging.expectations import check_answer, unmet
from tui.execution.recorder import Recorder
from tui.runbook.templates.filling import judged_action
from tui.runbook.templates.variables import address
from tui.session import events as ev
from tui.session.journal.kept_files import keep_evidence, read_evidence
from tui.transports.base import TerminalEnd

DONE, NOT_DONE = "done", "not done"


class Handwork:
    """A person's part of the steps of one session."""

    def __init__(
        self, recorder: Recorder, gate: Gate, planner: Planner, progress: Progress, executor: Executor
    ) -> None:
        self._recorder = recorder
        self._gate = gate
        self._planner = planner
        self._progress = progress
        self._executor = executor

    def answer(self, step_id: str, answer: str) -> None:
        """Answer the question a step waits for."""
        recorder = self._recorder
        with recorder.lock:
            step, index, action = self._gate.waiting(step_id, "ask")
            values = recorder.values()
            checks = (*check_answer(judged_action(action, values), answer), *unmet(action, values))
            who = recorder.state.operator
            event = ev.QuestionAnswered(step=step_id, action=index, operator=who, answer=answer, checks=checks)
            recorder.record(event)
            for name in action.capture:
                recorder.record(ev.ValueCaptured(step=step_id, name=name, value=answer.strip()))
            self._planner.replan()
            self._progress.advance(step)

    def by_hand(self, step_id: str, done: bool, note: str = "", files: Sequence[Path] = ()) -> None:
        """Record how the work came out that a step asks for, with the files that show it.

        Raises:
            NotNow: the step does not wait for it, nobody says why it was not done, or a file has a secret.
            SessionError: a file cannot be read or kept; nothing is recorded.
        """
        recorder, note = self._recorder, note.strip()
        given = [(path, read_evidence(path)) for path in files]
        with recorder.lock:
            step, index, _ = self._gate.waiting(step_id, "manual")
            if not done and not note:
                raise NotNow("what was not done needs a note", "say why it was not done")
            for path, data in given:
                if self._executor.has_secret(data):
                    raise NotNow(f"{path} has a secret of this session in it", "take it out, and give the file again")
            folder, number = self._executor.directory.parent, recorder.state.seq + 1
            kept = tuple(keep_evidence(folder, number, path, data) for path, data in given)
            came = DONE if done else f"{NOT_DONE}: {note}"
            event = ev.QuestionAnswered(
                step=step_id,
                action=index,
                operator=recorder.state.operator,
                answer=DONE if done else NOT_DONE,
                checks=(ev.Check("done by hand", came, ok=done),),
                note=note,
                files=kept,
            )
            recorder.record(event)
            self._planner.replan()
            self._progress.advance(step)

    def hand_over(self, step_id: str, end: TerminalEnd) -> None:
        """Hand the operator's terminal over to the program that a step waits with; it is waited for by `wait`."""
        with self._recorder.lock:
            step, index, _ = self._gate.waiting(step_id, "interactive")
            self._progress.hand_over(step, index, end)

    def sent(self, name: str, text: str, how: str, step_id: str, went_out: str) -> None:
        """Record that a message went out; with a step, that step continues."""
        recorder = self._recorder
        with recorder.lock:
            who = recorder.state.operator
            event = ev.MessageSent(message=name, text=text, how=how, operator=who, went_out=went_out)
            if not step_id:
                recorder.record(event)
                return
            step, index, _ = self._gate.waiting(step_id, "send")
            recorder.record(replace(event, step=step_id, action=index))
            self._progress.advance(step)

    def opened(self, step_id: str) -> None:
        """Record that the operator was taken to the page a step waits for."""
        recorder = self._recorder
        with recorder.lock:
            step, index, action = self._gate.waiting(step_id, "open")
            url = address(action.open or "", recorder.values())
            recorder.record(ev.LinkOpened(url=url, operator=recorder.state.operator, step=step_id, action=index))
            self._progress.advance(step)
