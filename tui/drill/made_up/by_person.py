"""Makes up what a person would answer in a drill without a screen; everything of it is marked."""

import threading
from collections.abc import Iterator, Mapping

from tui.drill.made_up.matching import matching
from tui.drill.made_up.within_bounds import figure_text, figure_within
from tui.execution.judging.expectations import check_answer
from tui.runbook.model import Action, AnswerKind

MADE_UP_BY_DRILL = "made up by the drill"
"""The note, the reason and the name that stand where nobody answered."""


def made_up_answer(action: Action, hints: Mapping[str, str]) -> str | None:
    """The answer to a question that is as expected; None where none is thought of.

    Args:
        action: with its values in place.
        hints: what values that are captured should be, by name.
    """
    for answer in _likely(action, hints):
        if all(one.ok or one.warning for one in check_answer(action, answer)):
            return answer
    return None


def _likely(action: Action, hints: Mapping[str, str]) -> Iterator[str]:
    yield from (hints[name] for name in action.capture if name in hints)
    match action.answer:
        case AnswerKind.NUMBER:
            yield figure_text(figure_within(action.expect.numbers))
        case AnswerKind.YES_NO:
            yield from (*action.expect.choice, "yes", "no")
        case AnswerKind.CHOICE:
            yield from action.expect.choice
            yield from (choice for choice in action.choices if choice not in action.loses_data)
            yield from action.choices
        case AnswerKind.TEXT:
            expect = action.expect
            texts = [text for pattern in expect.matches if (text := matching(pattern)) is not None]
            yield from texts
            yield " ".join([*texts, *expect.contains]) or MADE_UP_BY_DRILL
            yield from (text for one in action.capture.values() if (text := matching(one.pattern)))


class NobodysTerminal:
    """A terminal at which nobody sits: nothing is typed, and what is drawn is kept in the attempt alone."""

    term = "dumb"

    def __init__(self) -> None:
        self._never = threading.Event()

    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        return 80, 24

    def read(self, wait: float) -> bytes | None:
        """Nothing is typed."""
        self._never.wait(wait)
        return b""

    def write(self, data: bytes) -> None:
        """Nobody reads it."""
