"""Makes text from elsewhere safe for a terminal: what comes out has printable characters and nothing else."""

import re
import unicodedata
from typing import NewType

Shown = NewType("Shown", str)
"""One line that a terminal can be given; nobody else makes one."""

LIMIT = 10_000
TAB = 8
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_RAW_PER_CHARACTER = 16
"""How many bytes are looked at for one character shown; more than that is escape sequences."""

HIDDEN_SEQUENCE = (
    r"[\x1b\x90\x98\x9b\x9d-\x9f](?:"
    r"(?:(?<=\x1b)\[|(?<=\x9b))[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:(?<=\x1b)[\]PX^_]|(?<=[\x9d\x90\x98\x9e\x9f]))"  # OSC, DCS, SOS, PM, APC
    r"[^\x07\x1b\x80-\x9f\r\n]*(?:\x07|\x1b\\|\x9c)"
    r"|(?<=\x1b)(?:[ -/]+[0-~]"  # character sets
    r"|[0-Z\\^-~]))"  # the rest of two characters
)
"""Whole sequences, so that coloured output reads well. Safety does not rest on it: `_kept` drops what it misses.

It begins with a set of characters, for which `re` looks eight times as fast as for the first of some alternatives.
"""

ESCAPE = "\x1b"
_SEQUENCE = re.compile(HIDDEN_SEQUENCE)

_UNFINISHED = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f\r\n]*\Z"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*\Z"
    r"|\x1b[ -/]*\Z"
)
"""A sequence whose end may be behind the cut: of the whole text nothing of it might show, and so nothing does here."""

_INVISIBLE = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0]
    + [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
)
"""Fillers and variation selectors: letters or marks by their category, but nothing to see."""

UNUSUAL = re.compile(
    "[^ -~\xa1-\xac\xae-\u02ff\u0390-\u03a1\u03a3-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u23ff"
    "\u2500-\u27bf\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\U0001f300-\U0001f64f]+"
)
"""What has to be looked at one by one: not the letters and signs that most text is made of, which show as they are."""

_ASCII_LINES = bytes((*range(0x20, 0x7F), 0x0A))
"""What most lines are made of: `UNUSUAL` has none of it but what ends a line."""

_DROPPED = frozenset(("Cc", "Cf"))
_MARKS = frozenset(("Mn", "Me"))
MARKS_KEPT = 4
"""Combining marks that a character keeps."""


def sanitise(value: bytes | str, limit: int = LIMIT) -> Shown:
    """One line that a terminal can be given: no control, escape, bidirectional, zero-width or private characters.

    A carriage return overwrites what came before it, as a progress bar means it; a line feed becomes a space; tabs
    are expanded; what is longer than `limit` characters ends in an ellipsis. Doing it again changes nothing.
    """
    if isinstance(value, str) and len(value) <= limit and (_is_plain(value) or not UNUSUAL.search(value)):
        return Shown(value)  # as nearly every text is
    text, cut = _decoded(value, limit)
    if cut:
        text = unfinished_cut(text)
    if not _is_plain(text):
        text = UNUSUAL.sub(_filtered, _SEQUENCE.sub("", text)).expandtabs(TAB)
    if cut or len(text) > limit:
        return Shown(text[: max(0, limit - 1)] + "…" if limit > 0 else "")
    return Shown(text)


def all_usual(text: str) -> bool:
    """Whether lines of text all show as they are; of many that is known sooner than of one after the other."""
    rest = text.encode("utf-8", "surrogatepass").translate(None, _ASCII_LINES)  # few characters, as a rule
    return not UNUSUAL.search(rest.decode("utf-8", "surrogatepass"))


def filtered(text: str) -> str:
    """What is shown of the text between two sequences: a tab stays, for the caller who knows its column."""
    return text if _is_plain(text) else UNUSUAL.sub(_filtered, text)


def unfinished_cut(text: str) -> str:
    """A text that was cut, without the sequence whose end may be behind the cut."""
    return _UNFINISHED.sub("", text)


def plain(data: bytes) -> str:
    """Text for a pattern to read, lines and tabs kept: no escape sequences, and of each line what `\\r` left of it."""
    text = data.decode("utf-8", "replace")
    return _by_line(text if text.isascii() and ESCAPE not in text else _SEQUENCE.sub("", text))


def invisible(character: str) -> str:
    """What `sanitise` makes of one character: itself, a space, or nothing."""
    shown = _kept(character)
    return character if shown == REPLACEMENT else shown


def is_mark(character: str) -> bool:
    """Whether a character is drawn over the one before it."""
    return unicodedata.category(character) in _MARKS


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _decoded(value: bytes | str, limit: int) -> tuple[str, bool]:
    """The text that counts, and whether some of it was left out for its length."""
    most = limit * _RAW_PER_CHARACTER + 256
    if isinstance(value, str):
        text = _by_line(value.rstrip("\r\n"))
        return text[:most], len(text) > most
    line = value.rstrip(b"\r\n")
    if b"\n" not in line:
        line = line.rpartition(b"\r")[2]
    return _by_line(line[:most].decode("utf-8", "replace")), len(line) > most


def _by_line(text: str) -> str:
    return "\n".join(map(_overwritten, text.split("\n"))) if "\r" in text else text


def _overwritten(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2] if "\r" in line else line


def _filtered(found: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in found[0]:
        shown = _kept(character)
        if not shown:
            continue  # nothing is between the marks before it and those behind it
        marks = marks + 1 if unicodedata.category(shown) in _MARKS else 0  # as is_mark: this is called a lot
        if marks <= MARKS_KEPT:
            kept.append(shown)
    return "".join(kept)


def _kept(character: str) -> str:
    """What is shown for a character; a tab stays for its expansion, a line feed is a space."""
    if character == "\t":
        return character
    if character in "\n\v\f\x85\u2028\u2029":
        return " "
    if ord(character) in _INVISIBLE:
        return ""
    category = unicodedata.category(character)
    if category in _DROPPED:
        return ""
    if category == "Zs":
        return " "
    return character if character.isprintable() else REPLACEMENT
