"""Draws what is expected of an action as ticks: open, held, or failed with what it got and what the output says."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from tui.runbook.described.expectations import called_in_brief, expected_in_brief
from tui.runbook.model import Action, AnswerKind
from tui.runbook.templates.variables import worded
from tui.session.events import Check
from tui.session.outcome import OutcomeKind
from tui.text.block import Piece
from tui.text.sentences import NO_OUTPUT, NOTHING, without_last_line
from tui.widgets.glyphs import STYLES
from tui.widgets.step.laid_out import LaidRow, rows
from tui.widgets.step.standing import ActionStanding, TickSign

SUCCESS, BY_HAND = "exit status 0", "done by hand"
UNTOLD = ("found", "not found", "no match", NO_OUTPUT, "all of them")
"""What was received, in words that only repeat that it was as expected."""
FOUND = "found: "
IN, UNDER = 3, 5
"""Cells before a tick, and before what is told of it."""
STYLE = {
    TickSign.OPEN: "$faint",
    TickSign.HELD: STYLES["good"],
    TickSign.FAILED: STYLES["bad"],
    TickSign.UNKNOWN: STYLES["bad"],
    TickSign.WARNING: STYLES["turn"],
    TickSign.AGAIN: STYLES["live"],
}


def expected(action: Action) -> list[str]:
    """What is expected of an action, before anything was compared."""
    if action.ask is not None and action.answer is AnswerKind.YES_NO and not action.expect.choice:
        return [*expected_in_brief(action.expect), "yes"]
    if action.manual is not None:
        return [BY_HAND]
    return expected_in_brief(action.expect) or ([SUCCESS] if action.run is not None else [])


def ticks(
    action: Action, standing: ActionStanding, values: Mapping[str, str], width: int, shortened: bool = False
) -> list[LaidRow]:
    """The expectations of an action as they stand, what failed first; where `shortened` those that held are counted."""
    if standing.ended and _unknown(standing):
        return [*_failed(TickSign.UNKNOWN, standing.ended, "", width), *_last_line(standing.said, width)]
    if standing.ended:
        sign = TickSign.AGAIN if standing.attempt is not None and standing.attempt.awaited else TickSign.FAILED
        return [*_failed(sign, standing.ended, "", width), *_said(standing.said, standing.ended, width)]
    if not standing.checks:
        if standing.done:
            return []
        return [row for words in expected(action) for row in _open(worded(words, values), width)]
    standing = replace(standing, checks=in_brief_each(action, standing.checks))
    bad = [check for check in standing.checks if not check.ok and not check.warning]
    held = [check for check in standing.checks if check.ok]
    found: list[LaidRow] = []
    sign = TickSign.AGAIN if standing.attempt is not None and standing.attempt.retrying else TickSign.FAILED
    telling = next((check for check in bad if standing.said and standing.said in check.came), bad[0] if bad else None)
    for check in bad:
        got = check.came
        if standing.said and not _unknown(standing):
            got = without_last_line(got.removesuffix(f": {standing.said}"))
        got = "" if got == NO_OUTPUT and standing.said else got  # there was some, on the stream that is not judged
        found += _failed(sign, check.expected, got, width)
        if check is telling and _unknown(standing):
            found += _last_line(standing.said, width)
        elif check is telling:
            found += _said(standing.said, got, width)
    found += warnings(action, standing, width)
    if shortened and len(held) > 1 and bad:
        return [*found, *_held(f"{len(held)} others hold", "", width)]
    for check in _worth_telling(held, standing.checks):
        found += _held(check.expected, received(check), width)
    return found


def in_brief_each(action: Action, checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks as they are told to who runs them: by the runbook's words, where it has some for the pattern.

    What held although the whole failed is told as it was looked for: the runbook's words may say more than its pattern,
    as "enough free space" of an output that says how much is free, where the exit status says that it is too little.
    """
    failed = any(not check.ok and not check.warning for check in checks)
    return tuple(check if failed and check.ok else _in_brief(action, check) for check in checks)


def _in_brief(action: Action, check: Check) -> Check:
    return replace(check, expected=called_in_brief(action.expect, check.expected))


def warnings(action: Action, standing: ActionStanding, width: int) -> list[LaidRow]:
    """What a check warned of, which is told wherever the action is: somebody signs it."""
    warned = [_in_brief(action, check) for check in standing.checks if check.warning]
    return [row for check in warned for row in _failed(TickSign.WARNING, check.expected, check.came, width)]


def _unknown(standing: ActionStanding) -> bool:
    outcome = standing.attempt.outcome if standing.attempt is not None else None
    return outcome is not None and outcome.kind is OutcomeKind.UNKNOWN


def _worth_telling(held: Sequence[Check], every: Sequence[Check]) -> Iterable[Check]:
    """Those that held, without the exit status where something else was expected."""
    return [check for check in held if check.expected != SUCCESS or len(every) == 1]


def received(check: Check) -> str:
    """What was received of an expectation, where that says more than whether it held."""
    repeats = check.came in UNTOLD or check.came.startswith(FOUND) or check.expected == BY_HAND or has_it(check)
    return "" if check.ok and repeats else check.came


def has_it(check: Check) -> bool:
    """Whether the words of an expectation are what was received too: the answer is yes."""
    return check.came == check.expected or (check.came != "" and check.expected.endswith(f" is {check.came}"))


def tells_answer(checks: Iterable[Check]) -> bool:
    """Whether the ticks of a question say what was answered."""
    return any(received(check) or has_it(check) for check in checks)


def _open(words: str, width: int) -> list[LaidRow]:
    return rows([(" " * IN, ""), (f"{TickSign.OPEN} ", STYLE[TickSign.OPEN]), (words, "$soft")], width, UNDER)


def _held(words: str, got: str, width: int) -> list[LaidRow]:
    pieces: list[Piece] = [(" " * IN, ""), (f"{TickSign.HELD} ", STYLE[TickSign.HELD]), (words, "")]
    pieces += [("  got ", "$soft"), (got, "$soft")] if got else []
    return rows(pieces, width, UNDER)


def _failed(tick: TickSign, words: str, got: str, width: int) -> list[LaidRow]:
    found = rows([(" " * IN, ""), (f"{tick} ", STYLE[tick]), (words, "" if got else STYLE[tick])], width, UNDER)
    if got:
        label = "" if got.startswith(NOTHING) else "got "
        found += rows([(" " * UNDER, ""), (label, "$soft"), (got, STYLE[tick])], width, UNDER + len(label))
    return found


def _last_line(said: str, width: int) -> list[LaidRow]:
    """The last that was printed before nobody knew how it ended: it is not an error."""
    if not said:
        return []
    return rows([(" " * UNDER, ""), ("last line: ", "$faint"), (said, "$soft")], width, UNDER)


def _said(said: str, beside: str, width: int) -> list[LaidRow]:
    """What the output says of the error, unless it is told already."""
    if not said or said in beside:
        return []
    return rows([(" " * UNDER, ""), (said, STYLES["bad"])], width, UNDER)
