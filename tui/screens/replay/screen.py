"""The replay screen: the player's keys, and the search through everything that ran and was printed."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from tui.actions import Act, bindings
from tui.dialogs import AskText
from tui.errors import NotNow
from tui.front.asks import asks
from tui.keys import BY_ID
from tui.replay.finding import COMMAND, MOST, Hit, hits
from tui.replay.stage import ReplayWorkspace
from tui.screens.replay.playing import PlayedScreen
from tui.session.groups.cells import member_of
from tui.session.state import step_by_id

ROUND = 0.001
"""Output is timed to the millisecond: this much later (seconds) all of it has come."""
FIND = "In every command and all output ({next} next, {before} previous):"


class ReplayScreen(PlayedScreen, inherit_bindings=False):
    """Every key moves the player, searches, or changes how it looks; nothing else can be done."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("replay")

    def __init__(self, place: ReplayWorkspace) -> None:
        super().__init__(place)
        self._hits: list[Hit] = []
        self._hit = 0
        self._searched = ""
        self._searching = 0

    def why_not(self, act: Act) -> NotNow | None:
        if act.id in ("replay.match-next", "replay.match-before"):
            return None if self._hits else NotNow("no search yet", "/ searches the whole session")
        return super().why_not(act)

    # what is searched for

    @asks
    async def action_search(self) -> None:
        text = await self.app.ask(AskText("Search the session", self._prompt(FIND), self._searched, kind="/ SEARCH"))
        if text:
            await self._search_for(text)

    async def _search_for(self, text: str) -> None:
        self._searched, self._hits = text, []
        self._searching += 1
        turn = self._searching
        self._moved(f"searching for {text}")

        places = await self.app.work_done(lambda: self._find(text, lambda: self._ended or turn != self._searching))
        if turn != self._searching:
            return
        self._hits = sorted(places, key=lambda hit: (hit.elapsed, hit.attempt, hit.line))
        if self._hits:
            after = (hit for hit in self._hits if hit.elapsed >= self.player.elapsed)
            self._show_hit(next(after, self._hits[0]))
        else:
            self._moved(f"{text}: not found")

    def _find(self, text: str, stopped: Callable[[], bool]) -> list[Hit]:
        places: list[Hit] = []
        for hit in hits(self.player.recording, text, stopped):
            places.append(hit)
            if len(places) >= MOST:
                break
        return places

    def action_hit(self, way: int) -> None:
        refused = self.why_not(BY_ID["replay.match-next"])
        if refused is not None:
            self.app.show_error(refused)
            return
        self._show_hit(self._hits[(self._hit + way) % len(self._hits)])

    def _show_hit(self, hit: Hit) -> None:
        self._hit = self._hits.index(hit)
        self.player.seek(hit.elapsed + ROUND)
        self._moved()
        self.checklist.look_at(hit.step)
        self._chosen = hit.attempt
        title = step_by_id(self.state.runbook, hit.step).title
        many = f"{len(self._hits)}{'+' if len(self._hits) >= MOST else ''}"
        attempt = self.state.attempts.get(hit.attempt)
        host = member_of(self.state, attempt) if attempt is not None else ""
        on = f" on {host}" if host else ""
        self._words = f"/{self._searched}: {self._hit + 1} of {many}, {title}{on}"
        self.refresh_moment()
        if hit.line != COMMAND:
            self.output.mark(self._searched, hit.line)

    # how it looks

    def action_stamps(self) -> None:
        view = self.output
        view.stamp = None if view.stamp else self._stamp
        view.grew()

    def action_summary(self) -> None:
        from tui.screens.summary.screen import SummaryScreen

        self.app.push_screen(SummaryScreen())

    def action_leave(self) -> None:
        if self.panes.zoomed:
            self.action_zoom()
        else:
            self.app.close_session()
