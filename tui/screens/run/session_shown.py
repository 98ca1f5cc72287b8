"""What every screen of a session shows: the checklist, the step at hand, its output, the time; and what is offered."""

import gc
from abc import abstractmethod
from datetime import datetime
from pathlib import Path, PurePath
from typing import ClassVar

from msgspec.structs import replace
from textual import getters
from textual.app import ComposeResult
from textual.reactive import reactive

from tui.drill.faults import help_left
from tui.errors import RunbookError
from tui.execution.viewer import Viewer
from tui.front.front_page import FrontPage
from tui.front.notifier import OutputGrew, SessionChanged
from tui.runbook.model import Step
from tui.screens.run.output_search import OutputSearch
from tui.screens.run.panes import OUTPUT, SessionPanes
from tui.screens.run.room import LIVE, PLAN_AT, Widths
from tui.screens.run.text import no_output
from tui.session.events import NoteAdded
from tui.session.groups.printed_alike import to_look_at
from tui.session.output.output import OutputReader
from tui.session.possible.refusals import Situation
from tui.session.state import SessionState, step_by_id
from tui.session.views.called import attempt_failed
from tui.session.views.symptoms import Match, is_amiss, likely
from tui.widgets import FOLDER
from tui.widgets.band.widget import Band
from tui.widgets.checklist.widget import Checklist
from tui.widgets.foot.widget import Alarm, Vitals
from tui.widgets.frames import Printed, output_foot, output_head
from tui.widgets.head.mode import clock_line
from tui.widgets.head.top_line import TopLine
from tui.widgets.moment import MINUTE, SECOND, Moment, current_step, only_later, only_measured, rests, same_but_for_time
from tui.widgets.offers.next_act import next_act, opens
from tui.widgets.offers.of_session import OfferedLast, beside
from tui.widgets.offers.offer import Offer
from tui.widgets.output.view import OutputView
from tui.widgets.step.card import StepCard

TICK = 0.5
YOUNG = 5_000
"""New objects among which garbage is looked for."""
FLOOD = 256 * 1024
"""Bytes since the last paint, of all hosts together, with which a frame is passed over: keys keep their share."""
PASSED = 3
"""Frames that are passed over one after the other, at most: for each more of them four times as much has to come."""


class SessionShown(FrontPage[None]):
    """Shows a session; what is shown comes from its state alone."""

    ACTS = "run"
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        FOLDER / "checklist" / "checklist.tcss",
        FOLDER / "step" / "card.tcss",
        FOLDER / "band" / "band.tcss",
        FOLDER / "foot" / "foot.tcss",
        Path(__file__).parents[1] / "watch" / "watch.tcss",
        Path(__file__).with_name("session.tcss"),
    ]
    AUTO_FOCUS = "#checklist"
    READ_WHOLE: ClassVar[bool] = False
    """Whether all output is read whole, so that its long lines are wrapped until the operator says otherwise."""
    PLAN_AT: ClassVar[Widths] = PLAN_AT

    moment: reactive[Moment | None] = reactive(None, init=False, repaint=False)

    checklist = getters.query_one("#checklist", Checklist)
    card = getters.query_one("#card", StepCard)
    band = getters.query_one("#band", Band)
    panes = getters.query_one(SessionPanes)
    output = getters.query_one("#output", OutputView)
    top = getters.query_one(TopLine)
    alarm = getters.query_one(Alarm)
    vitals = getters.query_one(Vitals)

    def __init__(self) -> None:
        super().__init__()
        self._attempt = 0
        self._chosen = 0
        self._wraps: bool | None = None
        """Whether the operator wants long lines wrapped; None where that was not said."""
        self._printed: datetime | None = None
        self._grown = self._fetched = (0, 0)
        """How much there was of an output when last looked, with its attempt: two may have as much."""
        self._search = OutputSearch(self, lambda: self.output, self._show_output)
        self._live = False
        self._followed = False
        self._readers: dict[int, OutputReader] = {}
        self._painted = self._all_painted = 0
        self._passed = 0
        self._told = ""
        self._issue = ""
        self._looked_at: tuple[int, ...] = ()
        self._made = False
        self._offered = OfferedLast()

    @property
    def viewer(self) -> Viewer:
        """The open session."""
        viewer = self.app.viewer
        if viewer is None:
            raise RunbookError("no session is open", "open one from the first screen")
        return viewer

    @property
    def state(self) -> SessionState:
        """The session's state as it is shown."""
        return self.moment.state if self.moment else self.viewer.state

    @property
    def step(self) -> Step | None:
        """The step looked at."""
        chosen = self.checklist.selected
        return step_by_id(self.state.runbook, chosen) if chosen else None

    def compose(self) -> ComposeResult:
        yield from self.head()
        yield Alarm(id="alarm")
        card, band, output = StepCard(id="card"), Band(id="band"), OutputView(id="output")
        yield SessionPanes(self.make_checklist(), card, band, output, self.PLAN_AT)
        yield from self.below()
        yield Vitals(id="vitals")
        yield self.keys_row()

    @abstractmethod
    def head(self) -> ComposeResult:
        """What stands above the checklist and the step."""

    def make_checklist(self) -> Checklist:
        """The steps that are shown."""
        return Checklist(id="checklist")

    def below(self) -> ComposeResult:
        """What stands between the panes and the foot."""
        yield from ()

    def on_unmount(self) -> None:
        self._search.stop()

    def on_mount(self) -> None:
        # watched, not told by a message: the card shows in the frame in which the mark moves
        self.watch(self.checklist, "selected", self._look_at, init=False)
        self._made = True
        self.show_state(self.viewer.state)
        self.set_interval(TICK, lambda: self.app.keys_first.then(self._tick))
        self.app.freeze(wanted=True)

    def on_screen_resume(self) -> None:
        """Show what happened while another screen was above this one."""
        self.show_now()

    # what is shown

    def on_session_changed(self, event: SessionChanged) -> None:
        self._tick()  # not the state of the message: the session may have changed, and been shown, since it was posted
        for entry in event.entries:
            if isinstance(entry.event, NoteAdded) and entry.event.posted is not None and self.viewer.posting is None:
                self.app.say(f"{entry.event.operator}: {entry.event.text}", "A note from elsewhere")

    def on_output_grew(self, event: OutputGrew) -> None:
        if self.hidden:
            return
        if self._attempt not in event.attempts:
            return  # another output is looked at: which one, the state says
        if not self._followed:
            self._show_output()
        size = self.viewer.outputs.size(self._attempt)
        if size == self._painted:
            return  # told with each frame while a command runs, whether it prints or not
        all_came = sum(self.viewer.outputs.size(number) for number in event.attempts)
        flood = self._painted > 0 and all_came - self._all_painted > FLOOD << 2 * self._passed
        if flood and self._passed < PASSED:
            self._passed += 1
        else:
            self._painted, self._all_painted, self._passed = size, all_came, 0
            self.output.grew()
            self._entitle_output()

    def _tick(self) -> None:
        self.show_now()
        self._show_fetched()
        if gc.get_count()[0] > YOUNG:
            gc.collect(1)  # a little now and then: 50,000 at once hold up a key by 40 ms

    def _show_fetched(self) -> None:
        """Paint what was fetched from elsewhere of an output that is over."""
        if self.app.viewer is None or not self._made or self.hidden:
            return
        fetched = self._attempt, self.viewer.outputs.fetched(self._attempt)
        if fetched != self._fetched:
            self._fetched = fetched
            self.output.grew()
            self._entitle_output()

    def show_now(self, _: object = None) -> None:
        """Show the session as it is, unless it has been let go meanwhile, or this screen is not whole, or not seen."""
        if self.app.viewer is not None and self._made and self.whole_still and not self.hidden:
            self.show_state(self.viewer.state)

    def show_state(self, state: SessionState) -> None:
        workspace = self.app.workspace
        trouble = self.viewer.trouble or self.viewer.outputs.trouble
        self._printed = self.last_printed(state)
        here = current_step(state)
        amiss = bool(here) and is_amiss(state.step(here))
        if state.step(here).attempts[-1:] != self._looked_at or not amiss:
            self._looked_at = state.step(here).attempts[-1:] if amiss else ()
            likely = self._likely(here) if amiss else []
            self._issue = likely[0].issue.title if likely else ""
        moment = Moment(
            issue=self._issue,
            state=state,
            now=workspace.clock.now(),
            links=workspace.connections.links(),
            round_trips=workspace.connections.round_trips(),
            trouble=trouble.told if trouble else "",
            printed=self._printed,
            shared=self.viewer.shared.words if self.viewer.shared else "",
            unshared=self.viewer.shared is not None and self.viewer.shared.troubled,
            read_only=self.viewer.read_only,
            amiss=self.viewer.amiss,
            posts=self.viewer.posting is not None,
            held=self.viewer.held,
            lost=self.viewer.lost,
            busy=self.viewer.busy,
            usual=self.app.usual(state),
            whole=self.app.usual_whole(state),
            keys=self.app.keys.on(self.ACTS),
        )
        if not only_later(self.moment, moment, SECOND):
            self.moment = moment

    def last_printed(self, state: SessionState) -> datetime | None:
        """When the running command last printed something, as far as this screen has seen it."""
        running = state.running()
        if running is None:
            self._grown = (0, 0)
            return None
        grown = running.number, self.viewer.outputs.size(running.number)
        if grown == self._grown:
            return self._printed
        self._grown = grown
        return self.app.workspace.clock.now() if grown[1] else None

    def watch_moment(self, before: Moment | None, moment: Moment) -> None:
        if not moment.replayed:  # there the timeline has the time
            self.top.tell(clock_line(moment.now, self.app.size.width))
        if not same_but_for_time(before, moment):
            self.alarm.moment = self.vitals.moment = moment
        if only_measured(before, moment, MINUTE) and rests(moment):
            if before is not None and before.state is not moment.state:
                self.panes.show_monitors(moment)
            return  # what else there is says no seconds, and nothing of monitors
        self.checklist.moment = moment
        self.card.moment = moment
        self._show_output()

    def _look_at(self, step: str) -> None:
        self.card.step = step
        self._chosen = 0
        self._show_output()

    def _show_output(self) -> None:
        """Show the output of the attempt chosen, else the step's last, unless the session has been let go meanwhile."""
        if self.app.viewer is None:
            return
        chosen = self.checklist.selected
        wanted = self._chosen or (to_look_at(self.state, chosen) if chosen else 0)
        same = wanted == self._attempt
        self._told = self._search.words if same else ""
        view = self.output
        # An attempt is announced before there is anything to read: a reader made in between would never see it grow.
        followed = bool(wanted) and self.viewer.outputs.is_live(wanted)
        if wanted != self._attempt or (followed and not self._followed):
            self._attempt, self._followed = wanted, followed
            self._painted = self.viewer.outputs.size(wanted) if wanted else 0
            self._fetched = wanted, self.viewer.outputs.fetched(wanted)  # before it is read: what comes then is more
            view.show(self._reader(wanted) if wanted else None)
            self._search.stop()
        elif wanted and self._live and self.state.attempts[wanted].outcome is not None:
            view.settle(self.viewer.outputs.reader(wanted))
            self._search.count()
        failed = bool(wanted) and attempt_failed(self.state.attempts[wanted])
        view.wrapped = (failed or self.READ_WHOLE) if self._wraps is None else self._wraps  # an error is read whole
        live = bool(wanted) and self.state.attempts[wanted].outcome is None
        ended = self._live and not live
        self._live = live
        if self.moment is not None:
            view.say_empty(no_output(self.moment, chosen, wanted))
            rows = LIVE if live or self._wraps else view.total  # of an empty one it says so, as where nothing has run
            self.panes.share_out(self.moment, chosen, rows if wanted else 0)
        if failed and (not same or ended):
            self.call_after_refresh(view.to_error)
        self._entitle_output()
        self._show_offers()

    def _reader(self, attempt: int) -> OutputReader:
        """The output of an attempt; of the one that runs the reader there was, which knows what came until now."""
        known = self._readers.get(attempt)
        if known is None or not known.follows:
            self._readers.clear()
            known = self.viewer.outputs.reader(attempt)
            if known.follows:
                self._readers[attempt] = known
        return known

    def situation(self) -> Situation:
        """What decides what can be done to the step looked at."""
        step, view = self.step, self.output
        return replace(
            self.viewer.situation(step),
            printed=view.total > 0,
            following=view.following,
            searched=bool(self._search.text),
            at_current=step is not None and step.id == current_step(self.viewer.state),
            help_left=bool(help_left(self.app.workspace.scenario_text, self.viewer.state)),
            alone=self.checklist.rollback,
        )

    def offers(self) -> list[Offer]:
        return self._offered.at(self.moment, self.situation()) if self.moment is not None else []

    def _show_offers(self) -> None:
        """Say in the band what comes next for the step looked at, and in the row of keys what can be pressed."""
        if self.moment is None:
            return
        moment, step = self.card.moment, self.step
        if moment is None or step is None:
            return
        first, keys = next_act(moment, step), moment.keys
        if self.card.marked:
            first = opens(moment, step, self.card.marked)
        self.band.tell(first, beside(moment, step, self.offers()), keys.sign(first.act), moment.replayed)
        self.show_keys()

    async def on_band_chosen(self, event: Band.Chosen) -> None:
        """Do what was clicked in the band, as its key does."""
        await self.do_act(event.act if "." in event.act else f"{self.ACTS}.{event.act}")

    def on_step_card_marked(self) -> None:
        """The key that does what comes next opens a host while one is marked, and the band says so."""
        self._show_offers()

    def _entitle_output(self) -> None:
        """Say on the output's frame whose it is, and how much of it there is."""
        view, keys = self.output, self.app.keys.on(self.ACTS)
        back = f"{keys.sign('zoom')} shows the steps again" if self.panes.zoomed == OUTPUT else ""
        printed = Printed(view.total, view.came, view.following, view.sight, keys.sign("wrap"))
        width = view.outer_size.width
        below = output_foot(self.state, self._attempt, printed, [back, self._told], width)
        view.entitle(output_head(self.state, self._attempt, width), below)

    on_output_view_moved = _entitle_output

    def on_session_panes_resized(self) -> None:
        self._show_output()

    on_output_view_followed = on_session_panes_resized

    def _likely(self, step: str) -> list[Match]:
        return likely(self.viewer.runbook, self.viewer.state, step, self.viewer.outputs.directory)
