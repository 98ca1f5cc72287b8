"""What the run screen's dialogs and titles say, decided from the state alone."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tui.dialogs.laid import facts
from tui.execution.approving.what_runs import ActionToRun, MemberToRun, asked_of
from tui.execution.commands import directory_of, names_needed, shown_whole, values_of
from tui.runbook.described.probes import words_of
from tui.runbook.facts import connection_of
from tui.runbook.index import index_of
from tui.runbook.model import Approval, Danger, Step
from tui.runbook.shell.script import first_line
from tui.runbook.templates.variables import worded
from tui.screens.run.will import will
from tui.session.events import Check
from tui.session.groups.batches import batch_now, waits_for_soak
from tui.session.groups.cells import ORDER, Cell, CellStatus, cells_of, member_of
from tui.session.groups.printed_alike import said_alike
from tui.session.state import Attempt, SessionState, StepStatus, action_then, step_by_id
from tui.session.views.called import OUTSIDE_WORDS, attempt_called, hosts_running, place_words
from tui.session.views.doubts import begins_anew
from tui.session.views.trouble import last_result
from tui.session.views.usual import Usual
from tui.text.amounts import counted, guessed, took_words
from tui.text.block import NO_BREAK, Piece, shown
from tui.text.command import command_lines
from tui.widgets.glyphs import NO_RETURN, OVER, STYLES
from tui.widgets.moment import NOTHING, Moment, current_step, rollback_time, too_late
from tui.widgets.step.beside import hosts_to_run, on_hosts
from tui.widgets.step.cell_rows import stands_words
from tui.widgets.step.host_grid import SIGNS
from tui.widgets.step.laid_out import LaidRow, blocks, code, rows
from tui.widgets.step.ticks import in_brief_each, received


class Doing(Struct, frozen=True):
    """What a start does at one place, in order: its commands, and in words what is only looked at.

    `members` are the hosts of a group, each with where it is, where a second person has to see all of them.
    """

    host: str = ""
    target: str = ""
    directory: str = ""
    members: tuple[str, ...] = ()
    does: tuple[str, ...] = ()
    looks: bool = False


class Start(Struct, frozen=True):
    """What is confirmed before a step starts: what is to be known first, what is done where, what it does, and what
    follows from that.
    """

    first: tuple[str, ...] = ()
    doing: tuple[Doing, ...] = ()
    will: tuple[tuple[str, str], ...] = ()
    follows: tuple[str, ...] = ()


def start_of(
    state: SessionState, step: Step, place: int, now: datetime | None, usual: Mapping[str, Usual] = NOTHING
) -> tuple[Start, str]:
    """What a confirmation shows (every command from `place` on, by host), and the host's name to be typed."""
    at = now or state.at or datetime.now().astimezone()
    values = values_of(state.runbook, state.facts, at)
    first = []
    if not place and (anew := begins_anew(state, step)):
        first.append(f"All of it is run again: {anew}.")
    elif not place and state.step(step.id).action:
        first.append("All of it is run again, from the step's first on.")
    if place:
        first.append(f"From {place + 1} of {len(step.actions)} on; the commands before it are not run again.")
    if step.soak and (batch := batch_now(state, step)) is not None and batch.number < batch.total:
        first.append(f"Later batches begin by themselves, each after {step.soak} in which no trigger fires.")
    follows = []
    if step.point_of_no_return:
        back = guessed(rollback_time(state, step, usual)).replace(" ", NO_BREAK)
        follows.append(f"{NO_RETURN} POINT OF NO RETURN: going back takes the rollback, {back}")
    late = too_late(state, step, at, usual)
    if late:
        follows.append(f"{OVER} the window: {late}")
    doing = _joined(_doing(state, step, one, values) for one in range(place, len(step.actions)))
    if step.approve is not Approval.NONE:
        doing = list(start_of_asked(state, step, asked_of(state, step.id, place, at)[0]).doing)
    told = will(state, step, place, usual)
    return Start(tuple(first), tuple(doing), tuple(told), tuple(follows)), host_name(state, step, place)


def start_of_asked(state: SessionState, step: Step, actions: Sequence[ActionToRun]) -> Start:
    """What a second person is shown of a start: what they allow, as it was hashed from their own copy."""
    doing = []
    for runs in actions:
        if runs.host:
            name, target = on_hosts(state, step, runs.action)
            members = tuple(map(_member_words, runs.members))
            where = f"{hosts_to_run(state, step, runs.action)}, {runs.limits}" if members else target
            doing.append(Doing(name, where, runs.directory, members, (runs.whole,), looks=runs.kind == "probe"))
        else:
            doing.append(Doing(does=(runs.text if runs.kind == "probe" else f"{runs.kind}: {runs.text}",), looks=True))
    return Start(doing=tuple(_joined(doing)))


def _member_words(member: MemberToRun) -> str:
    """A host of a group, where it is, and what is its own in the commands: web07 deploy@web07 version=v2."""
    place = f" {member.place}" if member.place != member.host else ""
    return f"{member.host}{place}" + "".join(f" {name}={shlex.quote(value)}" for name, value in member.values)


def _doing(state: SessionState, step: Step, place: int, values: Mapping[str, str]) -> Doing | None:
    action = step.actions[place]
    name, target = on_hosts(state, step, place) if action.on_host or action.on else ("", "")
    if action.on_host:
        directory = directory_of(state.runbook, action, values)
        return Doing(name, target, directory, does=(shown_whole(action, values),))
    if action.probe is not None:
        return Doing(name, target, does=(words_of(state.runbook, action.probe, values),), looks=True)
    return None


def _joined(found: Iterable[Doing | None]) -> list[Doing]:
    """What is done at one place after the other is told of it once."""
    told: list[Doing] = []
    for doing in found:
        if doing is None:
            continue
        if told and replace(told[-1], does=()) == replace(doing, does=()):
            told[-1] = replace(doing, does=(*told[-1].does, *doing.does))
        else:
            told.append(doing)
    return told


def start_rows(start: Start, width: int) -> list[LaidRow]:
    """A start, laid out: host, user and directory once, then what is run there.

    What must not be missed stands above that: a script may be longer than the dialog.
    """
    groups = [[row for line in start.first for row in rows([(line, "")], width)]]
    groups += [rows([(line, "bold $st-bad")], width, 2) for line in start.follows]
    before = Doing()
    for doing in start.doing:
        looks = [row for words in doing.does if doing.looks for row in rows([(words, "")], width)]
        if not doing.host:
            groups.append(looks)
            continue
        on: list[Piece] = [("on ", "$soft"), (doing.host, "bold")]
        known = (doing.host, doing.target, doing.members) == (before.host, before.target, before.members)
        where, before = "" if known and doing.members else doing.target, doing
        on += [("  as " if "@" in where else "  ", "$soft"), (where, "")] if where else []
        on += [("  in ", "$soft"), (doing.directory, "")] if doing.directory else []
        groups.append(rows(on, width, 3))
        if doing.members and not known:
            groups.append(rows([("HOST is one of ", "$soft"), (", ".join(doing.members), "")], width, 2))
        groups.append(looks or [row for text in doing.does for row in code(text, width)])
    groups.append(facts(start.will, width))
    return blocks(groups)


def way_called(step: Step, place: int) -> str:
    """What of a step runs again from the action at `place` on."""
    return f"What failed, {place + 1} of {len(step.actions)}, and on" if place else "All from the first"


def skip_words(state: SessionState, step: Step) -> list[str]:
    """What skipping a step comes to, and the question why."""
    items = [item.title for item in state.runbook.checklist if item.id in step.checklist]
    left = [f"It leaves open: {'; '.join(items)}."] if items else []
    begun = bool(state.step(step.id).attempts)
    return ["What is left of it is not run." if begun else "Nothing of it is run.", *left, "Why is it skipped?"]


AGAIN = ("It is to do again, and to sign; nothing runs until you start it.", "Why should it be done again?")
"""What doing a settled step again comes to, and the question why."""


def not_known(state: SessionState, step: Step, place: int, now: datetime | None) -> list[str]:
    """The values that a step needs from `place` on, and that neither the session nor the step itself has."""
    at = now or state.at or datetime.now().astimezone()
    known = set(values_of(state.runbook, state.facts, at))
    known |= {name for action in step.actions for name in action.capture}
    wanted = {name for action in step.actions[place:] for name in names_needed(state.runbook, action)}
    return sorted(wanted - known)


def host_name(state: SessionState, step: Step, place: int) -> str:
    """What the operator types for a destructive step: what the host calls itself, else the runbook's name for it."""
    runbook = state.runbook
    action = next((action for action in step.actions[place:] if action.on_host), step.actions[-1])
    return host_name_of(state, connection_of(runbook, action.on))


def host_name_of(state: SessionState, name: str) -> str:
    """What a host calls itself, else the runbook's name for it."""
    reached = state.hosts.get(name)
    return (shown(reached.hostname).strip() if reached else "") or name


def check_lines(state: SessionState, step: Step) -> list[str]:
    """What a sign-off answers for: each command's end and each expectation compared with it."""
    step_state = state.step(step.id)
    values = values_of(state.runbook, state.facts, state.at or datetime.now().astimezone())
    lines: list[str] = []
    last = {state.attempts[number].action: number for number in step_state.attempts}
    for number in step_state.attempts:
        attempt = state.attempts[number]
        first = _called(step, attempt, values)
        lines.append(f"{attempt_called(attempt)}{took_words(attempt.seconds)}: {first}")
        if last[attempt.action] == number:  # they are those of its last attempt
            action = action_then(step, attempt)
            lines += map(_tick, in_brief_each(action, step_state.checks.get(attempt.action, ())))
    for place, checks in step_state.checks.items():
        lines += [_tick(check) for check in checks if place not in last]
    if step.danger is Danger.DESTRUCTIVE:
        lines.append("! this step is DESTRUCTIVE")
    return lines


def _tick(check: Check) -> str:
    """An expectation with what was received, where that says more than that it was as expected."""
    sign = "✔" if check.ok else "!" if check.warning else "✖"
    got = received(check)
    return f"{sign} {check.expected}{f'  got {got}' if got else ''}"


SIGN_STYLES = {"✔": STYLES["good"], "!": STYLES["turn"], "✖": STYLES["bad"]}


def sign_rows(lines: Sequence[str], width: int) -> list[LaidRow]:
    """What is signed, laid out: each tick in its colour."""
    found: list[LaidRow] = []
    for line in lines:
        style = SIGN_STYLES.get(line[:1], "")
        found += rows([("  ", ""), (line[:1], style), (line[1:], "")] if style else [(line, "")], width, 4)
    return found


def _called(step: Step, attempt: Attempt, values: Mapping[str, str]) -> str:
    """What an attempt ran: the title of its action, else its command's first line."""
    return worded(action_then(step, attempt).title, values) or first_line(attempt.command)


def output_title(state: SessionState, number: int) -> str:
    """What an output is called where one is chosen: which attempt, and its outcome."""
    attempt = state.attempts[number]
    ended = f"{attempt_called(attempt)}{took_words(attempt.seconds)}" if attempt.outcome else "▶ running"
    own = f", {OUTSIDE_WORDS}" if attempt.outside else ""
    return f"Output of attempt {number}{place_words(attempt)}{own}: {ended}"


def compared(state: SessionState, numbers: Iterable[int]) -> list[str]:
    """Several attempts below each other: what each ran, how it ended, and what its output says of the error."""
    found: list[str] = []
    for number in numbers:
        attempt = state.attempts[number]
        values = values_of(state.runbook, state.facts, attempt.started)
        ran = _called(step_by_id(state.runbook, attempt.step), attempt, values)
        ended = output_title(state, number).removeprefix("Output of ")
        found.append(f"{ran}  {ended}{f': {attempt.said}' if attempt.said else ''}")
    return found


class HostToOpen(Struct, frozen=True):
    """A host of a group whose output may be looked at: its attempts in the step, and how it stands, in one line."""

    attempts: tuple[int, ...]
    words: str


def hosts_to_open(state: SessionState, step: Step) -> list[HostToOpen]:
    """The hosts of a step on a group on which something ran: who is not good first, then who said something else.

    Nothing where the step is not at a group, or runs other things as well.
    """
    step_state = state.step(step.id)
    shown = [state.attempts[number] for number in step_state.shown]
    if not shown or not all(member_of(state, attempt) for attempt in shown if not attempt.aside):
        return []
    place = max(step_state.cells, default=0)
    cells = [cell for cell in cells_of(state, step, place) if cell.attempt]
    alike = {cell.host: len(same) for same in said_alike(state, cells) for cell in same}
    cells.sort(key=lambda cell: (ORDER.index(cell.status), alike.get(cell.host, 0)))
    return [HostToOpen(_attempts_on(shown, cell.host), _told_of(state, step, cell, alike)) for cell in cells]


def _attempts_on(shown: Iterable[Attempt], host: str) -> tuple[int, ...]:
    return tuple(attempt.number for attempt in shown if attempt.host == host)


def _told_of(state: SessionState, step: Step, cell: Cell, alike: Mapping[str, int]) -> str:
    attempt, same = state.attempts[cell.attempt], alike.get(cell.host, 0)
    title = step.actions[cell.place].title if step.each else ""
    words = f"{SIGNS[cell.status][0]} {cell.host}  {stands_words(attempt, cell, title)}"
    if attempt.said and cell.status is not CellStatus.GOOD:
        return f"{words}: {attempt.said}"
    return f"{words}, printed the same as {same - 1} more" if same > 1 else words


def no_output(moment: Moment, step: str, number: int) -> tuple[str, ...]:
    """What stands in the middle of an output that is empty: why it is, and what makes it come.

    At the step that is next it is what ran last, which had stood here.
    """
    state = moment.state
    if number in state.attempts:
        return ("Nothing printed yet.",) if state.attempts[number].outcome is None else ("It printed nothing.",)
    known = index_of(state.runbook).steps.get(step)
    here = not state.finished and step == current_step(state)
    last = (f"Last result: {told}",) if here and (told := last_result(state)) else ()
    if known is not None and not any(action.automatic or action.interactive for action in known.actions):
        return ("A person does this step.", *last)
    if last:  # what starts the step is in the band
        return ("Nothing has run here yet.", *last)
    idle = not (moment.read_only or moment.replayed or moment.busy or moment.held or state.finished)
    key = moment.keys.sign("next") if idle and here else ""
    follows = bool(key) and _runs_at_once(state, step)
    return ("Nothing has run here yet.", *([f"{key} starts the step; its output follows here."] if follows else []))


def _runs_at_once(state: SessionState, step: str) -> bool:
    """Whether a step's start runs something whose output comes."""
    known = index_of(state.runbook).steps.get(step)
    return known is not None and state.step(step).status is StepStatus.PENDING and known.actions[0].automatic


def stop_lines(state: SessionState) -> tuple[str, list[str]]:
    """What the operator is asked before what runs is stopped, and what follows from it."""
    if (running := state.running()) is not None:
        return "Stop the running command?", [
            *command_lines(f"{hosts_running(state)}: {running.whole}"),
            "The command and everything it started are stopped; the step is then cancelled.",
            "What it has done until then stays: nothing is undone by itself.",
        ]
    batch = waits_for_soak(state, step_by_id(state.runbook, state.current)) if state.current else None
    if batch is not None:
        hosts = counted(len(batch.hosts), "host")
        following = f"Batch {batch.number}/{batch.total} ({hosts}) begins when you say so, after the rest."
        return "Stop the soak?", ["Nothing runs on a host now.", following]
    return "Stop the step here?", ["Nothing of it runs on a host now.", "What is left is run when you say so."]
