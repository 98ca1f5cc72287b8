"""Sums up the result of a check in one row, the same on the screens, on the command line and for programs."""

from msgspec import Struct

from tui.runbook.described.probes import measured_words
from tui.runbook.facts import host_named
from tui.runbook.groups.members import group_of
from tui.runbook.model import Step
from tui.session.events import Check
from tui.session.groups.cells import ORDER, Cell, cells_of, group_at
from tui.session.groups.measured_on import spreads
from tui.session.state import Attempt, SessionState, StepStatus
from tui.session.tries import stands, took
from tui.text.amounts import counted

OK, WARNING, FAILED, NO_DATA, RUNNING, TO_DO = "ok", "warning", "failed", "no data", "running", "to do"
NAMED = 4
"""Hosts of a group that are named where they are not good."""


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
    standing = state.step(step.id)
    attempts = [state.attempts[number] for number in standing.attempts if not state.attempts[number].aside]
    checks = [check for checks in standing.checks.values() for check in checks]
    bad = _bad_hosts(state, step, attempts)
    lost = _lost([state.attempts[bad[0].attempt]] if bad else attempts[-1:])
    stopped = stands(state, standing) is not standing.status  # nothing of it runs, and more is to run
    verdict = TO_DO if stopped else _verdict(standing.status, checks, lost)
    worst = _worst(checks, verdict)
    expected, came = worst.expected, worst.came or _figures(state, attempts)
    if bad:
        came = f"{came}; {_of_hosts(state, bad)}"
    elif lost:
        expected, came = "", lost.partition(": ")[2] or lost
    elif worst.ok and (measured := spreads(state, step)):
        came = "; ".join((came, ", ".join(spread.words for spread in measured)))
    came, _, look = came.partition(" → ")
    return CheckRow(
        section=section,
        step=step.id,
        title=step.title,
        target=target_of(state, step, attempts),
        verdict=verdict,
        expected=expected,
        came=came,
        look=look,
        seconds=round(_took(state, step, attempts), 3),
    )


def _lost(told: list[Attempt]) -> str:
    """How the attempt ended of which no result was received, in words; empty where one was."""
    return next((str(one.outcome) for one in told if one.outcome and not one.outcome.ended_by_itself), "")


def _bad_hosts(state: SessionState, step: Step, attempts: list[Attempt]) -> list[Cell]:
    """The hosts of a group that are not good, the one to look at first comes first; none where there is no group."""
    if not attempts or not group_at(state, step.id, attempts[-1].action):
        return []
    cells = cells_of(state, step, attempts[-1].action)
    bad = [cell for cell in cells if cell.attempt and cell.status in ORDER[:4]]
    return sorted(bad, key=lambda cell: ORDER.index(cell.status))


def _of_hosts(state: SessionState, bad: list[Cell]) -> str:
    """Which hosts are not good, and what the first of them said."""
    first = state.attempts[bad[0].attempt]
    missed = next((check.came for check in first.checks if not check.ok), "")
    said = first.said or missed or (first.outcome.detail or str(first.outcome) if first.outcome else "")
    more = [cell.host for cell in bad[1:NAMED]]
    rest = [counted(len(bad) - NAMED, "more host")] if len(bad) > NAMED else []
    return f"{bad[0].host}: {said}" + (f"; also {', '.join([*more, *rest])}" if more else "")


def _took(state: SessionState, step: Step, attempts: list[Attempt]) -> float:
    """Seconds that a check took the last time; on a group those in which any of its hosts was asked."""
    if attempts and group_at(state, step.id, attempts[-1].action):
        return took(state, step)
    return sum(attempt.seconds or 0.0 for attempt in attempts[-len(step.actions) :])


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
    """What is said of a step, by its checks, or by how it was `lost`."""
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
