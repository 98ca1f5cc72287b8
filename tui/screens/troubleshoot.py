"""The troubleshoot screen: a known trouble's symptoms, how to tell it, and what fixes each of its causes."""

from pathlib import PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer

from tui.actions import bindings
from tui.bridge import front
from tui.runbook.model import Issue
from tui.screens.run import RunScreen
from tui.session.state import StepStatus
from tui.session.symptoms import Match
from tui.text.block import lines_of
from tui.widgets.checklist import Checklist
from tui.widgets.foot import Foot
from tui.widgets.output_view import OutputView
from tui.widgets.said import Said
from tui.widgets.step_card import StepCard
from tui.widgets.top_line import TopLine
from tui.widgets.words import Words

MOST_SYMPTOMS = 4


class TroubleshootScreen(RunScreen, inherit_bindings=False):
    """Runs the steps of one known trouble, by the run screen's own widgets; the session's own steps wait meanwhile."""

    ACTS = "trouble"
    gives_way = False
    CSS_PATH: ClassVar[list[str | PurePath]] = RunScreen.CSS_PATH
    CSS = "TroubleshootScreen #symptoms { height: auto; max-height: 6; padding: 0 1; background: $boost; }"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("trouble"), *Screen.BINDINGS]

    def __init__(self, issue: Issue) -> None:
        super().__init__()
        self.issue = issue

    def compose(self) -> ComposeResult:
        app = front(self)
        yield TopLine(f"Troubleshoot · {self.issue.title}", app.workspace.drill)
        yield Said(lines_of(_head(self.issue)), id="symptoms")
        with Horizontal(id="run"):
            yield Checklist(id="checklist", issue=self.issue)
            with Vertical(id="right"):
                yield StepCard(id="card")
                yield Words(id="output-title")
                yield OutputView(id="output")
        yield Foot(id="foot")
        yield Footer(show_command_palette=False, compact=True)

    def action_next(self) -> None:
        """Run the marked step; one that is done already is done again."""
        step = self.step
        if step is None or self.conductor.busy:
            return
        status = self.conductor.state.step(step.id).status
        if status in (StepStatus.SIGNED, StepStatus.SKIPPED):
            self._try(lambda: self.conductor.reopen(step.id, "again"))
            status = StepStatus.PENDING
        self._do(step, status)

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
    return lines + [f"✖ {one.title}: {one.forbidden}" for one in issue.solutions if one.forbidden]
