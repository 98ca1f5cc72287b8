"""Says what a step is seen as: its sign, its word and the class of its style, the same on every screen."""

from msgspec import Struct

from tui.runbook.model import Step
from tui.session.state import SessionState, StepStatus
from tui.widgets.glyphs import AGAIN, CLASSES, STYLES, glyph

TRYING_AGAIN = "trying again"


class Seen(Struct, frozen=True):
    """A state in words and signs; `class_` names its style."""

    sign: str
    word: str
    class_: str

    @property
    def style(self) -> str:
        """The style in which sign and word are written."""
        return STYLES[self.class_]

    def __str__(self) -> str:
        return f"{self.sign} {self.word}"


def seen(state: SessionState, step: Step) -> Seen:
    """What a step is seen as; between two tries of a command it is trying again, and nothing runs."""
    if trying_again(state, step):
        return Seen(AGAIN, TRYING_AGAIN, "live")
    status = state.step(step.id).status
    return Seen(glyph(status), status.value, CLASSES[status])


def trying_again(state: SessionState, step: Step) -> bool:
    """Whether a command of a step has not given what is expected, and is tried again in a moment."""
    step_state = state.step(step.id)
    last = state.attempts[step_state.attempts[-1]] if step_state.attempts else None
    return step_state.status is StepStatus.RUNNING and last is not None and last.retrying
