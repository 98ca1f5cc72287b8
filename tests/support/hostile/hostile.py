"""Text that would drive a terminal, put wherever a runbook has words for people, and what must not be left of it."""

import re
import unicodedata

MARKS = "\u0301" * 40
HOSTILE = (
    "\x1b[31m\x1b[2J\x1b]52;c;cHduZWQ=\x07\x1b]0;owned\x1b\\\x1bP1$r0m\x1b\\\x9b31m\x9d0;x\x9c\x90q\x9c"
    f"\u202e\u2066\u200b\u00ad\U000e0041\U000e0042\x7f\x08\x07\x00e{MARKS}"
)
_WORDS = re.compile(
    r"\b(title|text|note|prompt|unit|owner|environment|contact|access|reason|to|ask|forbidden)( = )\"([^\"]*)\""
)
_REFERRED = re.compile(r"reason = \"errors\"")


def in_toml(text: str) -> str:
    """A text as a TOML string has it."""
    return "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)


def hostile_runbook(text: str, words: str = HOSTILE) -> str:
    """A runbook whose every word for people ends in what drives a terminal."""

    def worse(found: re.Match[str]) -> str:
        if _REFERRED.fullmatch(found[0]) or found[3] in ("deploy", "rollback"):
            return found[0]
        return f'{found[1]}{found[2]}"{found[3]}{in_toml(words.replace(chr(0), ""))}"'

    return _WORDS.sub(worse, text)


def foreign(text: str, ours: str = "\n") -> list[str]:
    """What a terminal would act on or not show; more than a few marks on one cell count as well."""
    found = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if (category in ("Cc", "Cf", "Co", "Cs") and character not in ours) or marks > 4:
            found.append(f"U+{ord(character):04X}")
    return found
