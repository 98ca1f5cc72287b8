"""Writes JSON that a terminal can be given: what it would act on, or not show, is escaped, and means the same."""

from collections.abc import Iterable, Iterator

import msgspec

from tui.text.sanitise import MARKS_KEPT, UNUSUAL, invisible, is_mark

_encoder = msgspec.json.Encoder()


def json_text(value: object, indent: int = 2) -> str:
    """A value as JSON, indented by `indent` spaces; in one line where that is 0.

    RFC 8259 escapes what is below 0x20 only. DEL, C1, bidirectional marks, floods of combining marks and whatever
    cannot be seen become `\\u` escapes as well (section 7): a reader gets the same value.
    """
    return json_bytes(value, indent).decode()


def json_bytes(value: object, indent: int = 2) -> bytes:
    """The same as UTF-8."""
    written = msgspec.json.encode(value)
    return _shown(msgspec.json.format(written, indent=indent) if indent else written)


def json_lines(values: Iterable[object]) -> bytes:
    """Several values as UTF-8, each in one line."""
    return _shown(_encoder.encode_lines(values))


def _shown(written: bytes) -> bytes:
    if written.isascii() and b"\x7f" not in written:
        return written
    return UNUSUAL.sub(lambda found: "".join(_escaped(found[0])), written.decode()).encode()


def _escaped(text: str) -> Iterator[str]:
    marks = 0  # a character before it would be usual, and no mark
    for character in text:
        marks = marks + 1 if is_mark(character) else 0
        if character == "\n" or (character == invisible(character) and character.isprintable() and marks <= MARKS_KEPT):
            yield character
        else:
            units = character.encode("utf-16-be", "surrogatepass").hex()
            yield "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
