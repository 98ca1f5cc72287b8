"""Says what stands about the actions on the card: what needs care and where, what it looks like, the way back."""

from collections.abc import Mapping

from tui.execution.commands import shown_whole
from tui.once import once
from tui.runbook.facts import connection_of, host_named, may_hold
from tui.runbook.groups.host_by_host import AT_ONCE, STOP_AFTER
from tui.runbook.groups.members import group_named, hosts_named, is_group
from tui.runbook.model import Action, Approval, Danger, Issue, Signoff, Step
from tui.runbook.templates.variables import worded
from tui.session.approval.approved import became
from tui.session.baseline import differences
from tui.session.groups.batches import batches_to_run, soaks_until, waits_for_person, waits_for_soak
from tui.session.groups.cells import CellStatus, cells_of
from tui.session.possible.solutions import why_ruled_out
from tui.session.state import AUTO, ApprovalStatus, Attempt, SessionState, StepStatus, step_by_id
from tui.session.views.called import settled_by
from tui.session.views.doubts import restart_since
from tui.session.views.rollback import Need, assuming_done, planned, rollback_plan
from tui.session.views.symptoms import cause_of
from tui.session.views.usual import Usual
from tui.text.amounts import counted, guessed
from tui.text.block import NO_BREAK, Piece
from tui.widgets.glyphs import NEEDS, NO_RETURN, STYLES, attempt_sign
from tui.widgets.moment import Moment, rollback_time
from tui.widgets.step.host_grid import place_shown
from tui.widgets.step.laid_out import LaidRow, code, labelled, rows

LABEL = "$soft"
INDENT = 13
"""Cells of a label's column."""
NARROW = 40
"""On a card of fewer cells what is labelled is not in a column of its own."""
UNDOING = 2
"""How many steps that undo one are named."""
NAMED = 3
"""Hosts of a group that are named where a command runs on no other."""
DRIFT = 0.2
"""A figure that moved by this share of what it was before the deployment is marked."""


def where(state: SessionState, action: Action) -> str:
    """The host an action runs on and as whom, as far as it is known."""
    name, target = host_and_target(state, action)
    return f"{name} ({target})" if target else name


def host_and_target(state: SessionState, action: Action) -> tuple[str, str]:
    """The runbook's name for the host of an action, and user@address where that says more."""
    runbook = state.runbook
    name = host_named(runbook, action.on)
    if is_group(runbook, name):
        return name, _pace(action, counted(len(hosts_named(runbook, name)), "host"))
    connection = connection_of(runbook, action.on)
    reached = state.hosts.get(connection)
    if reached is not None:
        return name, f"{reached.user}@{reached.target}" if reached.user else reached.target
    host = runbook.hosts[connection]
    target = "this machine" if host.local else f"{host.user}@{host.target}".lstrip("@")
    return name, "" if target == name else target


def on_hosts(state: SessionState, step: Step, place: int, below: bool = False) -> tuple[str, str]:
    """The same of a place of a step, with the hosts of a group on which the action is still to run where not on all.

    Args:
        below: whether the hosts, their batch and when it stops stand below it, once it was begun: they are left out.
    """
    action = step.actions[place]
    name, target = host_and_target(state, action)
    if not group_named(state.runbook, action):
        return name, target
    begun = below and bool(state.step(step.id).cells)
    if step.each:
        if begun:
            return name, f"host by host, {_at_once(step)}"
        return name, _pace(step, f"{hosts_to_run(state, step, place)}, host by host")
    return name, _pace(action, hosts_to_run(state, step, place, named=not begun), stops=not begun)


def hosts_to_run(state: SessionState, step: Step, place: int, named: bool = True) -> str:
    """On how many hosts of a group an action is still to run, in which batch, and on which where these are few."""
    if step.each:
        return _in_turn(state, step)
    left = [cell.host for cell in cells_of(state, step, place) if cell.status is not CellStatus.GOOD]
    hosts = len(hosts_named(state.runbook, host_named(state.runbook, step.actions[place].on)))
    every = counted(hosts, "host")
    if not left or len(left) == hosts:
        return every
    few = f": {', '.join(left)}" if len(left) <= NAMED and named else ""
    return f"{len(left)} of {every}{few}"


def _in_turn(state: SessionState, step: Step) -> str:
    """The hosts that a step goes over now, one after the other."""
    batches = batches_to_run(state, step)
    hosts = [cell.host for batch in batches for cell in batch.left]
    few = f": {', '.join(hosts)}" if 0 < len(hosts) <= NAMED else ""
    words = every = counted(len(cells_of(state, step, 0)), "host")
    if batches and batches[0].total > 1:
        numbers = " and ".join(f"{batch.number}/{batch.total}" for batch in batches)
        words = f"{'batch' if len(batches) == 1 else 'batches'} {numbers}, {len(hosts)} of {every}"
    return f"{words}{few}"


def _pace(of: Action | Step, hosts: str, stops: bool = True) -> str:
    """On how many hosts at once it runs, and after how many failures it stops: neither is broken between two rows."""
    limit = f"stop at {of.stop_after or STOP_AFTER}".replace(" ", NO_BREAK)
    return f"{hosts}, {_at_once(of)}{f', {limit}' if stops else ''}"


def _at_once(of: Action | Step) -> str:
    return f"{of.at_once or AT_ONCE} at once".replace(" ", NO_BREAK)


def chips(step: Step) -> list[Piece]:
    """What about a step needs care, each on a ground of its own."""
    words: list[tuple[str, str]] = []
    if step.point_of_no_return:
        words.append((f"{NO_RETURN} POINT OF NO RETURN", "$st-bad"))
    if step.danger is Danger.DESTRUCTIVE:
        words.append(("DESTRUCTIVE", "$st-bad"))
    elif step.mutates or step.danger is Danger.CAUTION:
        words.append(("CHANGES", "$st-turn"))
    if step.approve is not Approval.NONE:
        words.append(("TWO ALLOW", "$st-sign"))
    if step.signoff is Signoff.TWO_PERSON:
        words.append(("TWO SIGN", "$st-sign"))
    pieces: list[Piece] = []
    for text, token in words:
        pieces += [(" ", ""), (f" {text} ".replace(" ", NO_BREAK), f"bold reverse {token}")]
    return pieces


def care(state: SessionState, step: Step, place: int, width: int) -> list[LaidRow]:
    """The chips of a step, and the host of the action it is at; on rows of their own where one is too short."""
    marks = chips(step)
    if not any(action.on_host or action.on for action in step.actions):
        return rows(marks, width, 1) if marks else []
    name, target = on_hosts(state, step, place, below=True)
    on: list[Piece] = [("on ", LABEL), (name, "bold"), (f"  {target}" if target else "", LABEL)]
    length = sum(len(text) for text, _ in (*marks, *on)) + 2
    if length <= width:
        return rows([*marks, ("  " if marks else " ", ""), *on], width, 1)
    return [*(rows(marks, width, 1) if marks else []), *rows([(" ", ""), *on], width, 1)]


def outcome(moment: Moment, step: Step, width: int) -> list[LaidRow]:
    """What is to be known of the step as a whole: who settled it and why, what holds it, what is not known of it."""
    state = moment.state
    step_state = state.step(step.id)
    found: list[LaidRow] = []
    at = f" at {step_state.settled:%H:%M:%S} UTC" if step_state.settled else ""
    match step_state.status:
        case StepStatus.SIGNED:
            found += rows([(f" {settled_by(step_state)}{at}".rstrip(), STYLES["good"])], width, 1)
        case StepStatus.SKIPPED:
            who = f"by {step_state.operator}" if step_state.operator and step_state.operator != AUTO else ""
            found += rows([(f" {who}{at}: ".replace("  ", " "), STYLES["quiet"]), (step_state.reason, "")], width, 1)
        case StepStatus.NOT_NEEDED:
            found += rows([(f" {step_state.reason}", STYLES["quiet"])], width, 1)
        case StepStatus.UNKNOWN:
            words = " Nothing runs again until you have looked on the host and said what happened."
            found += rows([(words, STYLES["turn"])], width, 1)
        case StepStatus.PENDING if step_state.reopened_seq >= 0 and step_state.reason:
            found += rows([(" reopened: ", LABEL), (step_state.reason, "")], width, 1)
        case _:
            pass
    asked = state.approvals.get(step.id)
    if asked is not None and asked.status is not ApprovalStatus.USED and not step_state.status.settled:
        style = STYLES["good"] if asked.allows else STYLES["turn"]
        waits = asked.status is ApprovalStatus.WAITING and moment.now < asked.request.expires
        words = "asked, has not answered" if waits else became(asked, moment.now)
        found += rows([(" second person: ", LABEL), (words, style)], width, 1)
    if cause := cause_of(state.runbook, step.id):
        found += rows([(" right when ", LABEL), (cause, "")], width, 1)
    found += _stopped(moment, step, width)
    restart = restart_since(state, step) if step.mutates else None
    if restart is not None:
        words = f" ? its host was restarted since ({restart.at:%H:%M:%S} UTC): look again"
        found += rows([(words, STYLES["turn"])], width, 1)
    return [*found, *_need(state, step, width)]


def _stopped(moment: Moment, step: Step, width: int) -> list[LaidRow]:
    """That a step which was begun waits for a person: its session was left between two commands."""
    running = moment.state.step(step.id).status is StepStatus.RUNNING and moment.state.running() is None
    if not running or moment.busy or moment.replayed or moment.read_only:
        return []
    if (batch := waits_for_person(moment.state, step) or waits_for_soak(moment.state, step)) is not None:
        good = all(cell.status in (CellStatus.GOOD, CellStatus.TO_DO) for cell in cells_of(moment.state, step, 0))
        done = "done" if good else "over"
        until = soaks_until(moment.state, step, batch)
        after = ", after the rest of its soak" if until is not None and until > moment.now else ""
        words = f" Batch {batch.number - 1}/{batch.total} is {done}; the next one begins when you say so{after}."
    else:
        words = " It stopped between two commands, and continues when you say so."
    return rows([(words, STYLES["turn"])], width, 1)


def _need(state: SessionState, step: Step, width: int) -> list[LaidRow]:
    """What the plan of the rollback says of a step that nothing was done about yet."""
    if state.rollback is None or state.step(step.id).status is not StepStatus.PENDING:
        return []
    found = planned(state, step.id)
    if found is None:
        return []
    return rows([(f" {NEEDS[found.need]} {found.need.value}  ", "bold"), (found.why, "")], width, 3)


def look_rows(state: SessionState, look: Action, values: Mapping[str, str], width: int) -> list[LaidRow]:
    """The command that tells whether there is anything to undo."""
    title = worded(look.title, values)
    head = rows(
        [(" look: ", LABEL), (title, "bold"), ("  on " if title else "on ", LABEL), (where(state, look), LABEL)],
        width,
        1,
    )
    return [*head, *code(shown_whole(look, values), width)]


def drift(state: SessionState, step: Step, width: int) -> list[LaidRow]:
    """What a step's probes measured, beside what they measured before the first change.

    On a group it is what changed there, the hosts with the greatest changes first.
    """
    if not any(action.probe for action in step.actions):
        return []
    found: list[LaidRow] = []
    measured = differences(state, step.id)
    moved = sorted((one for one in measured if one.host), key=lambda one: -abs(one.change))
    moved = [one for one in moved if abs(one.change) >= DRIFT]
    for difference in (*(one for one in measured if not one.host), *moved[:NAMED]):
        changed = abs(difference.change) >= DRIFT
        words = f"{difference.of} {difference.figure.replace('_', ' ')} {difference.words}"
        pieces: list[Piece] = [("   before → now  ", LABEL), (words, "bold" if changed else "")]
        if changed:
            share = f"{difference.change:+.0%}" if difference.before else "from nothing"
            pieces.append((f"  ≠ changed {share}", STYLES["turn"]))
        found += rows(pieces, width, 5)
    if len(moved) > NAMED:
        found += rows([(f"   and {counted(len(moved) - NAMED, 'more figure')} changed", LABEL)], width, 5)
    return found


def prose(text: str, width: int) -> list[LaidRow]:
    """A text of several paragraphs."""
    return [row for line in text.strip().splitlines() for row in rows([(f" {line}", "")], width, 1)]


def after(moment: Moment, step: Step, values: Mapping[str, str], width: int) -> list[LaidRow]:
    """What stands below the text: what it looks like, the attempts, the way back, notes; the last goes first."""
    state = moment.state
    indent = INDENT if width >= NARROW else 1
    found: list[LaidRow] = []
    found += _looks_like(moment, step, width, indent)
    found += _attempts(moment, step, width, indent)
    for label, words in way_back(state, step, moment.usual):
        found += labelled(label, [(words, "")], width, indent)
    for note in state.step(step.id).notes:
        found += labelled("✎ noted", [(note, "")], width, indent)
    for place, line in enumerate(worded(step.note, values).strip().splitlines()):
        found += labelled("" if place else "note", [(line, LABEL)], width, indent)
    return found


def _looks_like(moment: Moment, step: Step, width: int, indent: int) -> list[LaidRow]:
    """The known trouble that a failure looks like, and what there is for it."""
    status = moment.state.step(step.id).status
    if not moment.issue or status is not StepStatus.FAILED:
        return []
    issues = [one for one in moment.state.runbook.troubleshooting if one.title == moment.issue]
    key = moment.keys.sign("troubleshoot")
    more = f"   {key} opens it: {_inside(moment.state, issues[0])}" if issues and key else ""
    return labelled("looks like", [(moment.issue, STYLES["turn"]), (more, LABEL)], width, indent)


def _inside(state: SessionState, issue: Issue) -> str:
    """How much of a known trouble there is to look at and to try; what the session's facts rule out is not counted."""
    checks = sum(may_hold(step.when, state.facts) for step in issue.diagnosis)
    ways = sum(not (one.forbidden or why_ruled_out(state, one)) for one in issue.solutions)
    parts = [counted(checks, "check")] if checks else []
    parts += [counted(ways, "solution")] if ways else []
    return ", ".join(parts) or "what it is"


def _attempts(moment: Moment, step: Step, width: int, indent: int) -> list[LaidRow]:
    """The attempts of a step that has several, the last ones, and the key that compares them; on a group its hosts."""
    attempts = [moment.state.attempts[number] for number in moment.state.step(step.id).attempts]
    if len(attempts) < 2:
        return []
    if place_shown(moment.state, step) >= 0:
        return _hosts(moment, len({attempt.host for attempt in attempts}), width, indent)
    pieces: list[Piece] = [("… " if len(attempts) > 5 else "", LABEL)]
    for place, attempt in enumerate(attempts[-5:]):
        pieces += [("  " if place else "", ""), _sign(attempt)]
    key = moment.keys.sign("attempts")
    does = "compares them" if len({attempt.action for attempt in attempts}) < len(attempts) else "shows each"
    whole = f" {does}".replace(" ", NO_BREAK)  # a key is never read without what it does
    pieces += [("   ", ""), (key, "bold $st-run"), (whole, LABEL)] if key else []
    return labelled("attempts", pieces, width, indent)


def _hosts(moment: Moment, begun: int, width: int, indent: int) -> list[LaidRow]:
    """On how many hosts of a group something ran, and the keys that open one of them."""
    pieces: list[Piece] = [(f"{counted(begun, 'host')} begun", "")]
    for name, does in (("attempts", "lists them"), ("to-step", "and the arrow keys mark one")):
        if key := moment.keys.sign(name):
            pieces += [("   ", ""), (key, "bold $st-run"), (f" {does}".replace(" ", NO_BREAK), LABEL)]
    return labelled("hosts", pieces, width, indent)


def _sign(attempt: Attempt) -> Piece:
    sign, class_ = attempt_sign(attempt)
    return f"{sign} {attempt.number}", STYLES[class_]


def way_back(state: SessionState, step: Step, usual: Mapping[str, Usual]) -> list[tuple[str, str]]:
    """Which steps undo this one, and what a rollback from here would be: a label and its words each."""
    found: list[tuple[str, str]] = []
    titles = [step_by_id(state.runbook, undo).title for undo in step.undo]
    if titles:
        more = f" and {len(titles) - UNDOING} more" if len(titles) > UNDOING else ""
        found.append(("undone by", "; ".join(titles[:UNDOING]) + more))
    elif step.mutates and not step.needed_if:
        found.append(("undone by", "nothing in this runbook"))
    count = _steps_back(state, step.id) if state.rollback is None and not state.step(step.id).status.settled else 0
    if count:
        length = guessed(rollback_time(state, step, usual))
        found.append(("rollback", f"{counted(count, 'step')}, {length} from here"))
    return found


@once
def _steps_back(state: SessionState, step_id: str) -> int:
    """How many steps a rollback has once this one is done."""
    step = step_by_id(state.runbook, step_id)
    after_it = assuming_done(state, step) if step.undo else state
    return sum(one.need is not Need.NOT_NEEDED for one in rollback_plan(after_it))
