"""What a rehearsal teaches: when each fault was noticed, decided about and mended, and what was done in vain."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from tui.drill.scenario import Fault, Scenario
from tui.drill.world import Past, Struck, after
from tui.runbook.model import Facts
from tui.runbook.walk import steps_of as all_steps
from tui.session import events as ev
from tui.session.lengths import duration
from tui.session.state import SessionState


class Story(Struct, frozen=True, kw_only=True):
    """One fault: when it struck (UTC), and after how many seconds it was noticed, decided about, and over.

    None where that never came to pass. `first` is what was noticed, `decision` what was decided; `vain` are the steps
    that changed something while it lasted and did not end it.
    """

    fault: str
    title: str
    how: str
    struck: datetime
    noticed: float | None = None
    first: str = ""
    decided: float | None = None
    decision: str = ""
    recovered: float | None = None
    vain: tuple[str, ...] = ()


class Debrief(Struct, frozen=True, kw_only=True):
    """A whole rehearsal: `lasted` in seconds; steps by their titles; `failed` attempts, `confirmed` changes."""

    session: str
    scenario: str
    result: str
    lasted: float
    stories: tuple[Story, ...]
    skipped: tuple[str, ...]
    failed: int
    confirmed: int
    rollback: float | None = None

    def worst(self, name: str) -> float | None:
        """The longest of the stories' `noticed`, `decided` or `recovered`; None where one of them never was."""
        found: list[float | None] = [getattr(one, name) for one in self.stories]
        known = [one for one in found if one is not None]
        return max(known) if known and len(known) == len(found) else None


class _Steps(Struct, frozen=True):
    """The runbook's steps: their titles, those that change something, and those of the troubleshooting."""

    titles: dict[str, str]
    changes: frozenset[str]
    aside: frozenset[str]


def _steps_of(state: SessionState) -> _Steps:
    every = [step for _, step in all_steps(state.runbook)]
    planned = {step.id for section in state.runbook.sections for step in section.steps}
    return _Steps(
        {step.id: step.title for step in every},
        frozenset(step.id for step in every if step.mutates),
        frozenset(step.id for step in every if step.id not in planned),
    )


def debrief(state: SessionState, entries: Sequence[ev.Entry], scenario: Scenario) -> Debrief:
    """What came of a rehearsal, by its journal and the scenario's own rules."""
    steps = _steps_of(state)
    begun = state.started_at or entries[0].at
    ended = state.finished_at or state.at or begun
    back = state.rollback_at and state.rollback_finished_at
    faults = {fault.id: fault for fault in scenario.faults}
    stories = [
        _story(state, entries, scenario, faults.get(entry.event.fault), entry, steps)
        for entry in entries
        if isinstance(entry.event, ev.FaultStruck)
        and not (entry.event.fault in faults and faults[entry.event.fault].helps)
    ]
    return Debrief(
        session=state.started.session if state.started else "",
        scenario=state.started.drill if state.started else "",
        result=state.finished.result if state.finished else "not finished",
        lasted=(ended - begun).total_seconds(),
        stories=tuple(stories),
        skipped=tuple(steps.titles[entry.event.step] for entry in entries if isinstance(entry.event, ev.StepSkipped)),
        failed=sum(one.judged and not one.good for one in state.attempts.values()),
        confirmed=sum(isinstance(one.event, ev.StepOpened) and one.event.step in steps.changes for one in entries),
        rollback=(state.rollback_finished_at - state.rollback_at).total_seconds()
        if back and state.rollback_finished_at and state.rollback_at
        else None,
    )


def _story(
    state: SessionState,
    entries: Sequence[ev.Entry],
    scenario: Scenario,
    fault: Fault | None,
    struck: ev.Entry,
    steps: _Steps,
) -> Story:
    assert isinstance(struck.event, ev.FaultStruck)
    since = entries[struck.seq + 1 :]
    ended = _over(state, entries, scenario, fault, struck) if fault is not None and fault.over else None
    over, helped = ended or (None, False)
    noticed = next(((one.at, words) for one in since if (words := _noticed(one.event, steps))), None)
    decided = None
    if noticed is not None:
        later = (one for one in since if one.at >= noticed[0])
        decided = next(((one.at, words) for one in later if (words := _decided(one.event, steps))), None)
    opened = [
        one.event.step
        for one in since
        if isinstance(one.event, ev.StepOpened)
        and one.event.step in steps.changes
        and (noticed is not None and one.at >= noticed[0])  # before, it is the plan that was followed
        and (over is None or one.at < over)
    ]
    mending = opened[-1:] if over is not None and not helped else []
    return Story(
        fault=struck.event.fault,
        title=struck.event.title,
        how=struck.event.how,
        struck=struck.at,
        noticed=_seconds(struck.at, noticed[0] if noticed else None),
        first=noticed[1] if noticed else "",
        decided=_seconds(struck.at, decided[0] if decided else None),
        decision=decided[1] if decided else "",
        recovered=_seconds(struck.at, over),
        vain=tuple(steps.titles[step] for step in dict.fromkeys(opened) if step not in mending),
    )


def _seconds(since: datetime, at: datetime | None) -> float | None:
    return round((at - since).total_seconds(), 3) if at is not None else None


def _noticed(event: ev.AnyEvent, steps: _Steps) -> str:
    """How somebody, or something that tells them, saw that all is not well; empty where it says nothing of that."""
    match event:
        case ev.StepOpened() if event.step in steps.aside:
            return f"troubleshooting: {steps.titles[event.step]}"
        case ev.AttemptChecked() if any(not one.ok and not one.warning for one in event.checks):
            return "a check failed"
        case ev.QuestionAnswered() if any(not one.ok for one in event.checks):
            return f"{steps.titles[event.step]}: {event.answer}"
        case ev.TriggerTripped():
            return f"the trigger {event.trigger} tripped"
        case ev.NoteAdded():
            return f"a note: {event.text}"
        case ev.RollbackStarted():
            return f"rollback: {event.reason}"
        case _:
            return ""


def _decided(event: ev.AnyEvent, steps: _Steps) -> str:
    """What somebody made up their mind to do."""
    match event:
        case ev.RollbackStarted():
            return f"rollback: {event.reason}"
        case ev.StepOpened() if event.step in steps.changes:
            return steps.titles[event.step]
        case _:
            return ""


def _over(
    state: SessionState, entries: Sequence[ev.Entry], scenario: Scenario, fault: Fault | None, struck: ev.Entry
) -> tuple[datetime, bool] | None:
    """When the facts were again what they are without the fault, and whether that was help that came from elsewhere.

    The drill is lived through once more.
    """
    assert fault is not None
    facts, lasting = dict(scenario.facts), False
    for at, one in _happened(state, entries):
        facts = after(scenario, facts, one)
        if at >= struck.at and not _hold(fault.over, facts):
            lasting = True
        elif at > struck.at and lasting:
            return at, isinstance(one, Struck)
    return None


def _happened(state: SessionState, entries: Iterable[ev.Entry]) -> Iterator[tuple[datetime, Past | Struck]]:
    found: list[tuple[datetime, Past | Struck]] = []
    for entry in entries:
        if isinstance(entry.event, ev.FaultStruck):
            found.append((entry.at, Struck(entry.event.fault)))
    for one in state.attempts.values():
        if one.outcome is not None and one.outcome.ended_by_itself:
            found.append(
                (one.started + timedelta(seconds=one.seconds or 0.0), Past(one.host, one.started, one.command))
            )
    yield from sorted(found, key=lambda pair: pair[0])


def _hold(wanted: Facts, facts: dict[str, str]) -> bool:
    return all(facts.get(name, "") in ((value,) if isinstance(value, str) else value) for name, value in wanted.items())


def story_lines(one: Story) -> Iterator[str]:
    """A fault and what came of it, in lines."""
    yield f"✖ {one.struck:%H:%M:%S} UTC {one.title} ({one.how})"
    yield f"  noticed   {_after(one.noticed)}{_words(one.first)}"
    yield f"  decided   {_after(one.decided)}{_words(one.decision)}"
    yield f"  recovered {_after(one.recovered)}"
    for title in one.vain:
        yield f"  in vain   {title}"


def _after(length: float | None) -> str:
    return f"after {duration(length)}" if length is not None else "never"


def _words(text: str) -> str:
    return f": {text}" if text else ""
