"""What the screens of a session have in common: they show it, and their keys look at its parts."""

from tui.dialogs import AskText
from tui.dialogs.pick import Pick
from tui.errors import NotNow
from tui.front.asks import asks
from tui.runbook.model import Issue
from tui.screens.run.panes import OUTPUT
from tui.screens.run.session_shown import SessionShown
from tui.screens.run.text import compared, hosts_to_open
from tui.session.possible.refusals import refusal
from tui.session.views.symptoms import Match
from tui.text.amounts import counted
from tui.widgets.step.card import StepCard
from tui.widgets.step.host_grid import attempt_on

SEARCH = "In this output ({next} next, {before} previous):"
NEWLINE = "\n"


class SessionScreen(SessionShown):
    """Shows a session; nothing here changes it."""

    def refused(self, name: str) -> bool:
        """Whether an act is refused now; the operator is told why, as the keys and the palette do."""
        refused = refusal(name, self.situation())
        if refused is not None:
            self.app.show_error(refused)
        return refused is not None

    def action_pane(self, number: int) -> None:
        """Go to a pane; where one is there already give it the whole screen, or the others their places again."""
        self.panes.go_to(number)
        self._show_output()

    def action_zoom(self) -> None:
        self.panes.zoom(OUTPUT)
        self._show_output()

    @asks
    async def action_attempts(self) -> None:
        step = self.step
        attempts = self.state.step(step.id).shown if step else ()
        if self.refused("attempts"):
            return
        if step is not None and (hosts := hosts_to_open(self.state, step)):
            place = await self.app.ask(Pick("Which host?", [host.words for host in hosts]))
            if place is None:
                return
            attempts = hosts[place].attempts
        titles = compared(self.state, attempts)
        place = 0 if len(titles) == 1 else await self.app.ask(Pick("Whose output?", titles))
        if place is not None:
            self._chosen = attempts[place]
            self._show_output()

    def action_open_host(self) -> None:
        self.card.action_open_host()

    def on_step_card_host_chosen(self, event: StepCard.HostChosen) -> None:
        """Show what a host of the step's group printed last, with the output in focus."""
        found = attempt_on(self.state, self.step, event.host) if self.step else 0
        if found:
            self._chosen = found
            self.action_pane(OUTPUT)
        else:
            self.app.show_error(NotNow(f"nothing has run on {event.host} yet", "mark a host on which something ran"))

    def action_own_command(self) -> None:
        """Say why no command can be run here; where one can, the screen that acts asks for it."""
        self.refused("own-command")

    def action_call_help(self) -> None:
        """Say why nobody can be called from here; where somebody can, the screen that acts asks whom."""
        self.refused("call-help")

    def look_here(self) -> None:
        """Look at the current step again."""
        self.checklist.back()

    def action_here(self) -> None:
        self.look_here()

    def action_wrap(self) -> None:
        self.output.wrapped = self._wraps = not self.output.wrapped

    def action_copy(self) -> None:
        """Copy of the output what is chosen, and say how much that is."""
        if self.refused("copy"):
            return
        text = self.output.wanted()
        self.app.copy_to_clipboard(text)
        self.app.say(f"Copied: {counted(text.count(NEWLINE) + 1, 'line')}, by the terminal (OSC 52)")

    def action_follow(self) -> None:
        self.output.action_tail()

    @asks
    async def action_search(self) -> None:
        if self.refused("search"):
            return
        text = await self.app.ask(AskText("Search", self._prompt(SEARCH), self._search.text, kind="/ SEARCH"))
        attempt = self._attempt
        if text and attempt:
            self._search.begin(
                text,
                lambda: self.viewer.outputs.reader(attempt),
                lambda: self.state.attempts[attempt].outcome is not None,
                self.output.top,
            )

    def _prompt(self, words: str) -> str:
        keys = self.app.keys.on(self.ACTS)
        return words.format(next=keys.sign("match-next"), before=keys.sign("match-before"))

    def action_search_on(self, direction: int) -> None:
        self._search.go_on(direction)

    @asks
    async def action_troubleshoot(self) -> None:
        """Look at the known trouble that the failed step looks like, or choose one."""
        step, issues = self.step, self.viewer.runbook.troubleshooting
        found = self._likely(step.id) if step else []
        if found:
            self.open_issue(found[0].issue, found[0])
            return
        if self.refused("troubleshoot"):
            return

        place = await self.app.ask(Pick("Which trouble?", [issue.title for issue in issues]))
        if place is not None:
            self.open_issue(issues[place])

    def open_issue(self, issue: Issue, because: Match | None = None) -> None:
        """Show a known trouble above the session's steps, and what it was found by."""
        self.app.troubleshoot(issue, because)

    def action_watch(self) -> None:
        """Look at the monitors."""
        from tui.screens.watch.screen import WatchScreen

        if self.refused("watch"):
            return
        self.app.push_screen(WatchScreen())

    def action_summary(self) -> None:
        self.app.show_summary()

    async def action_quit(self) -> None:
        await self.app.action_quit()
