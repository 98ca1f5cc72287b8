"""The first screen: whether now is the time, what was left unfinished, how the last times went, and what to press."""

from typing import TYPE_CHECKING, ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from tui.actions import bindings
from tui.screens.home import spots
from tui.screens.home.framed import HomeFrames
from tui.screens.home.listing import Listing, UnfinishedFrame, WindowFrame, entitle
from tui.screens.home.spots import (
    ABOUT,
    DEPLOYMENTS,
    DRILLS,
    FOLLOWUPS,
    START,
    UNFINISHED,
    WINDOW,
    Spot,
)
from tui.screens.home.window_text import hours_line, window_seen
from tui.widgets.head.mode import clock_line
from tui.widgets.head.top_line import TopLine
from tui.widgets.words import Words

if TYPE_CHECKING:  # what the lists need is imported once something is seen
    from tui.drill.rehearsals import Practised
    from tui.screens.home.lists import HomeLists
    from tui.session.archive.known import KnownSession
    from tui.session.views.followups import Due

TICK = 1.0


class HomeScreen(HomeFrames):
    """Where every session begins and ends."""

    CSS_PATH = "home.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("home"),
        *(Binding(way, f"go('{way}')", show=False) for way in ("up", "down", "left", "right")),
        Binding("tab", "frame(1)", show=False),
        Binding("shift+tab", "frame(-1)", show=False),
    ]

    _begun = False
    _minute = ""
    _lists: "HomeLists | None" = None
    """What the frames hold; there is nothing in them before something is seen."""

    top = getters.query_one(TopLine)
    home = getters.query_one("#home", Vertical)
    window = getters.query_one("#window", WindowFrame)

    def __init__(self, passing: bool = False) -> None:
        """A first screen that is furnished once it is seen.

        Args:
            passing: whether another screen comes above it at once: it is furnished where it is seen after that.
        """
        super().__init__()
        self._passing = passing

    def compose(self) -> ComposeResult:
        yield TopLine(self._title(), self.app.mode)
        with Vertical(id="home"):
            yield WindowFrame(id=WINDOW, classes="frame")

    def on_mount(self) -> None:
        self._tick()
        self.set_interval(TICK, self._tick)

    def seen(self) -> None:
        if self._passing:
            self._passing = False
        elif not self._begun:
            self._begun = True
            self.call_next(self._furnish)

    def stays(self) -> None:
        self.seen()

    async def _furnish(self) -> None:
        """Add what costs time to load and to draw, once the operator sees something."""
        from tui.screens.home.lists import HomeLists

        self._lists = HomeLists(self)
        unfinished = UnfinishedFrame(id=UNFINISHED, classes="frame")
        about = Words(id=ABOUT, classes="frame")
        listings = [Listing(name) for name in (START, DEPLOYMENTS, FOLLOWUPS, DRILLS)]
        unfinished.display = False
        await self.home.mount(unfinished, *listings, about)
        await self.mount(self.keys_row())
        self.refresh_bindings()
        self._furnished = True
        self._look(self.on_top)
        self.draw()
        self.read_again()

    def _look(self, seen: bool) -> None:
        """Say whether this screen is what is seen; before it has its lists, nothing is loaded that reads sessions."""
        if self._furnished:
            self.gathered.seen = seen

    def on_screen_resume(self) -> None:
        self._look(True)
        if self.is_mounted:
            self._tick()
        self.read_again()

    def on_screen_suspend(self) -> None:
        self._passing = False
        self._look(False)

    def on_unmount(self) -> None:
        self._look(False)

    def on_resize(self, event: events.Resize) -> None:
        self.draw()

    # what is on the disk

    def read_again(self) -> None:
        """Read what has changed on the disk, beside everything else."""
        if not self._furnished:
            return
        gathered = self.gathered
        gathered.reading += 1
        reading = gathered.reading
        self.app.work(
            self, lambda: gathered.read(reading, lambda: self.call_later(self._found)), lambda _: self._found()
        )

    def _found(self) -> None:
        """Show what was read so far."""
        self.gathered.look()
        self.whole = self.gathered.whole
        self._choose()

    def _choose(self) -> None:
        """Show those of the sessions that were read that belong here."""
        found = self.gathered.found or ()
        self.sessions = self._lists.belonging(found) if self._lists else found
        if self.hidden:
            self._minute = ""  # the next tick that is seen draws it
        else:
            self.draw()

    @property
    def unfinished(self) -> "list[KnownSession]":
        return self._lists.unfinished if self._lists else []

    @property
    def deployments(self) -> "list[KnownSession]":
        return self._lists.deployments if self._lists else []

    @property
    def drills(self) -> "list[Practised]":
        return self._lists.drills if self._lists else []

    @property
    def left(self) -> "tuple[Due, ...]":
        return self._lists.left if self._lists else ()

    # what is shown

    def _title(self) -> str:
        head = self.app.workspace.runbook.runbook
        return f"{head.title} · release {head.release}" if head.release and not self._about_fits else head.title

    @property
    def _about_fits(self) -> bool:
        return ABOUT in self._places()

    def _places(self) -> dict[str, Spot]:
        width, height = self.app.size
        return spots.arranged(width, height - 2, bool(self._furnished and self.unfinished))

    def _tick(self) -> None:
        """Show the time where it is seen; what else follows from it changes by the minute."""
        if self.hidden:
            return
        now = self.app.workspace.clock.now()
        day = f"{now:%a} {now.day} {now:%b} "
        self.top.tell((day if self.app.size.width >= 70 else "") + clock_line(now, self.app.size.width))
        minute = f"{now:%d %H:%M}"
        if minute != self._minute:
            self._minute = minute
            self.draw()

    def draw(self) -> None:
        """Put every frame in its place and say what is in it now."""
        places, now = self._places(), self.app.workspace.clock.now()
        self.top.entitle(self._title())
        self.top.change(self.app.mode)
        runbook = self.app.workspace.runbook
        seen = window_seen(runbook, now)
        self._put(self.window, places)
        self.window.show(seen, places[WINDOW])
        entitle(self.window, [("Deployment window", "")], hours_line(runbook), places[WINDOW].width)
        if self._lists is None or not self._furnished:
            return
        for name in (UNFINISHED, START, DEPLOYMENTS, FOLLOWUPS, DRILLS, ABOUT):
            self._put(self.query_one(f"#{name}"), places)
        self._lists.draw(places, now)
        self._focus_first()
        self.show_keys()

    def _put(self, frame: Widget, places: dict[str, Spot]) -> None:
        spot = places.get(frame.id or "")
        if frame.display is not (spot is not None):
            frame.display = spot is not None
        if spot is not None:
            styles = frame.styles
            styles.offset, styles.width, styles.height = (spot.x, spot.y), spot.width, spot.height

    def action_all(self) -> None:
        """List every session and every rehearsal, or the deployments and the scenarios again."""
        self.everything = not self.everything
        self._choose()
