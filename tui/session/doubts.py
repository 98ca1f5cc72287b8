"""Says which signed steps a restart of their host has put in doubt, until somebody has looked at them again."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from tui.runbook.counting import may_change
from tui.runbook.facts import connection_of, steps_of
from tui.runbook.model import Runbook, Step
from tui.runbook.walk import steps_of as all_steps
from tui.session.marks import last_done
from tui.session.state import LOOK, Restart, SessionState, StepStatus

DONE = (StepStatus.SIGNED, StepStatus.PASSED)


def hosts_of(runbook: Runbook, step: Step) -> frozenset[str]:
    """The hosts that a step's own work runs on."""
    places = {action.on for action in step.actions if action.run is not None}
    places |= {runbook.services[action.probe.service].through for action in step.actions if action.probe}
    return frozenset(connection_of(runbook, on) for on in places)


def restart_since(state: SessionState, step: Step) -> Restart | None:
    """The restart of one of a step's hosts that came after the step was last done, checked or looked at."""
    if not state.restarts or state.step(step.id).status not in DONE:
        return None
    now = state.step(step.id)
    known = max(now.confirmed_seq, now.signed_seq, last_done(state, step))
    found = (state.restarts[host] for host in hosts_of(state.runbook, step) if host in state.restarts)
    return max((one for one in found if one.seq > known), key=lambda one: one.seq, default=None)


def cut_by_restart(state: SessionState, step: Step) -> Restart | None:
    """The restart of a host that came in the middle of a changing step: what the step had done may be gone."""
    now = state.step(step.id)
    if not step.mutates or not state.restarts:
        return None
    attempts = (state.attempts[number] for number in now.attempts)
    done = {one.action: one for one in attempts if one.action < now.action and one.seq > now.reopened_seq}
    for one in done.values():
        restart = state.restarts.get(connection_of(state.runbook, one.host)) if one.host else None
        if restart is not None and one.seq < restart.seq:
            return restart
    return None


def plan_now(state: SessionState) -> list[Step]:
    """The steps that are gone through now: those of the rollback, once there is one."""
    if state.rollback is not None:
        return [step for _, step in steps_of(state.runbook, state.rollback.flow, state.fixed_facts())]
    return [step for _, step in state.plan()]


def doubtful(state: SessionState, before: Step | None = None) -> tuple[Step, ...]:
    """The changes, in the order of the plan, of which a restart has made unsure whether they still hold.

    Args:
        before: only those that this step comes after, and would build on.
    """
    if not state.restarts:
        return ()
    return tuple(_until(state, before))


def _until(state: SessionState, before: Step | None) -> Iterator[Step]:
    steps = plan_now(state)
    for place, step in enumerate(steps):
        if before is not None and step.id == before.id:
            return
        if step.mutates and restart_since(state, step) is not None and not _taken_back(state, step, steps[place + 1 :]):
            yield step


def _taken_back(state: SessionState, step: Step, later: Iterable[Step]) -> bool:
    """Whether later steps, done since, took back what a step did, so that it is not to hold any more.

    A step takes back what its undoing would put there again: starting the services is undone by a stop, and what undoes
    that stop is what undoes the deployment's own.
    """
    by_id = {other.id: other for _, other in all_steps(state.runbook)}
    since = last_done(state, step)
    undoing: set[str] = set()
    for other in later:
        if last_done(state, other) > since:
            undoing |= {other.id, *(again for undo in other.undo for again in by_id[undo].undo)}
    return bool(step.undo) and undoing.issuperset(step.undo)


def checks_of(state: SessionState, step: Step) -> list[tuple[Step, int]]:
    """What can be asked again about a change: its own read-only actions, and the checks signed directly after it.

    Checks of a later section are about something else: what they looked at may have been changed since, on purpose.
    """
    own = [(step, place) for place, action in enumerate(step.actions) if _asks(action.kind) and not may_change(action)]
    for other in checked_by(state, step):
        if state.step(other.id).signed_seq >= 0:
            own += [(other, place) for place, action in enumerate(other.actions) if _asks(action.kind)]
    return own


def checked_by(state: SessionState, step: Step) -> list[Step]:
    """The checks of a change: those directly after it in its section."""
    section = next((one.steps for one in state.runbook.sections if step in one.steps), ())
    steps = [one for one in plan_now(state) if one in section]
    after = steps[steps.index(step) + 1 :] if step in steps else []
    return list(takewhile(lambda other: not other.mutates, after))


def deploys(runbook: Runbook, step: Step) -> bool:
    """Whether a step changes what a deployment changes: what a rollback undoes, and the undoing itself.

    A backup, or an order that is placed as a test, is not. In a runbook that says of nothing how it is undone, every
    change counts.
    """
    undone = {undo for _, other in all_steps(runbook) for undo in other.undo}
    return step.mutates and (bool(step.undo) or step.id in undone or not undone)


def last_change(state: SessionState, steps: Iterable[Step]) -> int:
    """The event by which one of these steps last changed what a deployment changes; -1 where none did."""
    return max((last_done(state, step) for step in steps if deploys(state.runbook, step)), default=-1)


def first_change(state: SessionState) -> int:
    """The event by which the session first changed something; later than any where nothing has."""
    changes = (one.seq for one in state.attempts.values() if one.mutates and not one.aside)
    return min(changes, default=1 << 62)


def _asks(kind: str) -> bool:
    return kind in ("run", "probe")


def doubt_words(state: SessionState, steps: Sequence[Step] | None = None) -> str:
    """For a banner: which host restarted when, and how many steps nobody has looked at since; empty without any.

    Args:
        steps: the doubtful ones that it is about; all of them where they are not given.
    """
    steps = doubtful(state) if steps is None else steps
    if not steps:
        return ""
    theirs = {host for step in steps for host in hosts_of(state.runbook, step)} & state.restarts.keys()
    host = max(theirs, key=lambda name: state.restarts[name].seq)
    return f"{host} restarted by {state.restarts[host].at:%H:%M:%S} UTC: look again at {count_of(steps)}"


def count_of(steps: Sequence[Step]) -> str:
    """How many steps are to be looked at again, in words."""
    return f"{len(steps)} signed step{'' if len(steps) == 1 else 's'}"


def unasked(state: SessionState, steps: Iterable[Step]) -> list[Step]:
    """Those of doubtful steps that a host can be asked about, and was not since it was restarted."""
    found = []
    for step in steps:
        restart = restart_since(state, step)
        asked = [(step, LOOK)] if step.look is not None else checks_of(state, step)
        attempts = [state.attempts[number] for other, _ in asked for number in state.step(other.id).attempts]
        if asked and restart and not any(one.aside and one.seq > restart.seq for one in attempts):
            found.append(step)
    return found
