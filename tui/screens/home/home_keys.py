"""What the keys of the first screen do: set up, resume, look at what is over, tick a follow-up off."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.actions import Act, called
from tui.errors import NotNow, RunbookError
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.keys import BY_ID
from tui.runbook.facts import flows_of_kind
from tui.runbook.model import FlowKind, runbook_id

if TYPE_CHECKING:
    from tui.drill.rehearsals import Practised
    from tui.session.archive.known import KnownSession
    from tui.session.views.followups import Due

NO_SESSION = NotNow("there is no session yet", "one that was begun can be replayed and exported")
UNREADABLE = NotNow("the marked session cannot be read", "opening it says why")
NO_FOLLOWUP = NotNow("no follow-up is left to do", "a completed deployment leaves those of its runbook")


class HomeActs(FrontPage[None]):
    """The first screen, as far as its keys go."""

    ACTS = "home"
    sessions: "tuple[KnownSession, ...]" = ()
    """The sessions that were read and are shown, the newest first."""

    @property
    @abstractmethod
    def left(self) -> "tuple[Due, ...]":
        """The follow-ups of the sessions that were read that are not done, the first due first."""

    @abstractmethod
    def marked(self) -> "KnownSession | Practised | Due | str | None":
        """What is marked in the frame that has the focus: a session, a drill, a follow-up, or an action's id."""

    @abstractmethod
    def marked_session(self) -> "KnownSession | None":
        """The session that is marked, or the one that what is marked belongs to."""

    @abstractmethod
    def read_again(self) -> None:
        """Read what has changed on the disk."""

    @property
    def here(self) -> str:
        """The id of this screen's runbook."""
        return runbook_id(self.app.workspace.runbook)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what the runbook has."""
        runbook = self.app.workspace.runbook
        if action == "begin":
            return bool(flows_of_kind(runbook, FlowKind(str(parameters[0]))))
        if action == "troubleshoot":
            return bool(runbook.troubleshooting and flows_of_kind(runbook, FlowKind.VERIFY))
        if action == "roll_back":
            return self._can_roll_back(self.marked_session())
        if action == "runbooks":
            return bool(self.app.workspace.others())
        return bool(runbook.dashboards) if action == "links" else True

    def why_not(self, act: Act) -> NotNow | None:
        if act.id in ("home.replay", "home.export"):
            one = self.marked_session()
            if one is not None:
                return None if one.readable else UNREADABLE
            return None if any(known.readable for known in self.sessions) else NO_SESSION
        if act.id == "home.tick":
            return None if self.left else NO_FOLLOWUP
        return super().why_not(act)

    def _can_roll_back(self, one: "KnownSession | None") -> bool:
        return one is not None and not one.finished and one.runbook == self.here

    def offered(self, starts: tuple[str, ...]) -> list[tuple[str, str]]:
        """Which of these actions the runbook has, each with the kind of flow that it sets up."""
        found = []
        for act in starts:
            name, given = called(BY_ID[act])
            if self.check_action(name, given):
                found.append((act, str(given[0]) if given else ""))
        return found

    @asks
    async def action_begin(self, kind: str) -> None:
        """Set up a flow of this kind; with several, ask which."""
        flows = flows_of_kind(self.app.workspace.runbook, FlowKind(kind))
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
        flows = flows_of_kind(runbook, FlowKind.VERIFY)

        place = await self.app.ask(Pick("Which trouble?", [issue.title for issue in runbook.troubleshooting]))
        if place is not None:
            self.app.troubleshooting = runbook.troubleshooting[place].id
            self._set_up(flows[0])

    def _set_up(self, flow: str) -> None:
        from tui.screens.setup.screen import SetupScreen

        self.app.push_screen(SetupScreen(flow))

    async def action_resume(self) -> None:
        """Open what is marked: resume what is unfinished, show the summary of what is over, start what can be."""
        from tui.drill.rehearsals import Practised
        from tui.session.archive.known import KnownSession
        from tui.session.views.followups import Due

        match self.marked():
            case str() as act:
                await self.run_action(BY_ID[act].action)
            case Due() as due:
                self._ask_of(due)
            case Practised() as row:
                self._open_drill(row)
            case KnownSession() as one:
                self._open(one)

    def _open_drill(self, row: "Practised") -> None:
        if row.newest is not None:
            self._open(row.newest)
        else:
            error = NotNow(f"never rehearsed: {row.title}", f"leave, then: runbook drill {row.name}")
            self.app.show_error(error)

    def _open(self, one: "KnownSession") -> None:
        if self._read(one) is None:
            return
        if one.finished and one.kind is not None:
            self.app.review(one.id)
        elif one.finished:
            self.app.show_error(NotNow(f"{one.id} was cut off before it began", "there is nothing to see in it"))
        elif one.runbook != self.here:
            words = f"this session belongs to another runbook: {one.title}"
            self.app.show_error(NotNow(words, f"leave, then: runbook resume {one.id}"))
        else:
            self.app.resume_chosen(one.id, rollback=False)

    def action_roll_back(self) -> None:
        """Resume the unfinished session and ask about its rollback."""
        one = self.marked_session()
        if one is None or not self._can_roll_back(one):
            error = NotNow("no unfinished session is marked", "a session is marked with the arrow keys")
            self.app.show_error(error)
        else:
            self.app.resume_chosen(one.id, rollback=True)

    @asks
    async def action_tick(self) -> None:
        """Choose a follow-up that is done, and write what was found."""
        if self.left:
            await self._tick_one_of(self.left)
        else:
            self.app.show_error(NO_FOLLOWUP)

    @asks
    async def _ask_of(self, due: "Due") -> None:
        await self._tick_one_of((due,))

    async def _tick_one_of(self, left: "Sequence[Due]") -> None:
        from tui.dialogs.written import TickOff
        from tui.session.archive.ticking import tick_off

        app = self.app
        store, clock, operator = app.workspace.store, app.workspace.clock, app.operator
        done = await app.ask(TickOff(left, clock.now()))
        if done is not None:
            await app.work_done(lambda: tick_off(store, left[done.place], clock, operator, *done.texts))
            self.read_again()

    @asks
    async def action_replay(self) -> None:
        one = await self._session_meant("Which session is replayed?")
        if one is not None:
            self.app.replay(one.id)

    @asks
    async def action_export(self) -> None:
        one = await self._session_meant("Which session is exported?")
        if one is not None:
            from tui.screens.exporting import export_session

            export_session(self, one.id)

    async def _session_meant(self, question: str) -> "KnownSession | None":
        """The session that is marked; where none is, the only one there is, or the one that is picked of several."""
        one = self.marked_session()
        known = [one] if one is not None else [known for known in self.sessions if known.readable]
        if not known:
            self.app.show_error(NO_SESSION)
            return None
        if len(known) == 1:
            return self._read(known[0])
        from tui.dialogs.pick import Pick
        from tui.screens.home.deployments_text import session_words

        now = self.app.workspace.clock.now()
        place = await self.app.ask(Pick(question, [session_words(one, now) for one in known]))
        return None if place is None else known[place]

    def _read(self, one: "KnownSession") -> "KnownSession | None":
        """A session, unless it cannot be read: that is told."""
        if one.readable:
            return one
        self.app.show_error(RunbookError(f"{one.id}: {one.problem}", "restore it from a copy"))
        return None

    @asks
    async def action_links(self) -> None:
        from tui.execution.commands import values_of
        from tui.screens.links import Links

        runbook = self.app.workspace.runbook
        url = await self.app.ask(Links(runbook.dashboards, values_of(runbook, {}, self.app.workspace.clock.now())))
        if url:
            self.app.open_link(url)

    @asks
    async def action_runbooks(self) -> None:
        """Choose another runbook of this folder, and open the program with that."""
        from tui.dialogs.pick import Pick
        from tui.execution.beginning.found_runbooks import found_runbooks

        app = self.app
        found = await app.work_done(lambda: list(found_runbooks(app.workspace.others())))
        titles = [one.title or f"{one.path.name}: {one.problem}" for one in found]
        place = await app.ask(Pick("Which runbook?", titles))
        if place is None:
            return
        if found[place].problem:
            app.show_error(RunbookError(found[place].problem, f"`runbook lint {found[place].path}` says what is wrong"))
        else:
            app.following = found[place].path
            app.exit()

    async def action_quit(self) -> None:
        await self.app.action_quit()
