"""Has a second person allow a step of a run without a screen, or says why it cannot start."""

import threading
from collections.abc import Callable

from tui.errors import RunbookError
from tui.execution.conductor.conductor import Conductor
from tui.headless.answers import AnswersFile
from tui.runbook.model import Step
from tui.session.approval.approved import became
from tui.session.state import ApprovalStatus

LOOK = 0.2
UNNAMED = "a second person has to allow it; name one as `second_operator` in the answers file"
NEVER = "a second person has to sign it, and --ask-never asks nobody; `alone` in the answers file says why it starts so"


def second_allows(
    conductor: Conductor, step: Step, answers: AnswersFile, how: str, say: Callable[[str], None], never: bool
) -> str:
    """Why a step that needs a second person may not start; empty where it may.

    Where keys are set up they sign at this terminal, or elsewhere while this waits; in a drill they are played. Else
    the name in the answers file is enough.

    Args:
        never: nobody is asked (`--ask-never`).
    """
    approvals, alone = conductor.approvals, answers.alone.get(step.id, "")
    if not (alone or approvals.asked_first):
        return "" if answers.second_operator or answers.made_up else UNNAMED
    if approvals.by_key and never and not alone:
        return NEVER
    try:
        approvals.ask(step.id, how)
        if alone:
            approvals.alone(step.id, alone)
        elif approvals.by_key and answers.second_operator:
            say(f"  {step.title}: waits for the key of {answers.second_operator}")
            approvals.sign_here(step.id, answers.second_operator)
        else:
            _wait(conductor, step, say)
    except RunbookError as error:
        approvals.withdraw(step.id)
        return error.told
    asked = conductor.state.approvals[step.id]
    return "" if asked.allows else became(asked, conductor.now())


def _wait(conductor: Conductor, step: Step, say: Callable[[str], None]) -> None:
    """Until the second person has answered, or the time for that is over."""
    asked, answered = conductor.state.approvals[step.id], threading.Event()
    say(f"  {step.title}: waits for a second person, until {asked.request.expires:%H:%M:%S} UTC")
    while conductor.state.approvals[step.id].status is ApprovalStatus.WAITING:
        answered.wait(LOOK)
        conductor.approvals.expire()
