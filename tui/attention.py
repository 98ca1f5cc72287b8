"""What is typed or clicked belongs to the screen that was painted before it: what was read earlier belongs to nobody.

One read of the terminal may hold several keys. The first may change the screen, and the others were meant for what
was seen before: another dialog would be answered, and another screen closed, that nobody has looked at.
"""

import math
import os
import select
import signal
import sys
import time
from abc import abstractmethod
from functools import cached_property
from typing import Any

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate
from textual.notifications import Notify
from textual.screen import ModalScreen, Screen

from tui import threads
from tui.front.front import Front
from tui.screens.small import cover, too_small
from tui.widgets.page import Page
from tui.widgets.repeats import Repeats
from tui.widgets.spans import Spans

QUIT = "ctrl+q"
ENDS = ("enter", "ctrl+j")
"""The keys that end an answer; below the dialogs they begin things."""


class Attentive(Front):
    """The application, as far as it knows what the operator has seen."""

    ascii = False
    """Whether the terminal has no signs but those of ASCII."""
    _on_top: Screen[Any] | None = None
    _painted = math.inf
    _laid_out = math.inf
    """When it was painted as large as it is now; a click read before that was meant for another place."""
    hushed = False
    """Whether letters, pastes and Enter are heard by dialogs alone: what is typed may be the answer to a question that
    comes in a moment (a password was asked for, then a code), and must not stand in a field below, or act there."""
    _lost = _held_back = _has_begun = False

    def run_until_closed(self) -> None:
        """Run on this terminal; one that is closed ends the program at once, as SIGHUP does.

        The kernel sends SIGHUP to the first process of a terminal alone. Where that one waits for its child (`make`,
        a script), the child is told nothing, and would run without a terminal, with its session held. One that ignores
        SIGHUP, as under `nohup`, is ended by SIGTERM, or it would read the end of its input again and again.
        """
        threads.start("terminal", _end_when_closed, sys.stdin.fileno())
        self.run()

    @cached_property
    def repeats(self) -> Repeats:
        """Which notices are shown, and how often each was told."""
        return Repeats()

    def on_notify(self, event: Notify) -> None:
        """Before Textual shows a notice: one that says what another one says takes its place, with how often."""
        self.repeats.fold(event.notification, self._notifications)

    @property
    @abstractmethod
    def asks_nothing(self) -> bool:
        """Whether the program ends without a question."""

    @property
    def covered(self) -> bool:
        """Whether the terminal is too small for any screen: it is told so, and nothing else is seen or heard.

        No screen does that: what comes and goes beneath would come above it, or take it away.
        """
        return too_small(self.size)

    @property
    def painted(self) -> float:
        """When the screen on top was first painted since it is there; infinite while it is not."""
        if not self.screen_stack:
            return math.inf
        if self.screen is not self._on_top:
            self._on_top = self.screen
            self._painted = self._laid_out = math.inf
        return self._painted

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Keep when it was; the time before the terminal has it, so that no key it is answered by comes too early."""
        if renderable is not None and self._batch_count:
            self._lost = True
        elif renderable is not None and self.covered:
            renderable = cover(self.size, self.ascii)
        elif renderable is not None and too_small(screen.outer_size):
            renderable = None  # the terminal has become larger, and the screen is laid out for it in a moment
        elif renderable is not None and self.screen_stack[-1:] == [screen]:
            now = time.monotonic()  # which is what events have
            first = math.isinf(self.painted)
            self._painted = min(self.painted, now)
            if screen.outer_size == self.size:
                self._laid_out = min(self._laid_out, now)
            if first and isinstance(screen, Page):
                renderable = screen.whole_update(renderable) if self._held_back else renderable
                screen.seen()
                self._seen()
            self._held_back = False
        if isinstance(renderable, ChopsUpdate):
            renderable = Spans(renderable.chops, renderable.spans, renderable.chop_ends)
        super()._display(screen, renderable)

    def _seen(self) -> None:
        """Do, once, what waits until the operator sees something."""
        if not self._has_begun:
            self._has_begun = True
            self.call_later(self.has_begun)

    def has_begun(self) -> None:
        """The first screen was painted."""

    def _end_batch(self) -> None:
        """Paint what Textual drew while it held paintings back, and threw away or forgot: nobody would see a screen."""
        super()._end_batch()
        if self._batch_count or not self.screen_stack:
            return
        if self._lost:
            self._lost, self._held_back = False, True
            self.screen.refresh()
            if math.isinf(self.painted):
                self.screen.call_later(self.screen._on_timer_update)  # not up to a 60th of a second later
        else:
            self.screen.check_idle()

    async def on_event(self, event: events.Event) -> None:
        """Drop what was read before the screen was painted, on its way down and on its way up again."""
        if isinstance(event, events.InputEvent | events.Paste):
            if self.covered:
                event.stop()
                if isinstance(event, events.Key) and event.key == QUIT and self.asks_nothing:
                    await self.run_action("quit")
                return
            seen = max(self.painted, self._laid_out) if isinstance(event, events.MouseEvent) else self.painted
            if event.time < seen or self._exit or (self.hushed and self._is_text(event)):
                event.stop()
                return
            if isinstance(self.screen, Page):
                self.screen.key_waits = True
            if isinstance(event, events.Key):
                self.keys_first.pressed()
        if isinstance(event, events.Resize) and event.size != self.size:
            self._laid_out = math.inf
            if self.covered or too_small(event.size):
                self._on_top = None  # nobody sees a screen until it is painted again
            self.call_later(self._paint_all)  # also where it is soon as large as before, and nothing would change
        await super().on_event(event)

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """What is seen around the dialog on top: the page below, and no frame of another dialog.

        Each of them asks for an answer, and only the one on top can be given one.
        """
        return [screen for screen in super()._background_screens if not isinstance(screen, ModalScreen)]

    def _is_text(self, event: events.Event) -> bool:
        """Whether it would be text for a field, a letter's key or the end of an answer, below the dialogs."""
        key = isinstance(event, events.Key) and (event.is_printable or event.key in ENDS)
        typed = key or isinstance(event, events.Paste)
        return typed and not isinstance(self.screen, ModalScreen)

    def _paint_all(self) -> None:
        if self.screen_stack:
            self.screen.refresh()


def _end_when_closed(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)
    if any(found & select.POLLHUP for _, found in poll.poll()):
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # as under nohup
        os.kill(os.getpid(), signal.SIGTERM if ignored else signal.SIGHUP)
