"""Searches the output on the run screen: finds the next match at once, counts all of them beside it."""

from collections.abc import Callable

from tui.front.front_page import FrontPage
from tui.session.archive.matches import Matches
from tui.session.output.output import OutputReader
from tui.text.sanitise import sanitise
from tui.widgets.output.view import OutputView

LONGEST = 20


class OutputSearch:
    """One search at a time, in the output of one attempt; `changed` is called when there is news of it."""

    def __init__(self, screen: FrontPage[None], view: Callable[[], OutputView], changed: Callable[[], None]) -> None:
        self._screen = screen
        self._view = view
        self._changed = changed
        self._matches: Matches | None = None
        self._reader: Callable[[], OutputReader] | None = None
        self._ended: Callable[[], bool] = lambda: True
        self._line = -1
        self._nowhere = ""
        self._counting = False

    @property
    def text(self) -> str:
        """What is searched for; empty where nothing is."""
        return self._matches.text if self._matches else ""

    @property
    def words(self) -> str:
        """What was found so far; empty where nothing is searched for."""
        if self._matches is None:
            return ""
        text = sanitise(self.text, LONGEST)
        if self._line >= 0:
            return f"/{text}: {self._matches.words(self._line)}"
        return f"/{text}: {self._nowhere or 'searching'}"

    def stop(self) -> None:
        """Search no more."""
        if self._matches is not None:
            self._matches.stop()
        self._matches, self._line, self._nowhere, self._counting = None, -1, "", False

    def begin(self, text: str, reader: Callable[[], OutputReader], ended: Callable[[], bool], top: int) -> None:
        """Search for a text from line `top` on; `reader` gives a reader for a thread of its own."""
        self.stop()
        self._matches, self._reader, self._ended = Matches(text), reader, ended
        self._find(top, 1)

    def go_on(self, direction: int) -> None:
        """Go to the next match, or to the one before."""
        self._find(self._line + direction, direction)

    def _find(self, start: int, direction: int) -> None:
        matches, reader_of = self._matches, self._reader
        if matches is None or reader_of is None:
            return

        ended = self._ended()

        def found(line: int) -> None:
            if matches is not self._matches:
                return
            self._line, self._nowhere = line, "" if line >= 0 else "no match" if ended else "no match so far"
            self._view().mark(matches.text, line)
            self.count()
            self._changed()

        self._changed()
        self._screen.app.work(self._screen, lambda: matches.find(reader_of(), start, direction), found)

    def count(self) -> None:
        """Count on, where there may be matches that are not counted."""
        matches, reader_of = self._matches, self._reader
        if matches is None or reader_of is None or self._counting or matches.whole or self._line < 0:
            return
        ended = self._ended()
        self._counting = True

        def counted(_: None) -> None:
            if matches is self._matches:
                self._counting = False
                if self._ended() and not ended:
                    self.count()  # more came while this was counted
                self._changed()

        self._screen.app.work(self._screen, lambda: matches.count(reader_of(), ended), counted)
