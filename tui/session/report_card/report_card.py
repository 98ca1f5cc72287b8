"""A session on one card: what it came to, how long it took against budget and usual, and what was not as planned."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from tui.runbook.model import seconds
from tui.session import events as ev
from tui.session.places import environment_of
from tui.session.report_card.deviations import Deviation, DeviationGroup, deviations, grouped
from tui.session.report_card.downtime import Downtime, downtime
from tui.session.report_card.section_times import Phase, SectionTime, section_times
from tui.session.state import SessionState, StepStatus, plan_now
from tui.session.views.called import Called, failed_attempts, items, over, over_at, people_words, session_called
from tui.session.views.followups import followups
from tui.session.views.usual import Usual, WholeUsual
from tui.text.amounts import within_words


class CardSection(Struct, frozen=True):
    """What a section took in seconds, people's time included, and what is usual; it may be a `part` of the one before.

    The whole rollback is one, so that it is as long here as anywhere; its sections are parts of it.
    """

    title: str
    took: float
    usual: Usual | None
    short: str = ""
    part: bool = False

    @property
    def slower(self) -> bool:
        """Whether it took longer than it usually does."""
        return self.usual is not None and self.usual.longer(self.took)


class Owed(Struct, frozen=True):
    """How many follow-ups are due within the same time after the end, how many of them were done, how many are late."""

    within: float
    count: int
    done: int
    late: int

    @property
    def words(self) -> str:
        """5 within 1 hour, 2 done, 1 late now."""
        words = f"{self.count} within {within_words(self.within)}"
        done = f", {self.done} done" if self.done else ""
        return words + done + (f", {self.late} late now" if self.late else "")


class CardRollback(Struct, frozen=True, kw_only=True):
    """The rollback: why, since when, how many seconds it took (None: it is not finished), how many are allowed."""

    reason: str
    at: datetime
    took: float | None
    allowed: float


class ReportCard(Struct, frozen=True, kw_only=True):
    """Everything on the card; times in UTC, lengths in seconds. `budget` is 0 where the runbook does not say.

    `ended` is None while the session is open; `took` grows until then. `steps` are those that were to be done,
    without those that turned out not to be needed. `environment` is what the one that the session is in is called.
    """

    badge: Called
    drill: str
    environment: str
    what: str
    people: str
    began: datetime | None
    ended: datetime | None
    took: float
    budget: float
    usual: Usual | None
    signed: int
    steps: int
    skipped: int
    deviated: int
    failed: int
    downtime: Downtime
    ticked: int
    items: int
    rollback: CardRollback | None
    sections: tuple[CardSection, ...]
    deviations: tuple[DeviationGroup, ...]
    owed: tuple[Owed, ...]

    @property
    def over(self) -> bool:
        """Whether it took longer than its budget."""
        return self.took > self.budget > 0


def report_card(
    state: SessionState,
    entries: Iterable[ev.Entry],
    now: datetime | None = None,
    usual: WholeUsual | None = None,
    today: datetime | None = None,
    deviated: Iterable[Deviation] | None = None,
) -> ReportCard:
    """The card of a session; of one that is open as it stands now, or at its last event.

    Args:
        deviated: its `deviations`, where they are known.
        today: when it is read, by which follow-ups are late; `now` where that is the same.
    """
    usual, started = usual or WholeUsual(), state.started
    ended = over_at(state)
    until = ended or now or state.at
    took = (until - state.started_at).total_seconds() if until and state.started_at else 0.0
    flow = state.runbook.flows.get(started.flow) if started else None
    wanted = [state.step(step.id).status for _, step in state.plan() if _counts(state, step.id)]
    found = grouped(deviations(state, entries) if deviated is None else deviated, state)
    ticks = items(state)
    return ReportCard(
        badge=session_called(state),
        drill=started.drill if started else "",
        environment=environment_of(state),
        what=what_words(state),
        people=people_words(state.operator, started.second_operator if started else ""),
        began=state.started_at,
        ended=ended,
        took=max(took, 0.0),
        budget=seconds(flow.budget) if flow else 0.0,
        usual=usual.whole,
        signed=wanted.count(StepStatus.SIGNED),
        steps=len(wanted),
        skipped=wanted.count(StepStatus.SKIPPED),
        deviated=len(found),
        failed=failed_attempts(state),
        downtime=downtime(state, until),
        ticked=sum(item.done for item in ticks),
        items=len(ticks),
        rollback=_rollback(state),
        sections=tuple(_sections(section_times(state, until), usual)),
        deviations=tuple(found),
        owed=_owed(state, until, today or now),
    )


def what_words(state: SessionState) -> str:
    """What was done: the flow, what was given as `release`, if the runbook asks for one, and the method."""
    started = state.started
    if started is None:
        return ""
    flow = state.runbook.flows.get(started.flow)
    method = state.runbook.methods.get(started.method)
    words = [flow.title if flow else started.flow, state.fixed_facts().get("release", "")]
    return " ".join(word for word in words if word) + (f", {method.title}" if method else "")


def _counts(state: SessionState, step: str) -> bool:
    """Whether a step was to be done: after a rollback what was left of the deployment no longer is."""
    status = state.step(step).status
    if status is StepStatus.NOT_NEEDED:
        return False
    return status is not StepStatus.PENDING or step in plan_now(state).places


def _sections(spent: Sequence[SectionTime], usual: WholeUsual) -> Iterator[CardSection]:
    """The sections, the whole rollback with its own as parts, and what came after it."""
    each = {
        phase: [
            CardSection(one.title, one.seconds, usual.sections.get(one.section), one.short, phase is Phase.ROLLBACK)
            for one in spent
            if one.phase is phase
        ]
        for phase in Phase
    }
    yield from each[Phase.BEFORE]
    back, after = each[Phase.ROLLBACK], each[Phase.AFTER]
    if back:
        yield CardSection("Rollback", _sum(back), None)
        yield from back if len(back) > 1 else ()
    if _sum(after) >= 1:
        yield CardSection("After the rollback", _sum(after), None)


def _sum(sections: Iterable[CardSection]) -> float:
    return round(sum(section.took for section in sections), 3)


def _rollback(state: SessionState) -> CardRollback | None:
    if state.rollback is None or state.rollback_at is None:
        return None
    end, budget = state.rollback_finished_at, state.runbook.flows[state.rollback.flow].budget
    took = (end - state.rollback_at).total_seconds() if end else None
    return CardRollback(reason=state.rollback.reason, at=state.rollback_at, took=took, allowed=seconds(budget))


def _owed(state: SessionState, end: datetime | None, now: datetime | None) -> tuple[Owed, ...]:
    """The follow-ups by the time they are due within, the first due first."""
    found = followups(state, end)
    late = [one for one in found if now and over(state) and one.overdue(now)]
    return tuple(
        Owed(
            within,
            sum(seconds(one.followup.within) == within for one in found),
            sum(one.done is not None for one in found if seconds(one.followup.within) == within),
            sum(seconds(one.followup.within) == within for one in late),
        )
        for within in dict.fromkeys(seconds(one.followup.within) for one in found)
    )
