"""Says what a step is seen as: its sign, its word and the class of its style, the same on every screen."""

from msgspec import Struct

from tui.runbook.model import Step
from tui.session.state import SessionState
from tui.session.tries import stands
from tui.session.views.called import status_sign, status_word, trying_again
from tui.widgets.glyphs import CLASSES, STYLES


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
    step_state = state.step(step.id)
    class_ = "live" if trying_again(state, step_state) else CLASSES[stands(state, step_state)]
    return Seen(status_sign(state, step_state), status_word(state, step_state), class_)
