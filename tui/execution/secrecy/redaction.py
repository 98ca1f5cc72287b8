"""Knows every secret of a session and finds it again in whatever form a host or an error message writes it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # all of it is imported with the first secret: before there is one, nothing is looked for
    from tui.execution.secrecy.forms import Form
    from tui.session.output.masks import Span

STRETCH, SLACK = 12, 4096
"""How much longer than itself a secret may be where it stands: a colour for each letter, an entity, a dump."""

CHUNK = 1 << 20


class Redactor:
    """The secrets of a session. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: tuple[Form, ...] = ()
        self._longest = 0

    @property
    def longest(self) -> int:
        """How many bytes a secret may take where it stands, with all that may be between its characters."""
        return self._longest

    def add(self, value: str) -> bool:
        """Hide this value from now on; False where it is too short to be hidden (fewer than 4 characters)."""
        from tui.execution.secrecy.forms import SHORTEST, forms_of

        if len(value.strip()) < SHORTEST:
            return False
        with self._lock:
            known = {(form.data, form.plain): form for form in (*self._forms, *forms_of(value))}
            self._forms = tuple(known[key] for key in sorted(known))
            self._longest = STRETCH * max(len(form.data) for form in self._forms) + SLACK
        return True

    def spans(self, data: bytes, unfinished: bool = False) -> "list[Span]":
        """Where secrets are, merged; with `unfinished` the beginning of one at the very end counts as well."""
        current = self._forms
        if not current:
            return []
        from tui.execution.secrecy.disguises import disguised
        from tui.execution.secrecy.forms import beginning, occurrences
        from tui.session.output.masks import merged

        found = [span for form in current for span in occurrences(data, form.data, form.period)]
        if unfinished:
            found += [(len(data) - length, len(data)) for length in (beginning(data, one.data) for one in current)]
        found += disguised(data, current, unfinished)
        return merged([span for span in found if span[0] < span[1]])

    def scan_file(self, path: Path) -> "list[Span]":
        """Where secrets are in a file of any size."""
        found: list[Span] = []
        if not self._forms:
            return found
        from tui.session.output.masks import merged

        margin = self._longest
        with path.open("rb") as file:
            offset, data = 0, file.read(CHUNK)
            while data:
                found += ((offset + start, offset + end) for start, end in self.spans(data))
                more = file.read(CHUNK)
                if not more:
                    break
                kept = data[-margin:]
                offset += len(data) - len(kept)
                data = kept + more
        return merged([*found, *self._drawn(path, merged(found))])

    def _drawn(self, path: Path, hidden: "list[Span]") -> "Iterator[Span]":
        """The lines of a file that show a secret because they are drawn over themselves, whatever else is hidden."""
        from tui.session.output.line_index import redrawn_lines
        from tui.session.output.masks import hide
        from tui.session.output.redrawn_rows import SCANNED, written_rows
        from tui.text.drawn import drawn

        with path.open("rb") as file:
            for offset, line in redrawn_lines(file):
                if self.spans(drawn(hide(line, offset, hidden)).text.encode("utf-8", "surrogatepass")):
                    yield offset, offset + len(line)
            file.seek(0)
            data = file.read(SCANNED)
            for start, end in written_rows(data):
                if self.spans(drawn(hide(data[start:end], start, hidden)).text.encode("utf-8", "surrogatepass")):
                    yield start, end

    def redact(self, text: str) -> str:
        """The text with every secret replaced."""
        if not self._forms:
            return text
        from tui.session.output.masks import hide

        data = text.encode("utf-8", "surrogatepass")
        spans = self.spans(data)
        return hide(data, 0, spans).decode("utf-8", "surrogatepass") if spans else text

    def __repr__(self) -> str:
        from tui.session.output.masks import HIDDEN

        return f"Redactor({len(self._forms)} forms, {HIDDEN.decode()})"
