"""Makes sentences: of words from the middle of one, and of what was expected with what was received."""

import re
from collections.abc import Container

_FIRST = re.compile(r"[a-z]+(?:['’][a-z]+)?(?=[ ,;.]|$)")
_OF_TEXT = ("contains ", "does not contain ", "matches ", "does not match ")
_CLAUSE = re.compile(r"the \w+ (?:is|answers)\b")
NOTHING = ("not ", "no ", "none ")
"""How what was received begins where it is said in words that nothing was."""
_OF_ITSELF = ("none ", "no number found")
NO_OUTPUT = "no output"
"""What was received where the stream that is judged is empty."""
_LAST_LINE = "; the last line is: "
_SUCCESS, _STATUS = "exit status 0", "exit status "


def sentence(text: str, names: Container[str] = ()) -> str:
    """Words with a capital at their beginning, unless that is one of the `names`, a path or an address.

    What is followed by a colon is the name of something, and stays.
    """
    found = _FIRST.match(text)
    if found is None or found[0] in names:
        return text
    return text[:1].upper() + text[1:]


def expectation(expected: str) -> str:
    """What is expected, as it stands after "expected": an exit status, that so it is."""
    if expected.startswith(_OF_TEXT):
        return f"text that {expected}"
    return f"that {expected}" if _CLAUSE.match(expected) else expected


def missed(expected: str, came: str, said: str = "") -> str:
    """What was expected and what was received instead, as one clause.

    Args:
        came: what was received, as a check has it; where that is nothing, the sentence says so.
        said: the first error line of the output, which is told where it is not told already.
    """
    begins = f"expected {expectation(expected)}"
    if said and said not in came:
        came = reasoned(without_last_line(came), said)
    if expected == _SUCCESS and came.startswith(_STATUS):  # nothing else is ever expected of one
        return came
    if came.startswith(f"{NO_OUTPUT}: "):  # what is looked through is empty, and the other stream is not
        return f"{begins}, but the output says{came.removeprefix(NO_OUTPUT)}"
    if not came.startswith(NOTHING):
        return f"{begins}, got {came}"
    of_itself = came.startswith(_OF_ITSELF) or (_CLAUSE.match(expected) and not came.startswith("not "))
    lead = "" if of_itself else "it was " if came.startswith("not ") else "there was "
    return f"{begins}, but {lead}{came}"


def reasoned(came: str, said: str) -> str:
    """What was received with the line of the output that says why, where that is not told already."""
    if not said or said in came:
        return came
    return said if said.startswith(came) else f"{came}: {said}"


def without_last_line(came: str) -> str:
    """That something was not found, without the output's last line, where a line of it says more."""
    return came.partition(_LAST_LINE)[0] if came.startswith(NOTHING) else came


def met(expected: str, came: str) -> str:
    """An expectation that held, with what was received where that says more."""
    told = came.removeprefix("found: ")
    return expected if told in ("found", expected) or expected.endswith(f" is {told}") else f"{expected}: {told}"
