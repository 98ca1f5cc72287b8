"""Finds secrets that bytes alone do not show: with something invisible in them, wrapped into lines, or encoded.

Each disguise is tried cheaply first, on a text from which what may stand between the letters is simply gone; only where
that has a secret is the view made that leads back to its place.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property

from tui.execution.secrecy.forms import Form, beginning, occurrences, skeleton
from tui.execution.secrecy.views import (
    BACKSLASH,
    ENTITY,
    PERCENT,
    SEQUENCE,
    View,
    decoded,
    foreign_plain,
    has_dump,
    seen,
    seen_cut,
    undumped,
    unwrapped,
)
from tui.session.output.masks import Span

SHORTEST_WRAPPED = 8
"""A form of fewer bytes is not looked for across the ends of lines: too many words would be taken for it."""

TAIL = 4096
"""The bytes at the end of unfinished output in which a secret may have begun."""

_CLEAN = re.compile(rb"[\t\n -~]*")
_BETWEEN_HEX = b" \t\r\n:;,_.-"


def disguised(data: bytes, forms: tuple[Form, ...], unfinished: bool) -> list[Span]:
    """Where the secrets with these forms are; with `unfinished` the beginning of one at the very end counts as well."""
    if not forms or not data:
        return []
    looked_through = _Looked(data, forms)
    found = looked_through.bytes_of([*looked_through.invisible(), *looked_through.encoded(), *looked_through.dumped()])
    found += looked_through.parted()
    if unfinished and not looked_through.clean:
        found += _begun(data, forms)
    return found


class _Looked:
    """Some output, and what is looked for in it. Spans are of characters."""

    def __init__(self, data: bytes, forms: tuple[Form, ...]) -> None:
        self.data = data
        self.text = data.decode("utf-8", "surrogateescape")
        self.clean = _CLEAN.fullmatch(data) is not None
        self.forms = forms
        self.plain = tuple(form for form in forms if form.plain)
        self.without = self.text if self.clean else SEQUENCE.sub("", self.text)

    @cached_property
    def seen(self) -> View:
        """What a terminal shows."""
        return View(self.text) if self.clean else seen(self.text)

    def invisible(self) -> Iterator[Span]:
        """Those with something invisible in them, and those that are wrapped."""
        foreign = not self.text.isascii()
        cut = _possible(self.forms, self.text, foreign)
        if self.clean and not cut:
            return
        if self.without is not self.text or "\b" in self.text:
            cheap = self.without.replace("_\b", "").replace("\b_", "")
            if "\b" in cheap or _possible(self.forms, cheap, foreign):
                yield from self._in(self.seen, self.forms)
                yield from self._wrapped(self.seen)
        if cut:
            shown = self.seen if self.clean else seen_cut(self.text)
            yield from self._in(shown, self.forms)
            yield from self._wrapped(shown)
        if foreign and _possible(self.forms, unicodedata.normalize("NFKD", self.without), foreign):
            yield from self._in(foreign_plain(self.seen), self.forms)

    def encoded(self) -> Iterator[Span]:
        """Those written with percent signs, entities or backslashes, once or twice."""
        for sign, pattern, by in (("%", *PERCENT), ("&", *ENTITY), ("\\", *BACKSLASH)):
            if sign not in self.without:
                continue
            once = pattern.sub(by, self.without)
            twice = pattern.sub(by, once)
            if _possible(self.plain, once, not once.isascii()) or _possible(self.plain, twice, not twice.isascii()):
                for view in decoded(self.seen, pattern, by):
                    yield from self._in(view, self.plain)

    def dumped(self) -> Iterator[Span]:
        """Those in the dumps of xxd, hexdump and od, and in other hexadecimal with something between the bytes."""
        if has_dump(self.data):
            bytes_told = undumped(self.seen)
            for form in self.plain:
                told = form.data.decode("latin-1")
                yield from (bytes_told.source(*span) for span in occurrences(bytes_told.text, told, form.period))
        digits = self.data.replace(b"0x", b"").replace(b"\\x", b"").translate(None, _BETWEEN_HEX).lower()
        for form in self.plain:
            if form.spelt is not None and form.data.hex().encode() in digits:
                yield from (match.span() for match in form.spelt.finditer(self.text))

    def parted(self) -> Iterator[Span]:
        """Those of which the end of a line parts a character; spans are of bytes."""
        if not self.text.isascii():
            yield from self._wrapped(View(self.data.decode("latin-1")), "latin-1")

    def bytes_of(self, spans: Iterable[Span]) -> list[Span]:
        """Spans of characters as spans of bytes."""
        spans = list(spans)
        if self.text.isascii():
            return spans
        known, at, offset = {}, 0, 0
        for place in sorted({place for span in spans for place in span}):
            offset += len(self.text[at:place].encode("utf-8", "surrogateescape"))
            known[place] = offset
            at = place
        return [(known[start], known[end]) for start, end in spans]

    def _in(self, view: View, forms: tuple[Form, ...]) -> Iterator[Span]:
        for form in forms:
            yield from (view.source(*span) for span in occurrences(view.text, form.text, form.period))

    def _wrapped(self, view: View, charset: str = "") -> Iterator[Span]:
        """Where a form continues in the next line."""
        joined = _joined(self.data if self.clean or charset else view.text.encode("utf-8", "surrogateescape"))
        wanted = {_joined(form.data) for form in self.forms if len(form.data) >= SHORTEST_WRAPPED}
        wanted = {form for form in wanted if form in joined}
        if not wanted:
            return
        whole = unwrapped(view)
        for form in wanted:
            text = form.decode(charset) if charset else form.decode("utf-8", "surrogateescape")
            yield from (whole.source(*span) for span in occurrences(whole.text, text, 1))


def _possible(forms: tuple[Form, ...], text: str, foreign: bool) -> bool:
    """Whether a text may have one of the forms; where a form has no skeleton, whenever there are foreign letters."""
    bones = skeleton(text)
    return any(form.skeleton in bones if form.skeleton else foreign for form in forms)


def _joined(data: bytes) -> bytes:
    return data.translate(None, b"\r\n\t ")


def _begun(data: bytes, forms: tuple[Form, ...]) -> list[Span]:
    """The beginnings of secrets at the end of what a terminal shows."""
    before = data[: max(0, len(data) - TAIL)]
    tail = _Looked(data[len(before) :], forms)
    spans: list[Span] = []
    for view in (tail.seen, seen_cut(tail.text)):
        lengths = [beginning(view.text, form.text) for form in forms]
        spans += [view.source(len(view.text) - length, len(view.text)) for length in lengths if length]
    return [(len(before) + start, len(before) + end) for start, end in tail.bytes_of(spans)]
