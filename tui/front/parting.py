"""Says what stays on the terminal when the program has ended."""

from typing import TYPE_CHECKING

from rich.text import Text

from tui.text.block import last_words

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor


def parting(conductor: "Conductor") -> Text:
    """The way back into a session, and the receipt to keep elsewhere."""
    from tui.session.views.called import over, session_called, way_back

    state = conductor.state
    session = state.started.session if state.started else ""
    back = [f"To resume it: {way_back(state)}"] if way_back(state) else []
    came = f", {session_called(state)}" if over(state) else ""
    return last_words([*back, f"Session {session + came}, receipt {conductor.receipt()}"])
