"""The words that no shown text uses any more, each with the usual one: the one list of the tests of plain words."""

import re

# What is searched for (a pattern, whatever its case), and the word that takes its place.
RETIRED = {
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bin vain\b": "does not help",
    r"\b(go(es|ing|ne)?|went) on\b": "continue, is running",
    r"\bfor ever\b": "would hang",
    r"\bborne\b": "kept",
    r"\bdwel(l|t|ls|ling)\b": "for … long",
    r"(?<!there )\b(is|are|was|were) no (?!longer\b|more\b|such\b)[a-z`]": "must be …, is not a …",
    r"(?<!there )(?<!there can )(?<!there may )\b(be|been) no (?!longer\b|more\b|such\b)[a-z`]": "cannot be …, not a …",
    r"\b(so|as) many as\b|\bso many\b": "up to N, a number of",
    r"\b(is|are|was|were) well\b": "is healthy",
    r"\bremember(s|ed|ing)?\b": "record, keep",
    r"\blearnt\b": "known",
    r"^they (run|fit|have)\b": "name what is running",
    r"\blook at the (backup|migrations?|database)\b": "check",
    r"\bcame (back|of)\b": "returned, got",
    r"\bexpected [^,;]*, came\b": "expected …, got …",
    r"\b(is|are|was|were) taken up\b": "is resumed",
    r"\bonce more\b": "again",
    r"\banew\b": "again",
    r"\b(knows|speaks|answers) nobody\b": "does not answer",
    r"\bnobody (answers|behind)\b": "does not answer",
    r"\b(lets?|takes?|vouches for) (in )?nobody\b": "does not accept",
    r"\bwhoever\b": "the people who, the one that",
    r"\bcalled for\b": "needed, that you call for",
    r"\bheld against\b": "compared with",
    r"\bsay(s)? so too\b": "is as recorded",
    r"\btaken away\b": "removed",
    r"\bcannot be had\b": "unavailable",
    r"\bthat there are (before|now)\b": "before, now",
    r"\bgoes out\b": "is deployed",
    r"\bgo(es)? unheard\b": "is not received",
    r"\ball the same\b": "still",
    r"\bheed(s|ed)?\b": "take",
    r"\bof whom it\b": "the person",
    r"\bthe world\b": "production",
    r"\bnight began\b": "at the start",
    r", for (the|there|it|they|a|nobody)\b (?=.*\b(is|are|was|were|has|have|wait|needs?)\b)": "because",
}

_COMPILED = [(re.compile(pattern, re.IGNORECASE), usual) for pattern, usual in RETIRED.items()]


def retired(text: str) -> list[str]:
    """Each retired word of a text, with what is written instead."""
    found = ((pattern.search(text), usual) for pattern, usual in _COMPILED)
    return [f"{match[0]!r}: write {usual!r}" for match, usual in found if match is not None]
