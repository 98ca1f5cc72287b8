"""Plays the second person of a drill, so that somebody alone can rehearse what takes two; each answer is marked."""

from tui import threads
from tui.drill.scenario import PlayedAnswer, Scenario
from tui.errors import RunbookError
from tui.execution.conductor.conductor import Conductor
from tui.runbook.model import seconds
from tui.session import events as ev
from tui.session.state import ApprovalStatus, SessionState

NAME = "the drill's second person"
AS_A_RULE = PlayedAnswer()
"""What they do where the scenario does not say: they allow it after a moment."""


class PlayedSecond:
    """Answers what one session of a drill asks a second person, a moment later, as the scenario says.

    `pace` is how much faster than life the drill's commands run; 0: at once.
    """

    def __init__(self, conductor: Conductor, scenario: Scenario, pace: float) -> None:
        self._conductor = conductor
        self._scenario = scenario
        self._pace = pace

    def start(self) -> None:
        """Begin; what was asked already, before the session was left, is answered too."""
        self._conductor.approvals.played = NAME
        self._conductor.recorder.subscribe(self._heard)
        for step, asked in self._conductor.state.approvals.items():
            if asked.status is ApprovalStatus.WAITING:
                self._later(step, asked.seq)

    def _heard(self, entry: ev.Entry, state: SessionState) -> None:
        if isinstance(entry.event, ev.ApprovalRequested):
            self._later(entry.event.step, entry.seq)

    def _later(self, step: str, request: int) -> None:
        answer = answer_for(self._scenario, step)
        if answer.answer != "silent":
            wait = seconds(answer.after) / self._pace if self._pace else 0.0
            threads.timer("drill second person", wait, lambda: self._answer(step, request, answer)).start()

    def _answer(self, step: str, request: int, answer: PlayedAnswer) -> None:
        asked = self._conductor.state.approvals.get(step)
        if asked is None or asked.seq != request or asked.status is not ApprovalStatus.WAITING:
            return
        try:
            self._conductor.approvals.made_up(step, NAME, answer.answer == "approve", answer.reason)
        except RunbookError:
            return  # the session was closed, or the question is


def answer_for(scenario: Scenario, step: str) -> PlayedAnswer:
    """What the second person answers about a step: the first that names it, or names none."""
    fitting = (one for one in scenario.second_person if step in one.steps or not one.steps)
    return next(fitting, AS_A_RULE)
