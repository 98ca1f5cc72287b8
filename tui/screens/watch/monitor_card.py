"""A monitor on the watch screen: its value, its graph, its triggers, in a frame that says how it stands."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message

from tui.screens.watch.listed import BEFORE_IS, listed
from tui.screens.watch.text import Sight, card_foot, card_head, trigger_lines, triggers_of, unmeasured
from tui.session.samples import Monitored
from tui.session.state import SessionState
from tui.text.block import pieces, shown, styled
from tui.widgets.graph.monitored import graphed, seen_monitor
from tui.widgets.graph.widget import Graph
from tui.widgets.head.mode import cut
from tui.widgets.painting import entitle
from tui.widgets.words import Words

BESIDE = 4
"""Cells of a card that its words do not have."""


class MonitorCard(Vertical):
    """One monitor."""

    class Chosen(Message):
        """A time was chosen, by a click on the graph."""

        def __init__(self, at: float) -> None:
            super().__init__()
            self.at = at

    def __init__(self, name: str) -> None:
        super().__init__(classes="card")
        self.monitor = name
        self._told: tuple[SessionState, Sight] | None = None
        self._by: object = None
        self._head, self._graph, self._triggers = Words(classes="line"), Graph(), Words(classes="line")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._graph
        yield self._triggers

    def watch_virtual_size(self) -> None:
        """Say it again in another size; Textual sends no `Resize` where a list was scrolled before its first layout."""
        if self._told is not None:
            self.tell(*self._told)

    def on_click(self, event: events.Click) -> None:
        inside = event.get_content_offset(self._graph)
        at = self._graph.time_at(inside.x) if inside is not None else None
        if at is not None:
            self.post_message(self.Chosen(at))

    def tell(self, state: SessionState, look: Sight) -> None:
        """Show the monitor as it is."""
        self._told = (state, look)
        width = self.outer_size.width - BESIDE
        if width < 1:
            return
        monitor, monitored = state.runbook.monitors[self.monitor], state.monitors.get(self.monitor, Monitored())
        at = look.at.timestamp() if look.at is not None else None
        self._graph.tell(graphed(state, self.monitor, look.until), look.end.timestamp(), look.span, at)
        by = monitored, state.changed_seq, triggers_of(state, self.monitor), look.at, width
        if by == self._by and not unmeasured(state, self.monitor):
            return
        self._by = by
        self.set_class(seen_monitor(monitor, monitored).class_ == "bad", "bad")
        title = pieces((cut(shown(monitor.title), width - 2).rstrip(), "bold"))
        entitle(self, title, styled([card_foot(state, self.monitor)]))
        self._head.say(styled(card_head(state, self.monitor, look, width)))
        lines = trigger_lines(state, self.monitor, width)
        self._triggers.display = bool(lines)
        self._triggers.say(styled(lines))

    def count_down(self, state: SessionState, look: Sight) -> None:
        """Say within how many seconds the first sample is here, where there is none: nothing else follows from that."""
        if unmeasured(state, self.monitor):
            self._head.say(styled(card_head(state, self.monitor, look, self.outer_size.width - BESIDE)))


class MonitorList(VerticalScroll):
    """The monitors that have no card."""

    can_focus = False

    def __init__(self, names: tuple[str, ...], title: str) -> None:
        super().__init__()
        self._names = names
        self._told: tuple[SessionState, Sight] | None = None
        self._words = Words(classes="line")
        self.border_title = pieces((title, "bold"))

    def compose(self) -> ComposeResult:
        yield self._words

    def watch_virtual_size(self) -> None:
        """Say it again in another size; Textual sends no `Resize` where a list was scrolled before its first layout."""
        if self._told is not None:
            self.tell(*self._told)

    def tell(self, state: SessionState, look: Sight) -> None:
        """Show them as they are."""
        self._told = (state, look)
        width = self.outer_size.width - BESIDE
        if width < 1:
            return
        listing = listed(state, self._names, look, width)
        self._words.say(styled(listing.lines))
        known = any(state.monitors[name].baseline is not None for name in self._names if name in state.monitors)
        entitle(self, foot=pieces((BEFORE_IS if known and listing.has_before else "", "$faint")))

    def count_down(self, state: SessionState, look: Sight) -> None:
        """Say within how many seconds the first samples are here that are not."""
        if any(unmeasured(state, name) for name in self._names):
            self.tell(state, look)
