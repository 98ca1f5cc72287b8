"""The result of the session: deviations, overruns, checklist, follow-ups, and the record that proves it."""

import platform
from collections.abc import Mapping
from typing import ClassVar

from msgspec.structs import replace
from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.reactive import reactive

from tui.actions import bindings
from tui.dialogs import AskText, Confirm
from tui.drill.rehearsals import earlier_drills
from tui.errors import NotNow, RunbookError
from tui.execution.viewer import Viewer
from tui.exports.source import source
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.front.notifier import SessionChanged
from tui.screens.exporting import export_session
from tui.screens.rolling_back import ask_to_roll_back, may_roll_back
from tui.screens.summary.card_text import head_lines, owed_line, section_lines
from tui.screens.summary.hung import Hung, rows_of
from tui.screens.summary.text import Report, below, debriefed, details, finish_lines, read_first
from tui.session.archive.history import read_history
from tui.session.archive.store import SessionDirectory, Store
from tui.session.events import MonitorSampled, MonitorsWaiting
from tui.session.journal.journal import verify
from tui.session.views.called import ABANDONED, outcome_called, result_of, session_called
from tui.session.views.doubts import doubt_words, doubtful
from tui.session.views.usual import Usual
from tui.text.amounts import counted
from tui.text.block import block, styled
from tui.widgets.head.mode import clock_line
from tui.widgets.head.top_line import TopLine
from tui.widgets.painting import entitle
from tui.widgets.words import Words


def read_report(
    directory: SessionDirectory,
    usual: Mapping[str, Usual],
    store: Store,
    before: Report | None = None,
    past: bool = False,
) -> Report:
    """A session as the summary shows it; what earlier sessions taught does not change and is taken from `before`.

    Raises:
        SessionError: it is damaged.
    """
    read = source(directory, None if before else read_history(store))
    if before is not None:
        read = replace(read, usual=before.source.usual)
    earlier = before.earlier if before else tuple(earlier_drills(store, directory)) if read.debrief else ()
    return Report(read, verify(directory.journal), usual, earlier, past)


TICK = 0.5
AROUND = 6
"""Rows that are not a card's: the line on top, the keys, and two frames."""
DEVIATED, SECTIONS = 4, 4
"""The rows that what deviated has at least, and then the sections: the longest three and what the others took."""
BESIDE = 5
"""Cells beside what scrolls: its frame, and the bar."""

REOPENS = ("It is finished. Its steps can then be done again, and it is finished again after them.", "It is recorded.")
"""What reopening a session comes to."""


def sections_rows(room: int, first: int) -> int:
    """How many of the rows that both have the sections get, where what deviated would take `first`."""
    return max(2, min(room - DEVIATED, max(SECTIONS, room - first)))


class SummaryScreen(FrontPage[None]):
    """Shows the open session as it is on the disk."""

    ACTS = "summary"
    AUTO_FOCUS = "#summary"
    CSS_PATH = "summary.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("summary")

    _finished = _reading = _outdated = False
    report: reactive[Report | None] = reactive(None, init=False, repaint=False)

    top = getters.query_one(TopLine)
    head = getters.query_one("#summary-head", Words)
    sections = getters.query_one("#summary-sections", Words)
    rest = getters.query_one("#summary", VerticalScroll)
    text = getters.query_one("#summary-text", Hung)
    owed = getters.query_one("#summary-owed", Words)

    def compose(self) -> ComposeResult:
        title = self.app.workspace.runbook.runbook.title
        yield TopLine(f"Summary · {title}", self.app.mode)
        yield Words(id="summary-head")
        sections = Words(id="summary-sections")
        sections.display = False  # no empty frame while the session is read
        yield sections
        with VerticalScroll(id="summary"):
            yield Hung([[("reading the session…", "")]], id="summary-text")
        yield Words(id="summary-owed")
        yield self.keys_row()

    def on_mount(self) -> None:
        self._read()
        self._tick()
        self.set_interval(TICK, self._tick)

    def _tick(self) -> None:
        self.top.tell(clock_line(self.app.workspace.clock.now(), self.app.size.width))

    def on_session_changed(self, event: SessionChanged) -> None:
        """Read it again, but not for samples alone: they come all the time, and nothing here tells of them."""
        if not all(isinstance(entry.event, MonitorSampled | MonitorsWaiting) for entry in event.entries):
            self._read()
            if self.report is not None and self._finished_since(self.report):
                self._draw(self.report)

    def _finished_since(self, report: Report) -> bool:
        """Whether the session has been finished since a report of it was read."""
        viewer = self.app.viewer
        return viewer is not None and viewer.state.finished is not None and report.source.state.finished is None

    def _viewer(self) -> Viewer:
        viewer = self.app.viewer
        if viewer is None:
            raise RunbookError("no session is open", "open one from the first screen")
        return viewer

    def _session(self) -> str:
        started = self._viewer().state.started
        return started.session if started else ""

    def _read(self) -> None:
        """Read the session from the disk, which is what counts, on a thread of its own; one at a time."""
        if self.app.viewer is None:
            return
        if self._reading:
            self._outdated = True
            return
        self._reading, self._outdated = True, False
        store, before = self.app.workspace.store, self.report
        directory = store.find_to_read(self._session())
        usual = self.app.usual(self._viewer().state)
        past = self.app.workspace.replaying
        self.app.work(self, lambda: read_report(directory, usual, store, before, past), self._have, self._have_not)

    def _have(self, report: Report) -> None:
        self._reading = False
        self.report = report
        if self._outdated:
            self._read()

    def _have_not(self, error: RunbookError) -> None:
        self._reading = False
        self.app.show_error(error)

    def watch_report(self, report: Report | None) -> None:
        if report is not None:
            self._draw(report)
            finished = report.source.state.finished is not None
            if finished != self._finished:
                self._finished = finished
                self.refresh_bindings()

    def on_resize(self) -> None:
        if self.report is not None:
            self._draw(self.report)

    def _draw(self, report: Report) -> None:
        """Draw the card for the size that there is; what is below it scrolls."""
        now, keys = self.app.workspace.today.now(), self.app.keys
        card, (width, height) = report.card(now), self.size
        reading = self._finished_since(report)
        if reading:
            card = replace(card, badge=session_called(self._viewer().state))
        head = head_lines(card, report.source.state, width, keys.sign("summary.finish"), reading)
        owed = owed_line(card, width)
        room = height - len(head) - bool(owed) - AROUND
        first = len(rows_of(read_first(report, card, keys), max(1, width - BESIDE)))
        self.head.say(styled(head))
        self.sections.say(styled(section_lines(card, width - 4, sections_rows(room, first))))
        usually = block("┼ usually" if any(section.usual for section in card.sections) else "")
        entitle(self.sections, block("Time by section"), usually)
        self.sections.display = bool(card.sections)
        self.text.tell(details(report, card, now, keys))
        about = block(f"{counted(card.deviated, 'deviation')} · below: {below(report, card)}")
        entitle(self.rest, block("Debrief" if debriefed(report) else "Deviations"), about)
        self.owed.say(styled([owed]))
        self.owed.display = bool(owed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What would be refused is not offered: a finished session is not finished again, a replayed one not at all."""
        viewer = self.app.viewer
        if viewer is None:
            return True
        if action == "rollback":
            return may_roll_back(viewer)
        if action == "finish" and viewer.state.finished is not None:
            return False
        return not (viewer.read_only and action in ("finish", "note"))

    @asks
    async def action_finish(self) -> None:
        """End the session, after one confirmation that says as what."""
        conductor = self.app.acting()
        if conductor.busy:
            self.app.show_error(RunbookError("a command is running", "wait for it or cancel it"))
            return
        result, doubts = result_of(conductor.state), doubtful(conductor.state)
        if doubts and result != ABANDONED:
            words = doubt_words(conductor.state, doubts)
            self.app.show_error(NotNow(words, "look at them again on the run screen first"))
            return
        lines = finish_lines(conductor.state, outcome_called(conductor.state, result))
        if await self.app.ask(Confirm("Finish the session?", lines, yes="Finish", kind="◆ FINISH")):
            conductor.finish(result)

    @asks
    async def action_back(self) -> None:
        """Back to the steps; a finished session is reopened first, and the journal says so."""
        viewer = self._viewer()
        if viewer.state.finished is None or viewer.read_only:
            self.app.open_run()
            return
        conductor = self.app.acting()

        if await self.app.ask(Confirm("Reopen the session?", REOPENS, yes="Reopen", kind="◆ REOPEN")):
            conductor.take_up(conductor.state.operator, platform.node())
            self.app.open_run()

    async def action_leave(self) -> None:
        """Leave the summary; a finished session is not reopened by it."""
        viewer = self._viewer()
        if viewer.state.finished is None:
            self.app.open_run()
        else:
            self.action_home()

    def action_rollback(self) -> None:
        ask_to_roll_back(self)

    def action_export(self) -> None:
        export_session(self, self._session())

    @asks
    async def action_note(self) -> None:
        text = await self.app.ask(AskText("The session", "What is to be noted?", kind="◆ NOTE"))
        if text:
            self.app.acting().note(text)

    def action_home(self) -> None:
        self.app.close_session()
