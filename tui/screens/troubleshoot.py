"""The troubleshoot screen: a known trouble's symptoms, how to tell it, and what fixes each of its causes."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from tui.actions import bindings
from tui.front import asks
from tui.runbook.model import Issue
from tui.screens.run.acts import SessionActs
from tui.session.state import StepStatus
from tui.session.views.symptoms import Match
from tui.text.block import lines_of
from tui.widgets.checklist.widget import Checklist
from tui.widgets.head.top_line import TopLine
from tui.widgets.said import Said

MOST_SYMPTOMS = 4


class TroubleshootScreen(SessionActs):
    """Runs the steps of one known trouble, by the run screen's own widgets; the session's own steps wait meanwhile."""

    ACTS = "trouble"
    CSS = "TroubleshootScreen #symptoms { height: auto; max-height: 6; padding: 0 1; background: $surface; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("trouble")

    def __init__(self, issue: Issue) -> None:
        super().__init__()
        self.issue = issue

    def head(self) -> ComposeResult:
        """What this is about."""
        yield TopLine(f"Trouble · {self.issue.title}", self.app.mode)
        yield Said(lines_of(_head(self.issue)), id="symptoms")

    def make_checklist(self) -> Checklist:
        """The trouble's steps."""
        return Checklist(id="checklist", issue=self.issue)

    @asks
    async def action_next(self) -> None:
        """Run the marked step; one that is done already is done again."""
        step = self.step
        if step is None or self.viewer.busy:
            return
        status = self.viewer.state.step(step.id).status
        if status in (StepStatus.SIGNED, StepStatus.SKIPPED):
            self._try(lambda: self.conductor.reopen(step.id, "again"))
            status = StepStatus.PENDING
        await self._do(step, status)

    def _likely(self, step: str) -> list[Match]:
        return []  # another trouble is chosen, not found

    def open_issue(self, issue: Issue) -> None:
        """Show another known trouble in the place of this one."""
        self.dismiss(None)
        super().open_issue(issue)

    def action_back(self) -> None:
        self.dismiss(None)


def _head(issue: Issue) -> list[str]:
    lines = [f"Symptoms: {'; '.join(issue.symptoms[:MOST_SYMPTOMS])}"]
    return lines + [f"✖ {solution.title}: {solution.forbidden}" for solution in issue.solutions if solution.forbidden]
