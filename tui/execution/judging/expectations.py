"""Holds what a command printed, or an operator answered, against what the runbook expects, in plain words."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from operator import ge, gt, le, lt

from msgspec.structs import replace

from tui.execution.judging.evidence import (
    MISSING,
    OPTIONAL,
    Output,
    as_number,
    document_with,
    follow,
    status_line,
    value_of,
)
from tui.runbook.described.expectations import bounds, expectations, path_words
from tui.runbook.model import Action, AnswerKind, Expect, Number
from tui.runbook.patterns.bounded import PatternMatch, TooSlow, search
from tui.runbook.results import Bound, Http, known_bound
from tui.runbook.templates.filling import not_judged
from tui.session.events import Check
from tui.session.outcome import Outcome
from tui.text.amounts import BYTES, duration, exactly
from tui.text.sanitise import sanitise
from tui.text.sentences import NO_OUTPUT, NOTHING, reasoned, without_last_line

__all__ = ["Output", "check", "check_answer"]

SHOWN = 120
"""How many characters of what a check got are told."""
WHOLE = 4000
"""How many of them are kept until the secrets are out of them: a cut through one would leave a part of it."""

EXIT_STATUS = "exit status"
FOUND = "found"
"""How what came begins where a text was there that is wanted."""

YES = ("yes", "y")
NO = ("no", "n")


class Verdict(Enum):
    """The result of an attempt."""

    GOOD = "good"
    BAD = "bad"
    RETRY = "retry"
    """It was not good, and may be made again."""

    @staticmethod
    def final(good: bool) -> "Verdict":
        """The verdict of an attempt that is not made again."""
        return Verdict.GOOD if good else Verdict.BAD


def check(expect: Expect, outcome: Outcome, output: Output, seconds: float) -> tuple[Check, ...]:
    """Every expectation compared with one attempt; a command that did not end by itself meets none.

    Args:
        seconds: how long the command took.
    """
    if not outcome.ended_by_itself:
        return (Check("the command ends by itself", str(outcome), ok=False),)
    text = output.judged(expect.on_stderr)
    found = [*_exit(expect, outcome), *_judged(expect, output), *_json(expect, output)]
    found += [_value_check(number, text) for number in expect.numbers]
    if expect.http is not None:
        found.append(_http(expect.http, output))
    if expect.seconds is not None:
        found.append(_took(seconds, expect.seconds))
    return _graded(expect, found)


def check_document(expect: Expect, document: object, seconds: float) -> tuple[Check, ...]:
    """The expectations compared with a probe's result: numbers are its fields by name, whatever else was printed."""
    found = [*_json_in(expect, document)]
    found += [_number(number, _field(document, number.name)) for number in expect.numbers]
    if expect.seconds is not None:
        found.append(_took(seconds, expect.seconds))
    return _graded(expect, found)


def unmet(action: Action, values: Mapping[str, str], missing: tuple[str, ...] = ()) -> Iterator[Check]:
    """What is not met whatever was received: values that are `missing` in it, and what names a value nobody knows."""
    for name in missing:
        yield Check(f"a value for {name} in the output", "none found", ok=False)
    left, unset = not_judged(action.expect, values)
    if unset:
        came = f"not judged: {' and '.join(unset)} {'has' if len(unset) == 1 else 'have'} no value yet"
        yield from (Check(words, came, ok=False) for words in expectations(left))


def check_answer(action: Action, answer: str) -> tuple[Check, ...]:
    """What the operator answered, compared with the question's expectations; an answer that is none is a failure."""
    given = answer.strip()
    match action.answer:
        case AnswerKind.NUMBER:
            found = _number_answer(action.expect, given)
        case AnswerKind.YES_NO:
            found = [_choice(("yes", "no"), action.expect.choice or ("yes",), _yes_or_no(given))]
        case AnswerKind.CHOICE:
            found = [_choice(action.choices, action.expect.choice or action.choices, given)]
        case _:
            found = [*_text(action.expect, given)] or [Check("an answer", _quoted(given) or "none", bool(given))]
    return _graded(action.expect, found)


def _graded(expect: Expect, found: list[Check]) -> tuple[Check, ...]:
    return tuple(Check(one.expected, one.came, one.ok, (expect.warn or one.warning) and not one.ok) for one in found)


def told(checks: Iterable[Check], redact: Callable[[str], str]) -> tuple[Check, ...]:
    """The checks as they are recorded: what they got without secrets, and then cut."""
    return tuple(replace(held, came=sanitise(redact(held.came), SHOWN)) for held in checks)


def explained(checks: tuple[Check, ...], said: str) -> tuple[Check, ...]:
    """The checks with what the output says of the error: why an exit status, or nothing, is not what is expected.

    It stands once, and takes the place of the last line, where something was not found.
    """
    if not said:
        return checks
    found = tuple(held if held.ok or held.warning else _without_last_line(held) for held in checks)
    failed = [held for held in found if not held.ok and not held.warning]
    warned = [held for held in found if held.warning]
    wanted = (failed, EXIT_STATUS), (failed, NOTHING), (warned, EXIT_STATUS)
    first = next((held for among, words in wanted for held in among if held.came.startswith(words)), None)
    return tuple(replace(one, came=reasoned(one.came, said)) if one is first else _of_some(one) for one in found)


def _of_some(held: Check) -> Check:
    """A check of a command that printed something: where the stream that is judged is empty, the other is not."""
    return replace(held, came="no such output") if not held.ok and held.came == NO_OUTPUT else held


def _without_last_line(held: Check) -> Check:
    return replace(held, came=without_last_line(held.came))


def _exit(expect: Expect, outcome: Outcome) -> Iterator[Check]:
    if expect.exit:
        wanted, right = " or ".join(map(str, expect.exit)), outcome.exit_status in expect.exit
        yield Check(f"{EXIT_STATUS} {wanted}", f"{EXIT_STATUS} {outcome.exit_status}", right)


def _judged(expect: Expect, output: Output) -> Iterator[Check]:
    """The text of one stream compared with what is expected of it.

    What is wanted and stands on the other one is named there; what is unwanted and stands there is a warning.
    """
    beside = _text(expect, output.judged(not expect.on_stderr))
    where, judges = ("output", "false") if expect.on_stderr else ("error", "true")
    for one, other in zip(_text(expect, output.judged(expect.on_stderr)), beside, strict=True):
        if one.ok == other.ok or not other.came.startswith(FOUND):
            yield one if one.ok else replace(one, came=one.came.removeprefix(f"{FOUND}: "))  # read after "got"
        elif one.ok:
            yield Check(one.expected, f"standard {where} has it; {other.came}", ok=False, warning=True)
        else:
            came = f"{one.came}; standard {where} has it (on_stderr = {judges} judges that)"
            yield Check(one.expected, came, ok=False)


def _text(expect: Expect, text: str) -> Iterator[Check]:
    if expect.empty is not None:
        empty = not text.strip()
        came = NO_OUTPUT if empty else f"output: {_last_line(text)}"
        yield Check(NO_OUTPUT if expect.empty else "some output", came, empty is expect.empty)
    for wanted in expect.contains:
        there = wanted in text
        yield Check(f'contains "{wanted}"', "found" if there else _not_found(text), there)
    for unwanted in expect.absent:
        at = text.find(unwanted)
        yield Check(f'does not contain "{unwanted}"', "not found" if at < 0 else _line_at(text, at), at < 0)
    for pattern in expect.matches:
        found = _first(pattern, text)
        came = found if isinstance(found, str) else _line_at(text, found.start) if found else _not_found(text)
        yield Check(f"matches /{pattern}/", came, isinstance(found, PatternMatch))
    for pattern in expect.misses:
        found = _first(pattern, text)
        came = found if isinstance(found, str) else _line_at(text, found.start) if found else "no match"
        yield Check(f"does not match /{pattern}/", came, found is None)


def _first(pattern: str, text: str) -> PatternMatch | None | str:
    """The first match of a pattern, or the words that it took too long: what cannot be judged is not met."""
    try:
        return search(pattern, text)
    except TooSlow as error:
        return error.message


def _value_check(number: Number, text: str) -> Check:
    try:
        return _number(number, value_of(number, text))
    except TooSlow as error:
        return Check(f"{number.name} {bounds(number)}", error.message, ok=False)


def _json(expect: Expect, output: Output) -> Iterator[Check]:
    if not expect.json:
        return
    document = document_with(output.judged(expect.on_stderr), expect.json)
    if document is MISSING:
        document = document_with(output.judged(not expect.on_stderr), expect.json)
    yield from _json_in(expect, document)


def _field(document: object, name: str) -> float | str | None:
    value = follow(document, name)
    if isinstance(value, bool) or value is MISSING or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    text = value if isinstance(value, str) else json.dumps(value)
    number = as_number(text)
    return text if number is None else number


def _json_in(expect: Expect, document: object) -> Iterator[Check]:
    for given, wanted in expect.json.items():
        path = given.removesuffix(OPTIONAL)
        place = path_words(given)
        expected = f"{place} is there" if wanted == "*" else f"{place} is {_value(wanted)}"
        value = MISSING if document is MISSING else follow(document, path)
        if value is MISSING and path != given and document is not MISSING:
            continue
        if value is MISSING:
            came = "no JSON in the output" if document is MISSING else f"no {place} in {_value(document)}"
            yield Check(expected, came, ok=False)
        else:
            yield Check(expected, _value(value), wanted == "*" or _same(value, wanted))


def _same(value: object, wanted: object) -> bool:
    """Equality as JSON means it: true is not 1, and 1 is 1.0."""
    return isinstance(value, bool) is isinstance(wanted, bool) and value == wanted


def _number(number: Number, value: float | str | None) -> Check:
    expected = f"{'' if number.of == 'first' else number.of + ' '}{number.name} {bounds(number)}".rstrip()
    if value is None:
        return Check(expected, "no number found", ok=False)
    if isinstance(value, str):
        return Check(expected, f"{_quoted(value)} is not a number", ok=False)
    fits = _within(number, value)
    came = exactly(_readable(number, value, fits), number.unit)
    rounded = not fits and number.unit in BYTES and came in expected
    return Check(expected, f"{exactly(value)} {number.unit}" if rounded else came, fits)


def _readable(number: Number, value: float, fits: bool) -> float:
    """An average to three decimals, as it has no end of digits, unless that would hide how it compares."""
    short = round(value, 3)
    return short if number.of == "average" and abs(value) >= 0.1 and _within(number, short) == fits else value


def _took(took: float, wanted: Bound) -> Check:
    """Whether it was quick enough; where rounding would hide that it was not, to the hundredth of a second."""
    allowed = known_bound(wanted)
    if allowed is None:
        return Check(f"within {wanted} s", f"{_quoted(str(wanted))} is not a number", ok=False)
    words, limit = duration(took), duration(allowed)
    return Check(f"within {limit}", words if took <= allowed or words != limit else f"{took:.2f} s", took <= allowed)


def _within(number: Number, value: float) -> bool:
    """Whether a figure is within its bounds; one that is not a number holds nothing."""
    return all(
        wanted is None or ((bound := known_bound(wanted)) is not None and fits(value, bound))
        for wanted, fits in (
            (number.below, lt),
            (number.above, gt),
            (number.at_most, le),
            (number.at_least, ge),
        )
    )


def _http(http: Http, output: Output) -> Check:
    wanted = http.status if isinstance(http.status, tuple) else () if http.status is None else (http.status,)
    expected = " ".join(part for part in (http.protocol or "HTTP", " or ".join(map(str, wanted))) if part)
    line = status_line(output.out) or status_line(output.err)
    if line is None:
        return Check(expected, f"no HTTP status line ({_not_found(output.out or output.err)})", ok=False)
    protocol, status = line
    ok = (not wanted or status in wanted) and (not http.protocol or _plain(protocol) == _plain(http.protocol))
    return Check(expected, f"{protocol} {status}", ok)


def _plain(protocol: str) -> str:
    return protocol.upper().removesuffix(".0") if not protocol.endswith("1.0") else protocol.upper()


def _number_answer(expect: Expect, given: str) -> list[Check]:
    numbers = expect.numbers or (Number(name="a number"),)
    units = {number.unit for number in numbers if number.unit}
    bare = next((given.removesuffix(unit) for unit in units if given.endswith(unit)), given)
    value = as_number(bare)
    return [_number(number, given if value is None and given else value) for number in numbers]


def _yes_or_no(given: str) -> str:
    lower = given.lower()
    return "yes" if lower in YES else "no" if lower in NO else given


def _choice(allowed: tuple[str, ...], good: tuple[str, ...], given: str) -> Check:
    answer = next((one for one in allowed if one.lower() == given.lower()), None)
    if answer is None:
        return Check(f"one of: {', '.join(allowed)}", _quoted(given) or "no answer", ok=False)
    return Check(f"the answer is {' or '.join(good)}", answer, answer in good)


def _not_found(text: str) -> str:
    return f"not found; the last line is: {_last_line(text)}" if text.strip() else NO_OUTPUT


def _last_line(text: str) -> str:
    return sanitise(text.rstrip().rpartition("\n")[2].strip(), WHOLE)


def _line_at(text: str, at: int) -> str:
    """The line a match begins in, from shortly before it."""
    begins = text.rfind("\n", 0, at) + 1
    start = text.rfind(" ", begins, max(begins, at - SHOWN // 2)) + 1 or begins  # no word is cut: it may be a secret
    end = text.find("\n", at)
    return f"found: {sanitise(text[start : end if end >= 0 else len(text)].strip(), WHOLE)}"


def _quoted(text: str) -> str:
    return f'"{sanitise(text, WHOLE)}"' if text else ""


def _value(value: object) -> str:
    """A JSON value as its document writes it, a number without needless decimals."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return sanitise(json.dumps(value, ensure_ascii=False), WHOLE)
