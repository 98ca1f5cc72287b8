"""Searches as people expect it: a text without a capital letter is found in either case, another as it is written."""

import re


def folds(text: str) -> bool:
    """Whether a text that is searched for is found in either case."""
    return text == text.lower()


def pattern(text: str) -> re.Pattern[str]:
    """What finds a text in lines."""
    return re.compile("".join(map(_either, text)), re.IGNORECASE) if folds(text) else re.compile(re.escape(text))


def bytes_pattern(text: str) -> re.Pattern[bytes]:
    """What finds the same in output as it was printed, also beyond ASCII, whose letters alone `re` folds in bytes."""
    if not folds(text):
        return re.compile(re.escape(text.encode("utf-8", "surrogateescape")))
    return re.compile("".join(map(_either, text)).encode("utf-8", "surrogateescape"), re.IGNORECASE)


def _either(character: str) -> str:
    """The pattern of a character in either case; of a letter of ASCII the flag does it, and much faster."""
    forms = dict.fromkeys([character, character.upper(), character.lower()])
    return re.escape(character) if character.isascii() or len(forms) == 1 else f"(?:{'|'.join(map(re.escape, forms))})"
