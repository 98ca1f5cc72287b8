"""Says which steps that are done a restart of their host has put in doubt, until somebody has looked at them again."""

from collections.abc import Iterable, Sequence
from itertools import chain

from tui.once import once
from tui.runbook.facts import connection_of
from tui.runbook.groups.members import hosts_named
from tui.runbook.index import index_of
from tui.runbook.model import Runbook, Step
from tui.runbook.shell.counting import may_change
from tui.session.groups.cells import member_of
from tui.session.state import LOOK, Restart, SessionState, StepStatus, plan_now, plan_of
from tui.session.views.marks import as_of, known_since, last_done
from tui.text.amounts import counted

DONE = (StepStatus.SIGNED, StepStatus.PASSED)


def hosts_of(runbook: Runbook, step: Step) -> frozenset[str]:
    """The hosts that a step's own work runs on."""
    return frozenset(_places_of(runbook, step))


def _places_of(runbook: Runbook, step: Step) -> dict[str, list[int]]:
    """Which of a step's actions run on which host."""
    found: dict[str, list[int]] = {}
    for place, action in enumerate(step.actions):
        on = action.on
        if action.probe is not None:
            on = action.on or runbook.services[action.probe.service].through
        elif action.watch is not None:
            on = runbook.monitors[action.watch.monitor].on
        for host in hosts_named(runbook, on) if action.automatic else ():
            found.setdefault(connection_of(runbook, host), []).append(place)
    return found


def restart_since(state: SessionState, step: Step) -> Restart | None:
    """The restart of one of a step's hosts that came after what the step does there was last done or looked at.

    When it was signed does not count: a signature says that it was done, not that it still holds.
    """
    step_state = state.step(step.id)
    if not state.restarts or step_state.status not in DONE:
        return None
    found = [
        restart
        for host, places in _places_of(state.runbook, step).items()
        if (restart := state.restarts.get(host)) is not None
        and restart.seq > max(step_state.confirmed_seq, known_since(state, step, places, host))
    ]
    return max(found, key=lambda one: one.seq, default=None)


def begins_anew(state: SessionState, step: Step) -> str:
    """Why a changing step that stopped in its middle begins again: what its first commands did is gone, or may be.

    Its host was restarted, or a step that it takes back (the stop, of a start) was done after them. Empty if nothing
    such is known.
    """
    step_state = state.step(step.id)
    if not step.mutates or step_state.action == 0:
        return ""
    attempts = (attempt for attempt in map(state.attempts.__getitem__, step_state.attempts) if not attempt.aside)
    done = {
        (attempt.action, member_of(state, attempt)): attempt
        for attempt in attempts
        if attempt.action < step_state.action and attempt.seq > step_state.reopened_seq
    }
    for one in done.values():
        restart = state.restarts.get(connection_of(state.runbook, one.host)) if one.host else None
        if restart is not None and max(one.seq, one.resolved_seq) < restart.seq:
            return f"its host was restarted in the middle of it ({restart.at:%H:%M:%S} UTC)"
    first = min((one.seq for one in done.values()), default=-1)
    place = plan_now(state).place
    undone = index_of(state.runbook).undoing.get(step.id, ()) if done else ()
    since = next((one for one in undone if last_done(state, one) > first and 0 <= place(one.id) < place(step.id)), None)
    return f"{since.title} was done again after its first commands" if since is not None else ""


def doubtful(state: SessionState, before: Step | None = None) -> tuple[Step, ...]:
    """The changes, in the order of the plan, of which a restart has made unsure whether they still hold.

    Args:
        before: only those that this step comes after, and would build on.
    """
    if not state.restarts:
        return ()
    every = _doubtful(state)
    if before is None:
        return every
    places = plan_now(state).places
    end = places.get(before.id, len(places))
    return tuple(one for one in every if places[one.id] < end)


def unsettled_before(state: SessionState, step: Step) -> frozenset[str]:
    """The steps, of those that a step comes after, that are still to be done."""
    places = plan_now(state).places
    end = places.get(step.id, len(places))
    return frozenset(name for name, place in places.items() if place < end and not state.step(name).status.settled)


@once
def _doubtful(state: SessionState) -> tuple[Step, ...]:
    return tuple(
        step
        for _, step in plan_now(state).steps
        if step.mutates and restart_since(state, step) is not None and not _taken_back(state, step)
    )


def _taken_back(state: SessionState, step: Step) -> bool:
    """Whether later steps, done since, took back what a step did, or a part of it, so that it is not to hold any more.

    A step takes back what its undoing would put there again: starting the services is undone by a stop, and what undoes
    that stop is what undoes the deployment's own. What the step's own undoing stops as well, as around a restore, it
    has not stopped itself.
    """
    index, plan, since = index_of(state.runbook), plan_now(state), last_done(state, step)
    place = plan.place(step.id)

    def done_since(other: Step) -> bool:
        return plan.place(other.id) > place and last_done(state, other) > since

    def taken(undo: str) -> bool:
        backs = (back.id for back in index.undoing.get(undo, ()) if back.id not in step.undo)
        again = (one for back in backs for one in index.undoing.get(back, ()))
        return any(map(done_since, (index.steps[undo], *again)))

    return any(map(taken, step.undo))


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
    plan, section = plan_now(state), index_of(state.runbook).section_of.get(step.id)
    found: list[Step] = []
    place = plan.place(step.id)
    for at in range(place + 1, len(plan.steps) if place >= 0 else 0):
        within, other = plan.steps[at]
        if within is not section or other.mutates:
            break
        found.append(other)
    return found


def deploys(runbook: Runbook, step: Step) -> bool:
    """Whether a step changes what a deployment changes: what a rollback undoes, and the undoing itself.

    A backup, or an order that is placed as a test, is not. In a runbook that says of nothing how it is undone, every
    change counts.
    """
    undone = index_of(runbook).undoing
    return step.mutates and (bool(step.undo) or step.id in undone or not undone)


@once
def last_change(state: SessionState) -> int:
    """The event by which the session's plan last changed what a deployment changes; -1 where it did not."""
    plan, known = plan_now(state), index_of(state.runbook).steps
    done = (known[name] for name in state.steps if plan.place(name) >= 0)
    return max((last_done(state, step) for step in done if deploys(state.runbook, step)), default=-1)


def changed_after(state: SessionState, step: Step) -> bool:
    """Whether a change that comes after a step, of those that a deployment makes, has begun."""
    plan, known = plan_of(state), index_of(state.runbook).steps
    place = plan.place(step.id)
    later = (known[name] for name in state.steps if plan.place(name) > place >= 0)
    return any(last_done(state, other) >= 0 for other in later if deploys(state.runbook, other))


@once
def first_change(state: SessionState) -> int:
    """The event by which the session first changed something; later than any where nothing has."""
    return min(_changes(state), default=1 << 62)


def checked_since_change(state: SessionState, step: Step) -> bool:
    """Whether all that a check looks at was looked at after the session last changed anything."""
    return as_of(state, step) > max(_changes(state), default=-1)


@once
def _changes(state: SessionState) -> tuple[int, ...]:
    """The events by which the session changed something, or may have; a person's hand changes as a command does."""
    steps = index_of(state.runbook).steps
    by_hand = (done.by_hand.values() for name, done in state.steps.items() if done.by_hand and steps[name].mutates)
    return *(
        attempt.seq for attempt in state.attempts.values() if attempt.mutates and not attempt.aside
    ), *chain.from_iterable(by_hand)


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
    """How many steps are to be looked at again, in words; one that is done and still to be signed is among them."""
    return counted(len(steps), "step")


def unasked(state: SessionState, steps: Iterable[Step]) -> list[Step]:
    """Those of doubtful steps that a host can be asked about, and was not since it was restarted."""
    found = []
    for step in steps:
        restart = restart_since(state, step)
        asked = [(step, LOOK)] if step.look is not None else checks_of(state, step)
        attempts = [state.attempts[number] for other, _ in asked for number in state.step(other.id).attempts]
        if asked and restart and not any(attempt.aside and attempt.seq > restart.seq for attempt in attempts):
            found.append(step)
    return found
