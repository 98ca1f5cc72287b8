"""Puts an expectation into words, for the people who read the runbook and for those who run it."""

from collections.abc import Iterator

from msgspec.structs import replace

from tui.runbook.model import Expect, Number
from tui.text.amounts import BYTES, LONG, SECONDS, duration, exactly


def expectations(expect: Expect) -> list[str]:
    """What a good result looks like, one line for each thing that must hold."""
    lines = [expect.text] if expect.text else []
    return _graded(expect, [*lines, *_each(expect)])


def expected_in_brief(expect: Expect) -> list[str]:
    """The same for who runs it: where the runbook says in words which text is looked for, only those words."""
    if line := _said(expect):
        return _graded(expect, [expect.text if one == line else one for one in _each(expect)])
    return expectations(expect)


def called_in_brief(expect: Expect, expected: str) -> str:
    """What one thing that must hold is called where it was compared; see `expected_in_brief`."""
    return expect.text if expected == _said(expect) else expected


def _said(expect: Expect) -> str:
    """The one text, or pattern, that is looked for beside the exit status, where the words of an expectation say it."""
    texts = (*expect.contains, *expect.absent, *expect.matches, *expect.misses)
    lines = [*_each(replace(expect, exit=(0,)))]
    return lines[0] if expect.text and len(texts) + (expect.empty is not None) == 1 == len(lines) else ""


def _graded(expect: Expect, lines: list[str]) -> list[str]:
    return [f"{line} (else a warning)" for line in lines] if expect.warn else lines


def bounds(number: Number) -> str:
    """The bounds of a number, as in `below 5 %`."""
    given = (
        ("above", number.above),
        ("at least", number.at_least),
        ("below", number.below),
        ("at most", number.at_most),
    )
    found = [(word, bound) for word, bound in given if bound is not None]
    long = any(not isinstance(bound, str) and bound >= LONG for _, bound in found)
    sized = number.unit in BYTES or (number.unit in SECONDS and long)
    unit = number.unit if sized else ""
    words = [f"{word} {bound if isinstance(bound, str) else exactly(bound, unit)}" for word, bound in found]
    unit = f" {number.unit}" if number.unit and not sized else ""
    return " and ".join(words) + unit


def _each(expect: Expect) -> Iterator[str]:
    if not expect.exit:
        yield "any exit status"
    elif expect.exit != (0,):
        yield f"exit status {' or '.join(map(str, expect.exit))}"
    if expect.empty is not None:
        yield "no output" if expect.empty else "some output"
    for key, words in (("contains", "contains"), ("absent", "does not contain")):
        yield from (f'{words} "{text}"' for text in getattr(expect, key))
    yield from (f"matches /{pattern}/" for pattern in expect.matches)
    yield from (f"does not match /{pattern}/" for pattern in expect.misses)
    for path, value in expect.json.items():
        yield f"{path_words(path)} is there" if value == "*" else f"{path_words(path)} is {_json(value)}"
    for number in expect.numbers:
        which = "" if number.of == "first" else f"{number.of} "
        yield f"{which}{number.name} {bounds(number)}".rstrip()
    if expect.http is not None:
        status = expect.http.status
        wanted = "" if status is None else " or ".join(map(str, status if isinstance(status, tuple) else (status,)))
        yield " ".join(part for part in (expect.http.protocol or "HTTP", wanted) if part)
    if expect.seconds is not None:
        limit = expect.seconds
        yield f"within {f'{limit} s' if isinstance(limit, str) else duration(limit)}"
    if expect.choice:
        yield f"the answer is {' or '.join(expect.choice)}"


def path_words(path: str) -> str:
    """A path into a JSON document, or several of which the first that is there counts."""
    return path.removesuffix("?").replace("|", " or ") + (" (if given)" if path.endswith("?") else "")


def _json(value: str | float | bool | None) -> str:
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
