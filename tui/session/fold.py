"""What follows from the events: the state of a session, folded one event at a time, by a pure function."""

from collections.abc import Callable, Iterable
from functools import singledispatch

from msgspec.structs import replace

from tui.errors import JournalDamaged
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.before_change import usual_so_far
from tui.session.changed import with_attempt, with_step
from tui.session.dwelling import advance_all
from tui.session.looks import found_elsewhere, still_found
from tui.session.outcome import OutcomeKind
from tui.session.state import (
    AUTO,
    CONNECTED,
    Attempt,
    Done,
    Measure,
    Restart,
    SessionState,
    StepStatus,
    initial,
    step_by_id,
)
from tui.session.watching import Monitored, Sample, add


def fold(runbook: Runbook, entries: Iterable[ev.Entry]) -> SessionState:
    """The state after all these events.

    Raises:
        JournalDamaged: one speaks of what is not there, as only a journal or a runbook that was changed can.
    """
    state = initial(runbook)
    for entry in entries:
        try:
            state = apply(state, entry)
        except (LookupError, StopIteration) as error:
            reason = f"line {entry.seq + 1} of the journal does not fit the lines before it and the session's runbook"
            raise JournalDamaged(reason, "one of them was changed; restore the session from a copy") from error
    return state


def apply(state: SessionState, entry: ev.Entry) -> SessionState:
    """The state after one more event."""
    state = replace(state, seq=entry.seq, at=entry.at)
    return _apply(entry.event, state, entry)


@singledispatch
def _apply(event: ev.AnyEvent, state: SessionState, entry: ev.Entry) -> SessionState:
    return state


def _on(kind: type[ev.Event]) -> Callable[[Callable[..., SessionState]], Callable[..., SessionState]]:
    return _apply.register(kind)


def _with_step(state: SessionState, step_id: str, **changes: object) -> SessionState:
    step = replace(state.step(step_id), **changes)
    return replace(with_step(state, step), current=step_id)


def _known_flow(state: SessionState, flow: str) -> str:
    """The flow, which everything that is shown of the session asks the runbook for; KeyError where it has none."""
    if flow not in state.runbook.flows:
        raise KeyError(flow)
    return flow


@_on(ev.SessionStarted)
def _(event: ev.SessionStarted, state: SessionState, entry: ev.Entry) -> SessionState:
    flow = _known_flow(state, event.flow)
    facts = {
        **event.variables,
        "operator": event.operator,
        "second_operator": event.second_operator,
        "session": event.session,
        "flow": event.flow,
        "method": event.method,
    }
    return replace(state, started=event, started_at=entry.at, operator=event.operator, flow=flow, facts=facts)


@_on(ev.SessionHandedOver)
@_on(ev.SessionResumed)
def _(event: ev.SessionResumed | ev.SessionHandedOver, state: SessionState, entry: ev.Entry) -> SessionState:
    facts = {**state.facts, "operator": event.operator}
    # another process has another clock: what a trigger had dwelt is not known to have gone on
    state = replace(state, operator=event.operator, facts=facts, finished=None, finished_at=None, dwells={})
    if not state.drill:
        return state
    # a drill's host starts with the program: that is no restart of the one that it stands for
    return replace(state, hosts={name: replace(one, boot_id="") for name, one in state.hosts.items()})


@_on(ev.SessionFinished)
def _(event: ev.SessionFinished, state: SessionState, entry: ev.Entry) -> SessionState:
    return replace(state, finished=event, finished_at=entry.at)


@_on(ev.HostConnected)
def _(event: ev.HostConnected, state: SessionState, entry: ev.Entry) -> SessionState:
    before = state.hosts.get(event.host)
    restarted = before is not None and bool(before.boot_id and event.boot_id) and before.boot_id != event.boot_id
    if restarted:
        restarts = {**state.restarts, event.host: Restart(entry.seq, entry.at)}
        state = replace(state, restarts=restarts, looks=found_elsewhere(state, event.host))
    return replace(state, hosts={**state.hosts, event.host: event})


@_on(ev.HostMoved)
def _(event: ev.HostMoved, state: SessionState, entry: ev.Entry) -> SessionState:
    return replace(state, moved={**state.moved, event.host: event.place})


@_on(ev.LinkChanged)
def _(event: ev.LinkChanged, state: SessionState, entry: ev.Entry) -> SessionState:
    was_up = state.links.get(event.host, CONNECTED) == CONNECTED
    at = entry.at if was_up or event.link == CONNECTED else state.links_at[event.host]
    links = {**state.links, event.host: event.link}
    return replace(state, links=links, links_at={**state.links_at, event.host: at})


@_on(ev.StepOpened)
def _(event: ev.StepOpened, state: SessionState, entry: ev.Entry) -> SessionState:
    opened = state.step(event.step).opened or entry.at
    if event.first:
        state = _with_step(state, event.step, action=0, checks={})
    status = _ready(state, event.step, state.step(event.step).action)
    return _with_step(state, event.step, status=status, opened=opened, operator=event.operator)


@_on(ev.AttemptStarted)
def _(event: ev.AttemptStarted, state: SessionState, entry: ev.Entry) -> SessionState:
    attempt = Attempt(
        number=event.attempt,
        step=event.step,
        action=event.action,
        host=event.host,
        command=event.command,
        started=entry.at,
        mutates=event.mutates,
        durable=event.durable,
        again=event.again,
        seq=entry.seq,
        stdin=event.stdin,
    )
    state = with_attempt(usual_so_far(state, attempt), attempt)
    attempts = (*state.step(event.step).attempts, event.attempt)
    if attempt.aside:
        return _with_step(state, event.step, attempts=attempts)
    state = replace(state, looks=still_found(state, event.step))
    return _with_step(state, event.step, status=StepStatus.RUNNING, attempts=attempts, action=event.action)


@_on(ev.AttemptRejoined)
def _(event: ev.AttemptRejoined, state: SessionState, entry: ev.Entry) -> SessionState:
    attempt = replace(state.attempts[event.attempt], outcome=None, seconds=None, judged=False)
    state = with_attempt(state, attempt)
    return _with_step(state, attempt.step, status=StepStatus.RUNNING, action=attempt.action)


@_on(ev.AttemptFinished)
def _(event: ev.AttemptFinished, state: SessionState, entry: ev.Entry) -> SessionState:
    attempt = replace(
        state.attempts[event.attempt],
        outcome=event.outcome,
        seconds=event.seconds,
        size=event.size,
        sha256=event.sha256,
        lost=event.lost,
    )
    state = with_attempt(state, attempt)
    if attempt.aside:
        return state
    if event.outcome.kind is OutcomeKind.UNKNOWN:
        return _with_step(state, attempt.step, status=StepStatus.UNKNOWN)
    if not event.outcome.ended_by_itself:
        return _with_step(state, attempt.step, status=StepStatus.FAILED)
    return state


@_on(ev.AttemptChecked)
def _(event: ev.AttemptChecked, state: SessionState, entry: ev.Entry) -> SessionState:
    attempt = replace(state.attempts[event.attempt], checks=event.checks, good=_good(event.checks), judged=True)
    state = with_attempt(state, attempt)
    if event.retrying or attempt.aside:
        return state
    return _settle_action(state, attempt.step, attempt.action, event.checks)


@_on(ev.OutcomeResolved)
def _(event: ev.OutcomeResolved, state: SessionState, entry: ev.Entry) -> SessionState:
    attempt = replace(state.attempts[event.attempt], good=event.succeeded, resolved_seq=entry.seq)
    state = with_attempt(state, attempt)
    came = f"{event.operator}: {event.reason}"
    check = ev.Check(expected="the outcome, decided by a person", came=came, ok=event.succeeded)
    state = _with_step(state, attempt.step, decided=event.operator)
    return _settle_action(state, attempt.step, attempt.action, (check,))


@_on(ev.QuestionAnswered)
def _(event: ev.QuestionAnswered, state: SessionState, entry: ev.Entry) -> SessionState:
    answers = {**state.step(event.step).answers, event.action: event.answer}
    return _by_hand(_with_step(state, event.step, answers=answers), event, entry, event.checks)


@_on(ev.MessageSent)
def _(event: ev.MessageSent, state: SessionState, entry: ev.Entry) -> SessionState:
    state = replace(state, sent_at={**state.sent_at, event.message: entry.at})
    return _by_hand(state, event, entry, ()) if event.step else state


@_on(ev.LinkOpened)
def _(event: ev.LinkOpened, state: SessionState, entry: ev.Entry) -> SessionState:
    return _by_hand(state, event, entry, ()) if event.step else state


@_on(ev.ValueCaptured)
def _(event: ev.ValueCaptured, state: SessionState, entry: ev.Entry) -> SessionState:
    if event.secret:
        return replace(state, secret_names=state.secret_names | {event.name})
    return replace(state, facts={**state.facts, event.name: event.value})


@_on(ev.ValueCorrected)
def _(event: ev.ValueCorrected, state: SessionState, entry: ev.Entry) -> SessionState:
    corrected = {**state.corrected, event.name: event.value}
    return replace(state, facts={**state.facts, event.name: event.value}, corrected=corrected)


@_on(ev.StepSigned)
def _(event: ev.StepSigned, state: SessionState, entry: ev.Entry) -> SessionState:
    notes = state.step(event.step).notes + ((event.note,) if event.note else ())
    return _with_step(
        state,
        event.step,
        status=StepStatus.SIGNED,
        settled=entry.at,
        operator=event.operator,
        second_operator=event.second_operator,
        notes=notes,
        signed_seq=entry.seq,
    )


@_on(ev.StepSkipped)
def _(event: ev.StepSkipped, state: SessionState, entry: ev.Entry) -> SessionState:
    return _with_step(
        state,
        event.step,
        status=StepStatus.SKIPPED,
        settled=entry.at,
        operator=event.operator,
        reason=event.reason,
    )


@_on(ev.StepNotNeeded)
def _(event: ev.StepNotNeeded, state: SessionState, entry: ev.Entry) -> SessionState:
    current = state.current
    state = _with_step(state, event.step, status=StepStatus.NOT_NEEDED, settled=entry.at, reason=event.reason)
    return replace(state, current=current)


@_on(ev.StepLooked)
def _(event: ev.StepLooked, state: SessionState, entry: ev.Entry) -> SessionState:
    return replace(state, looks={**state.looks, event.step: event.needed})


@_on(ev.ProbeMeasured)
def _(event: ev.ProbeMeasured, state: SessionState, entry: ev.Entry) -> SessionState:
    measure = Measure(
        attempt=event.attempt, service=event.service, check=event.check, about=event.about, figures=event.figures
    )
    return replace(state, measures=(*state.measures, measure))


@_on(ev.MonitorSampled)
def _(event: ev.MonitorSampled, state: SessionState, entry: ev.Entry) -> SessionState:
    if event.monitor not in state.runbook.monitors:
        raise KeyError(event.monitor)
    sample = Sample(entry.at, event.value, event.detail, event.took, event.failed)
    monitors = {**state.monitors, event.monitor: add(state.monitors.get(event.monitor, Monitored()), sample)}
    return replace(state, monitors=monitors, dwells=advance_all(state, event))


@_on(ev.TriggerTripped)
def _(event: ev.TriggerTripped, state: SessionState, entry: ev.Entry) -> SessionState:
    return replace(state, tripped={**state.tripped, event.trigger: entry.at})


@_on(ev.TriggerCleared)
def _(event: ev.TriggerCleared, state: SessionState, entry: ev.Entry) -> SessionState:
    return replace(state, tripped={name: at for name, at in state.tripped.items() if name != event.trigger})


@_on(ev.StepReopened)
def _(event: ev.StepReopened, state: SessionState, entry: ev.Entry) -> SessionState:
    if state.rollback_finished_at is not None and state.rollback is not None:
        state = replace(state, rollback_finished_at=None)
    looks = {step: needed for step, needed in state.looks.items() if step != event.step}
    state = replace(state, looks=looks)
    return _with_step(
        state,
        event.step,
        status=StepStatus.PENDING,
        action=0,
        checks={},
        settled=None,
        reason=event.reason,
        reopened_seq=entry.seq,
        replanned_seq=entry.seq if event.operator == AUTO else state.step(event.step).replanned_seq,
    )


@_on(ev.StepHeld)
def _(event: ev.StepHeld, state: SessionState, entry: ev.Entry) -> SessionState:
    current = state.current
    return replace(_with_step(state, event.step, confirmed_seq=entry.seq), current=current)


@_on(ev.NoteAdded)
def _(event: ev.NoteAdded, state: SessionState, entry: ev.Entry) -> SessionState:
    if not event.step:
        return state
    current = state.current
    state = _with_step(state, event.step, notes=(*state.step(event.step).notes, event.text))
    return replace(state, current=current)


@_on(ev.RollbackStarted)
def _(event: ev.RollbackStarted, state: SessionState, entry: ev.Entry) -> SessionState:
    facts = {**state.facts, "reason": event.reason}
    return replace(state, rollback=event, rollback_at=entry.at, flow=_known_flow(state, event.flow), facts=facts)


@_on(ev.RollbackFinished)
def _(event: ev.RollbackFinished, state: SessionState, entry: ev.Entry) -> SessionState:
    return replace(state, rollback_finished_at=entry.at)


@_on(ev.FollowUpDone)
def _(event: ev.FollowUpDone, state: SessionState, entry: ev.Entry) -> SessionState:
    done = Done(entry.at, event.operator, event.note)
    return replace(state, followups={event.followup: done, **state.followups})


@_on(ev.FaultStruck)
def _(event: ev.FaultStruck, state: SessionState, entry: ev.Entry) -> SessionState:
    return replace(state, faults={**state.faults, event.fault: entry.at})


def _by_hand(
    state: SessionState,
    event: ev.QuestionAnswered | ev.MessageSent | ev.LinkOpened,
    entry: ev.Entry,
    checks: tuple[ev.Check, ...],
) -> SessionState:
    """The state after a person did their part of a step."""
    by_hand = {**state.step(event.step).by_hand, event.action: entry.seq}
    state = _with_step(state, event.step, by_hand=by_hand, decided=event.operator)
    return _settle_action(state, event.step, event.action, checks)


def _settle_action(state: SessionState, step_id: str, action: int, checks: tuple[ev.Check, ...]) -> SessionState:
    every = {**state.step(step_id).checks, action: checks}
    if not _good(checks):
        return _with_step(state, step_id, status=StepStatus.FAILED, action=action, checks=every)
    return _with_step(state, step_id, status=_ready(state, step_id, action + 1), action=action + 1, checks=every)


def _good(checks: tuple[ev.Check, ...]) -> bool:
    return all(check.ok or check.warning for check in checks)


def _ready(state: SessionState, step_id: str, action: int) -> StepStatus:
    """The status of a step whose next action is this one."""
    actions = step_by_id(state.runbook, step_id).actions
    if action >= len(actions):
        return StepStatus.PASSED
    return StepStatus.RUNNING if actions[action].automatic else StepStatus.WAITING
