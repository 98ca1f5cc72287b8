"""The troubleshoot screen: a known trouble's symptoms, how to tell it, and what fixes each of its causes."""

from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import reactive

from tui.actions import bindings
from tui.front.asks import asks
from tui.runbook.model import Issue
from tui.screens.run.acts import SessionActs
from tui.screens.run.room import TROUBLE_AT, Widths
from tui.session.possible.solutions import after_tried
from tui.session.state import StepStatus
from tui.session.views.symptoms import Match
from tui.text.block import Piece, shown, styled
from tui.widgets.checklist.widget import Checklist
from tui.widgets.head.progress_text import time_to_decide
from tui.widgets.head.top_line import TopLine
from tui.widgets.looks.fitting import clipped, width_of
from tui.widgets.moment import MINUTE, SECOND, Moment, only_later
from tui.widgets.rollback.text import rollback_clock
from tui.widgets.step.laid_out import rows
from tui.widgets.words import Words

SYMPTOMS = "symptoms "
APART = 2
"""Cells before the time that there is, at least."""


class TroubleHead(Words):
    """Says what the trouble was found by, what it looks like, and how long there is to decide."""

    moment: reactive[Moment | None] = reactive(None, init=False, repaint=False)

    def __init__(self, issue: Issue, because: Match | None, id: str) -> None:
        super().__init__(id=id)
        self.issue = issue
        self.because = because

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._again)

    def watch_moment(self, before: Moment | None, moment: Moment | None) -> None:
        if moment is not None and not only_later(before, moment, SECOND if moment.state.rollback else MINUTE):
            self._again()

    def _again(self) -> None:
        width = self.scrollable_content_region.width
        if width:
            self.say(styled(with_time(head_rows(self.issue, self.because, width), self.moment, width)))


class TroubleshootScreen(SessionActs):
    """Runs the steps of one known trouble, by the run screen's own widgets; the session's own steps wait meanwhile."""

    ACTS = "trouble"
    CSS = "TroubleshootScreen #symptoms { height: auto; max-height: 6; padding: 0 1; text-wrap: nowrap; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("trouble")
    PLAN_AT: ClassVar[Widths] = TROUBLE_AT
    READ_WHOLE: ClassVar[bool] = True  # what tells the cause is often at a line's end

    trouble_head = getters.query_one("#symptoms", TroubleHead)

    def __init__(self, issue: Issue, because: Match | None = None) -> None:
        super().__init__()
        self.issue = issue
        self.because = because

    def head(self) -> ComposeResult:
        """What this is about."""
        yield TopLine(f"Trouble · {self.issue.title}", self.app.mode)
        yield TroubleHead(self.issue, self.because, "symptoms")

    def watch_moment(self, before: Moment | None, moment: Moment) -> None:
        self.trouble_head.moment = moment
        super().watch_moment(before, moment)

    def make_checklist(self) -> Checklist:
        """The trouble's steps."""
        return Checklist(id="checklist", issue=self.issue)

    @asks
    async def action_next(self) -> None:
        """Run the marked step; from one that is done go to what comes after it, or back."""
        step = self.step
        if step is None or self.viewer.busy:
            return
        status = self.viewer.state.step(step.id).status
        if not status.settled:
            await self._do(step, status)
        elif (following := after_tried(self.viewer.state, step).step) is not None:
            self.checklist.look_at(following.id)
        else:
            self.action_back()

    @asks
    async def action_reopen(self) -> None:
        """Do a step again that is done."""
        step = self.step
        if step is None or self.refused("reopen"):
            return
        if self._try(lambda: self.conductor.reopen(step.id, "again")):
            await self._do(step, StepStatus.PENDING)

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


def with_time(found: list[list[Piece]], moment: Moment | None, width: int) -> list[list[Piece]]:
    """The rows with the time that there is at the right of the first that has room for it, else above them."""
    if moment is None:
        return found
    for place, row in enumerate(found):
        used = width_of(row) + APART
        if time := _time(moment, width - used):
            apart: Piece = (" " * (width - used - width_of(time) + APART), "")
            return [*found[:place], [*row, apart, *time], *found[place + 1 :]]
    time = _time(moment, width)
    return [[(" " * (width - width_of(time)), ""), *time], *found] if time else found


def _time(moment: Moment, room: int) -> list[Piece]:
    """The rollback's clock in a rollback, else until when one fits; nothing where that has no room."""
    if not moment.state.rollback:
        return time_to_decide(moment, room)
    time = rollback_clock(moment)
    return time if width_of(time) <= room else []


def _because(match: Match, width: int) -> list[Piece]:
    """The line that was found, where it has room, else the words in it that count, cut at their end."""
    end: Piece = (f" in attempt {match.attempt}", "$soft")
    room = width - width_of([("because “”", ""), end])
    line = shown(match.line).strip()
    words = line if width_of([(line, "")]) <= room else shown(match.words).strip()
    (said, style), *_ = clipped([(words, "bold $st-bad")], max(1, room)) or [("", "")]
    return [("because ", "$soft"), (f"“{said}”", style), end]
