"""The table of checks: a section's read-only steps made at once, each row as it comes."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll

from tui.actions import Act, bindings
from tui.errors import NotNow, RunbookError
from tui.front.front_page import FrontPage
from tui.front.notifier import SessionChanged
from tui.runbook.model import Section, Step
from tui.screens.checks.table import CheckTable
from tui.screens.checks.text import detail, head, ordered, tallied
from tui.screens.rolling_back import ask_to_roll_back, may_roll_back
from tui.session.possible.refusals import idle
from tui.session.state import SessionState
from tui.session.views.symptoms import Match, likely
from tui.session.views.verdicts import FAILED, NO_DATA, RUNNING, TO_DO, CheckRow, row_of
from tui.text.block import pieces, styled
from tui.widgets.head.mode import clock_line
from tui.widgets.head.top_line import TopLine
from tui.widgets.painting import entitle
from tui.widgets.words import Words

TICK, SPIN = 0.5, 0.1
AGAIN = (FAILED, NO_DATA, TO_DO)
"""What one key runs again, or for the first time."""
MANY = 1000
"""From this many on, checks are not worked out at each event, but as often as the screen looks."""
BESIDE = 4
"""Cells of the frame that its words do not have."""

PASSED = NotNow("every check has passed")


class ChecksScreen(FrontPage[None]):
    """Shows the checks of `section` of the open session, and makes those that are still to be made."""

    ACTS = "checks"
    AUTO_FOCUS = "CheckTable"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["checks.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = bindings("checks")

    top = getters.query_one(TopLine)
    frame = getters.query_one("#frame", Vertical)
    table = getters.query_one(CheckTable)
    heading = getters.query_one("#head", Words)
    about = getters.query_one("#about", VerticalScroll)
    about_words = getters.query_one("#about-words", Words)

    def __init__(self, section: Section) -> None:
        super().__init__()
        self.section = section
        self.rows: tuple[CheckRow, ...] = ()
        self._steps = [
            step for step in section.steps if not step.mutates and all(action.automatic for action in step.actions)
        ]
        self._kept: dict[str, tuple[tuple[object, ...], CheckRow]] = {}
        self._state: SessionState | None = None
        self._matches: dict[int, Match | None] = {}

    def compose(self) -> ComposeResult:
        yield TopLine(f"Checks · {self.section.title}", self.app.mode)
        with Vertical(id="frame"):
            yield Words(id="head")
            yield CheckTable()
            with VerticalScroll(id="about", can_focus=False):
                yield Words(id="about-words")
        yield self.keys_row()

    def on_mount(self) -> None:
        self.frame.border_subtitle = pieces(("failures first", ""))
        self._spins = self.set_interval(SPIN, self.table.turn, pause=True)
        self._run(None)
        self._look()
        self.set_interval(TICK, self._look)

    def on_session_changed(self, event: SessionChanged) -> None:
        if len(self._steps) <= MANY:
            self._look()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show)

    def on_check_table_selected(self, event: CheckTable.Selected) -> None:
        self._show()
        self.refresh_bindings()

    def _look(self) -> None:
        viewer = self.app.viewer
        if viewer is None or not self.is_mounted:
            return
        self.top.tell(clock_line(self.app.workspace.clock.now(), self.size.width))
        state = viewer.state
        if state is self._state:
            return
        self._state = state
        places = {step.id for _, step in state.plan()}
        rows = ordered([self._row(state, step) for step in self._steps if step.id in places])
        if rows != self.rows:
            self.rows = rows
            self.table.tell(rows)
            if self.table.turning and self.app.animation_level != "none":
                self._spins.resume()
            else:
                self._spins.pause()
            self._show()
            self.refresh_bindings()

    def _row(self, state: SessionState, step: Step) -> CheckRow:
        """The row of a step; it is worked out again only where something of the step is another."""
        step_state = state.step(step.id)
        about = (step_state, *(state.attempts[number] for number in step_state.attempts))
        kept = self._kept.get(step.id)
        if kept is None or len(kept[0]) != len(about) or any(a is not b for a, b in zip(kept[0], about, strict=True)):
            self._kept[step.id] = kept = (about, row_of(state, self.section.id, step))
        return kept[1]

    def _show(self) -> None:
        """Say what is about the table, and give it the rows that it needs."""
        width = self.frame.outer_size.width - BESIDE
        row = self.table.selected
        if width < 1 or not self.is_mounted:
            return
        self.heading.say(styled([head(self.table.columns)]))
        entitle(self.frame, styled([[("Checks", "bold"), *tallied(self.rows)]]))
        match = self._match(row)
        issue = match.issue if match is not None else None
        key = self.app.keys.sign("checks.troubleshoot") if issue else ""
        lines = detail(row, width, issue.title if issue else "", key) if row else []
        self.about.display = bool(lines)
        self.about_words.say(styled(lines))
        self._share(len(lines))

    def _share(self, lines: int) -> None:
        """The table is as high as its rows, so that what is said of the selected one stands close to it."""
        room = self.frame.size.height - 1 - (min(lines, self.frame.size.height * 2 // 5) + 1 if lines else 0)
        height = max(1, min(len(self.rows), room))
        if self.table.styles.height is None or self.table.styles.height.value != height:
            self.table.styles.height = height

    def _match(self, row: CheckRow | None) -> Match | None:
        """The known trouble that a failed check looks like; the output of an attempt is read once."""
        viewer = self.app.viewer
        if viewer is None or row is None or row.verdict not in (FAILED, NO_DATA):
            return None
        attempts = viewer.state.step(row.step).attempts
        if not attempts:
            return None
        if attempts[-1] not in self._matches:
            found = likely(viewer.runbook, viewer.state, row.step, viewer.outputs.directory)
            self._matches[attempts[-1]] = found[0] if found else None
        return self._matches[attempts[-1]]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What would be refused is not offered."""
        viewer = self.app.viewer
        if viewer is None or not self.is_mounted:
            return True
        if action == "rollback":
            return may_roll_back(viewer)
        if action == "troubleshoot":
            return self._match(self.table.selected) is not None
        if action == "cancel":
            return not viewer.read_only and any(row.verdict == RUNNING for row in self.rows)
        return action not in ("again", "all") or not viewer.read_only

    def why_not(self, act: Act) -> NotNow | None:
        viewer = self.app.viewer
        if act.id in ("checks.again", "checks.all") and viewer is not None and not viewer.read_only:
            refused = idle(viewer.situation())
            return refused or (None if viewer.checks(self.section) else PASSED)
        return super().why_not(act)

    def action_again(self) -> None:
        """Run the selected check again; where that is not to be run, all that are not well."""
        row = self.table.selected
        self._asked([row.step] if row is not None and row.verdict in AGAIN else None)

    def action_all(self) -> None:
        """Run the checks that are not well, or were not run yet."""
        self._asked(None)

    def _asked(self, only: Sequence[str] | None) -> None:
        """Run what the operator asked for, or say why nothing is run."""
        if not self._run(only) and self.app.conductor is not None:
            self.app.say(PASSED.message)  # which is not trouble

    def _run(self, only: Sequence[str] | None) -> bool:
        """Run these checks; whether there is anything to run, or why not was told."""
        conductor = self.app.conductor
        if conductor is None:
            return False
        try:
            steps = [step for step in conductor.checks(self.section) if only is None or step.id in only]
            if steps:
                conductor.check_together(steps)
        except RunbookError as error:
            self.app.show_error(error)
            return True
        return bool(steps)

    def action_cancel(self) -> None:
        conductor = self.app.conductor
        if conductor is not None and conductor.busy:
            conductor.cancel()
        else:
            self.app.show_error(NotNow("no check is running"))

    def action_troubleshoot(self) -> None:
        """Open the known trouble that the selected check looks like."""
        match = self._match(self.table.selected)
        if match is not None:
            self.dismiss(None)
            self.app.troubleshoot(match.issue, match)

    def action_rollback(self) -> None:
        ask_to_roll_back(self)

    def action_back(self) -> None:
        self.dismiss(None)
