"""Draws a line of output as a terminal shows it: what was written over is gone, colours and bold are kept.

What is shown of it is safe as by `sanitise`. A line begins in the plain look, whatever the one before left, and
stays in its row: what moves up or down does not leave it, so that each line can be drawn without the others.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from tui.text.looks import DEFAULT, PLAIN, Look, look_after
from tui.text.sanitise import HIDDEN_SEQUENCE, LIMIT, MARKS_KEPT, TAB, Shown, filtered, is_mark, unfinished_cut

REDRAWN = 2048
"""Of a line that is written over and over the last bytes are drawn, from a carriage return on."""

COLOURED = 128
"""Parts of a line that look otherwise than plain, at most: the first ones."""

_MOST = LIMIT * 16 + 256
"""How many bytes are looked at for the characters of a line; more than that is escape sequences."""

_NUMBERS = 64
"""So much of a sequence's numbers is read."""

_CONTROL = re.compile(HIDDEN_SEQUENCE + r"|[\r\b]")
_CSI = re.compile(r"(?:\x1b\[|\x9b)([0-9;:]*)([@-~])\Z")
_MOVES = frozenset("@CDGHJKPX`af")
_MOVED = re.compile(rb"\r(?!\n|\Z)|\x08|\x1b\[[0-9;:]*[@CDGHPX`af]|\xc2\x9b[0-9;:]*[@CDGHPX`af]")
_MOVED_BEGIN = (b"\r", b"\x08", b"\x1b[", b"\xc2\x9b")
"""One of these is in all that moves: they are found a hundred times as fast as the pattern."""
_ACTS = re.compile(
    rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f\xad]|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf"
)
"""What does something, or is not shown; of what cannot be seen in Unicode the most usual."""
_ASCII_ACTS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_COLOURS = re.compile(rb"\x1b\[(?:[0-9;:]*m|0?K)|\r+(?=\n|\Z)")
_TO_THE_END = {(what, number) for what in "JK" for number in ("", "0")}
"""Where nothing moves back, nothing is there to be erased."""

_NARROW = re.compile("[ -~\u2500-\u259f\u2800-\u28ff]*")
"""What most redrawn lines are made of, a cell each: ASCII, and what bars and spinners are drawn with."""

Run = tuple[int, int, Look]
"""The characters from one to another, and how they look."""


class Drawn(NamedTuple):
    """A line as it is shown, and how parts of it look; what is in no run is plain."""

    text: Shown
    runs: tuple[Run, ...] = ()


def redraws(data: bytes) -> bool:
    """Whether a line, or one of several, may write over itself, so that it shows what it does not print in a row."""
    return any(begin in data for begin in _MOVED_BEGIN) and _MOVED.search(data) is not None


def without_colours(data: bytes) -> bytes | None:
    """Lines as a search reads them, their colours left out; None where something in them does more than that."""
    if not _acts(data):
        return data
    plain = _COLOURS.sub(b"", data)
    return None if _acts(plain) else plain


def _acts(data: bytes) -> bool:
    return (_ASCII_ACTS if data.isascii() else _ACTS).search(data) is not None


def as_shown(line: bytes) -> bytes:
    """What a search reads of one line: the text that is shown."""
    plain = without_colours(line)
    return drawn(line).text.encode() if plain is None else plain


def drawn(line: bytes, limit: int = LIMIT) -> Drawn:
    """A line as a terminal shows it. Up to `limit` characters; what is longer ends in an ellipsis."""
    line = line.rstrip(b"\r\n")
    if len(line) > REDRAWN and b"\r" in line:
        at = line.find(b"\r", len(line) - REDRAWN)
        line = line[(at if at >= 0 else line.rfind(b"\r")) + 1 :]
    cut = len(line) > _MOST
    text = line[:_MOST].decode("utf-8", "replace")
    if cut:
        text = unfinished_cut(text)
    if text.isascii() and text.isprintable():
        parts: Iterable[tuple[str, Look]] = [(text, PLAIN)]
    else:
        pieces = list(_pieces(text))
        parts = _row(pieces) if any(move and move not in _TO_THE_END for _, _, move in pieces) else _expanded(pieces)
    return _whole(parts, limit, cut)


class _Piece(NamedTuple):
    """Text in one look, and what moves the cursor after it: a control character, or a sequence's end and number."""

    text: str
    look: Look
    move: tuple[str, str] | None = None


def _pieces(text: str) -> Iterator[_Piece]:
    """The text between what a terminal acts on, made safe."""
    look, at = PLAIN, 0
    for found in _CONTROL.finditer(text):
        control = found[0]
        sequence = _CSI.match(control)
        move = None
        if sequence is None:
            move = (control, "") if control in "\r\b" else None
        elif sequence[2] in _MOVES:
            move = (sequence[2], sequence[1])
        yield _Piece(filtered(text[at : found.start()]), look, move)
        if sequence is not None and sequence[2] == "m":
            look = look_after(look, sequence[1])
        at = found.end()
    yield _Piece(filtered(text[at:]), look)


def _expanded(pieces: list[_Piece]) -> Iterator[tuple[str, Look]]:
    """Pieces one behind the other, tabs as blanks to the next eighth cell; marks do not pile up across pieces."""
    column, marks = 0, 0
    tabbed = any("\t" in piece.text for piece in pieces)
    for text, look, _ in pieces:
        if text.isascii():
            marks = 0 if text else marks
        else:
            if marks and is_mark(text[0]):
                leading = _marks(text)
                text = text[: min(leading, MARKS_KEPT - marks)] + text[leading:]
            trailing = _marks(text[::-1])
            marks = marks + trailing if trailing == len(text) else trailing
        if tabbed:
            text, column = _untabbed(text, column)
        yield text, look


def _untabbed(text: str, column: int) -> tuple[str, int]:
    """Text from a column on with its tabs as blanks, and the column behind it."""
    done: list[str] = []
    for place, part in enumerate(text.split("\t")):
        if place:
            done.append(" " * (TAB - column % TAB))
            column += len(done[-1])
        done.append(part)
        column += cell_len(part)
    return "".join(done), column


def _marks(text: str) -> int:
    """How many combining marks a text begins with."""
    return next((place for place, one in enumerate(text) if not is_mark(one)), len(text))


def _row(pieces: Iterable[_Piece]) -> Iterator[tuple[str, Look]]:
    """The cells of the row that the pieces leave, each with its look; without the blanks at the end."""
    row = _Row()
    for text, look, move in pieces:
        row.write(text, look)
        if move is not None:
            row.move(*move)
    return row.cells()


class _Row:
    """A row of a terminal and its cursor; the second cell of a wide character is empty."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._looks: list[Look] = []
        self._at = 0

    def write(self, text: str, look: Look) -> None:
        """Write from the cursor on, over what is there."""
        if _NARROW.fullmatch(text) and self._at + len(text) <= LIMIT:
            self._put_all(text, look)
            return
        for character in text:
            if character == "\t":
                self._at = min(LIMIT, self._at + TAB - self._at % TAB)
                continue
            width = get_character_cell_size(character)
            if width == 0:
                self._mark(character)
            elif self._at + width <= LIMIT:
                self._put(character, look)
                if width == 2:
                    self._put("", look)
            else:
                self._at = LIMIT
                self._put("…", look)  # what is longer is told to be

    def _put(self, character: str, look: Look) -> None:
        at = self._at
        self._reach(at + 1)
        if character and self._texts[at] == "" and at:
            self._texts[at - 1] = " "  # half of a wide character is none
        if at + 1 < len(self._texts) and self._texts[at + 1] == "":
            self._texts[at + 1] = " "
        self._texts[at], self._looks[at] = character, look
        self._at = at + 1

    def _put_all(self, text: str, look: Look) -> None:
        """Put many characters of one cell each at once."""
        if not text:
            return
        at, end = self._at, self._at + len(text)
        self._reach(at)
        if at < len(self._texts) and self._texts[at] == "":
            self._texts[at - 1] = " "
        if end < len(self._texts) and self._texts[end] == "":
            self._texts[end] = " "
        self._texts[at:end] = text
        self._looks[at:end] = [look] * len(text)
        self._at = end

    def _mark(self, mark: str) -> None:
        at = self._at - 1
        if 0 < at < len(self._texts) and self._texts[at] == "":
            at -= 1
        if 0 <= at < len(self._texts) and len(self._texts[at]) <= MARKS_KEPT:
            self._texts[at] += mark

    def move(self, what: str, number: str) -> None:
        """Do what a control character or a sequence says to the cursor, or to the cells."""
        numbers = [min(int(one or 0), LIMIT) for one in re.split("[;:]", number[:_NUMBERS])]
        count = max(1, numbers[0])
        match what:
            case "\r":
                self._at = 0
            case "\b" | "D":
                self._at = max(0, self._at - count)
            case "C" | "a":
                self._at = min(LIMIT, self._at + count)
            case "G" | "`":
                self._at = min(LIMIT, count) - 1
            case "H" | "f":
                self._at = min(LIMIT, max(1, numbers[1] if len(numbers) > 1 else 1)) - 1
            case "J" | "K":
                self._erase(self._at if numbers[0] == 0 else 0, self._at + 1 if numbers[0] == 1 else LIMIT)
            case "X":
                self._erase(self._at, self._at + count)
            case "P":
                self._erase(self._at, self._at)
                del self._texts[self._at : self._at + count], self._looks[self._at : self._at + count]
                self._halves()
            case "@":
                self._erase(self._at, self._at)
                if self._at < len(self._texts):
                    room = min(count, LIMIT)
                    self._texts[self._at : self._at] = [" "] * room
                    self._looks[self._at : self._at] = [PLAIN] * room
                    del self._texts[LIMIT:], self._looks[LIMIT:]

    def _erase(self, start: int, end: int) -> None:
        end = min(end, len(self._texts))
        for edge in (start, end):
            if 0 < edge < len(self._texts) and self._texts[edge] == "":
                self._texts[edge - 1] = self._texts[edge] = " "
        for at in range(start, end):
            self._texts[at], self._looks[at] = " ", PLAIN
        if end == len(self._texts):
            del self._texts[start:], self._looks[start:]

    def _halves(self) -> None:
        """Blank what is left of a wide character at the cursor."""
        at = self._at
        if at < len(self._texts) and self._texts[at] == "" and (not at or cell_len(self._texts[at - 1]) < 2):
            self._texts[at] = " "

    def _reach(self, length: int) -> None:
        missing = length - len(self._texts)
        if missing > 0:
            self._texts += [" "] * missing
            self._looks += [PLAIN] * missing

    def cells(self) -> Iterator[tuple[str, Look]]:
        """What the row holds, without the blanks at its end."""
        end = len(self._texts)
        while end and self._texts[end - 1] == " " and self._looks[end - 1].behind == DEFAULT:
            end -= 1
        start = 0
        for at in range(1, end + 1):
            if at == end or self._looks[at] != self._looks[start]:
                yield "".join(self._texts[start:at]), self._looks[start]
                start = at


def _whole(parts: Iterable[tuple[str, Look]], limit: int, cut: bool) -> Drawn:
    texts: list[str] = []
    runs: list[Run] = []
    length = 0
    for text, look in parts:
        if not text:
            continue
        texts.append(text)
        if look != PLAIN:
            if runs and runs[-1][1] == length and runs[-1][2] == look:
                runs[-1] = (runs[-1][0], length + len(text), look)
            else:
                runs.append((length, length + len(text), look))
        length += len(text)
    whole = "".join(texts)
    if cut or length > limit:
        kept = max(0, limit - 1)
        whole = whole[:kept] + "…" if limit > 0 else ""
        runs = [(start, min(end, kept), look) for start, end, look in runs if start < kept]
    return Drawn(Shown(whole), tuple(runs[:COLOURED]))
