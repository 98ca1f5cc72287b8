"""The watch screen: what the monitors measure, beside what was usual, and what the triggers make of it."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import ClassVar

from msgspec.structs import replace
from textual import events, getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.reactive import reactive

from tui.actions import bindings
from tui.errors import RunbookError
from tui.front.front_page import FrontPage
from tui.screens.rolling_back import ask_to_roll_back, may_roll_back
from tui.screens.watch.arrangement import FRAME, Arrangement, arranged
from tui.screens.watch.listed import listed
from tui.screens.watch.monitor_card import BESIDE, MonitorCard, MonitorList
from tui.screens.watch.text import Sight, first_samples_due
from tui.session.folding.before_change import change_begun
from tui.text.block import block
from tui.widgets import FOLDER
from tui.widgets.foot.widget import Alarm
from tui.widgets.graph.monitored import monitors_of, span_of
from tui.widgets.head.mode import clock_line
from tui.widgets.head.titles import session_title
from tui.widgets.head.top_line import TopLine
from tui.widgets.moment import SECOND, Moment, only_later
from tui.widgets.words import Words

TICK = 0.5
SLOW = 5.0
"""Seconds in which a graph of an hour or so moves by nothing that is seen."""
STEPS = 60
"""Steps in which the chosen time goes along what a graph shows."""


class WatchScreen(FrontPage[None]):
    """Shows the monitors of the open session; nothing can be started here but the rollback, by its own question."""

    ACTS = "watch"
    AUTO_FOCUS = "#watch"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["watch.tcss", FOLDER / "foot" / "foot.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = bindings("watch")

    moment: reactive[Moment | None] = reactive(None, init=False, repaint=False)

    top = getters.query_one(TopLine)
    alarm = getters.query_one(Alarm)
    body = getters.query_one("#watch", VerticalScroll)

    def __init__(self) -> None:
        super().__init__()
        self.look: Sight | None = None
        self._arranged: Arrangement | None = None
        self._reasons = 0
        self._parts: list[MonitorCard | MonitorList] = []
        self._rows: list[Horizontal] = []
        """Of cards; those that were removed are in the tree for a while still."""

    def compose(self) -> ComposeResult:
        viewer = self.app.viewer
        about = session_title(viewer.state) if viewer is not None else self.app.workspace.runbook.runbook.title
        yield TopLine(f"Watch · {about}", self.app.mode)
        yield Alarm(id="alarm")
        yield VerticalScroll(id="watch")
        yield self.keys_row()

    def on_mount(self) -> None:
        self._look()
        self.set_interval(TICK, self._look)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show)

    def _look(self) -> None:
        viewer = self.app.viewer
        if viewer is None:
            return
        workspace = self.app.workspace
        moment = Moment(
            state=viewer.state,
            now=workspace.clock.now(),
            links=workspace.connections.links(),
            read_only=viewer.read_only,
            amiss=viewer.amiss,
            keys=self.app.keys.on(self.ACTS),
        )
        if not only_later(self.moment, moment, SECOND):
            self.moment = moment

    def watch_moment(self, before: Moment | None, moment: Moment | None) -> None:
        if moment is None:
            return
        self.top.tell(clock_line(moment.now, self.size.width))
        self.alarm.moment = moment
        if not only_later(before, moment, SLOW):
            self._show()
        elif self.look is not None and first_samples_due(moment.state, moment.now):
            self.look = replace(self.look, now=moment.now)
            for part in self._parts:
                part.count_down(moment.state, self.look)

    def _show(self) -> None:
        if self.moment is None or not self.is_mounted:
            return
        state, now = self.moment.state, self.moment.now
        at = self.look.at if self.look is not None else None
        self.look = Sight(now=now, span=span_of(state.runbook), at=at if at is not None and at < now else None)
        self._arrange(self.look)
        for part in self._parts:
            part.tell(state, self.look)

    def _arrange(self, look: Sight) -> None:
        """Put the monitors where they have room; they are made again only where others have a card."""
        assert self.moment is not None
        state = self.moment.state
        width, height = self.body.container_size
        if not width or not height:
            return
        names = list(monitors_of(state))
        watched = [
            name for name in names if any(trigger.monitor == name for trigger in state.runbook.triggers.values())
        ]
        others = names[len(watched) :]
        reasons = len(listed(state, others, look, width - BESIDE).lines) - len(others) - 1 if others else 0
        new = arranged(watched, others, width, height - reasons)
        if self._arranged is None or _who(new) != _who(self._arranged):
            self._make(new)
        if (new, reasons) != (self._arranged, self._reasons):
            self._arranged, self._reasons = new, reasons
            for row, tier in zip(self._rows, new.tiers, strict=True):
                row.styles.height = tier.height
            for part in self._parts:
                if isinstance(part, MonitorList):
                    part.styles.height = len(new.rest) + FRAME + reasons

    def _make(self, new: Arrangement) -> None:
        self.body.remove_children()
        self._parts, self._rows = [], []
        for tier in new.tiers:
            cards = [MonitorCard(name) for name in tier.names]
            self._parts += cards
            self._rows.append(Horizontal(*cards))
        self.body.mount(*self._rows)
        if new.rest:
            rest = MonitorList(new.rest, "Other monitors" if new.tiers else "Monitors")
            self._parts.append(rest)
            self.body.mount(rest)
        if not self._parts:
            self.body.mount(Words(block("This runbook has no monitors."), classes="none"))

    def action_time(self, steps: int) -> None:
        """Choose an earlier or a later time; the values at that time are shown until it is now again."""
        if self.look is not None:
            self._choose((self.look.at or self.look.now) + timedelta(seconds=steps * self.look.span / STEPS))

    def on_monitor_card_chosen(self, event: MonitorCard.Chosen) -> None:
        self._choose(datetime.fromtimestamp(event.at, UTC))

    def _choose(self, at: datetime) -> None:
        """Show the values at a time: not before the first sample, and now again where it is not past."""
        if self.moment is None or self.look is None:
            return
        now = self.moment.now
        at = max(at, self._first_sample() or now)
        self.look = Sight(now=now, span=self.look.span, at=at if at < now else None)
        self._show()
        self.refresh_bindings()

    def _first_sample(self) -> datetime | None:
        """When something was measured first; None before that."""
        monitors = self.moment.state.monitors.values() if self.moment is not None else ()
        return min((monitored.samples[0].at for monitored in monitors if monitored.samples), default=None)

    def _may_go_back(self) -> bool:
        """Whether there is an earlier time to be chosen."""
        first = self._first_sample()
        return first is not None and self.look is not None and first < (self.look.at or self.look.now)

    def action_baseline(self) -> None:
        """Take what was measured until now as what is usual."""
        try:
            self.app.acting().take_baseline()
        except RunbookError as error:
            self.app.show_error(error)
        else:
            self.app.say("what was measured until now is what later figures are compared with", "Baseline")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What would be refused is not offered."""
        if action == "time":
            chosen = self.look is not None and self.look.at is not None
            return chosen if [str(one) for one in parameters] == ["1"] else self._may_go_back()
        if action == "baseline":
            viewer = self.app.viewer
            if viewer is None or viewer.read_only or change_begun(viewer.state):
                return False
            return any(monitored.value is not None for monitored in viewer.state.monitors.values())
        return action != "rollback" or may_roll_back(self.app.viewer)

    def action_rollback(self) -> None:
        ask_to_roll_back(self)

    def action_back(self) -> None:
        self.dismiss(None)


def _who(arranged: Arrangement) -> tuple[tuple[str, ...], ...]:
    """Who has a card, and who a row."""
    return (*(tier.names for tier in arranged.tiers), arranged.rest)
