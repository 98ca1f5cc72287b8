"""Which frame of the first screen has the focus, how Tab and the arrows lead to another, and what is marked in it."""

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

from textual import getters
from textual.widgets import OptionList

from tui.screens.home import spots
from tui.screens.home.home_keys import HomeActs
from tui.screens.home.listing import EndReached, HomeRows, Listing, UnfinishedFrame
from tui.screens.home.spots import ABOUT, DEPLOYMENTS, DRILLS, FOLLOWUPS, START, UNFINISHED, WINDOW, Spot
from tui.widgets.words import Words

if TYPE_CHECKING:
    from tui.drill.rehearsals import Practised
    from tui.screens.home.gathering import Gathered
    from tui.session.archive.known import KnownSession
    from tui.session.views.followups import Due


class HomeFrames(HomeActs):
    """The first screen, as far as the operator goes from one frame of it to another."""

    whole = False
    """Whether every session was read."""
    _furnished = False
    """Whether it has its frames by now, beside the window."""
    everything = False
    """Whether every session and every rehearsal is listed."""
    unfinished_frame = getters.query_one(UnfinishedFrame)
    start_list = getters.query_one(f"#{START}", Listing)
    deployment_list = getters.query_one(f"#{DEPLOYMENTS}", Listing)
    followup_list = getters.query_one(f"#{FOLLOWUPS}", Listing)
    drill_list = getters.query_one(f"#{DRILLS}", Listing)
    about = getters.query_one(f"#{ABOUT}", Words)
    _went = False
    """Whether the operator has chosen a frame: then none is chosen for them."""
    shown = 0
    """Which of several unfinished sessions is shown."""

    @cached_property
    def gathered(self) -> "Gathered":
        """What was read of the sessions on disk."""
        from tui.screens.home.gathering import Gathered

        return Gathered(self.app.workspace.store, self.app.workspace.text)

    @property
    @abstractmethod
    def unfinished(self) -> "list[KnownSession]":
        """The sessions that can be resumed here, the newest first."""

    @property
    @abstractmethod
    def deployments(self) -> "list[KnownSession]":
        """What the list of deployments has."""

    @property
    @abstractmethod
    def drills(self) -> "list[Practised]":
        """What the list of drills has: each scenario, or each rehearsal."""

    @abstractmethod
    def _places(self) -> dict[str, Spot]:
        """Where each frame is that is shown."""

    @abstractmethod
    def draw(self) -> None:
        """Put every frame in its place and say what is in it now."""

    def frames(self) -> dict[str, Spot]:
        """The frames that can have the focus, in the order of Tab."""
        found: dict[str, Spot] = {}
        if not self._furnished:
            return found
        for name, place in self._places().items():
            if name in (WINDOW, ABOUT):
                continue
            if name == UNFINISHED or self.query_one(f"#{name}", Listing).rows.option_count:
                found[name] = place
        return found

    @property
    def framed(self) -> str:
        """The frame that has the focus; empty where none has."""
        focused = self.focused
        if focused is None:
            return ""
        return next((one.id or "" for one in focused.ancestors_with_self if one.has_class("frame")), "")

    def _focus_on(self, name: str) -> None:
        frame = self.query_one(f"#{name}")
        (frame.rows if isinstance(frame, Listing) else frame).focus()

    def _focus_first(self) -> None:
        """Choose a frame while the operator has not: what is unfinished, else the deployments, else what to start."""
        frames = self.frames()
        if self.framed in frames and (self._went or any(rows.touched for rows in self.query(HomeRows))):
            return
        if UNFINISHED in frames:
            wanted = UNFINISHED
        elif self.whole:
            wanted = DEPLOYMENTS if DEPLOYMENTS in frames else START
        else:
            return
        if wanted != self.framed and wanted in frames:
            self._went = False
            self._focus_on(wanted)

    def action_frame(self, by: int) -> None:
        """Go to the next frame, or the one before."""
        frames = list(self.frames())
        if frames:
            self._went = True
            here = frames.index(self.framed) if self.framed in frames else -1 if by > 0 else 0
            self._focus_on(frames[(here + by) % len(frames)])

    def action_go(self, way: str) -> None:
        """Go to the frame beside, or to another of several unfinished sessions."""
        step = {"up": -1, "down": 1}.get(way, 0)
        if self.framed == UNFINISHED and step and 0 <= self.shown + step < len(self.unfinished):
            self.shown += step
            self.draw()
            return
        frames = self.frames()
        there = spots.beside(frames, self.framed, way) if self.framed in frames else DEPLOYMENTS
        there = there if there in frames else next(iter(frames), "")
        if there and self.framed != there:
            self._went = True
            self._focus_on(there)

    def on_end_reached(self, event: EndReached) -> None:
        self.action_go(event.way)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.run_worker(self.action_resume())

    def marked(self) -> "KnownSession | Practised | Due | str | None":
        """What is marked in the frame that has the focus."""
        from tui.screens.home.sorted_sessions import drill_row, due_row

        name = self.framed
        if name == UNFINISHED:
            found = self.unfinished
            return found[min(self.shown, len(found) - 1)] if found else None
        if not name:
            return None
        marked = self.query_one(f"#{name}", Listing).marked
        match name:
            case spots.START:
                return marked or None
            case spots.FOLLOWUPS:
                return next((one for one in self.left if due_row(one) == marked), None)
            case spots.DRILLS:
                return next((one for one in self.drills if drill_row(one) == marked), None)
            case _:
                return next((one for one in self.deployments if one.id == marked), None)

    def marked_session(self) -> "KnownSession | None":
        """The session that is marked, or the one that what is marked belongs to."""
        from tui.drill.rehearsals import Practised
        from tui.session.archive.known import KnownSession
        from tui.session.views.followups import Due

        match self.marked():
            case KnownSession() as one:
                return one
            case Practised() as row:
                return row.newest
            case Due() as due:
                return next((one for one in self.sessions if one.id == due.session), None)
            case None if not self.framed:
                return next(iter([*self.unfinished, *self.deployments]), None)
            case _:
                return None
