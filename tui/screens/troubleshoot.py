"""The troubleshoot screen: a known trouble's symptoms, how to tell it, and what fixes each of its causes."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from tui.actions import bindings
from tui.front import asks
from tui.runbook.model import Issue
from tui.screens.run.acts import SessionActs
from tui.screens.run.room import TROUBLE_AT, Widths
from tui.session.state import StepStatus
from tui.session.views.symptoms import Match
from tui.text.block import Piece, shown, styled
from tui.widgets.checklist.widget import Checklist
from tui.widgets.head.top_line import TopLine
from tui.widgets.looks.fitting import clipped, width_of
from tui.widgets.step.laid_out import rows
from tui.widgets.words import Words

SYMPTOMS = "symptoms "


class TroubleHead(Words):
    """Says what the trouble was found by, and what it looks like, each in the width that there is."""

    def __init__(self, issue: Issue, because: Match | None, id: str) -> None:
        super().__init__(id=id)
        self.issue = issue
        self.because = because

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._again)

    def _again(self) -> None:
        self.say(styled(head_rows(self.issue, self.because, self.scrollable_content_region.width)))


class TroubleshootScreen(SessionActs):
    """Runs the steps of one known trouble, by the run screen's own widgets; the session's own steps wait meanwhile."""

    ACTS = "trouble"
    CSS = "TroubleshootScreen #symptoms { height: auto; max-height: 6; padding: 0 1; text-wrap: nowrap; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("trouble")
    PLAN_AT: ClassVar[Widths] = TROUBLE_AT
    READ_WHOLE: ClassVar[bool] = True  # what tells the cause is often at a line's end

    def __init__(self, issue: Issue, because: Match | None = None) -> None:
        super().__init__()
        self.issue = issue
        self.because = because

    def head(self) -> ComposeResult:
        """What this is about."""
        yield TopLine(f"Trouble · {self.issue.title}", self.app.mode)
        yield TroubleHead(self.issue, self.because, "symptoms")

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

    def open_issue(self, issue: Issue, because: Match | None = None) -> None:
        """Show another known trouble in the place of this one."""
        self.dismiss(None)
        super().open_issue(issue, because)

    def action_back(self) -> None:
        self.dismiss(None)


def head_rows(issue: Issue, because: Match | None, width: int) -> list[list[Piece]]:
    """What was found and in which attempt, in one row; then what the trouble looks like, whole."""
    found: list[list[Piece]] = []
    if because is not None and because.attempt:
        found.append(_because(because, width))
    symptoms = " · ".join(shown(symptom) for symptom in issue.symptoms)
    laid = rows([(SYMPTOMS, "$faint"), (symptoms, "$soft")], max(1, width), len(SYMPTOMS)) if symptoms else []
    return [*found, *(list(row.pieces) for row in laid)]


def _because(match: Match, width: int) -> list[Piece]:
    """The line that was found, where it has room, else the words in it that count, cut at their end."""
    end: Piece = (f" in attempt {match.attempt}", "$soft")
    room = width - width_of([("because “”", ""), end])
    line = shown(match.line).strip()
    words = line if width_of([(line, "")]) <= room else shown(match.words).strip()
    (said, style), *_ = clipped([(words, "bold $st-bad")], max(1, room)) or [("", "")]
    return [("because ", "$soft"), (f"“{said}”", style), end]
