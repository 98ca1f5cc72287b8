"""What somebody has to know who takes a session up: where it stands, what runs, what was left out."""

from collections import Counter

from tui.people import same_person
from tui.runbook.shell.script import first_line
from tui.session.state import SessionState, StepStatus
from tui.session.views.called import status_word

NAMED = 3
"""Steps that were left out, or commands that ran, that are named at most; the log has them all."""

TAKEN_OVER = "Taken over"
"""What the first line begins with where another person had the session before."""

NEXT = "Next:"
"""What the line begins with that says where the session continues."""


def handover_summary(state: SessionState, operator: str = "") -> tuple[str, ...]:
    """A few lines, one subject each, from the state as it stands where its own or another `operator` takes it up."""
    left = [_since(state, operator)]
    steps = [step for _, step in state.plan()]
    counts = Counter(state.step(step.id).status for step in steps)
    done = sum(count for status, count in counts.items() if status.settled)
    words = [f"{counts[status]} {status.value}" for status in StepStatus if counts[status] and status.settled]
    left.append(f"{done} of {len(steps)} steps settled" + (f": {', '.join(words)}." if words else "."))
    if state.rollback:
        end = state.rollback_finished_at
        what = f"Rolled back at {end:%H:%M:%S} UTC" if end else f"Rolling back since {state.rollback_at:%H:%M:%S} UTC"
        left.append(f"{what}: {state.rollback.reason}")
    for running in state.all_running()[:NAMED]:
        how = "is still running, and its output is followed again" if running.durable else "its outcome is not known"
        left.append(f"Was running on {running.host}: {first_line(running.command)[:60]} – {how}.")
    if (others := len(state.all_running()) - NAMED) > 0:
        left.append(f"It was running on {others} more hosts.")
    following = state.next_step()
    if following is not None:
        left.append(f"{NEXT} {following.title} ({status_word(state, state.step(following.id))}).")
    skipped = [step.title for step in steps if state.step(step.id).status is StepStatus.SKIPPED]
    if skipped:
        more = f" and {len(skipped) - NAMED} more" if len(skipped) > NAMED else ""
        left.append(f"Left out: {', '.join(skipped[:NAMED])}{more}.")
    return tuple(left)


def _since(state: SessionState, operator: str) -> str:
    """Who had the session until when; whether another person, from whom it is taken over, had left it is not known."""
    if state.at is None:
        return "Nothing has happened yet."
    at = f"{state.at:%Y-%m-%d %H:%M:%S} UTC"
    if not operator or same_person(operator, state.operator):
        return f"Left {at} by {state.operator}."
    return f"{TAKEN_OVER} from {state.operator}; the last that was recorded was at {at}."
