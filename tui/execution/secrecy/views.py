"""Reads a text as a person will see it, or as it was before a tool encoded it, and leads back to where it stands.

A secret is looked for in each of these views, so that neither what a terminal never shows (a colour in the middle, a
zero-width space) nor an encoding hides it from the redaction that must find it.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator

from tui.text.sanitise import HIDDEN_SEQUENCE, invisible

Span = tuple[int, int]
Replace = Callable[[re.Match[str]], str]


class View:
    """A text made from another by leaving out and replacing parts of it."""

    def __init__(self, text: str, within: "View | None" = None, parts: "tuple[_Parts, ...]" = ()) -> None:
        self.text = text
        self._within = within
        self._parts = parts

    def replaced(self, pattern: re.Pattern[str], by: Replace) -> "View":
        """The view in which every match is what `by` makes of it; itself where nothing changes."""
        pieces: list[str] = []
        parts = _Parts()
        at = length = 0
        for match in pattern.finditer(self.text):
            new = by(match)
            if new == match.group():
                continue
            begin, end = match.span()
            for piece, start, stop, same in ((self.text[at:begin], at, begin, True), (new, begin, end, False)):
                if piece:
                    parts.add(length, start, stop, same)
                    pieces.append(piece)
                    length += len(piece)
            at = end
        if not at:
            return self
        if self.text[at:]:
            parts.add(length, at, len(self.text), True)
            pieces.append(self.text[at:])
        return View("".join(pieces), self, (parts,))

    def source(self, start: int, end: int) -> Span:
        """Where the characters from `start` to `end` of this view stand in the text it was made from at first."""
        if self._within is None:
            return start, end
        (parts,) = self._parts
        return self._within.source(parts.begin(start), parts.end(end))


class _Parts:
    """Which part of one text became which part of another."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._sources: list[tuple[int, int, bool]] = []

    def add(self, start: int, source: int, end: int, same: bool) -> None:
        self._starts.append(start)
        self._sources.append((source, end, same))

    def begin(self, at: int) -> int:
        place = bisect_right(self._starts, at) - 1
        source, _, same = self._sources[place]
        return source + at - self._starts[place] if same else source

    def end(self, at: int) -> int:
        place = bisect_right(self._starts, at - 1) - 1
        source, end, same = self._sources[place]
        return source + at - self._starts[place] if same else end


SEQUENCE = re.compile(HIDDEN_SEQUENCE)
_UNSEEN = re.compile(rf"(?:{HIDDEN_SEQUENCE})|[^\t\n -~]")
_UNSEEN_CHARACTER = re.compile(r"[^\t\n -~]")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_OVERSTRUCK = re.compile(r"(.)\x08(?=\1)|_\x08(?=.)|(?<=.)\x08_")
_BLANKS = re.compile(r"[ \t\r\n]+")
_PERCENT_RUN = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ENTITY_ONE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_BACKSLASHED = re.compile(
    r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
    r"|(?:\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2})+|\\u\{[0-9A-Fa-f]{1,6}\}|'\\''|\\[^xuU0-3\n]",
    re.DOTALL,
)
_DUMPED = re.compile(
    rb"\n(?:[0-9A-Fa-f]{7,16}:? +[0-9A-Fa-f \\]|(?: [0-9A-Fa-f]{2}){3}"
    rb"|(?: {3}.| {2}\\.| [0-7]{3}){2}| [0-7]{6} [0-7]{6})"
)
_DUMP = re.compile(
    r"^(?:[0-9A-Fa-f]{6,16}(?P<colon>:?))?(?P<lead>[ \t]+)"
    r"(?P<rest>(?:[0-9A-Fa-f]{4}|[0-9A-Fa-f]{2}|[0-7]{6}|[0-7]{3}|\\.|.)(?:[ \t].*)?)\r?(?:\n|\Z)",
    re.MULTILINE,
)
_BESIDE = re.compile(r"[ \t]{2,}\|.*\|[ \t]*$")
_OD_C = re.compile(r" {3}(?P<one>.)| {2}(?P<two>\\.)| (?P<three>[0-7]{3})")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "E": "\x1b"}


def seen(text: str) -> View:
    """A text as a terminal shows it."""
    return _struck(text).replaced(_UNSEEN, _as_seen)


def seen_cut(text: str) -> View:
    """A text as a terminal shows it whose lines are cut before an escape sequence ends."""
    return _struck(text).replaced(_UNSEEN_CHARACTER, _as_seen)


def _struck(text: str) -> View:
    """A text without what is struck over itself; its pattern is tried at each character, and seldom has anything."""
    return View(text).replaced(_OVERSTRUCK, lambda _: "") if "\b" in text else View(text)


def foreign_plain(view: View) -> View:
    """A view without accents, marks and width."""
    return view.replaced(_FOREIGN, _plain_letters)


def unwrapped(view: View) -> View:
    """A view without blanks and ends of lines, since a tool that wraps may leave out a blank or indent a line."""
    return view.replaced(_BLANKS, lambda _: "")


def decoded(view: View, pattern: re.Pattern[str], by: Replace) -> Iterator[View]:
    """What an encoding in a view stands for, and what it does where it was made twice."""
    once = view.replaced(pattern, by)
    if once is not view:
        yield once
        twice = once.replaced(pattern, by)
        if twice is not once:
            yield twice


def has_dump(data: bytes) -> bool:
    """Whether there is a line in it as xxd, hexdump and od write them."""
    return _DUMPED.search(b"\n" + data[:200]) is not None or _DUMPED.search(data) is not None


def undumped(view: View) -> View:
    """The lines of xxd, hexdump and od as the bytes that they tell of, a character for each."""
    return view.replaced(_DUMP, _from_dump)


def _as_seen(match: re.Match[str]) -> str:
    found = match.group()
    return invisible(found) if len(found) == 1 else ""


def _plain_letters(match: re.Match[str]) -> str:
    return plain_letters(match.group())


def plain_letters(text: str) -> str:
    """The text without accents, marks and width: ü and its two-part form are u, as is a full-width u."""
    if text.isascii():
        return text
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.category(one).startswith("M"))


def _from_percent(match: re.Match[str]) -> str:
    return bytes.fromhex(match.group().replace("%", "")).decode("utf-8", "surrogateescape")


def _from_entity(match: re.Match[str]) -> str:
    from html import unescape  # the table of all names is loaded where one is read

    return unescape(match.group())


def _from_backslash(match: re.Match[str]) -> str:
    found = match.group()
    if found == "'\\''":
        return "'"
    digits = found[2:].strip("{}")
    if found[1] == "u" and "\\u" in found[2:]:
        return bytes.fromhex(found[2:6] + found[8:]).decode("utf-16-be", "replace")
    if found[1] in "uU":
        number = int(digits, 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else found
    if found[1] in "x0123":
        codes = re.findall(r"\\(?:x(..)|(...))", found)
        data = bytes(int(one, 16) if one else int(octal, 8) for one, octal in codes)
        return data.decode("utf-8", "surrogateescape")
    return _CONTROLS.get(found[1], found[1])


def _from_dump(match: re.Match[str]) -> str:
    """The bytes of a line of a dump, as Latin-1; the line itself where it is none."""
    rest = _BESIDE.sub("", match["rest"])
    if match["colon"]:
        rest = re.split(r"[ \t]{2,}", rest, maxsplit=1)[0]
    tokens = rest.split()
    if all(re.fullmatch(r"[0-9A-Fa-f]{2}", token) for token in tokens):
        return bytes.fromhex("".join(tokens)).decode("latin-1")
    if all(re.fullmatch(r"[0-9A-Fa-f]{4}|[0-9A-Fa-f]{2}", token) for token in tokens):
        words = [bytes.fromhex(token) for token in tokens]
        return b"".join(words if match["colon"] else (word[::-1] for word in words)).decode("latin-1")
    if all(re.fullmatch(r"[01][0-7]{5}", token) for token in tokens):
        return b"".join(int(token, 8).to_bytes(2, "little") for token in tokens).decode("latin-1")
    return _from_od_c(match["lead"] + match["rest"]) or match.group()


def _from_od_c(fields: str) -> str:
    """What `od -c` writes in fields of four columns; empty where it is something else."""
    found: list[str] = []
    at = 0
    while at < len(fields):
        field = _OD_C.match(fields, at)
        if field is None:
            return "" if fields[at:].strip() else "".join(found)
        one = field["one"] or field["two"] or chr(int(field["three"], 8))
        found.append(_CONTROLS.get(one[1], "\0") if len(one) == 2 else one)
        at = field.end()
    return "".join(found)


PERCENT = (_PERCENT_RUN, _from_percent)
ENTITY = (_ENTITY_ONE, _from_entity)
BACKSLASH = (_BACKSLASHED, _from_backslash)
"""What encodes a character, and what each stands for."""
