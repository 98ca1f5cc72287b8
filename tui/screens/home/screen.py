"""The first screen: which runbook this is, whether now is the time, what was left unfinished, and what to press."""

from itertools import islice, takewhile
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.reactive import reactive
from textual.widgets import OptionList

from tui.actions import bindings
from tui.errors import NotNow, RunbookError
from tui.front import FrontPage, asks
from tui.screens.home.text import (
    about,
    belongs,
    flows_of,
    followup_lines,
    ordered,
    session_line,
    wants_somebody,
    window_lines,
)
from tui.session.archive.store import Summary
from tui.session.archive.ticking import listed, tick_off
from tui.session.places import runbook_id
from tui.session.views.followups import Due
from tui.text.block import Piece, block, styled
from tui.widgets.fields.option_rows import OptionRow, OptionRows
from tui.widgets.head.top_line import TopLine
from tui.widgets.said import Said
from tui.widgets.words import Words

LISTED = 20
"""How many sessions are listed at once; of the older ones those that are unfinished, or left something to do."""


class HomeScreen(FrontPage[None]):
    """Where every session begins and ends."""

    ACTS = "home"
    CSS_PATH = "home.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("home"),
        Binding("up", "move('up')", show=False),
        Binding("down", "move('down')", show=False),
    ]

    _furnished = False
    _reading = 0
    reading_older = False
    sessions: reactive[tuple[Summary, ...] | None] = reactive(None, init=False, repaint=False)

    page = getters.query_one("#home", VerticalScroll)
    window = getters.query_one("#window", Words)
    followups = getters.query_one("#followups", Words)
    session_rows = getters.query_one("#sessions", OptionRows)
    no_sessions = getters.query_one("#sessions-none", Words)
    sessions_title = getters.query_one("#sessions-title", Words)

    def compose(self) -> ComposeResult:
        workspace = self.app.workspace
        yield TopLine("runbook", self.app.mode)
        with VerticalScroll(id="home", can_focus=False):
            yield Said(styled(about(workspace.runbook)), id="about")
            yield Words(id="window")

    def on_mount(self) -> None:
        self._tick()
        self.set_interval(10.0, self._tick)
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        """Add what costs time to draw, once the operator sees something."""
        listed = OptionRows(id="sessions")
        listed.display = False
        title = Words(block("Sessions"), id="sessions-title")
        none = Words(block("reading…"), id="sessions-none")
        due = Words(id="followups")
        due.display = False
        await self.page.mount(due, title, none, listed)
        await self.mount(self.keys_row())
        self.refresh_bindings()
        self._furnished = True
        self._read()

    def on_screen_resume(self) -> None:
        self._read()

    def _read(self) -> None:
        if not self._furnished:
            return
        self._reading += 1
        reading, store, here = self._reading, self.app.workspace.store, self._here

        def read() -> tuple[Summary, ...]:
            every = store.summaries()
            newest = list(islice(every, LISTED))
            self.call_later(self._found, reading, tuple(ordered(newest, here)), True)
            older = [one for one in takewhile(lambda _: reading == self._reading, every) if wants_somebody(one)]
            return tuple(ordered([*newest, *older], here))

        self.app.work(self, read, lambda found: self._found(reading, found, False))

    @property
    def _here(self) -> str:
        """The id of this screen's runbook."""
        return runbook_id(self.app.workspace.runbook)

    def _found(self, reading: int, found: tuple[Summary, ...], more: bool) -> None:
        """Show what was read so far; an older reading is not heard any more."""
        if reading == self._reading:
            self.reading_older = more and len(found) >= LISTED
            self.sessions = found
            self._tick()

    def _tick(self) -> None:
        workspace = self.app.workspace
        now = workspace.clock.now()
        self.window.say(styled(window_lines(workspace.window(now), now)))
        left = self.left
        if self._furnished:
            due = self.followups
            due.display = bool(left)
            title: list[Piece] = [
                ("Follow-ups", "bold underline"),
                (f"   {self.app.keys.of('home.tick')} ticks one off", "$faint"),
            ]
            due.say(styled([title, *followup_lines(left, now, workspace.runbook.runbook.title)]))

    @property
    def left(self) -> tuple[Due, ...]:
        """The follow-ups of the sessions that were read that are not done, the first due first."""
        return listed(self.sessions or (), drill=bool(self.app.workspace.drill)).followups

    def watch_sessions(self, found: tuple[Summary, ...] | None) -> None:
        listed = self.session_rows
        none = self.no_sessions
        marked = listed.highlighted
        marked_id = listed.get_option_at_index(marked).id if marked is not None else None
        listed.clear_options()
        now = self.app.workspace.clock.now()
        for one in found or ():
            listed.add(OptionRow(styled([session_line(one, now, self._here)]), f"s-{one.id}"))
        listed.display, none.display = bool(found), not found
        none.say(block("none yet on this machine"))
        if found:
            ids = [f"s-{one.id}" for one in found]
            listed.highlighted = ids.index(marked_id) if marked_id in ids else 0
            unfinished = not found[0].finished and belongs(found[0], self._here)
            resume = self.app.keys.of("home.resume")
            title = f"Sessions: {resume} resumes the marked one" if unfinished else "Sessions"
            title += "   reading the older ones…" if self.reading_older else ""
            self.sessions_title.say(block(title))
            listed.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what the runbook has."""
        runbook = self.app.workspace.runbook
        if action == "begin":
            return bool(flows_of(runbook, str(parameters[0])))
        if action == "troubleshoot":
            return bool(runbook.troubleshooting and flows_of(runbook, "verify"))
        return bool(runbook.dashboards) if action == "links" else True

    def action_move(self, way: str) -> None:
        self.session_rows.focus()

    @asks
    async def action_begin(self, kind: str) -> None:
        """Set up a flow of this kind; with several, ask which."""
        flows = flows_of(self.app.workspace.runbook, kind)
        if len(flows) == 1:
            self._set_up(flows[0])
            return
        from tui.dialogs.pick import Pick

        titles = [self.app.workspace.runbook.flows[name].title for name in flows]

        place = await self.app.ask(Pick("Which flow?", titles))
        if place is not None:
            self._set_up(flows[place])

    @asks
    async def action_troubleshoot(self) -> None:
        """Choose a known trouble; its steps run in a session of the verification, whose set-up comes first."""
        from tui.dialogs.pick import Pick

        runbook = self.app.workspace.runbook
        flows = flows_of(runbook, "verify")

        place = await self.app.ask(Pick("Which trouble?", [issue.title for issue in runbook.troubleshooting]))
        if place is not None:
            self.app.troubleshooting = runbook.troubleshooting[place].id
            self._set_up(flows[0])

    def _set_up(self, flow: str) -> None:
        from tui.screens.setup.screen import SetupScreen

        self.app.push_screen(SetupScreen(flow))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_resume()

    def action_resume(self) -> None:
        one = self._marked()
        if one is None:
            return
        if one.state is None:
            self.app.show_error(RunbookError(f"{one.id}: {one.problem}", "restore it from a copy"))
        elif not belongs(one, self._here):
            title = one.state.runbook.runbook.title
            words = f"this session belongs to another runbook: {title}"
            self.app.show_error(NotNow(words, f"leave, then: runbook resume {one.id}"))
        elif one.state.finished is not None or one.state.started is None:
            keys = self.app.keys.on("home")
            hint = (
                f"{keys.of('replay')} replays it, {keys.of('export')} exports it; {keys.of('deploy')} sets up a new one"
            )
            self.app.show_error(NotNow("this session is finished", hint))
        else:
            self.app.resume(one.id)

    @asks
    async def action_tick(self) -> None:
        """Choose a follow-up that is done, and write what was found."""
        from tui.dialogs import AskText
        from tui.dialogs.pick import Pick

        app, left = self.app, self.left
        now = app.workspace.clock.now()
        if not left:
            app.show_error(NotNow("no follow-up is left to do", "a completed deployment leaves those of its runbook"))
            return

        rows = [f"{one.followup.title} – {one.words(now)}" for one in left]
        place = await app.ask(Pick("Which is done?", rows, preselected=False))
        if place is None:
            return
        due = left[place]
        note = await app.ask(AskText("Done", f"{due.followup.title}: what was found? (may be empty)", required=False))
        if note is not None:
            store, clock, operator = app.workspace.store, app.workspace.clock, app.operator
            await app.work_done(lambda: tick_off(store, due, clock, operator, note))
            self._read()

    def action_replay(self) -> None:
        one = self._marked()
        if one is None or one.state is None:
            error = NotNow("no session that can be read is marked", "a session is marked with the arrow keys")
            self.app.show_error(error)
        else:
            self.app.replay(one.id)

    def action_export(self) -> None:
        one = self._marked()
        if one is not None:
            from tui.screens.exporting import export_session

            export_session(self, one.id)

    @asks
    async def action_links(self) -> None:
        from tui.screens.links import Links

        url = await self.app.ask(Links(self.app.workspace.runbook.dashboards))
        if url:
            self.app.open_link(url)

    async def action_quit(self) -> None:
        await self.app.action_quit()

    def _marked(self) -> Summary | None:
        place = self.session_rows.highlighted
        return self.sessions[place] if self.sessions and place is not None else None
