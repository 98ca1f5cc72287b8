"""Sums up the result of a check in one row, the same on the screens, on the command line and for programs."""

from msgspec import Struct

from tui.runbook.described.probes import measured_words
from tui.runbook.facts import host_named
from tui.runbook.groups.members import group_of
from tui.runbook.model import Step
from tui.session.events import Check
from tui.session.state import Attempt, SessionState, StepStatus

OK, WARNING, FAILED, NO_DATA, RUNNING, TO_DO = "ok", "warning", "failed", "no data", "running", "to do"


class CheckRow(Struct, frozen=True, kw_only=True):
    """One check: where it stands, what was expected (the threshold), what came (the figure), how long it took.

    `target` is the service or host that was asked; `look` says what to look at where it is not well.
    """

    section: str
    step: str
    title: str
    target: str = ""
    verdict: str = TO_DO
    expected: str = ""
    came: str = ""
    look: str = ""
    seconds: float = 0.0


def row_of(state: SessionState, section: str, step: Step) -> CheckRow:
    """The verdict on a step as it stands."""
    step_state = state.step(step.id)
    attempts = [state.attempts[number] for number in step_state.attempts if not state.attempts[number].aside]
    checks = [check for checks in step_state.checks.values() for check in checks]
    lost = next(
        (str(attempt.outcome) for attempt in attempts[-1:] if attempt.outcome and not attempt.outcome.ended_by_itself),
        "",
    )
    verdict = _verdict(step_state.status, checks, lost)
    worst = _worst(checks, verdict)
    came, _, look = (lost.partition(": ")[2] or lost if lost else worst.came or _figures(state, attempts)).partition(
        " → "
    )
    return CheckRow(
        section=section,
        step=step.id,
        title=step.title,
        target=target_of(state, step, attempts),
        verdict=verdict,
        expected="" if lost else worst.expected,
        came=came,
        look=look,
        seconds=round(sum(attempt.seconds or 0.0 for attempt in attempts[-len(step.actions) :]), 3),
    )


def _figures(state: SessionState, attempts: list[Attempt]) -> str:
    """The first figures that a step's last probe measured, where nothing was expected of them."""
    last = next(
        (measure for measure in reversed(state.measures) if attempts and measure.attempt == attempts[-1].number), None
    )
    if last is None:
        return ""
    return measured_words(state.runbook, last.service, last.check, dict(list(last.figures.items())[:2]))


def target_of(state: SessionState, step: Step, attempts: list[Attempt]) -> str:
    """What a step asks: the services of its probes, else the host."""
    services = [action.probe.service for action in step.actions if action.probe]
    services += [action.watch.monitor for action in step.actions if action.watch]
    if services:
        return ", ".join(dict.fromkeys(services))
    known = group_of(state.runbook)
    hosts = [known.get(attempt.host, attempt.host) for attempt in attempts]
    hosts = hosts or [host_named(state.runbook, step.actions[0].on)]
    return ", ".join(dict.fromkeys(hosts))


def _verdict(status: StepStatus, checks: list[Check], lost: str) -> str:
    if status is StepStatus.PENDING:
        return TO_DO
    if status is StepStatus.RUNNING:
        return RUNNING
    if status not in (StepStatus.SIGNED, StepStatus.PASSED, StepStatus.WAITING):
        return NO_DATA if lost else FAILED
    return WARNING if any(not check.ok for check in checks) else OK


def _worst(checks: list[Check], verdict: str) -> Check:
    """The check worth showing: one that is not good, else the first that says more than that a command succeeded."""
    bad = [check for check in checks if not check.ok and not check.warning] or [
        check for check in checks if not check.ok
    ]
    telling = [check for check in checks if not check.expected.startswith("exit status")]
    return next(iter(bad or telling or checks), Check("", "", ok=verdict == OK))
