"""What the run screen's dialogs and titles say, decided from the state alone."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tui.execution.commands import shown_whole, values_of
from tui.runbook.described.probes import words_of
from tui.runbook.facts import connection_of
from tui.runbook.index import index_of
from tui.runbook.model import Danger, Step
from tui.runbook.shell.script import first_line
from tui.runbook.templates.variables import names, worded
from tui.session.state import Attempt, SessionState, StepStatus
from tui.session.views.called import attempt_called, place_words
from tui.session.views.doubts import begins_anew
from tui.session.views.usual import Usual
from tui.text.amounts import guessed, took_words
from tui.text.block import shown
from tui.text.command import command_lines
from tui.widgets.glyphs import OVER
from tui.widgets.moment import NOTHING, Moment, current_step, rollback_time, too_late
from tui.widgets.step.text import where


def session_title(state: SessionState, dated: bool = False) -> str:
    """What a session is about: its flow, its method, its runbook; `dated` where it is long past."""
    runbook, started = state.runbook, state.started
    if started is None:
        return runbook.runbook.title
    method = runbook.methods.get(started.method)
    when = f"{state.started_at:%d %b %Y}" if dated and state.started_at else ""
    called = (runbook.flows[started.flow].title, method.title if method else "", when, runbook.runbook.title)
    return " · ".join(filter(None, called))


def start_lines(
    state: SessionState, step: Step, place: int, now: datetime | None, usual: Mapping[str, Usual] = NOTHING
) -> tuple[list[str], str]:
    """What a confirmation shows (host, user, every command from `place` on), and the host's name to be typed."""
    at = now or state.at or datetime.now().astimezone()
    values = values_of(state.runbook, state.facts, at)
    lines: list[str] = []
    if not place and (anew := begins_anew(state, step)):
        lines.append(f"All of it is run again: {anew}.")
    if place:
        lines.append(f"From {place + 1} of {len(step.actions)} on; the commands before it are not run again.")
    for action in step.actions[place:]:
        if action.run is not None:
            lines += [
                f"on {where(state, action)}:",
                *(f"  {line}" for line in command_lines(shown_whole(action, values))),
            ]
        elif action.probe is not None:
            lines.append(words_of(state.runbook, action.probe, values))
    if step.point_of_no_return:
        back = guessed(rollback_time(state, step, usual))
        lines.append(f"■ POINT OF NO RETURN: from here on, going back takes the rollback, {back}.")
    late = too_late(state, step, at, usual)
    if late:
        lines.append(f"{OVER} the window: {late}")
    return lines, host_name(state, step, place)


def not_known(state: SessionState, step: Step, place: int, now: datetime | None) -> list[str]:
    """The values that a step's commands from `place` on need, and that neither the session nor the step itself has."""
    at = now or state.at or datetime.now().astimezone()
    known = set(values_of(state.runbook, state.facts, at))
    known |= {name for action in step.actions for name in action.capture}
    wanted = {name for action in step.actions[place:] if action.run is not None for name in names(action.run)}
    return sorted(wanted - known)


def host_name(state: SessionState, step: Step, place: int) -> str:
    """What the operator types for a destructive step: what the host calls itself, else the runbook's name for it."""
    runbook = state.runbook
    action = next((action for action in step.actions[place:] if action.run is not None), step.actions[-1])
    name = connection_of(runbook, action.on)
    reached = state.hosts.get(name)
    return (shown(reached.hostname).strip() if reached else "") or name


def check_lines(state: SessionState, step: Step) -> list[str]:
    """What a sign-off answers for: each command's end and each expectation compared with it."""
    step_state = state.step(step.id)
    values = values_of(state.runbook, state.facts, state.at or datetime.now().astimezone())
    lines: list[str] = []
    for number in step_state.attempts:
        attempt = state.attempts[number]
        first = _called(step, attempt, values)
        lines.append(f"{attempt_called(attempt)}{took_words(attempt.seconds)}: {first}")
    for checks in step_state.checks.values():
        lines += [
            f"{'✔' if check.ok else '!' if check.warning else '✖'} expected {check.expected}, got {check.came}"
            for check in checks
        ]
    if step.danger is Danger.DESTRUCTIVE:
        lines.append("! this step is DESTRUCTIVE")
    return lines[-12:]


def _called(step: Step, attempt: Attempt, values: Mapping[str, str]) -> str:
    """What an attempt ran: the title of its action, else its command's first line."""
    title = step.actions[attempt.action].title if attempt.action < len(step.actions) else ""
    return worded(title, values) or first_line(attempt.command)


def output_title(state: SessionState, number: int) -> str:
    """What an output is called where one is chosen: which attempt, and its outcome."""
    attempt = state.attempts[number]
    ended = f"{attempt_called(attempt)}{took_words(attempt.seconds)}" if attempt.outcome else "▶ running"
    return f"Output of attempt {number}{place_words(attempt)}: {ended}"


def compared(state: SessionState, numbers: Iterable[int]) -> list[str]:
    """Several attempts below each other: how each ended, and what its output says of the error."""
    return [
        output_title(state, number) + (f": {said}" if (said := state.attempts[number].said) else "")
        for number in numbers
    ]


def no_output(moment: Moment, step: str, number: int) -> tuple[str, ...]:
    """What stands in the middle of an output that is empty: why it is, and what makes it come."""
    state = moment.state
    if number in state.attempts:
        return ("Nothing printed yet.",) if state.attempts[number].outcome is None else ("It printed nothing.",)
    idle = not (moment.read_only or moment.replayed or moment.busy or state.finished)
    key = moment.keys.sign("next") if idle and step == current_step(state) else ""
    follows = bool(key) and _runs_at_once(state, step)
    return ("Nothing has run here yet.", *([f"{key} starts the step; its output follows here."] if follows else []))


def _runs_at_once(state: SessionState, step: str) -> bool:
    """Whether a step's start runs something whose output comes."""
    known = index_of(state.runbook).steps.get(step)
    return known is not None and state.step(step).status is StepStatus.PENDING and known.actions[0].automatic
