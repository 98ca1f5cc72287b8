"""Says which signed steps a restart of their host has put in doubt, until somebody has looked at them again."""

from collections.abc import Iterable, Iterator

from tui.runbook.counting import may_change
from tui.runbook.facts import connection_of, steps_of
from tui.runbook.model import Runbook, Step
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
    for step in plan_now(state):
        if before is not None and step.id == before.id:
            return
        if step.mutates and restart_since(state, step) is not None:
            yield step


def checks_of(state: SessionState, step: Step) -> list[tuple[Step, int]]:
    """What can be asked again about a change: its own read-only actions, and the checks signed directly after it.

    Checks of a later section are about something else: what they looked at may have been changed since, on purpose.
    """
    own = [(step, place) for place, action in enumerate(step.actions) if _asks(action.kind) and not may_change(action)]
    section = next((one.steps for one in state.runbook.sections if step in one.steps), ())
    steps = [one for one in plan_now(state) if one in section]
    after = steps[steps.index(step) + 1 :] if step in steps else []
    for other in after:
        if other.mutates:
            break
        if state.step(other.id).signed_seq >= 0:
            own += [(other, place) for place, action in enumerate(other.actions) if _asks(action.kind)]
    return own


def changed_since(state: SessionState, seq: int) -> bool:
    """Whether the session may have changed something after an event."""
    return any(one.mutates and not one.aside and one.seq > seq for one in state.attempts.values())


def first_change(state: SessionState) -> int:
    """The event by which the session first changed something; later than any where nothing has."""
    changes = (one.seq for one in state.attempts.values() if one.mutates and not one.aside)
    return min(changes, default=1 << 62)


def _asks(kind: str) -> bool:
    return kind in ("run", "probe")


def doubt_words(state: SessionState) -> str:
    """For a banner: which host restarted when, and how many steps nobody has looked at since; empty without any."""
    steps = doubtful(state)
    if not steps:
        return ""
    host, last = max(state.restarts.items(), key=lambda item: item[1].seq)
    count = f"{len(steps)} signed step{'s' if len(steps) > 1 else ''}"
    return f"{host} restarted by {last.at:%H:%M:%S} UTC: look again at {count}"


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
