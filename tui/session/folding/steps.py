"""What follows for the steps of a session from what was done about them: commands, answers, sign-offs."""

from typing import assert_never

from msgspec.structs import replace

from tui.session import events as ev
from tui.session.changed import with_attempt, with_step
from tui.session.folding.asked_first import approval_used, of_approval, with_posted
from tui.session.folding.before_change import usual_so_far
from tui.session.folding.step_looked import still_found
from tui.session.groups.batches import undecided_triggers, waits_for_person
from tui.session.groups.cells import fact_of, group_at, standing_of, warning_of
from tui.session.groups.kept import to_do_again, with_cell
from tui.session.outcome import OutcomeKind
from tui.session.state import AUTO, Attempt, SessionState, StepStatus, action_at, step_by_id
from tui.session.tries import at_work
from tui.session.views.notices import told_now
from tui.text.amounts import size


def of_step(event: ev.StepEvent, state: SessionState, entry: ev.Entry) -> SessionState:
    """The state after an event of a step."""
    if isinstance(event, ev.ApprovalEvent):
        return of_approval(event, state, entry)
    match event:
        case ev.StepOpened():
            return _step_opened(event, state, entry)
        case ev.StepSigned():
            return _step_signed(event, state, entry)
        case ev.StepSkipped():
            return _step_skipped(event, state, entry)
        case ev.StepNotNeeded():
            return _step_not_needed(event, state, entry)
        case ev.StepReopened():
            return _step_reopened(event, state, entry)
        case ev.StepHeld():
            return _step_held(event, state, entry)
        case ev.StepLooked():
            return replace(state, looks={**state.looks, event.step: event.found})
        case _:
            assert_never(event)


def _step_opened(event: ev.StepOpened, state: SessionState, entry: ev.Entry) -> SessionState:
    opened = state.step(event.step).opened or entry.at
    state = approval_used(state, event.step)
    if event.first:
        state = _with_step(state, event.step, action=0, checks={}, cells={})
    elif state.step(event.step).status is StepStatus.FAILED:
        state = with_step(state, to_do_again(state, state.step(event.step)))
    status = _ready(state, event.step, state.step(event.step).action)
    seen = state.tripped
    return _with_step(
        state, event.step, status=status, opened=opened, operator=event.operator, tripped_then=seen, paused=False
    )


def _step_signed(event: ev.StepSigned, state: SessionState, entry: ev.Entry) -> SessionState:
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


def _step_skipped(event: ev.StepSkipped, state: SessionState, entry: ev.Entry) -> SessionState:
    return _with_step(
        state,
        event.step,
        status=StepStatus.SKIPPED,
        settled=entry.at,
        operator=event.operator,
        reason=event.reason,
    )


def _step_not_needed(event: ev.StepNotNeeded, state: SessionState, entry: ev.Entry) -> SessionState:
    current = state.current
    state = _with_step(state, event.step, status=StepStatus.NOT_NEEDED, settled=entry.at, reason=event.reason)
    return replace(state, current=current)


def _step_reopened(event: ev.StepReopened, state: SessionState, entry: ev.Entry) -> SessionState:
    if state.rollback_finished_at is not None and state.rollback is not None:
        state = replace(state, rollback_finished_at=None)
    looks = {step: found for step, found in state.looks.items() if step != event.step}
    state = replace(state, looks=looks)
    return _with_step(
        state,
        event.step,
        status=StepStatus.PENDING,
        action=0,
        checks={},
        cells={},
        settled=None,
        reason=event.reason,
        reopened_seq=entry.seq,
        replanned_seq=entry.seq if event.operator == AUTO else state.step(event.step).replanned_seq,
    )


def _step_held(event: ev.StepHeld, state: SessionState, entry: ev.Entry) -> SessionState:
    current = state.current
    return replace(_with_step(state, event.step, confirmed_seq=entry.seq), current=current)


def of_attempt(event: ev.AttemptEvent, state: SessionState, entry: ev.Entry) -> SessionState:
    """The state after an event of a command."""
    match event:
        case ev.AttemptStarted():
            return _attempt_started(event, state, entry)
        case ev.AttemptRejoined():
            return _attempt_rejoined(event, state)
        case ev.AttemptFinished():
            return _attempt_finished(event, state)
        case ev.AttemptChecked():
            return _attempt_checked(event, state)
        case ev.OutcomeResolved():
            return _outcome_resolved(event, state, entry)
        case _:
            assert_never(event)


def _attempt_started(event: ev.AttemptStarted, state: SessionState, entry: ev.Entry) -> SessionState:
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
        operator=event.operator,
    )
    current = state.current
    state = with_attempt(usual_so_far(state, attempt), attempt)
    if attempt.outside:
        outside = (*state.step(event.step).outside, event.attempt)
        return replace(_with_step(state, event.step, outside=outside), current=current)
    attempts = (*state.step(event.step).attempts, event.attempt)
    if attempt.aside:
        return _with_step(state, event.step, attempts=attempts)
    state = replace(state, looks=still_found(state, event.step))
    if group_at(state, event.step, event.action):
        state = with_step(state, with_cell(state.step(event.step), attempt))
    at = _place(state, event.step, event.action)
    return _with_step(state, event.step, status=StepStatus.RUNNING, attempts=attempts, action=at, paused=False)


def _attempt_rejoined(event: ev.AttemptRejoined, state: SessionState) -> SessionState:
    attempt = replace(state.attempts[event.attempt], outcome=None, seconds=None, judged=False)
    state = with_attempt(state, attempt)
    at = _place(state, attempt.step, attempt.action)
    return _with_step(state, attempt.step, status=StepStatus.RUNNING, action=at, paused=True)


def _place(state: SessionState, step: str, action: int) -> int:
    """The action that a step is at while this one runs; one that goes over a group is at its first until it is done."""
    return 0 if step_by_id(state.runbook, step).each else action


def _attempt_finished(event: ev.AttemptFinished, state: SessionState) -> SessionState:
    attempt = replace(
        state.attempts[event.attempt],
        outcome=event.outcome,
        seconds=event.seconds,
        size=event.size,
        sha256=event.sha256,
        lost=event.lost,
        said=event.said,
        retrying=event.retrying,
        awaited=event.retrying,
    )
    state = with_attempt(state, attempt)
    if attempt.aside or event.retrying:
        return state
    if group_at(state, attempt.step, attempt.action):
        return _cells_settled(state, attempt, state.step(attempt.step).paused)
    if event.outcome.kind is OutcomeKind.UNKNOWN:
        return _with_step(state, attempt.step, status=StepStatus.UNKNOWN)
    if not event.outcome.ended_by_itself:
        return _with_step(state, attempt.step, status=StepStatus.FAILED)
    return state


def _attempt_checked(event: ev.AttemptChecked, state: SessionState) -> SessionState:
    attempt = replace(state.attempts[event.attempt], checks=event.checks, good=_good(event.checks))
    awaited = event.retrying and action_at(step_by_id(state.runbook, attempt.step), attempt.action).until is not None
    said = event.said or attempt.said
    attempt = replace(attempt, judged=True, retrying=event.retrying, awaited=awaited, said=said)
    state = with_attempt(state, attempt)
    if event.retrying or attempt.aside:
        return state
    if group_at(state, attempt.step, attempt.action):
        return _cells_settled(state, attempt, state.step(attempt.step).paused)
    return _settle_action(state, attempt.step, attempt.action, event.checks)


def _cells_settled(state: SessionState, attempt: Attempt, paused: bool = False) -> SessionState:
    """The state after one host of a group came to its end; the last of them decides where the step stands.

    Args:
        paused: whether what is left waits for a person, whatever else would keep it from continuing.
    """
    if at_work(state, attempt.step):
        return _with_step(state, attempt.step, status=StepStatus.RUNNING)
    step = step_by_id(state.runbook, attempt.step)
    standing, at = standing_of(state, step, attempt.action), _place(state, attempt.step, attempt.action)
    if standing.status in (StepStatus.RUNNING, StepStatus.UNKNOWN):
        waits = waits_for_person(state, step) is not None or (step.each and undecided_triggers(state, step))
        return _with_step(state, attempt.step, status=standing.status, action=at, paused=paused or bool(waits))
    check = standing.check(group_at(state, attempt.step, attempt.action))
    if step.each and check.ok:
        at = len(step.actions) - 1
    warning = warning_of(state, step, attempt.action) if check.ok else ()
    return _settle_action(state, attempt.step, at, (check, *warning))


def _outcome_resolved(event: ev.OutcomeResolved, state: SessionState, entry: ev.Entry) -> SessionState:
    attempt = replace(
        state.attempts[event.attempt], good=event.succeeded, resolved_seq=entry.seq, resolved_by=event.operator
    )
    state = with_attempt(state, attempt)
    came = f"{event.operator}: {event.reason}"
    check = ev.Check(expected="the outcome, decided by a person", came=came, ok=event.succeeded)
    state = _with_step(state, attempt.step, decided=event.operator)
    if group_at(state, attempt.step, attempt.action):
        return _cells_settled(state, attempt, not event.succeeded)  # only where it succeeded the step continues
    return _settle_action(state, attempt.step, attempt.action, (check,))


def of_answer(event: ev.AnswerEvent, state: SessionState, entry: ev.Entry) -> SessionState:
    """The state after an answer, a message or a value."""
    match event:
        case ev.QuestionAnswered():
            return _question_answered(event, state, entry)
        case ev.MessageSent():
            return _message_sent(event, state, entry)
        case ev.LinkOpened():
            return _by_hand(state, event, entry, ()) if event.step else state
        case ev.ValueCaptured():
            return _value_captured(event, state)
        case ev.ValueCorrected():
            return _value_corrected(event, state)
        case ev.NoteAdded():
            return _note_added(event, state)
        case _:
            assert_never(event)


def _question_answered(event: ev.QuestionAnswered, state: SessionState, entry: ev.Entry) -> SessionState:
    standing = state.step(event.step)
    answers = {**standing.answers, event.action: event.answer}
    shown = [f"{one.name} ({size(one.size)})" for one in event.files]
    notes = (*standing.notes, *([event.note] if event.note else []), *(f"evidence: {one}" for one in shown))
    return _by_hand(_with_step(state, event.step, answers=answers, notes=notes), event, entry, event.checks)


def _message_sent(event: ev.MessageSent, state: SessionState, entry: ev.Entry) -> SessionState:
    state = replace(state, sent_at={**state.sent_at, event.message: entry.at}, told=told_now(state, event, entry.at))
    return _by_hand(state, event, entry, ()) if event.step else state


def _value_captured(event: ev.ValueCaptured, state: SessionState) -> SessionState:
    if event.secret:
        return replace(state, secret_names=state.secret_names | {event.name})
    return replace(state, facts={**state.facts, fact_of(event.name, event.host): event.value})


def _value_corrected(event: ev.ValueCorrected, state: SessionState) -> SessionState:
    corrected = {**state.corrected, event.name: event.value}
    return replace(state, facts={**state.facts, event.name: event.value}, corrected=corrected)


def _note_added(event: ev.NoteAdded, state: SessionState) -> SessionState:
    state = with_posted(state, event.posted)
    if not event.step:
        return state
    current, standing = state.current, state.step(event.step)
    paused = standing.paused or event.pauses
    state = _with_step(state, event.step, notes=(*standing.notes, event.text), paused=paused)
    return replace(state, current=current)


def with_paused(state: SessionState, between: bool = False) -> SessionState:
    """The state with the steps that were begun to continue only when a person says so.

    Args:
        between: only of those that go over a group host by host, and of which nothing runs: no other batch begins.
    """
    for step in [step for step in state.steps.values() if step.status is StepStatus.RUNNING]:
        if not between or (step_by_id(state.runbook, step.id).each and not at_work(state, step.id)):
            state = with_step(state, replace(step, paused=True))
    return state


def _with_step(state: SessionState, step_id: str, **changes: object) -> SessionState:
    step = replace(state.step(step_id), **changes)
    return replace(with_step(state, step), current=step_id)


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
