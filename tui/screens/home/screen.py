"""The first screen: whether now is the time, what was left unfinished, how the last times went, and what to press."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from tui.actions import bindings
from tui.drill.rehearsals import Practised, practised
from tui.runbook.facts import flow_of_kind
from tui.runbook.model import FlowKind, seconds
from tui.screens.home import deployments_text, spots, start_text, to_do_text
from tui.screens.home.framed import HomeFrames
from tui.screens.home.gathering import Gathered, answered
from tui.screens.home.listing import Listing, UnfinishedFrame, WindowFrame, entitle
from tui.screens.home.sorted_sessions import (
    can_be_resumed,
    deployments_of,
    drill_row,
    due_row,
    owed_of,
    rehearsals_of,
)
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
from tui.screens.home.unfinished_text import unfinished_foot, unfinished_lines
from tui.screens.home.window_text import hours_line, window_seen
from tui.session.archive.known import KnownSession
from tui.session.places import places_of
from tui.session.views.called import ABANDONED
from tui.session.views.followups import Due
from tui.text.amounts import counted
from tui.text.block import Piece, styled
from tui.transports.base import Answering
from tui.widgets.glyphs import SPINNER
from tui.widgets.head.mode import clock_line
from tui.widgets.head.top_line import TopLine
from tui.widgets.words import Words

TICK = 1.0
STARTS = (
    "home.deploy",
    "home.verify",
    "home.rollback",
    "home.follow-up",
    "home.troubleshoot",
    "home.runbooks",
    "home.replay",
)
"""What the frame of what can be started has, in this order."""


class HomeScreen(HomeFrames):
    """Where every session begins and ends."""

    CSS_PATH = "home.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("home"),
        *(Binding(way, f"go('{way}')", show=False) for way in ("up", "down", "left", "right")),
        Binding("tab", "frame(1)", show=False),
        Binding("shift+tab", "frame(-1)", show=False),
    ]

    _begun = _furnished = False
    _everything = False
    _minute = ""
    _reached: Mapping[str, Answering | None] = {}
    _asked = "", 0
    """Of which session the hosts were asked, and in which visit."""

    top = getters.query_one(TopLine)
    home = getters.query_one("#home", Vertical)
    window = getters.query_one("#window", WindowFrame)
    unfinished_frame = getters.query_one(UnfinishedFrame)
    start_list = getters.query_one(f"#{START}", Listing)
    deployment_list = getters.query_one(f"#{DEPLOYMENTS}", Listing)
    followup_list = getters.query_one(f"#{FOLLOWUPS}", Listing)
    drill_list = getters.query_one(f"#{DRILLS}", Listing)
    about = getters.query_one(f"#{ABOUT}", Words)

    def compose(self) -> ComposeResult:
        yield TopLine(self._title(), self.app.mode)
        with Vertical(id="home"):
            yield WindowFrame(id=WINDOW, classes="frame")

    def on_mount(self) -> None:
        self._tick()
        self.set_interval(TICK, self._tick)

    def seen(self) -> None:
        if not self._begun:
            self._begun = True
            self.call_next(self._furnish)

    async def _furnish(self) -> None:
        """Add what costs time to draw, once the operator sees something."""
        unfinished = UnfinishedFrame(id=UNFINISHED, classes="frame")
        about = Words(id=ABOUT, classes="frame")
        listings = [Listing(name) for name in (START, DEPLOYMENTS, FOLLOWUPS, DRILLS)]
        unfinished.display = False
        await self.home.mount(unfinished, *listings, about)
        await self.mount(self.keys_row())
        self.refresh_bindings()
        self._furnished = True
        self._draw()
        self.read_again()

    def on_screen_resume(self) -> None:
        self.read_again()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    # what is on the disk

    @cached_property
    def gathered(self) -> Gathered:
        """What was read of the sessions on disk."""
        return Gathered(self.app.workspace.store, self.app.workspace.text)

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
        self.sessions, self.whole = self.gathered.found or (), self.gathered.whole
        self._draw()

    @property
    def unfinished(self) -> list[KnownSession]:
        """The sessions that can be resumed here, the newest first."""
        workspace = self.app.workspace
        return [one for one in self.sessions if can_be_resumed(one, self.here, workspace.drill, workspace.played)]

    @property
    def deployments(self) -> list[KnownSession]:
        """What the list of deployments has."""
        framed = {one.id for one in self.unfinished}
        return deployments_of(self.sessions, self.here, framed, self._everything)

    @property
    def drills(self) -> list[Practised]:
        """What the list of drills has: each scenario, or each rehearsal."""
        found = rehearsals_of(self.sessions, self.here, self._everything)
        if not self._everything:
            return practised(self.gathered.scenarios, found, self.app.workspace.clock.now())
        return [
            Practised(title=one.scenario, newest=one, last=None if one.called.words == ABANDONED else one)
            for one in found
        ]

    @property
    def left(self) -> tuple[Due, ...]:
        """The follow-ups of the sessions that were read that are not done, the first due first."""
        return owed_of(self.sessions, self.app.workspace.drill)

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
        """Show the time; what else follows from it changes by the minute."""
        now = self.app.workspace.clock.now()
        day = f"{now:%a} {now.day} {now:%b} "
        self.top.tell((day if self.app.size.width >= 70 else "") + clock_line(now, self.app.size.width))
        minute = f"{now:%d %H:%M}"
        if minute != self._minute:
            self._minute = minute
            self._draw()

    def _draw(self) -> None:
        """Put every frame in its place and say what is in it now."""
        places, now = self._places(), self.app.workspace.clock.now()
        self.top.entitle(self._title())
        self.top.change(self.app.mode)
        runbook = self.app.workspace.runbook
        seen = window_seen(runbook, now)
        self._put(self.window, places)
        self.window.show(seen, places[WINDOW])
        entitle(self.window, [("Deployment window", "")], hours_line(runbook), places[WINDOW].width)
        if not self._furnished:
            return
        for name in (UNFINISHED, START, DEPLOYMENTS, FOLLOWUPS, DRILLS, ABOUT):
            self._put(self.query_one(f"#{name}"), places)
        self._draw_unfinished(places.get(UNFINISHED), now)
        self._draw_start(places.get(START), now)
        self._draw_deployments(places[DEPLOYMENTS], now)
        self._draw_followups(places[FOLLOWUPS], now)
        self._draw_drills(places[DRILLS], now)
        if ABOUT in places:
            written, problems = self.app.workspace.written, self.gathered.problems
            self.about.say(styled(start_text.about_lines(written, problems, places[ABOUT].width - 4)))
            entitle(self.about, [("This runbook", "")], [], places[ABOUT].width)
        self._focus_first()
        self.show_keys()

    def _put(self, frame: Widget, places: dict[str, Spot]) -> None:
        spot = places.get(frame.id or "")
        if frame.display is not (spot is not None):
            frame.display = spot is not None
        if spot is not None:
            styles = frame.styles
            styles.offset, styles.width, styles.height = (spot.x, spot.y), spot.width, spot.height

    def _draw_unfinished(self, spot: Spot | None, now: datetime) -> None:
        found = self.unfinished
        if spot is None or not found:
            return
        self._shown = min(self._shown, len(found) - 1)
        one, keys = found[self._shown], self.app.keys.on("home")
        frame = self.unfinished_frame
        self._ask_hosts(one)
        pressed = keys.sign("resume"), keys.sign("roll-back")
        frame.say(styled(unfinished_lines(one, spot.width - 4, spot.height - 2, pressed, self._reached)))
        which = f"Unfinished {self._shown + 1} of {len(found)}" if len(found) > 1 else "Unfinished"
        entitle(frame, [(which, "")], unfinished_foot(one, now), spot.width)

    def _ask_hosts(self, one: KnownSession) -> None:
        """Find out once a visit whether a session's hosts answer; those that are elsewhere by now are not asked."""
        if self._asked == (one.id, self.gathered.reading):
            return
        self._asked = one.id, self.gathered.reading
        workspace = self.app.workspace
        here = places_of(workspace.runbook)
        hosts = [name for name, place in one.places.items() if here.get(name) == place]
        self._reached = dict.fromkeys(hosts)

        def ask() -> dict[str, Answering]:
            return {name: answered(workspace.transports[name]) for name in hosts}

        def show(found: dict[str, Answering]) -> None:
            if self._asked[0] == one.id:
                self._reached = {name: word for name, word in found.items() if word is not Answering.UNKNOWN}
                self._draw()

        if hosts:
            self.app.work(self, ask, show)

    def _draw_start(self, spot: Spot | None, now: datetime) -> None:
        if spot is None:
            return
        runbook = self.app.workspace.runbook
        usual = deployments_text.usual_took([one for one in self.sessions if self._ours(one)])
        brings = {
            "home.deploy": start_text.deploy_words(runbook, usual),
            "home.verify": "changes nothing",
            "home.rollback": start_text.rollback_words(runbook),
            "home.follow-up": start_text.owed_words(self.left, now),
            "home.troubleshoot": counted(len(runbook.troubleshooting), "known trouble"),
            "home.replay": counted(len(self.sessions), "session"),
            "home.runbooks": counted(len(self.app.workspace.others), "runbook"),
        }
        rows = [
            (row.act, start_text.start_line(row, spot.width - 4))
            for row in start_text.start_rows(runbook, self.offered(STARTS), self.app.keys, brings)
        ][: spot.height - 2]
        listing = self.start_list
        listing.show(rows, [], [])
        entitle(listing, [("Start", "")], [], spot.width)

    def _ours(self, one: KnownSession) -> bool:
        """Whether a session tells what is usual here: one in another environment does not."""
        return not one.scenario and one.runbook == self.here and one.apart == self.app.workspace.apart

    def _draw_deployments(self, spot: Spot, now: datetime) -> None:
        found, keys = self.deployments, self.app.keys
        listing = self.deployment_list
        width = listing.width(len(found), spot.width, spot.height - 1)
        columns = deployments_text.widths_of(found, width, now)
        rows = [(one.id, deployments_text.deployment_line(one, columns, width, now, self.here)) for one in found]
        none: list[list[Piece]] = [
            [(f"None yet. `{keys.of('home.deploy')}` begins one; `runbook drill` rehearses.", "")]
        ]
        reading = not self.whole
        listing.show(rows, deployments_text.head_line(columns, width), [[("", "")]] if reading else none)
        runbook = self.app.workspace.runbook
        flow = flow_of_kind(runbook, FlowKind.DEPLOY)
        budget = seconds(runbook.flows[flow].budget) if flow else 0.0
        ours = [one for one in self.sessions if self._ours(one)]
        spare = spot.height - 3 - max(len(rows), spots.GRAPH)
        listing.graph(deployments_text.durations_graph(ours, budget, width, min(spare, 24)) if rows else [])
        title: list[Piece] = [("All sessions" if self._everything else "Last deployments", "")]
        if reading:
            gathered = self.gathered
            counts = f"reading {gathered.count} of {gathered.total}" if gathered.total else "reading"
            title.append((f"  {SPINNER[gathered.count % len(SPINNER)]} {counts}", "$st-run"))
        foot = deployments_text.foot_line(ours, budget, width) if rows else []
        entitle(listing, title, foot, spot.width)

    def _draw_followups(self, spot: Spot, now: datetime) -> None:
        listing = self.followup_list
        left = self.left
        width = listing.width(len(left), spot.width, spot.height)
        rows = [(due_row(one), to_do_text.followup_line(one, now, width, self.here)) for one in left]
        listing.show(rows, [], [[("Nothing to do." if self.whole else "", "")]])
        tick: list[Piece] = [(f" · {self.app.keys.of('home.tick')} ticks one off", "$faint")] if left else []
        entitle(listing, [("Follow-ups", "")], [*to_do_text.owed_counts(left, now), *tick], spot.width)

    def _draw_drills(self, spot: Spot, now: datetime) -> None:
        listing, rows = self.drill_list, self.drills
        head = to_do_text.drills_head(spot.width - 5)
        width = listing.width(len(rows), spot.width, spot.height - bool(head))
        decided = self.gathered.decided
        lines = [(drill_row(row), to_do_text.drill_line(row, decided, now, width)) for row in rows]
        none: list[list[Piece]] = [[("None yet. `runbook drill` rehearses.", "")]]
        listing.show(lines, to_do_text.drills_head(width) if head else [], none if self.whole else [[("", "")]])
        entitle(listing, [("Drills", "")], to_do_text.drills_count(rows, now, width), spot.width)

    def action_all(self) -> None:
        """List every session and every rehearsal, or the deployments and the scenarios again."""
        self._everything = not self._everything
        self._draw()
