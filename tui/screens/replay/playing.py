"""A session as it looked, at any of its moments, by the run screen's own widgets: what is shown, and where to go."""

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult

from tui.actions import Act, called
from tui.dialogs import AskText
from tui.errors import NotNow, RunbookError
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.replay.keyframes import TimedMarker
from tui.replay.player import time_of_day
from tui.replay.stage import ReplayWorkspace
from tui.screens.run.session import SessionScreen
from tui.session.possible.refusals import refusal
from tui.session.state import SessionState
from tui.session.views.markers import MarkerKind
from tui.text.search import pattern
from tui.widgets import FOLDER
from tui.widgets.head.titles import session_title
from tui.widgets.head.top_line import TopLine
from tui.widgets.moment import Moment
from tui.widgets.offers.offer import Offer
from tui.widgets.rollback.head import RollbackHead
from tui.widgets.timeline.text import Marks, Timeline, playing_words
from tui.widgets.timeline.widget import TimelineBar

TICK = 0.1

LIKE_LIVE = ("attempts", "copy", "follow", "here", "own-command", "watch", "wrap")
"""Acts that are refused as on the screen of a live session."""

JUMP = "A time of the session (02:31:07), or a part of a step's title:"
STILL_READ = "the journal is still being read"


class PlayedScreen(SessionScreen):
    """Shows the moment that the player is at; its keys move the player."""

    ACTS = "replay"
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        *SessionScreen.CSS_PATH,
        FOLDER / "rollback" / "head.tcss",
        FOLDER / "timeline" / "timeline.tcss",
    ]

    timeline = getters.query_one("#timeline", TimelineBar)
    rollback_head = getters.query_one("#rollback-head", RollbackHead)
    _reads = False
    """Whether the rest of the journal is being read, or was: not before something is seen, which it would hold up."""

    def __init__(self, place: ReplayWorkspace) -> None:
        super().__init__()
        self.place = place
        self.player = place.player
        self._read_share = -1.0
        self._marked = 0
        self._words = ""
        self._came = -1
        self._ended = False
        self._looked = (-1.0, -1.0)
        self._none: dict[tuple[str, str], NotNow | None] = {}

    def head(self) -> ComposeResult:
        """What this is about."""
        yield TopLine(session_title(self.player.recording.first.state, dated=True), self.app.mode)
        yield RollbackHead(id="rollback-head")

    def below(self) -> ComposeResult:
        """The timeline."""
        yield TimelineBar(id="timeline")

    def on_mount(self) -> None:
        self.rollback_head.display = False
        self.output.stamp = self._stamp
        self.set_interval(TICK, self._play)

    def seen(self) -> None:
        if not self._reads:
            self._reads = True
            self._index()

    def on_unmount(self) -> None:
        self._ended = True

    def offers(self) -> list[Offer]:
        return FrontPage.offers(self) if self.moment is not None else []

    def why_not(self, act: Act) -> NotNow | None:
        name = act.id.partition(".")[2]
        action, given = called(act)
        if action == "mark":
            return self._no_mark(given[0], given[1])
        if action == "by":
            return self._no_time(int(given[0]))
        if action == "speed" and not self.player.has_speed(int(given[0])):
            return NotNow("it is as fast as it can be" if int(given[0]) > 0 else "it is as slow as it can be")
        return refusal(name, self.situation()) if name in LIKE_LIVE else super().why_not(act)

    def _no_time(self, seconds: int) -> NotNow | None:
        """Why there is nothing that number of seconds later, or before."""
        if seconds > 0:
            return NotNow("this is the end") if self.player.at_end else None
        return NotNow("this is the beginning") if self.player.elapsed <= 0 else None

    def _no_mark(self, kind: str, way: str) -> NotNow | None:
        """Why there is no marker to go to; looked for again only once the player moved or more was read."""
        place = self.player.elapsed, self.player.recording.indexed.share
        if place != self._looked:
            self._looked, self._none = place, {}
        if (kind, way) not in self._none:
            found = self.player.mark(MarkerKind(kind), way == "1")
            self._none[kind, way] = None if found is not None else NotNow(self._no(kind, way == "1"))
        return self._none[kind, way]

    def _no(self, kind: str, forward: bool) -> str:
        """That there is no marker of a kind on this side, as far as the journal is read."""
        if forward and not self.player.recording.indexed.whole:
            return f"no {kind} was read yet after this: {STILL_READ}"
        return f"no {kind} {'after' if forward else 'before'} this"

    # what is shown

    def _index(self) -> None:
        """Read the rest of the journal beside what is shown."""
        recording = self.player.recording
        self.app.work(self, lambda: recording.index(lambda: self._ended), lambda _: self._play(), self._unread)

    def _unread(self, error: RunbookError) -> None:
        self._words = f"✖ {error.message}"
        self.app.show_error(error)

    def _play(self) -> None:
        if not self.whole_still:
            return  # it was left, and what it reads may be closed already
        if self._words.endswith(STILL_READ) and self.player.recording.indexed.whole:
            self._words = ""
        moved = self.player.tick(TICK)
        if moved or self.player.recording.indexed.share != self._read_share:
            self.refresh_moment()
        elif self.moment is not None:
            self._grew()

    def _tick(self) -> None:
        """Live, time passes by itself; here it stands still until the player moves."""

    def refresh_moment(self) -> None:
        """Show the moment that the player is at."""
        try:
            self.place.replayer.show()
        except RunbookError as error:
            self.player.playing = False
            self.app.show_error(error)
            return
        if self.app.screen is self or self.moment is None:
            self.show_state(self.place.replayer.state)

    def show_state(self, state: SessionState) -> None:
        super().show_state(state)
        self._show_timeline()

    def _show_timeline(self) -> None:
        """Show where the player is; what happened where is found again only where that may have changed."""
        recording, player = self.player.recording, self.player
        timeline = self.timeline
        if recording.indexed.share != self._read_share or timeline.cells != self._marked:
            self._read_share, self._marked = recording.indexed.share, timeline.cells
            frames = recording.frames
            timeline.marks = Marks(frames.buckets(timeline.cells, recording.total), frames.counts())
        timeline.timeline = Timeline(
            elapsed=player.elapsed,
            total=recording.total,
            begin=recording.first.entry.at,
            now=player.now,
            playing=player.playing,
            speed=player.speed,
            skips_idle=player.skips_idle,
            read=1.0 if recording.indexed.whole else recording.indexed.share,
            words=self._words,
        )
        self.top.tell(playing_words(timeline.timeline))

    def watch_moment(self, before: Moment | None, moment: Moment) -> None:
        from msgspec.structs import replace

        moment = replace(
            moment, read_only="", replayed=True
        )  # the top line says what this is; the banner is for what was said then
        head, checklist = self.rollback_head, self.checklist
        rolling_back = moment.state.rollback is not None
        if head.display != rolling_back:
            head.display = rolling_back
            checklist.show_rollback(rolling_back)
        if rolling_back:
            head.moment = moment
        super().watch_moment(before, moment)
        self._grew()

    def last_printed(self, state: SessionState) -> datetime | None:
        """When the running command had last printed something, whichever way this moment was come to."""
        running = state.running()
        return self.place.replayer.printed_at(running) if running else None

    def _grew(self) -> None:
        """Show what of the output had come by now: more than before, or less."""
        view = self.output
        if view.came != self._came:
            self._came = view.came
            view.grew()

    def _stamp(self, seconds: float) -> str:
        attempt = self.state.attempts.get(self._attempt)
        return f"{attempt.started + timedelta(seconds=seconds):%H:%M:%S} " if attempt else ""

    # where it is taken

    def _moved(self, words: str = "") -> None:
        self._words = words
        self.look_here()
        self.refresh_moment()

    def _arrived(self, found: TimedMarker | None, otherwise: str = "") -> None:
        """Say what happened where it was taken to."""
        self._moved(found.marker.words if found else otherwise)

    def action_play(self) -> None:
        self.player.toggle()
        self._moved()

    def action_by(self, seconds: int) -> None:
        self.player.by(seconds)
        self._moved()

    def action_mark(self, kind: str, way: int) -> None:
        found = self.player.to_mark(MarkerKind(kind), way > 0)
        self._arrived(found, self._no(kind, way > 0))

    def action_speed(self, by: int) -> None:
        self.player.faster(by)
        self._moved(self._words)

    def action_idle(self) -> None:
        self.player.skips_idle = not self.player.skips_idle
        self._moved(self._words)

    def action_begin(self) -> None:
        self.player.seek(0.0)
        self._moved()

    def action_end(self) -> None:
        self.player.seek(self.player.recording.total)
        self._moved()

    def on_timeline_bar_chosen(self, event: TimelineBar.Chosen) -> None:
        """Go to the marker that was clicked, else to the moment."""
        self._arrived(self.player.to_part(event.cell, event.cells, event.kind))

    def on_timeline_bar_resized(self) -> None:
        if self.moment is not None:
            self._show_timeline()

    def on_timeline_bar_wanted(self, event: TimelineBar.Wanted) -> None:
        """Go to the next marker of the kind that was clicked in the legend, after the last to the first again."""
        player = self.player
        found = player.to_mark(event.kind, True)
        if found is None:
            player.seek(0.0)
            found = player.to_mark(event.kind, True)
        self._arrived(found)

    def action_to_step(self) -> None:
        if self.step is not None:
            self._arrived(self.player.to_step(self.step.id), f"{self.step.title}: never begun")

    @asks
    async def action_jump(self) -> None:
        text = await self.app.ask(AskText("Go to", JUMP, kind="/ GO TO"))
        if text:
            self._jump(text)

    def _jump(self, text: str) -> None:
        recording = self.player.recording
        time = time_of_day(text, recording.first.entry.at, recording.total)
        if time is not None:
            self.player.to_time(time)
            self._moved()
            return
        wanted = pattern(text)
        step = next((one.id for _, one in self.state.plan() if wanted.search(f"{one.id} {one.title}")), "")
        found = self.player.to_step(step) if step else None
        if found is None:
            error = NotNow(
                f"{text!r} is neither a time of this session nor a step that was begun", "a time is 02:31:07"
            )
            self.app.show_error(error)
        else:
            self._arrived(found)
