"""Says what may be done in a session now, and by whom; what may not be done is refused with the reason."""

from collections.abc import Mapping, Sequence

from tui.errors import NotNow, UsageError
from tui.execution.conductor.hosts import Hosts
from tui.execution.conductor.worker import Worker
from tui.execution.recorder import Recorder
from tui.people import same_person
from tui.runbook.model import Action, Step
from tui.runbook.shell.counting import repeatable
from tui.runbook.templates.variables import wrong_value
from tui.session.possible.refusals import Situation, idle, refusal
from tui.session.state import StepStatus, step_by_id
from tui.session.views.doubts import doubt_words, doubtful


class Gate:
    """What everything that the operator asks for goes through before it is done."""

    def __init__(self, recorder: Recorder, worker: Worker, hosts: Hosts) -> None:
        self._recorder = recorder
        self._worker = worker
        self._hosts = hosts

    def idle_step(self, step_id: str) -> Step:
        """The step, where nothing runs and the session is open."""
        refused = idle(self._situation())
        if refused is not None:
            raise refused
        return step_by_id(self._recorder.runbook, step_id)

    def may(self, act: str, step_id: str) -> Step:
        """The step, where the act of this name can be done to it now.

        Raises:
            NotNow: it cannot, for the reason that the screens give too.
        """
        step = step_by_id(self._recorder.runbook, step_id)
        refused = refusal(act, self._situation(step))
        if refused is not None:
            raise refused
        return step

    def _situation(self, step: Step | None = None) -> Situation:
        hosts = self._hosts
        return Situation(
            state=self._recorder.state, step=step, busy=self._worker.busy, held=hosts.held, lost=hosts.lost
        )

    def waiting(self, step_id: str, kind: str) -> tuple[Step, int, Action]:
        """The step and the action of this kind that it waits at for a person."""
        step = self.idle_step(step_id)
        step_state = self._recorder.state.step(step_id)
        action = step.actions[step_state.action] if step_state.action < len(step.actions) else None
        if action is None or action.kind != kind or step_state.status not in (StepStatus.WAITING, StepStatus.FAILED):
            raise NotNow(f"{step.title} does not wait for this", f"it is {step_state.status.value}")
        return step, step_state.action, action

    def failed(self, step_id: str, first: bool) -> Step:
        """The step, where it has failed and may be run again; with `first` also what ran before its failed action."""
        step = self.may("retry", step_id)
        self.certain_before(step)
        if first and not repeatable(step, self._recorder.state.step(step_id).action):
            raise NotNow(f"{step.title} cannot begin again", "what ran before the failed command may not run twice")
        return step

    def corrected(self, known: Mapping[str, str], name: str, value: str, reason: str) -> None:
        """Make sure that one of the `known` values may be put right like this.

        Raises:
            NotNow: a command is running, the session is finished, or no reason is given.
            UsageError: there is no such value, or it does not fit the runbook.
        """
        refused = refusal("values", self._situation())
        if refused is not None:
            raise refused
        if name not in known:
            raise UsageError(f"no value {name!r} in this session", f"there are: {', '.join(known)}")
        variable = self._recorder.runbook.variables.get(name)
        problem = wrong_value(variable, value) if variable else "" if value else "a value is needed"
        if problem:
            raise UsageError(f"{name}: {problem}", variable.prompt if variable else "a step captured it")
        if not reason.strip():
            raise NotNow("a corrected value needs a reason", "say why; it is recorded")

    def certain_before(self, step: Step) -> None:
        """Make sure that a restart has put in doubt nothing that a change builds on."""
        if step.mutates:
            self.no_doubts(doubtful(self._recorder.state, step))

    def no_doubts(self, doubts: Sequence[Step]) -> None:
        """Make sure that none of these changes is in doubt."""
        if doubts:
            titles = ", ".join(doubt.title for doubt in doubts)
            raise NotNow(
                f"{doubt_words(self._recorder.state, doubts)}: {titles}", "check them again first, then continue"
            )

    def two_people(self, second: str, need: str, who: str) -> None:
        """Make sure that the second person is somebody else than the operator."""
        if not second.strip() or same_person(second, self._recorder.state.operator):
            raise NotNow(need, f"give the name of somebody else {who}")
