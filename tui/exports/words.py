"""Events and durations in the words that people read in a timeline."""

from tui.session import events as ev
from tui.session.lengths import duration as duration
from tui.session.state import SessionState, step_by_id


def event_words(event: ev.AnyEvent, state: SessionState) -> tuple[str, str, str]:
    """Who, at which step, did what; who is empty for what happened by itself."""

    def title(step: str) -> str:
        return step_by_id(state.runbook, step).title if step else ""

    match event:
        case ev.SessionStarted():
            what = f"session started: {event.flow}" + (f", method {event.method}" if event.method else "")
            return event.operator, "", what
        case ev.SessionResumed():
            return event.operator, "", f"session resumed on {event.machine}" if event.machine else "session resumed"
        case ev.SessionHandedOver():
            return event.operator, "", f"session handed over by {event.previous}"
        case ev.SessionFinished():
            return event.operator, "", f"session finished: {event.result}" + (f" ({event.note})" if event.note else "")
        case ev.HostConnected():
            return "", "", f"{event.host} reached as {event.user}@{event.target} {event.fingerprint}".rstrip()
        case ev.LinkChanged():
            return "", "", f"{event.host}: {event.link} {event.detail}".rstrip()
        case ev.StepOpened():
            return event.operator, title(event.step), "retried" if event.confirmed == "retry" else "started"
        case ev.StepSigned():
            second = f" with {event.second_operator}" if event.second_operator else ""
            return event.operator, title(event.step), f"signed{second}" + (f": {event.note}" if event.note else "")
        case ev.StepSkipped():
            return event.operator, title(event.step), f"skipped: {event.reason}"
        case ev.StepNotNeeded():
            return "", title(event.step), f"not needed: {event.reason}"
        case ev.StepReopened():
            return event.operator, title(event.step), f"reopened: {event.reason}"
        case _:
            return _step_words(event, state)


def _step_words(event: ev.AnyEvent, state: SessionState) -> tuple[str, str, str]:
    def title(step: str) -> str:
        return step_by_id(state.runbook, step).title if step else ""

    match event:
        case ev.AttemptStarted():
            return "", title(event.step), f"#{event.attempt} started on {event.host}: {event.command}"
        case ev.AttemptFinished():
            attempt = state.attempts[event.attempt]
            first = attempt.command.partition("\n")[0] + (" …" if "\n" in attempt.command else "")
            what = f"{event.outcome} in {duration(event.seconds)} on {attempt.host}: {first}"
            return "", title(attempt.step), f"#{event.attempt} {what}"
        case ev.AttemptChecked():
            bad = [f"expected {one.expected}, came {one.came}" for one in event.checks if not one.ok]
            what = "; ".join(bad) if bad else "as expected"
            return "", title(_step(event, state)), what + (" – running again" if event.retrying else "")
        case ev.OutcomeResolved():
            word = "succeeded" if event.succeeded else "failed"
            return event.operator, title(_step(event, state)), f"outcome resolved as {word}: {event.reason}"
        case ev.ValueCaptured():
            return "", title(event.step), f"captured {event.name} = " + ("•••" if event.secret else event.value)
        case ev.QuestionAnswered():
            return event.operator, title(event.step), f"answered: {event.answer}"
        case ev.MessageSent():
            return event.operator, title(event.step), f"message {event.message} {event.how}"
        case ev.LinkOpened():
            return event.operator, title(event.step), f"opened {event.url}"
        case ev.NoteAdded():
            return event.operator, title(event.step), f"note: {event.text}"
        case ev.RollbackStarted():
            return event.operator, "", f"ROLLBACK started: {event.reason}"
        case ev.RollbackFinished():
            return event.operator, "", "rollback finished"
        case ev.ProbeMeasured():
            figures = ", ".join(f"{name} {value:g}" for name, value in event.figures.items())
            return "", title(state.attempts[event.attempt].step), f"measured {event.service} {event.check}: {figures}"
        case ev.StepLooked():
            found = {True: "it is to be undone", False: "there is nothing to undo", None: "it cannot be told"}
            return event.operator, title(event.step), f"looked: {found[event.needed]}"
        case _:
            return "", "", type(event).__name__


def _step(event: ev.AttemptChecked | ev.OutcomeResolved, state: SessionState) -> str:
    return state.attempts[event.attempt].step
