"""The style sheets of all screens, each parsed once for its colours: Textual parses all again with every new widget."""

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

ALL = 1024
"""There are fewer sheets, those of Textual's own widgets among them; it keeps 64, and with one more it keeps none."""


class ParsedOnce(Stylesheet):
    """Keeps what it has parsed until the colours change."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(ALL)

    def reparse(self) -> None:
        """Textual parses in a sheet of its own here, and forgets all that it parsed."""
        self.parse()
