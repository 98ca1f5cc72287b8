"""Knows every secret of a session and finds it again in whatever form a host or an error message writes it."""

import base64
import html
import json
import shlex
import threading
from pathlib import Path
from urllib.parse import quote, quote_plus

from tui.session.masks import HIDDEN, Span, hide, merged

SHORTEST = 4
"""A value of fewer characters is refused: hiding it would hide ordinary words, and so show where it stands."""

CHUNK = 1 << 20
_BEGINNING = 3
"""Fewer bytes than this at the end of unfinished data are not taken for the beginning of a secret."""


class Redactor:
    """The secrets of a session. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: tuple[tuple[bytes, int], ...] = ()
        self._longest = 0

    @property
    def longest(self) -> int:
        """The length in bytes of the longest form of any secret."""
        return self._longest

    def add(self, value: str) -> bool:
        """Hide this value from now on; False where it is too short to be hidden (fewer than 4 characters)."""
        if len(value.strip()) < SHORTEST:
            return False
        with self._lock:
            known = {form for form, _ in self._forms} | forms(value)
            self._forms = tuple((form, _period(form)) for form in sorted(known))
            self._longest = max(map(len, known))
        return True

    def spans(self, data: bytes, unfinished: bool = False) -> list[Span]:
        """Where secrets are, merged; with `unfinished` the beginning of one at the very end counts as well."""
        current = self._forms
        found = [span for form, period in current for span in _occurrences(data, form, period)]
        if unfinished:
            found += [(len(data) - length, len(data)) for length in (_beginning(data, form) for form, _ in current)]
        return merged([span for span in found if span[0] < span[1]])

    def scan_file(self, path: Path) -> list[Span]:
        """Where secrets are in a file of any size."""
        found: list[Span] = []
        if not self._forms:
            return found
        margin = self._longest - 1
        with path.open("rb") as file:
            offset, data = 0, file.read(CHUNK)
            while data:
                found += ((offset + start, offset + end) for start, end in self.spans(data))
                more = file.read(CHUNK)
                if not more:
                    break
                kept = data[-margin:] if margin else b""
                offset += len(data) - len(kept)
                data = kept + more
        return merged(found)

    def redact(self, text: str) -> str:
        """The text with every secret replaced."""
        if not self._forms:
            return text
        data = text.encode("utf-8", "surrogatepass")
        spans = self.spans(data)
        return hide(data, 0, spans).decode("utf-8", "surrogatepass") if spans else text

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms, {HIDDEN.decode()})"


def forms(value: str) -> set[bytes]:
    """Every way a secret is likely to be written: raw, line by line, and each of those encoded or quoted.

    Base64 that is wrapped into lines is found only where a whole form stands on one line.
    """
    parts = {value, value.strip(), *(line.strip() for line in value.splitlines())}
    found: set[bytes] = set()
    for part in parts:
        if len(part) >= SHORTEST:
            found |= {form for form in _encoded(part) if len(form) >= SHORTEST}
    return found


def _encoded(value: str) -> set[bytes]:
    raw = value.encode("utf-8", "surrogatepass")
    quoted = {
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value)[1:-1])[1:-1],
        json.dumps(value)[1:-1].replace("/", "\\/"),
        html.escape(value),
        html.escape(value, quote=False),
        shlex.quote(value),
        shlex.quote(value)[1:-1] if shlex.quote(value) != value else value,
        value.replace("'", "'\\''"),
        value.replace("'", "''"),
        _escaped(value, '\\"$`'),
        _escaped(value, "'\\"),
        _escaped(value, " !\"#$&'()*;<>?[\\]^`{|}~"),
        repr(value)[1:-1],
    }
    percent = {quote(raw, safe=""), quote(raw), quote_plus(raw), quote(raw, safe="!~*'()")}
    percent |= {_lower_percent(one) for one in percent}
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    found |= {one.encode("utf-8", "surrogatepass") for one in quoted | percent}
    return found | _base64(raw)


def _base64(raw: bytes) -> set[bytes]:
    """What base64 makes of the value whatever stands before and after it: three alignments, two alphabets."""
    found: set[bytes] = set()
    for shift, skip in ((0, 0), (1, 2), (2, 3)):
        length = (len(raw) + shift) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * shift + raw)[skip:length])
    return found


def _escaped(value: str, characters: str) -> str:
    return "".join("\\" + one if one in characters else one for one in value)


def _lower_percent(value: str) -> str:
    pieces = value.split("%")
    return "%".join([pieces[0], *(piece[:2].lower() + piece[2:] for piece in pieces[1:])])


def _period(form: bytes) -> int:
    """The least distance at which the form can overlap itself."""
    border = [0] * len(form)
    length = 0
    for place in range(1, len(form)):
        while length and form[place] != form[length]:
            length = border[length - 1]
        if form[place] == form[length]:
            length += 1
        border[place] = length
    return len(form) - border[-1]


def _occurrences(data: bytes, form: bytes, period: int) -> list[Span]:
    """Every place of the form, those that overlap joined."""
    found: list[Span] = []
    at = data.find(form)
    while at >= 0:
        if found and at <= found[-1][1]:
            found[-1] = (found[-1][0], at + len(form))
        else:
            found.append((at, at + len(form)))
        at = data.find(form, at + period)
    return found


def _beginning(data: bytes, form: bytes) -> int:
    """How many bytes at the end of the data may be the beginning of the form."""
    for length in range(min(len(form) - 1, len(data)), _BEGINNING - 1, -1):
        if data.endswith(form[:length]):
            return length
    return 0
