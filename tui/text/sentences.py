"""Makes a sentence of words that stand in the middle of one elsewhere: a message begins with a capital letter."""

import re
from collections.abc import Container

_FIRST = re.compile(r"[a-z]+(?:['’][a-z]+)?(?=[ ,;.]|$)")


def sentence(text: str, names: Container[str] = ()) -> str:
    """Words with a capital at their beginning, unless that is one of the `names`, a path or an address.

    What is followed by a colon is the name of something, and stays.
    """
    found = _FIRST.match(text)
    if found is None or found[0] in names:
        return text
    return text[:1].upper() + text[1:]
