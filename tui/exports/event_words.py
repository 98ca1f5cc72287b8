"""Events and durations in the words that people read in a timeline."""

from typing import assert_never

from tui.runbook.described.probes import measured_words
from tui.runbook.shell.script import first_line, with_input
from tui.session import events as ev
from tui.session.approval.approved import approval_words
from tui.session.approval.fork_words import fork_told
from tui.session.groups.cells import fact_of, member_first, on_member
from tui.session.places import words_of
from tui.session.report_card.report_card import what_words
from tui.session.report_card.trigger_words import (
    TriggerEvent,
    beyond_words,
    monitor_figure,
    trigger_called,
    tripped_words,
    value_words,
)
from tui.session.state import AUTO, SessionState, step_by_id
from tui.session.subject import step_of
from tui.session.views.called import (
    IS_AWAITED,
    OUTSIDE_WORDS,
    TRYING_AGAIN,
    attempt_called,
    opened_words,
    outcome_called,
)
from tui.text.amounts import took_words
from tui.text.command import command_lines
from tui.text.sentences import missed


def event_words(event: ev.AnyEvent, state: SessionState) -> tuple[str, str, str]:
    """Who, at which step, did what; who is empty for what happened by itself."""
    if isinstance(event, ev.SessionEvent):
        return _of_session(event, state)
    if isinstance(event, ev.HostEvent):
        return _of_host(event)
    if isinstance(event, ev.StepEvent):
        return _of_step(event, state)
    if isinstance(event, ev.AttemptEvent):
        return _of_attempt(event, state)
    if isinstance(event, ev.AnswerEvent):
        return _of_answer(event, state)
    return _of_measured(event, state)


def _of_session(event: ev.SessionEvent, state: SessionState) -> tuple[str, str, str]:
    match event:
        case ev.SessionStarted():
            return event.operator, "", f"session started: {what_words(state)}"
        case ev.SessionResumed():
            return event.operator, "", f"session resumed on {event.machine}" if event.machine else "session resumed"
        case ev.SessionHandedOver():
            return event.operator, "", f"session handed over by {event.previous}"
        case ev.SessionFinished():
            return (
                event.operator,
                "",
                f"session finished: {outcome_called(state, event.result)}" + (f" ({event.note})" if event.note else ""),
            )
        case ev.RollbackStarted():
            return event.operator, "", f"ROLLBACK started: {event.reason}"
        case ev.RollbackFinished():
            return event.operator, "", "rollback finished"
        case ev.FollowUpDone():
            titles = {followup.id: followup.title for followup in state.runbook.followups}
            note = f": {event.note}" if event.note else ""
            return event.operator, "", f"follow-up done: {titles.get(event.followup, event.followup)}{note}"
        case ev.FaultStruck():
            return event.by, "", f"the drill: {event.title} ({event.how})"
        case ev.ForkSeen():
            return event.operator, "", f"FORK: {fork_told(event)}"
        case _:
            assert_never(event)


def _of_host(event: ev.HostEvent) -> tuple[str, str, str]:
    match event:
        case ev.HostConnected():
            return "", "", f"{event.host} reached as {event.user}@{event.target} {event.fingerprint}".rstrip()
        case ev.HostMoved():
            return event.operator, "", f"{event.host} moved from {words_of(event.before)} to {words_of(event.place)}"
        case ev.LinkChanged():
            return "", "", f"{event.host}: {event.link}{event.detail and f', {event.detail}'}"
        case ev.JobsCleared():
            left = f", {event.left} still running" if event.left else ""
            why = f": {event.problem}" if event.problem else ""
            return "", "", f"{event.host}: what commands left there was removed{left}{why}"
        case _:
            assert_never(event)


def _of_step(event: ev.StepEvent, state: SessionState) -> tuple[str, str, str]:
    title = _title(event, state)
    match event:
        case ev.StepOpened():
            allowed = f", allowed by {event.second_operator}" if event.second_operator else ""
            return event.operator, title, opened_words(event) + allowed
        case ev.StepSigned():
            note = f": {event.note}" if event.note else ""
            if event.operator == AUTO:
                decided = state.step(event.step).decided
                return decided, title, ("done by this decision" if decided else "done") + note
            second = f" with {event.second_operator}" if event.second_operator else ""
            return event.operator, title, f"signed{second}{note}"
        case ev.StepSkipped():
            return event.operator, title, f"skipped: {event.reason}"
        case ev.StepNotNeeded():
            return "", title, f"not needed: {event.reason}"
        case ev.StepReopened():
            return _person(event.operator), title, f"reopened: {event.reason}"
        case ev.StepHeld():
            return _person(event.operator), title, f"still holds: {event.reason}"
        case ev.StepLooked():
            return event.operator, title, f"looked: {event.found}"
        case (
            ev.ApprovalRequested()
            | ev.ApprovalGranted()
            | ev.ApprovalRefused()
            | ev.ApprovalEnded()
            | ev.StartedAlone()
        ):
            return event.operator, title, approval_words(event)
        case _:
            assert_never(event)


def _of_attempt(event: ev.AttemptEvent, state: SessionState) -> tuple[str, str, str]:
    title = _title(event, state)
    match event:
        case ev.AttemptStarted():
            on = f" on {event.host}" if event.host else ""
            command = "\n".join(command_lines(with_input(event.command, event.stdin)))
            own = f" {OUTSIDE_WORDS}," if event.operator else ""
            return event.operator, title, f"#{event.attempt}{own} started{on}: {command}"
        case ev.AttemptRejoined():
            where = on_member(state, state.attempts[event.attempt])
            return event.operator, title, f"#{event.attempt} kept running by itself and is followed again{where}"
        case ev.AttemptFinished():
            attempt = state.attempts[event.attempt]
            first = first_line(attempt.command) + (" …" if "\n" in attempt.command else "")
            own = f"{OUTSIDE_WORDS}, " if attempt.outside else ""
            where = f"{attempt.host}: " if attempt.host else ""
            what = f"{own}{attempt_called(attempt)}{took_words(event.seconds)}: {first}"
            return attempt.operator, title, f"#{event.attempt} {where}{what}"
        case ev.AttemptChecked():
            bad = [missed(check.expected, check.came) for check in event.checks if not check.ok]
            attempt = state.attempts[event.attempt]
            what = member_first(state, attempt) + ("; ".join(bad) if bad else "as expected")
            again = IS_AWAITED if attempt.awaited else TRYING_AGAIN
            return "", title, what + (f" – {again}" if event.retrying else "")
        case ev.OutcomeResolved():
            word = "succeeded" if event.succeeded else "failed"
            where = on_member(state, state.attempts[event.attempt])
            return event.operator, title, f"outcome resolved as {word}{where}: {event.reason}"
        case _:
            assert_never(event)


def _of_answer(event: ev.AnswerEvent, state: SessionState) -> tuple[str, str, str]:
    title = _title(event, state)
    match event:
        case ev.QuestionAnswered():
            note = f": {event.note}" if event.note else ""
            files = "".join(f", evidence {one.name} (SHA-256 {one.sha256})" for one in event.files)
            return event.operator, title, f"answered: {event.answer}{note}{files}"
        case ev.MessageSent():
            when = f" ({event.went_out} UTC)" if event.went_out else ""
            return event.operator, title, f"message {event.message} {event.how}{when}"
        case ev.LinkOpened():
            return event.operator, title, f"opened {event.url}"
        case ev.ValueCaptured():
            return (
                "",
                title,
                f"captured {fact_of(event.name, event.host)} = " + ("•••" if event.secret else event.value),
            )
        case ev.ValueCorrected():
            why = f": {event.reason}" if event.reason else ""
            return event.operator, "", f"corrected {event.name} from {event.before!r} to {event.value!r}{why}"
        case ev.NoteAdded():
            return event.operator, title, event.text if event.pauses else f"note: {event.text}"
        case _:
            assert_never(event)


def _of_measured(event: ev.MeasuredEvent, state: SessionState) -> tuple[str, str, str]:
    match event:
        case ev.ProbeMeasured():
            what = measured_words(state.runbook, event.service, event.check, event.figures)
            on = on_member(state, state.attempts[event.attempt])
            return "", _title(event, state), f"measured {event.service} {event.check}{on}: {what}"
        case ev.MonitorSampled():
            monitor = state.runbook.monitors.get(event.monitor)
            came = (
                f"no data: {event.detail}" if event.value is None else monitor_figure(event.value, event.monitor, state)
            )
            came += f" ({event.detail})" if event.value is not None and event.detail else ""
            return "", "", f"{monitor.title if monitor else event.monitor}: {came}"
        case ev.MonitorsWaiting():
            known = state.runbook.monitors
            titles = ", ".join(known[name].title if name in known else name for name in event.monitors)
            return "", "", f"waiting for a free session on {event.host}, not measured: {titles}"
        case ev.BaselineTaken():
            return event.operator, "", "what the monitors measured until now is what is usual"
        case ev.TriggerArmed() | ev.TriggerTripped() | ev.TriggerCleared():
            return "", "", _of_trigger(event, state)
        case _:
            assert_never(event)


def _person(name: str) -> str:
    """A person's name; empty for what the program did by itself."""
    return "" if name == AUTO else name


def _title(event: ev.AnyEvent, state: SessionState) -> str:
    step = step_of(event, state.attempts)
    return step_by_id(state.runbook, step).title if step else ""


def _of_trigger(event: TriggerEvent, state: SessionState) -> str:
    """A trigger, what the value is while it counts, and what it is now."""
    title, beyond, value = trigger_called(event, state), beyond_words(event, state), value_words(event, state)
    match event:
        case ev.TriggerArmed():
            return f"{title}: {beyond}, at {value}"
        case ev.TriggerTripped():
            return f"TRIGGER {title}: {tripped_words(event, state)}"
        case ev.TriggerCleared():
            return f"{title}: no longer {beyond}, at {value}"
        case _:
            assert_never(event)
