"""The terminal application: which screen shows, which session is open, and how it ends."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from msgspec.structs import replace
from textual.binding import Binding
from textual.worker import WorkerFailed

from tui import threads
from tui.actions import IDS, bindings
from tui.attention import Attentive
from tui.config import Config, unknown_keys
from tui.errors import RunbookError
from tui.execution.workspace import Setup, Workspace
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.front.notifier import ScreenNotifier
from tui.front.parting import parting
from tui.keys import read_keys
from tui.runbook.model import Issue, runbook_id
from tui.screens.asked import Asked
from tui.taking_up import TakingUp
from tui.text.block import block, lines_of, pieces
from tui.text.sentences import sentence
from tui.widgets.looks import ascii
from tui.widgets.looks.css_variables import css_variables
from tui.widgets.looks.sheet import ParsedOnce
from tui.widgets.looks.themes import MONO, NIGHT, THEMES, fitting

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.viewer import Viewer
    from tui.replay.stage import ReplayWorkspace
    from tui.session.archive.history import History
    from tui.session.state import SessionState
    from tui.session.views.symptoms import Match
    from tui.session.views.usual import Usual, WholeUsual

THEME = "theme.tcss"
ERROR_SHOWN = 12.0
LAST_WORDS = 3.0
"""How long the end of the program waits for a command that is being stopped, so that its outcome is recorded."""


class RunbookApp(Attentive, Asked, TakingUp):
    """The front end on a terminal; `session` is resumed at once where it is given, and rolled back where asked to."""

    TITLE = "runbook"
    CSS_PATH: ClassVar[list[str | PurePath]] = [THEME, "screens/home/home.tcss"]  # one reading for both
    BINDINGS = bindings("app")

    def __init__(
        self,
        workspace: Workspace,
        config: Config | None = None,
        *,
        session: str = "",
        operator: str = "",
        rolling_back: bool = False,
        hosts: str = "",
        given: Setup | None = None,
        first: FrontPage[None] | None = None,
    ) -> None:
        """Args:
        hosts: which places hold for a session whose hosts are said to be elsewhere today: "session" or "today".
        given: what the command line says of a session that is set up; a flow in it is set up at once.
        first: the screen to begin with, and the only one.
        """
        super().__init__(css_path=[THEME] if workspace.replaying else None)  # a replay alone shows no first screen
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = MONO if self.no_color else fitting(NIGHT, self.console.color_system)
        self.stylesheet = ParsedOnce(variables=self.get_css_variables())
        self.given = given
        self._hosts = hosts
        self.workspace = workspace
        self.config = config or Config()
        self.ascii = ascii.wanted(self.config.glyphs)
        self._filters += [ascii.Ascii(letters=ascii.utf8())] if self.ascii else []
        ascii.draw_scroll_bars(self.ascii)
        keys, self._wrong_keys = read_keys(self.config.keys)
        self.keys = replace(keys, ascii=self.ascii)
        self.operator = operator or (given.operator if given else "") or self.config.operator or workspace.operator()
        self.viewer: Viewer | None = None
        self.notifier: ScreenNotifier | None = None
        self._session = session
        self._rolling_back = rolling_back
        self._history: History | None = None
        self._usual: tuple[str, Mapping[str, Usual], WholeUsual] | None = None
        self._again = False
        self._first = first

    def on_mount(self) -> None:
        """Show the first screen, in the operator's colours and with the operator's keys."""
        from tui.screens.home.screen import HomeScreen

        wrong = [*unknown_keys(self.config, IDS, frozenset(self.available_themes)), *self._wrong_keys]
        if self.config.theme in self.available_themes and not self.no_color:
            self.theme = fitting(self.config.theme, self.console.color_system)
        self.set_keymap(dict(self.keys.own))
        if self.workspace.replaying:
            self._show_replay(cast("ReplayWorkspace", self.workspace))
        elif self.workspace.followed is not None:
            self._opened(self.workspace.followed)
        else:
            given_flow = self.given is not None and bool(self.given.flow)
            self.push_screen(self._first or HomeScreen(passing=bool(self._session) or given_flow))
        self.answer_for(self.workspace)
        if wrong:
            self.show_error(
                RunbookError(
                    "config.toml: " + "; ".join(wrong),
                    f"{self.keys.sign('app.help')} lists the actions, their keys and ids",
                )
            )
        if self._session:
            self.call_after_refresh(self.resume, self._session)
        elif self.given is not None and self.given.flow:
            from tui.screens.setup.screen import SetupScreen

            self.call_after_refresh(self.push_screen, SetupScreen(self.given.flow))
        elif self._rolling_back:
            self.call_after_refresh(self.run_action, "screen.begin('rollback')")

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours, with words that can be read; none before the theme is ours, as nothing is parsed."""
        if not hasattr(self, "stylesheet"):
            return {}
        self.theme_variables = css_variables(self.current_theme)
        return self.theme_variables

    # sessions

    def usual(self, state: "SessionState") -> "Mapping[str, Usual]":
        """What the steps of a session's runbook took in earlier sessions, as far as that is known by now."""
        return self._known(state)[1]

    def usual_whole(self, state: "SessionState") -> "WholeUsual":
        """What whole sessions like this one took, and their sections, as far as that is known by now."""
        return self._known(state)[2]

    def usual_planned(self, flow: str, method: str) -> "Usual | None":
        """What a whole session of a flow by a method took in earlier sessions, as far as that is known by now."""
        if self._history is None:
            return None
        from tui.session.archive.history import Alike, machines_of
        from tui.session.places import places_of

        workspace = self.workspace
        machines = machines_of(places_of(workspace.runbook), workspace.drill)
        of = Alike(runbook_id(workspace.runbook), workspace.apart, workspace.drill, machines)
        return self._history.planned(of, flow, method)

    def _known(self, state: "SessionState") -> "tuple[str, Mapping[str, Usual], WholeUsual]":
        if self._history is None or state.started is None:
            from tui.session.views.usual import WholeUsual

            return "", {}, WholeUsual()
        session = state.started.session
        if self._usual is None or session != self._usual[0]:
            from tui.session.archive.history import alike

            self._usual = session, self._history.usual(alike(state), session), self._history.whole(state)
        return self._usual

    def has_begun(self) -> None:
        """Read how long steps took in earlier sessions, beside everything else."""
        from tui.session.archive.history import history_of_all, read_history

        def read(history: "History") -> None:
            self._history, self._usual = history, None

        self.work(self, lambda: read_history(self.workspace.store, lambda: self._closing), read)
        if self.workspace.store.fetch_others is not None:
            self.work(self, lambda: history_of_all(self.workspace.store, lambda: self._closing), read)

    def begin(self, setup: Setup) -> None:
        """Begin a session and show it."""
        self.operator = setup.operator
        self.once(lambda: self.workspace.begin(setup), self._opened)

    def _opened(self, viewer: "Viewer") -> None:
        if self._closing:
            viewer.close()
            return
        if self.viewer is not None:
            self._let_go()
        self.viewer = viewer
        self.notifier = ScreenNotifier(self, viewer)
        self._home_again()
        self.open_run()
        issue = next((issue for issue in viewer.runbook.troubleshooting if issue.id == self.troubleshooting), None)
        self.troubleshooting = ""
        if issue is not None:
            self.troubleshoot(issue)

    def troubleshoot(self, issue: Issue, because: "Match | None" = None) -> None:
        """Show a known trouble, and what it was found by."""
        from tui.screens.troubleshoot import TroubleshootScreen

        self.push_screen(TroubleshootScreen(issue, because))

    def open_run(self) -> None:
        """Show the session that is open: its rollback, once it has turned to one."""
        from tui.session.state import made_elsewhere

        if self.workspace.replaying:
            if getattr(self.screen_stack[-2], "ACTS", "") == "home":
                self.close_session()  # its summary alone was looked at
            else:
                self.pop_screen()
            return
        self._home_again()
        state = self.viewer.state if self.viewer else None
        if state is not None and (state.rollback is not None or made_elsewhere(state)):
            from tui.screens.rollback.screen import RollbackScreen

            self.push_screen(RollbackScreen())
        else:
            from tui.screens.run.screen import RunScreen

            self.push_screen(RunScreen())

    def show_summary(self) -> None:
        """Show the result of the session that is open."""
        from tui.screens.summary.screen import SummaryScreen

        self._home_again()
        self.push_screen(SummaryScreen())

    def close_session(self) -> None:
        """Let go of the open session and go back to the first screen."""
        if self.workspace.replaying:
            before, self._before = self._before, None
            if before is None:
                self.exit()
                return
            self.workspace = before
        if self.workspace.followed is not None:
            self.exit()
            return
        self._let_go()
        self.workspace.enter(self.workspace.chosen)
        self._home_again()

    def _home_again(self) -> None:
        """Take away every screen above Home, and end what they are at: it would look for widgets that are gone."""
        while len(self.screen_stack) > 2:
            self.workers.cancel_node(self.screen)
            self.pop_screen()

    def _let_go(self) -> None:
        self.freeze(wanted=False)
        viewer, notifier, self.viewer, self.notifier = self.viewer, self.notifier, None, None
        if notifier is not None:
            notifier.close()
        if viewer is not None:
            self.work(self, viewer.close, lambda _: None)

    # the operator

    def show_error(self, error: RunbookError) -> None:
        """Tell the operator what is wrong and what to do next."""
        told = lines_of([sentence(error.message, self.workspace.names), *([f"→ {error.hint}"] if error.hint else [])])
        self.notify(told.plain, severity="error", timeout=ERROR_SHOWN, markup=False)

    def say(self, text: str, title: str = "", warning: bool = False) -> None:
        """Tell the operator something that needs no answer."""
        severity: Literal["warning", "information"] = "warning" if warning else "information"
        self.notify(
            block(sentence(text, self.workspace.names)).plain,
            title=pieces(title).plain,
            severity=severity,
            markup=False,
        )

    def open_link(self, url: str) -> None:
        """Copy an address, and open it where there is a browser with a window of its own."""
        from tui.screens.links import can_open

        self.copy_to_clipboard(url)
        if can_open(url):
            self.open_url(url)
        self.say(f"{url}\nCopied, if the terminal allows it (OSC 52)", "Link")

    def get_key_display(self, binding: Binding) -> str:
        """A key as it stands in the footer: a word where the terminal has no sign for it."""
        shown = super().get_key_display(binding)
        return "enter" if self.ascii and shown == "⏎" else shown

    @asks
    async def action_login(self) -> None:
        """Log in again to the hosts that wait for it; a command that is running on one continues."""
        workspace = self.workspace
        with self.asking_soon():
            failed = await self.work_done(lambda: workspace.connections.log_in_again(workspace.asking))
        if failed:
            words = "; ".join(error.message for error in failed.values())
            again = f"{self.keys.sign('app.login')} asks again" if workspace.connections.logged_out() else ""
            self.show_error(RunbookError(words, again))

    def action_help(self) -> None:
        """Show every key, those of this screen first."""
        from tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.action_close()
        else:
            self.push_screen(HelpScreen(getattr(self.screen, "ACTS", "home"), self.keys))

    def action_command_palette(self) -> None:
        """Show what can be done here, to be searched."""
        from tui.screens.palette.screen import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def search_themes(self) -> None:
        """Show the colours there are, to be searched."""
        from textual.theme import ThemeProvider

        from tui.screens.palette.screen import Palette

        self.push_screen(Palette([ThemeProvider], "Search for colours…"))

    @property
    def asks_nothing(self) -> bool:
        """Whether the program ends without a question: nothing is open that must be gone back to."""
        conductor = self.conductor
        return conductor is None or bool(conductor.read_only) or conductor.state.finished is not None

    async def action_quit(self) -> None:
        """End the program; where a session is open, say first what keeps running and how to resume it."""
        from tui.dialogs import Confirm

        conductor = self.conductor
        if conductor is None:
            self.exit()
            return
        if conductor.state.finished is not None or isinstance(self.screen, Confirm):
            self.exit(message=parting(conductor))
        else:
            self._ask_to_quit(conductor)

    @asks
    async def _ask_to_quit(self, conductor: "Conductor") -> None:
        from tui.dialogs import Confirm
        from tui.session.views.called import hosts_running, over, session_called, way_back
        from tui.text.command import command_lines

        state = conductor.state
        running = state.running()
        does = "keeps running" if running and running.durable else "is stopped"
        what = (
            [f"This {does} on {hosts_running(state)}:", *command_lines(f"$ {running.whole}")]
            if running
            else ["Nothing is running."]
        )
        left = ["The session is kept. To resume it:", way_back(state)]
        if over(state):
            finish = self.keys.on("summary").sign("finish")
            left = [
                f"{session_called(state)}: nothing is left to do.",
                f"{finish} on the summary records it as finished.",
            ]
        if await self.ask(Confirm("Quit?", [*what, "", *left], yes="Quit", no="Stay", kind="◆ QUIT")):
            self.exit(message=parting(conductor))

    # the end

    def _fatal_error(self) -> None:
        """End on a fault of our own, without what Textual would print: the values of variables may be secret."""
        from tui.screens.fault import report
        from tui.session.views.called import way_back

        started = self.viewer.state.started if self.viewer else None
        back = way_back(self.viewer.state) if self.viewer else ""
        error = self._exception.error if isinstance(self._exception, WorkerFailed) else self._exception
        text = report(error, self.workspace.redactor.redact, started.session if started else "", back)
        self._exit_renderables.append(text)
        self._close_messages_no_wait()

    async def on_unmount(self) -> None:
        """Let go of the session, without keeping the terminal waiting for what hangs."""
        self._closing = True
        viewer, self.viewer = self.viewer, None
        if viewer is not None:
            threads.start("close the session", viewer.close).join(LAST_WORDS)
