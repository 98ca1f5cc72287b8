"""Writes JSON that a terminal can be given: what it would act on, or not show, is escaped, and means the same."""

import re

import msgspec

from tui.text.sanitise import invisible

_DOUBTFUL = re.compile(r"[^\x20-\x7e\n]")


def json_text(value: object, indent: int = 2) -> str:
    """A value as JSON, indented by so many spaces; in one line where that is 0.

    RFC 8259 escapes what is below 0x20 only. DEL, C1, bidirectional marks and whatever cannot be seen become `\\u`
    escapes as well (section 7): a reader gets the same value.
    """
    written = msgspec.json.encode(value)
    text = (msgspec.json.format(written, indent=indent) if indent else written).decode()
    return text if text.isascii() and "\x7f" not in text else _DOUBTFUL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character == invisible(character) and character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
