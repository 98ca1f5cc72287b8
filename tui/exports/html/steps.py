"""The steps of the HTML report: where each stands, its attempts, and what they printed, folded away."""

from collections.abc import Iterator

from tui.exports.html.tags import Html, block, coloured, tag
from tui.exports.report import answers, attempt_words, before_words, check_words, settled_words, shown_output
from tui.exports.source import Source, attempts_of
from tui.runbook.model import Step
from tui.session.events import Check
from tui.session.state import Attempt, StepState, StepStatus
from tui.session.tries import stands
from tui.session.views.called import attempt_failed, status_sign, status_word
from tui.text.amounts import took_clock
from tui.text.command import command_lines

LINES, CHARACTERS = 1_000, 100_000
"""Characters of each attempt's output that are written, at most: the end of it."""
TOTAL, LEAST = 8_000_000, 2_000
"""Characters of output in the whole page, at most, so that a phone opens it; and those of each attempt at least."""


def steps(source: Source) -> Html:
    """Every step of the session in its section."""
    return Html("".join(_sections(source)))


def _sections(source: Source) -> Iterator[str]:
    share = max(LEAST, min(CHARACTERS, TOTAL // max(1, len(source.state.attempts))))
    heading = ""
    for section, step, step_state in source.steps():
        if section.title != heading:
            heading = section.title
            yield tag("h3", heading)
        yield _step(source, step, step_state, share)


def _step(source: Source, step: Step, step_state: StepState, share: int) -> Html:
    kind = stands(source.state, step_state).name.lower().replace("_", "-")
    said = [
        tag("p", f"Reason: {step_state.reason}") if step_state.reason else None,
        *(tag("p", f"Note: {note}") for note in step_state.notes),
        *(
            tag("div", answered.question, " ", tag("b", answered.answer), _checks(answered.bad))
            for answered in answers(step, step_state)
        ),
    ]
    attempts = attempts_of(source.state, step_state)
    failed = sum(attempt_failed(attempt) for attempt in attempts)
    return tag(
        "details",
        tag(
            "summary",
            tag("span", status_sign(source.state, step_state), class_="glyph", aria_hidden="true"),
            tag("h4", step.title),
            tag("span", f"{failed} failed", class_="failures") if failed else None,
            tag("small", _brief(source, step_state)),
        ),
        tag("p", tag("code", step.id), " ", settled_words(source, step, step_state), class_="stands"),
        said,
        [_attempt(source, attempt, share) for attempt in attempts],
        id=f"step-{step.id}",
        class_=f"step {kind}",
        open=step_state.status in (StepStatus.FAILED, StepStatus.UNKNOWN),
    )


def _brief(source: Source, step_state: StepState) -> str:
    """Where a step stands and how long it took, in the line that a folded step leaves."""
    took = source.took(step_state)
    return status_word(source.state, step_state) + (
        f" {took_clock(took.total_seconds())}" if took and took.total_seconds() >= 1 else ""
    )


def _attempt(source: Source, attempt: Attempt, share: int) -> Html:
    unwell = attempt_failed(attempt)
    lines, before = shown_output(source, attempt.number, LINES, share)
    size = f"{before + len(lines)} line{'' if before + len(lines) == 1 else 's'}"
    return tag(
        "details",
        tag("summary", tag("span", attempt_words(attempt)), tag("small", size)),
        block(command_lines(attempt.whole), "command"),
        tag("p", before_words(before), class_="before") if before else None,
        block((coloured(line) for line in lines), "output") if lines else None,
        _checks(attempt.checks),
        id=f"attempt-{attempt.number}",
        class_="unwell" if unwell else "",
        open=unwell,
    )


def _checks(checks: tuple[Check, ...]) -> Html | None:
    return (
        tag(
            "ul",
            [tag("li", check_words(check), class_="" if check.ok or check.warning else "bad") for check in checks],
            class_="checks",
        )
        if checks
        else None
    )
