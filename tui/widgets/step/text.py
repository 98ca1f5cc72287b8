"""Decides what the step card says: what to press, what runs where, what is expected, what came, and why it is done."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from rich.cells import cell_len

from tui.execution.commands import shown_whole, values_of
from tui.execution.measuring.watch import words_of_watch
from tui.runbook.described.expectations import expectations
from tui.runbook.described.probes import words_of
from tui.runbook.facts import connection_of, host_named
from tui.runbook.model import Action, AnswerKind, Approval, Danger, Runbook, Signoff, Step, seconds
from tui.runbook.templates.variables import fill, worded
from tui.session.baseline import differences
from tui.session.events import Check
from tui.session.state import AUTO, SessionState, StepStatus, plan_of, step_by_id
from tui.session.views.called import attempt_called, settled_by
from tui.session.views.doubts import count_of, doubtful, restart_since
from tui.session.views.rollback import look_wanted, planned
from tui.session.views.symptoms import cause_of
from tui.text.amounts import duration, took_words
from tui.text.block import Piece
from tui.text.command import command_lines
from tui.widgets.frames import title_fits
from tui.widgets.glyphs import NEEDS, STYLES
from tui.widgets.moment import Moment, current_step, waiting_kind
from tui.widgets.step.pace import pace_lines

DRIFT = 0.2
"""A figure that moved by this share of what it was before the deployment is marked."""

FRAME = 2
"""Cells of the frame about the card."""
KEY = "bold reverse"
APART = "   "
LABEL = "$soft"
DANGERS = {
    Danger.NONE: "",
    Danger.CAUTION: "asks first",
    Danger.DESTRUCTIVE: "DESTRUCTIVE: asks for the host's name",
}


class KeyHint(Struct, frozen=True):
    """An action by its name in the list of keys, and what it does now."""

    act: str
    does: str


def presses(state: SessionState, step: Step, issue: str = "", busy: bool = False) -> list[KeyHint]:
    """What the operator can press for a step as it stands, the most likely first.

    Args:
        issue: the known trouble that its failure looks like.
        busy: commands are being run, also where none is at this moment.
    """
    status = state.step(step.id).status
    aside = plan_of(state).place(step.id) < 0  # a step of the troubleshooting
    here = aside or step.id == current_step(state)
    roll = [] if state.rollback else [KeyHint("rollback", "roll back")]
    if state.finished:
        return []
    ended = not current_step(state)
    starts = here and status in (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.FAILED) and not state.running()
    if ended or starts:
        doubts = doubtful(state, None if ended else step)
        if doubts:
            return [KeyHint("next", f"look again at {count_of(doubts)}: their host was restarted"), *roll]
    if status is StepStatus.PENDING:
        if not here:
            return [KeyHint("here", "back to the current step"), KeyHint("skip", "skip")]
        if look_wanted(state, step):
            return [KeyHint("next", "look whether it is needed (changes nothing)"), KeyHint("skip", "skip")]
        return [KeyHint("next", "start" + (f" ({DANGERS[step.danger]})" if DANGERS[step.danger] else ""))]
    if status is StepStatus.RUNNING:
        return [KeyHint("cancel", "cancel")] if state.running() or busy else [KeyHint("next", "continue")]
    if status is StepStatus.WAITING:
        does = {"ask": "answer", "send": "send the message", "open": "open the page"}[waiting_kind(state, step)]
        return [KeyHint("next", does), KeyHint("skip", "skip")]
    if status is StepStatus.PASSED:
        return [KeyHint("sign", "sign, two people" if step.signoff is Signoff.TWO_PERSON else "sign")]
    if status is StepStatus.FAILED:
        first = KeyHint("next", "answer again") if waiting_kind(state, step) else KeyHint("retry", "retry")
        known = (
            [KeyHint("troubleshoot", f"trouble: {issue}" if issue else "troubleshoot")]
            if state.runbook.troubleshooting
            else []
        )
        known = [] if aside else known
        return [first, *known, KeyHint("skip", "skip with a reason"), *roll]
    if status is StepStatus.UNKNOWN:
        return [KeyHint("next", "check on the host, then record what happened"), *roll]
    if aside:
        return [KeyHint("next", "do it again"), KeyHint("back", "back to the steps")]
    if not current_step(state):
        return [KeyHint("next", "show the summary"), KeyHint("reopen", "do it again")]
    return [KeyHint("here", "back to the current step"), KeyHint("reopen", "do it again")] if not here else []


def card(moment: Moment, step_id: str, width: int = 80) -> list[list[Piece]]:
    """The lines of the card, not yet wrapped but for its keys, which stay beside what they do."""
    state = moment.state
    step = step_by_id(state.runbook, step_id)
    values = values_of(state.runbook, state.facts, moment.now)
    step_state = state.step(step_id)
    focus = min(step_state.action, len(step.actions) - 1)
    lines: list[list[Piece]] = [] if title_fits(state, step, width + FRAME) else [[(step.title, "bold")]]
    found = presses(state, step, moment.issue, moment.busy)
    lines += [_then(found)] if moment.replayed else _keys(found, moment, width)
    lines += _again(state, step)
    lines += _doubt(state, step)
    lines += _need(state, step)
    lines += _marks(step)
    lines += pace_lines(moment, step, width) or _usual(moment, step)
    lines += _paragraph("right when", cause_of(state.runbook, step.id))
    lines += _outcome(state, step)
    if step.look is not None and look_wanted(state, step):
        lines += _look(state, step.look, values)
    lines += _action(state, step, focus, values)
    lines += _paragraph("", worded(step.text, values))
    lines += _paragraph("note", worded(step.note, values))
    lines += _notes(state, step)
    if step.look is not None and not look_wanted(state, step):
        lines += _look(state, step.look, values)
    if len(step.actions) > 1:
        lines.append([("", "")])
        for place in range(len(step.actions)):
            if place != focus:
                lines += _action(state, step, place, values)
    lines += _rest(state, step, moment.keys.of("attempts"))
    return lines


def _again(state: SessionState, step: Step) -> list[list[Piece]]:
    """That a command is tried again until it gives what is expected: what failed so far is no failure yet."""
    step_state = state.step(step.id)
    last = state.attempts[step_state.attempts[-1]] if step_state.attempts else None
    if step_state.status is not StepStatus.RUNNING or last is None or last.action >= len(step.actions):
        return []
    retry = step.actions[last.action].retry
    tries = sum(state.attempts[number].action == last.action for number in step_state.attempts)
    if retry is None or last.good or (tries == 1 and not last.judged):
        return []
    every = duration(seconds(retry.every))
    return [[(f"not yet: tried {tries} of {retry.times + 1} times, again every {every}", STYLES["turn"])]]


def _doubt(state: SessionState, step: Step) -> list[list[Piece]]:
    """That the step's host was restarted since it was signed."""
    restart = restart_since(state, step) if step.mutates else None
    if restart is None:
        return []
    return [[(f"? its host was restarted since ({restart.at:%H:%M:%S} UTC): look again", STYLES["turn"])]]


def where(state: SessionState, action: Action) -> str:
    """The host an action runs on and as whom, as far as it is known."""
    runbook = state.runbook
    name = host_named(runbook, action.on)
    connection = connection_of(runbook, action.on)
    reached = state.hosts.get(connection)
    if reached is not None:
        user = f"{reached.user}@" if reached.user else ""
        return f"{name} ({user}{reached.target})"
    host = runbook.hosts[connection]
    target = "this machine" if host.local else f"{host.user}@{host.target}".lstrip("@")
    return name if target == name else f"{name} ({target})"


def question(action: Action, values: Mapping[str, str]) -> str:
    """What the operator is asked, in one line."""
    return worded(action.ask or "", values)


def _keys(found: list[KeyHint], moment: Moment, width: int) -> list[list[Piece]]:
    """The keys of the screen that shows the card; what that screen has no key for is not offered."""
    if moment.read_only:
        return [[("read-only: nothing can be done here", LABEL)]]
    lines: list[list[Piece]] = []
    used = 0
    for press in found:
        key = moment.keys.of(press.act)
        if not key:
            continue
        pieces: list[Piece] = [(f" {key} ", KEY), (f" {press.does}", "" if lines else "bold")]
        needs = sum(cell_len(text) for text, _ in pieces)
        if lines and used + len(APART) + needs <= width:
            lines[-1] += [(APART, ""), *pieces]
            used += len(APART) + needs
        else:
            lines.append(pieces)
            used = needs
    return lines or [[("nothing to do here", LABEL)]]


def _then(found: list[KeyHint]) -> list[Piece]:
    """What could be done at a moment that is replayed, and cannot now."""
    return [("available then: ", LABEL), (" · ".join(press.does for press in found) or "nothing", "")]


def _usual(moment: Moment, step: Step) -> list[list[Piece]]:
    """What the step took in earlier sessions, where that is known."""
    known = moment.usual.get(step.id)
    if known is None:
        return []
    spread = f"{duration(round(known.low, 1))} to {duration(round(known.high, 1))}"
    words = f"{duration(round(known.median, 1))} (half of {known.count} times: {spread})"
    return [[("usually ", LABEL), (words, "")]]


def _marks(step: Step) -> list[list[Piece]]:
    marks: list[Piece] = []
    if step.mutates:
        marks.append(("changes production   ", STYLES["turn"]))
    if step.danger is Danger.DESTRUCTIVE:
        marks.append(("✖ DESTRUCTIVE   ", STYLES["bad"]))
    elif step.danger is Danger.CAUTION:
        marks.append(("! caution   ", STYLES["turn"]))
    if step.point_of_no_return:
        marks.append(("■ POINT OF NO RETURN   ", STYLES["bad"]))
    if step.approve is not Approval.NONE:
        marks.append(("a second person allows it   ", STYLES["turn"]))
    return [marks] if marks else []


def _need(state: SessionState, step: Step) -> list[list[Piece]]:
    """What the plan of the rollback says of a step that nothing was done about yet."""
    if state.rollback is None or state.step(step.id).status is not StepStatus.PENDING:
        return []
    found = planned(state, step.id)
    if found is None:
        return []
    return [[(f"{NEEDS[found.need]} {found.need.value}  ", "bold"), (found.why, "")]]


def _outcome(state: SessionState, step: Step) -> list[list[Piece]]:
    """The result of the step so far: what was expected and what came, who settled it, and why."""
    step_state = state.step(step.id)
    lines: list[list[Piece]] = []
    last = state.attempts[step_state.attempts[-1]] if step_state.attempts else None
    bad_end = last is not None and last.outcome is not None and not last.outcome.ended_by_itself
    if step_state.status in (StepStatus.FAILED, StepStatus.UNKNOWN) and bad_end and last and last.outcome:
        lines.append([(f"{last.host}: {attempt_called(last)}".removeprefix(": "), STYLES["bad"])])
    for check in _checks(state, step):
        lines += _check(check)
    lines += _drift(state, step)
    if step_state.status is StepStatus.SIGNED:
        at = f" at {step_state.settled:%H:%M:%S} UTC" if step_state.settled else ""
        lines.append(
            [(f"{'done' if step_state.operator == AUTO else 'signed'} {settled_by(step_state)}{at}", STYLES["good"])]
        )
    elif step_state.reason and step_state.status.settled:
        who = f" by {step_state.operator}" if step_state.operator and step_state.status is StepStatus.SKIPPED else ""
        lines.append([(f"{step_state.status.value}{who}: {step_state.reason}", LABEL)])
    return lines


def _drift(state: SessionState, step: Step) -> list[list[Piece]]:
    """What a step's probes measured, beside what they measured before the first change."""
    if not any(action.probe for action in step.actions):
        return []
    lines: list[list[Piece]] = []
    for difference in differences(state, step.id):
        changed = abs(difference.change) >= DRIFT
        words = f"{difference.service} {difference.figure.replace('_', ' ')} {difference.words}"
        lines.append([("before → now  ", LABEL), (words, "bold" if changed else "")])
        if changed:
            share = f"{difference.change:+.0%}" if difference.before else "from nothing"
            lines[-1].append((f"  ≠ changed {share}", STYLES["turn"]))
    return lines


def _checks(state: SessionState, step: Step) -> list[Check]:
    """The checks worth showing: of a step that is not good those that failed, always those that warn."""
    step_state = state.step(step.id)
    every = [check for checks in step_state.checks.values() for check in checks]
    return [check for check in every if not check.ok][:8]


def _check(check: Check) -> Iterator[list[Piece]]:
    style = STYLES["turn"] if check.warning else STYLES["bad"]
    sign = "! warning " if check.warning else "✖ failed "
    yield [(sign, style), ("expected ", LABEL), (check.expected, "")]
    yield [(" " * (len(sign) - 4) + "got ", LABEL), (check.came, "bold")]


def _action(state: SessionState, step: Step, place: int, values: Mapping[str, str]) -> list[list[Piece]]:
    action = step.actions[place]
    number = f"{place + 1}/{len(step.actions)} " if len(step.actions) > 1 else ""
    lines: list[list[Piece]] = []
    done = "✔ " if place < state.step(step.id).action else ""
    title = worded(action.title, values)
    if action.run is not None:
        lines.append([(f"{done}{number}{title + ' · ' if title else ''}on {where(state, action)}", LABEL)])
        for line in command_lines(shown_whole(action, values)):
            lines.append([("  $ " if line is not None and len(lines) == 1 else "    ", LABEL), (line, "bold")])
    elif action.watch is not None:
        lines.append([(f"{done}{number}{title + ' · ' if title else ''}", LABEL), (_watch(action, values), "bold")])
        if action.original:
            lines += [[("  document: ", LABEL), (line, "")] for line in command_lines(fill(action.original, values))]
    elif action.probe is not None:
        words = words_of(state.runbook, action.probe, values)
        lines.append([(f"{done}{number}{title + ' · ' if title else ''}", LABEL), (words, "bold")])
        if action.original:
            lines += [[("  document: ", LABEL), (line, "")] for line in command_lines(fill(action.original, values))]
    elif action.ask is not None:
        lines.append([(f"{done}{number}question  ", LABEL), (question(action, values), "bold")])
        answer = state.step(step.id).answers.get(place)
        if answer is not None:
            lines.append([("  answered ", LABEL), (answer, "")])
    elif action.send is not None:
        lines.append(
            [(f"{done}{number}message  ", LABEL), (_message_title(state.runbook, action.send, values), "bold")]
        )
    else:
        lines.append([(f"{done}{number}page  ", LABEL), (worded(action.open or "", values), "bold")])
    expected = [worded(line, values) for line in _expected(action)]
    if expected:
        lines.append([("  expected ", LABEL), ("; ".join(expected), "")])
    return lines


def _watch(action: Action, values: Mapping[str, str]) -> str:
    return words_of_watch(action, values)


def _look(state: SessionState, look: Action, values: Mapping[str, str]) -> list[list[Piece]]:
    title = worded(look.title, values)
    head = f"look: {title + ' · ' if title else ''}on {where(state, look)}"
    return [[(head, LABEL)], *([("    ", LABEL), (line, "")] for line in command_lines(shown_whole(look, values)))]


def _expected(action: Action) -> list[str]:
    if action.ask is not None and action.answer is AnswerKind.YES_NO and not action.expect.choice:
        return [*expectations(action.expect), "yes"]
    found = expectations(action.expect)
    return found or (["success (exit status 0)"] if action.run is not None else [])


def _message_title(runbook: Runbook, name: str, values: Mapping[str, str]) -> str:
    message = runbook.messages[name]
    return f"{worded(message.title, values)}{f' to {worded(message.to, values)}' if message.to else ''}"


def _paragraph(label: str, text: str) -> list[list[Piece]]:
    lines: list[list[Piece]] = []
    for line in text.strip().splitlines():
        start = [(f"{label} ", LABEL)] if label and not lines else []
        lines.append([*start, (line, "")])
    return lines


def _notes(state: SessionState, step: Step) -> list[list[Piece]]:
    lines: list[list[Piece]] = []
    for note in state.step(step.id).notes:
        lines += _paragraph("✎ noted", note)
    return lines


def _rest(state: SessionState, step: Step, choose: str) -> list[list[Piece]]:
    lines: list[list[Piece]] = []
    titles = [step_by_id(state.runbook, undo).title for undo in step.undo]
    if titles:
        lines.append([("undone by ", LABEL), ("; ".join(titles), "")])
    elif step.mutates and not step.needed_if:
        lines.append([("undone by ", LABEL), ("nothing in this runbook", "")])
    attempts = [state.attempts[number] for number in state.step(step.id).attempts]
    if len(attempts) > 1:
        words = ", ".join(
            f"{attempt.number} {attempt_called(attempt)}{took_words(attempt.seconds)}" for attempt in attempts[-5:]
        )
        lines.append([("attempts ", LABEL), (words, ""), ("  ", "")])
        lines[-1] += [(f" {choose} ", KEY), (" choose", LABEL)] if choose else []
    return lines
