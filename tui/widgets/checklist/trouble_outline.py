"""Decides what the list of a known trouble is made of: how to tell it, what fixes it, and what must not be done."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from tui.runbook.facts import may_hold
from tui.runbook.model import Issue, Step
from tui.session.possible.solutions import LIKELY, likely_solution, why_ruled_out
from tui.session.state import SessionState
from tui.text.block import shown
from tui.widgets.checklist.outline import Outline, Part
from tui.widgets.step.laid_out import rows

HUNG = 3
"""Cells before the further rows of a title."""


def trouble_outline(state: SessionState, issue: Issue, width: int) -> Outline:
    """The rows at this width: titles and reasons are whole, however many rows they take. Nothing folds.

    Steps that the session's facts rule out are left out; a solution that none is left of says why. What is forbidden
    is last.
    """
    found = _Parts(width)
    if issue.diagnosis:
        found.add("Find out", steps=_left(state, issue.diagnosis))
    likely = likely_solution(state, issue)
    for solution in issue.solutions:
        if solution.forbidden:
            continue
        ruled_out = why_ruled_out(state, solution)
        steps = _left(state, solution.steps)
        end = LIKELY if solution.id == likely else ""
        title = f"Solution: {solution.title}"
        found.add(title, steps=() if ruled_out else steps, style="quiet" if ruled_out else "heading", end=end)
        if ruled_out:
            found.add(ruled_out, style="soft", before="   ")
    for solution in issue.solutions:
        if solution.forbidden:
            found.blank()
            found.add(f"✖ DO NOT: {solution.title}", style="bad")
            found.add(solution.forbidden, style="bad", before="   ")
    return Outline(found.parts, folds=False)


class _Parts:
    """The parts so far, each of which is one row and its steps."""

    def __init__(self, width: int) -> None:
        self.parts: list[Part] = []
        self._width = width
        self._steps = 0

    def add(
        self, text: str, *, steps: Sequence[Step] = (), style: str = "heading", end: str = "", before: str = " "
    ) -> None:
        """Add a text in as many rows as it needs; the steps follow the last of these."""
        room = self._width - (cell_len(end) + 1 if end else 0)
        laid = rows([(before + shown(text).strip(), "")], max(1, room), HUNG)
        for place, row in enumerate(laid):
            last = place == len(laid) - 1
            self._add(row.text, steps if last else (), style, "" if place else end)

    def blank(self) -> None:
        """Set what follows apart."""
        if self.parts:
            self._add("", (), "heading", "")

    def _add(self, title: str, steps: Sequence[Step], style: str, end: str) -> None:
        name = str(len(self.parts))
        part = Part(id=name, title=title, short=title, steps=tuple(steps), first=self._steps, style=style, end=end)
        self.parts.append(part)
        self._steps += len(steps)


def _left(state: SessionState, steps: Iterable[Step]) -> list[Step]:
    return [step for step in steps if may_hold(step.when, state.facts)]
