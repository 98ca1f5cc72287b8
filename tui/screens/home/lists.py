"""Fills the frames of the first screen that are there once something is seen: imported then, not before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tui.drill.rehearsals import Practised, practised
from tui.runbook.facts import flow_of_kind
from tui.runbook.model import FlowKind, seconds
from tui.screens.home import deployments_text, spots, start_text, to_do_text
from tui.screens.home.gathering import answered
from tui.screens.home.listing import BESIDE, entitle
from tui.screens.home.sorted_sessions import (
    can_be_resumed,
    deployments_of,
    drill_row,
    due_row,
    on_the_page,
    owed_of,
    rehearsals_of,
)
from tui.screens.home.spots import ABOUT, DEPLOYMENTS, DRILLS, FOLLOWUPS, START, UNFINISHED, Spot
from tui.screens.home.unfinished_text import unfinished_foot, unfinished_lines
from tui.session.archive.known import KnownSession
from tui.session.places import places_of
from tui.session.views.called import ABANDONED
from tui.session.views.followups import Due
from tui.text.amounts import counted
from tui.text.block import Piece, styled
from tui.transports.base import Answering
from tui.widgets.glyphs import SPINNER

if TYPE_CHECKING:
    from tui.screens.home.framed import HomeFrames

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


class HomeLists:
    """What the frames hold, by what was read of the sessions on disk."""

    def __init__(self, screen: "HomeFrames") -> None:
        self._screen = screen
        self._app = screen.app
        self._reached: Mapping[str, Answering | None] = {}
        self._asked = "", 0
        """Of which session the hosts were asked, and in which visit."""

    def belonging(self, found: Sequence[KnownSession]) -> tuple[KnownSession, ...]:
        """Those of the sessions that were read that are shown here."""
        screen = self._screen
        return tuple(on_the_page(found, screen.here, self._app.workspace.drill, screen.everything))

    @property
    def unfinished(self) -> list[KnownSession]:
        """The sessions that can be resumed here, the newest first."""
        workspace = self._app.workspace
        return [
            one
            for one in self._screen.sessions
            if can_be_resumed(one, self._screen.here, workspace.drill, workspace.played)
        ]

    @property
    def deployments(self) -> list[KnownSession]:
        """What the list of deployments has."""
        framed = {one.id for one in self.unfinished}
        return deployments_of(self._screen.sessions, self._screen.here, framed, self._screen.everything)

    @property
    def drills(self) -> list[Practised]:
        """What the list of drills has: each scenario, or each rehearsal."""
        found = rehearsals_of(self._screen.sessions, self._screen.here, self._screen.everything)
        if not self._screen.everything:
            return practised(self._screen.gathered.scenarios, found, self._app.workspace.clock.now())
        return [
            Practised(title=one.scenario, newest=one, last=None if one.called.words == ABANDONED else one)
            for one in found
        ]

    @property
    def left(self) -> tuple[Due, ...]:
        """The follow-ups of the sessions that were read that are not done, the first due first."""
        return owed_of(self._screen.sessions, self._app.workspace.drill)

    def draw(self, places: Mapping[str, Spot], now: datetime) -> None:
        """Say what is in every frame now."""
        screen = self._screen
        self._draw_unfinished(places.get(UNFINISHED), now)
        self._draw_start(places.get(START), now)
        self._draw_deployments(places[DEPLOYMENTS], now)
        self._draw_followups(places[FOLLOWUPS], now)
        self._draw_drills(places[DRILLS], now)
        if ABOUT in places:
            written, problems = self._app.workspace.written, screen.gathered.problems
            screen.about.say(styled(start_text.about_lines(written, problems, places[ABOUT].width - 4)))
            entitle(screen.about, [("This runbook", "")], [], places[ABOUT].width)

    def _draw_unfinished(self, spot: Spot | None, now: datetime) -> None:
        found = self.unfinished
        if spot is None or not found:
            return
        self._screen.shown = min(self._screen.shown, len(found) - 1)
        one, keys = found[self._screen.shown], self._app.keys.on("home")
        frame = self._screen.unfinished_frame
        self._ask_hosts(one)
        pressed = keys.sign("resume"), keys.sign("roll-back")
        frame.say(styled(unfinished_lines(one, spot.width - 4, spot.height - 2, pressed, self._reached)))
        which = f"Unfinished {self._screen.shown + 1} of {len(found)}" if len(found) > 1 else "Unfinished"
        entitle(frame, [(which, "")], unfinished_foot(one, now), spot.width)

    def _ask_hosts(self, one: KnownSession) -> None:
        """Find out once a visit whether a session's hosts answer; those that are elsewhere by now are not asked."""
        if self._asked == (one.id, self._screen.gathered.reading):
            return
        self._asked = one.id, self._screen.gathered.reading
        workspace = self._app.workspace
        here = places_of(workspace.runbook)
        hosts = [name for name, place in one.places.items() if here.get(name) == place]
        self._reached = dict.fromkeys(hosts)

        def ask() -> dict[str, Answering]:
            return {name: answered(workspace.transports[name]) for name in hosts}

        def show(found: dict[str, Answering]) -> None:
            if self._asked[0] == one.id:
                self._reached = {name: word for name, word in found.items() if word is not Answering.UNKNOWN}
                self._screen.draw()

        if hosts:
            self._app.work(self._screen, ask, show)

    def _draw_start(self, spot: Spot | None, now: datetime) -> None:
        if spot is None:
            return
        runbook = self._app.workspace.runbook
        usual = deployments_text.usual_took([one for one in self._screen.sessions if self._ours(one)])
        brings = {
            "home.deploy": start_text.deploy_words(runbook, usual),
            "home.verify": "changes nothing",
            "home.rollback": start_text.rollback_words(runbook),
            "home.follow-up": start_text.owed_words(self.left, now),
            "home.troubleshoot": counted(len(runbook.troubleshooting), "known trouble"),
            "home.replay": counted(len(self._screen.sessions), "session"),
            "home.runbooks": counted(len(self._app.workspace.others()), "runbook"),
        }
        rows = [
            (row.act, start_text.start_line(row, spot.width - 4))
            for row in start_text.start_rows(runbook, self._screen.offered(STARTS), self._app.keys, brings)
        ][: spot.height - 2]
        listing = self._screen.start_list
        listing.show(rows, [], [])
        entitle(listing, [("Start", "")], [], spot.width)

    def _ours(self, one: KnownSession) -> bool:
        """Whether a session tells what is usual here: one in another environment does not."""
        return not one.scenario and one.runbook == self._screen.here and one.apart == self._app.workspace.apart

    def _draw_deployments(self, spot: Spot, now: datetime) -> None:
        found, keys = self.deployments, self._app.keys
        listing = self._screen.deployment_list
        width = listing.width(len(found), spot.width, spot.height - 1)
        columns = deployments_text.widths_of(found, width, now)
        rows = [
            (one.id, deployments_text.deployment_line(one, columns, width, now, self._screen.here)) for one in found
        ]
        none: list[list[Piece]] = [
            [(f"None yet. `{keys.sign('home.deploy')}` begins one; `runbook drill` rehearses.", "")]
        ]
        reading = not self._screen.whole
        listing.show(rows, deployments_text.head_line(columns, width), [[("", "")]] if reading else none)
        runbook = self._app.workspace.runbook
        flow = flow_of_kind(runbook, FlowKind.DEPLOY)
        budget = seconds(runbook.flows[flow].budget) if flow else 0.0
        ours = [one for one in self._screen.sessions if self._ours(one)]
        spare = spot.height - 3 - max(len(rows), spots.GRAPH)
        listing.graph(deployments_text.durations_graph(ours, budget, width, min(spare, 24)) if rows else [])
        title: list[Piece] = [("All sessions" if self._screen.everything else "Last deployments", "")]
        if reading:
            gathered = self._screen.gathered
            counts = f"reading {gathered.count} of {gathered.total}" if gathered.total else "reading"
            title.append((f"  {SPINNER[gathered.count % len(SPINNER)]} {counts}", "$st-run"))
        elif self._screen.gathered.learning[1]:
            place, of = self._screen.gathered.learning
            title.append((f"  {SPINNER[place % len(SPINNER)]} search index {place} of {of}", "$st-run"))
        foot = deployments_text.foot_line(ours, budget, width) if rows else []
        entitle(listing, title, foot, spot.width)

    def _draw_followups(self, spot: Spot, now: datetime) -> None:
        listing = self._screen.followup_list
        left = self.left
        width = listing.width(len(left), spot.width, spot.height)
        rows = [(due_row(one), to_do_text.followup_line(one, now, width, self._screen.here)) for one in left]
        listing.show(rows, [], [[("Nothing to do." if self._screen.whole else "", "")]])
        foot = to_do_text.owed_foot(left, now, self._app.keys.sign("home.tick"), spot.width - BESIDE)
        entitle(listing, [("Follow-ups", "")], foot, spot.width)

    def _draw_drills(self, spot: Spot, now: datetime) -> None:
        listing, rows = self._screen.drill_list, self.drills
        head = to_do_text.drills_head(spot.width - 5)
        width = listing.width(len(rows), spot.width, spot.height - bool(head))
        decided = self._screen.gathered.decided
        lines = [(drill_row(row), to_do_text.drill_line(row, decided, now, width)) for row in rows]
        none: list[list[Piece]] = [[("None yet. `runbook drill` rehearses.", "")]]
        listing.show(lines, to_do_text.drills_head(width) if head else [], none if self._screen.whole else [[("", "")]])
        entitle(listing, [("Drills", "")], to_do_text.drills_count(rows, now, width), spot.width)
