"""Writes text as TOML has it, so that a file can be given to a terminal and its reader gets the same text."""

from tui.text.sanitise import MARKS_KEPT, REPLACEMENT, invisible, is_mark

_SHORT = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t", "\r": r"\r"}


def toml_text(text: str) -> str:
    """A text as a basic string: what a terminal would act on, or not show, by its number.

    TOML's escapes are not those of JSON: a character beyond U+FFFF has one number and no pair of surrogates.
    """
    told: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if is_mark(character) else 0
        if character in _SHORT:
            told.append(_SHORT[character])
        elif "\ud800" <= character <= "\udfff":
            told.append(REPLACEMENT)  # a byte that was not UTF-8: TOML has no way to write it
        elif character == invisible(character) and character.isprintable() and marks <= MARKS_KEPT:
            told.append(character)
        else:
            told.append(f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}")
    return f'"{"".join(told)}"'
