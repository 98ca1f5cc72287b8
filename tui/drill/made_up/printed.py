"""Makes up what a command prints, so that its expectations are met and what is captured is found."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations

import msgspec
from msgspec import Struct

from tui.drill.made_up.documents import TOLD, document
from tui.drill.made_up.matching import matching
from tui.drill.made_up.supposed import Supposed, marked
from tui.drill.made_up.within_bounds import figure_text, figure_within
from tui.execution.judging.captures import capture
from tui.execution.judging.expectations import Output, check
from tui.runbook.model import Action, Expect, Number
from tui.runbook.results import known_bound, known_status
from tui.session.outcome import Outcome

QUICK = 0.3
"""Seconds that a command takes in a drill, where it need not be quicker."""
MOST_LINES = 60
"""The largest count for which as many lines are printed."""
MOST_ORDERS = 24


class MadeUpReply(Struct, frozen=True):
    """What is printed, and what of the expectations it does not meet, in words."""

    answer: Supposed
    unmet: tuple[str, ...] = ()


def printed(action: Action, host: str, script: str, hints: Mapping[str, str], status: int | None = None) -> MadeUpReply:
    """What a command prints and ends with.

    Args:
        action: with its values in place.
        host: whose connection is used.
        hints: what values that are captured should be, by name.
        status: what it ends with, where that is known.
    """
    expect, parts = action.expect, _parts(action, hints)
    ends = _status(expect) if status is None else status
    best: MadeUpReply | None = None
    for order in _orders(parts):
        made = _judged(action, host, script, "".join(f"{part}\n" for part in order), ends)
        if best is None or len(made.unmet) < len(best.unmet):
            best = made
        if not made.unmet:
            break
    assert best is not None  # there is one order at least
    return best if not best.unmet else MadeUpReply(_said(best), best.unmet)


def _judged(action: Action, host: str, script: str, text: str, status: int) -> MadeUpReply:
    expect = action.expect
    out, err = ("", text) if expect.on_stderr else (text, "")
    out, err = marked(out, err, aloud=expect.on_stderr)
    within = known_bound(expect.seconds)
    pace = QUICK if within is None else min(QUICK, within / 4)
    output = Output(out + err, out, err)
    checks = check(expect, Outcome.exited(status), output, pace)
    missing = capture(action.capture, output.judged(expect.on_stderr)).missing
    unmet = [held.expected for held in checks if not held.ok and not held.warning]
    unmet += [f"a value for {name}" for name in missing]
    answer = Supposed(host=host, script=script, out=out, err=err, exit=status, pace=pace)
    return MadeUpReply(answer, tuple(unmet))


def _said(made: MadeUpReply) -> Supposed:
    """The answer with what could not be made up: a scenario's rule can say it."""
    words = f"drill: no answer could be made up for: {'; '.join(made.unmet)} (a scenario's rule can have one)\n"
    return msgspec.structs.replace(made.answer, err=made.answer.err + words)


def _status(expect: Expect) -> int:
    known = [one for one in map(known_status, expect.exit) if isinstance(one, int)]
    return known[0] if known else 0


def _parts(action: Action, hints: Mapping[str, str]) -> tuple[str, ...]:
    """The pieces of the output, those first of which the first of something counts."""
    expect = action.expect
    if expect.empty:
        return ()
    whole = [name for name, one in action.capture.items() if not one.pattern and not one.json]
    found = [*_figures(expect), *_protocol(expect)]
    found += [text for pattern in expect.matches if (text := matching(pattern)) is not None]
    found += [wanted for wanted in expect.contains if not any(wanted in part for part in found)]
    for name, one in action.capture.items():
        if one.pattern and not one.json and not any(capture({name: one}, part).values for part in found):
            hint = matching(one.pattern, {1: hints[name]}) if name in hints else None
            found += [text for text in (hint or matching(one.pattern),) if text is not None]
    at = {one.json: hints.get(name, _told(name, one.pattern)) for name, one in action.capture.items() if one.json}
    made = document(expect, at)
    found += [msgspec.json.encode(made).decode()] if made is not None else []
    found += [hints.get(name, _told(name, "")) for name in whole if not found]
    if not found and expect.empty is False:
        found.append(TOLD)
    return tuple(dict.fromkeys(found))


def _told(name: str, pattern: str) -> str:
    return (matching(pattern) if pattern else None) or f"made-up-{name}"


def _figures(expect: Expect) -> Iterator[str]:
    """A line for each number, or the lines that a count asks for; numbers that are found in the same way are one."""
    ways: dict[tuple[str, str], list[Number]] = {}
    for number in expect.numbers:
        ways.setdefault((number.pattern, "count" if number.of == "count" else ""), []).append(number)
    for (pattern, count), numbers in ways.items():
        text = figure_text(figure_within(numbers))
        if not count:
            yield text if not pattern else matching(pattern, {1: text}) or text
            continue
        line = matching(pattern) if pattern else "1"
        times = min(int(float(text)), MOST_LINES)
        if line is not None and times > 0:
            yield "\n".join([line] * times)


def _protocol(expect: Expect) -> Iterator[str]:
    if expect.http is None:
        return
    status = expect.http.status
    wanted = status[0] if isinstance(status, tuple) and status else status or 200
    yield f"{expect.http.protocol or 'HTTP/1.1'} {wanted}"


def _orders(parts: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """The pieces as they are, then in other orders: what stands first may count alone."""
    for number, order in enumerate(permutations(parts)):
        if number >= MOST_ORDERS:
            return
        yield order
