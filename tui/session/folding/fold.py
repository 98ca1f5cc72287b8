"""What follows from the events: the state of a session, folded one event at a time, by a pure function."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from tui.errors import JournalDamaged
from tui.runbook.model import Runbook
from tui.runbook.pointing import environment_fact
from tui.runbook.templates.told_titles import titled, untold
from tui.session import events as ev
from tui.session.folding.before_change import baseline_taken
from tui.session.folding.sample_runs import SampleRun, runs, settled, with_samples
from tui.session.folding.step_looked import found_elsewhere
from tui.session.folding.steps import of_answer, of_attempt, of_step, with_paused
from tui.session.folding.triggers import advance_all
from tui.session.places import as_begun, placed
from tui.session.samples import Monitored, MonitorWait, Sample, add
from tui.session.state import CONNECTED, Done, Measure, Restart, SessionState, initial

MEASURING = ev.MonitorSampled, ev.MonitorsWaiting, ev.TriggerArmed
"""What comes by itself, again and again, and changes nothing but what is known of monitors and of triggers' times."""


def fold(runbook: Runbook, entries: Iterable[ev.Entry]) -> SessionState:
    """The state after all these events.

    Raises:
        JournalDamaged: one speaks of what is not there, as only a journal or a runbook that was changed can.
    """
    state = initial(runbook)
    for part in runs(entries):
        state = folded(state, part)
    return settled(state)


def folded(state: SessionState, part: ev.Entry | SampleRun) -> SessionState:
    """The state after one more event, or after samples that follow each other.

    Raises:
        JournalDamaged: see `fold`.
    """
    entry = part.last if isinstance(part, SampleRun) else part
    try:
        if not isinstance(part, SampleRun):
            return apply(state, part)
        strange = [found[0] for name, found in part.by_monitor.items() if name not in state.runbook.monitors]
        if not strange:
            return with_samples(state, part)
        entry = min(strange, key=lambda one: one.seq)
        raise KeyError("a monitor that the runbook has not")
    except (LookupError, StopIteration) as error:
        reason = f"line {entry.seq + 1} of the journal does not fit the lines before it and the session's runbook"
        raise JournalDamaged(reason, "one of them was changed; restore the session from a copy") from error


def apply(state: SessionState, entry: ev.Entry) -> SessionState:
    """The state after one more event; pure, and the same for a live session and a journal that is read.

    Raises:
        LookupError, StopIteration: the event names what the state and its runbook do not have.
    """
    changed_seq = state.changed_seq if isinstance(entry.event, MEASURING) else entry.seq
    after = _applied(replace(state, seq=entry.seq, changed_seq=changed_seq, at=entry.at), entry)
    return after if after.facts is state.facts else with_titles(after)


def with_titles(state: SessionState) -> SessionState:
    """The state with the values that it knows in the titles of its runbook."""
    told = titled(state.runbook, state.facts)
    return state if told is state.runbook else replace(state, runbook=told)


def _applied(state: SessionState, entry: ev.Entry) -> SessionState:
    event = entry.event
    if isinstance(event, ev.MeasuredEvent):
        return _of_measured(event, state, entry)
    if isinstance(event, ev.AttemptEvent):
        return of_attempt(event, state, entry)
    if isinstance(event, ev.StepEvent):
        return of_step(event, state, entry)
    if isinstance(event, ev.AnswerEvent):
        return of_answer(event, state, entry)
    if isinstance(event, ev.HostEvent):
        return _of_host(event, state, entry)
    return _of_session(event, state, entry)


def _of_session(event: ev.SessionEvent, state: SessionState, entry: ev.Entry) -> SessionState:
    match event:
        case ev.SessionStarted():
            return _session_started(event, state, entry)
        case ev.SessionHandedOver() | ev.SessionResumed():
            return _taken_over(event, state)
        case ev.SessionFinished():
            return replace(state, finished=event, finished_at=entry.at)
        case ev.RollbackStarted():
            return _rollback_started(event, state, entry)
        case ev.RollbackFinished():
            return replace(state, rollback_finished_at=entry.at)
        case ev.FollowUpDone():
            return _follow_up_done(event, state, entry)
        case ev.FaultStruck():
            return replace(state, faults={**state.faults, event.fault: entry.at})
        case ev.ForkSeen():
            return replace(state, forks={**state.forks, event.begins: event})
        case _:
            assert_never(event)


def _session_started(event: ev.SessionStarted, state: SessionState, entry: ev.Entry) -> SessionState:
    flow = _known_flow(state, event.flow)
    facts = {
        **event.variables,
        "operator": event.operator,
        "second_operator": event.second_operator,
        "session": event.session,
        "flow": event.flow,
        "method": event.method,
        **environment_fact(state.runbook, event.environment),
    }
    state = replace(state, runbook=as_begun(state.runbook, event))
    state = replace(state, started=event, started_at=entry.at, operator=event.operator, flow=flow, facts=facts)
    return replace(state, epoch=event.epoch)


def _taken_over(event: ev.SessionResumed | ev.SessionHandedOver, state: SessionState) -> SessionState:
    facts = {**state.facts, "operator": event.operator}
    # another process has another clock: nobody knows whether the monitor stayed beyond the bound
    state = replace(state, operator=event.operator, facts=facts, finished=None, finished_at=None, triggers={})
    state = with_paused(replace(state, epoch=event.epoch or state.epoch))
    if not state.drill:
        return state
    # a drill's host starts with the program: that is not a restart of the one that it stands for
    return replace(state, hosts={name: replace(one, boot_id="") for name, one in state.hosts.items()})


def _rollback_started(event: ev.RollbackStarted, state: SessionState, entry: ev.Entry) -> SessionState:
    facts = {**state.facts, "reason": event.reason}
    return replace(state, rollback=event, rollback_at=entry.at, flow=_known_flow(state, event.flow), facts=facts)


def _follow_up_done(event: ev.FollowUpDone, state: SessionState, entry: ev.Entry) -> SessionState:
    done = Done(entry.at, event.operator, event.note)
    return replace(state, followups={event.followup: done, **state.followups})


def _of_host(event: ev.HostEvent, state: SessionState, entry: ev.Entry) -> SessionState:
    match event:
        case ev.HostConnected():
            return _host_connected(event, state, entry)
        case ev.HostMoved():
            return _host_moved(event, state)
        case ev.LinkChanged():
            return _link_changed(event, state, entry)
        case ev.JobsCleared():
            return state
        case _:
            assert_never(event)


def _host_moved(event: ev.HostMoved, state: SessionState) -> SessionState:
    runbook = placed(untold(state.runbook), {event.host: event.place})
    return with_titles(replace(state, runbook=runbook, moved={**state.moved, event.host: event.place}))


def _host_connected(event: ev.HostConnected, state: SessionState, entry: ev.Entry) -> SessionState:
    before = state.hosts.get(event.host)
    restarted = before is not None and bool(before.boot_id and event.boot_id) and before.boot_id != event.boot_id
    if restarted:
        restarts = {**state.restarts, event.host: Restart(entry.seq, entry.at)}
        state = replace(state, restarts=restarts, looks=found_elsewhere(state, event.host))
    return replace(state, hosts={**state.hosts, event.host: event})


def _link_changed(event: ev.LinkChanged, state: SessionState, entry: ev.Entry) -> SessionState:
    was_up = state.links.get(event.host, CONNECTED) == CONNECTED
    at = entry.at if was_up or event.link == CONNECTED else state.links_at[event.host]
    links = {**state.links, event.host: event.link}
    return replace(state, links=links, links_at={**state.links_at, event.host: at})


def _of_measured(event: ev.MeasuredEvent, state: SessionState, entry: ev.Entry) -> SessionState:
    match event:
        case ev.ProbeMeasured():
            return _probe_measured(event, state)
        case ev.MonitorSampled():
            return _monitor_sampled(event, state, entry)
        case ev.MonitorsWaiting():
            return _monitors_waiting(event, state, entry)
        case ev.BaselineTaken():
            return baseline_taken(state)
        case ev.TriggerTripped():
            return with_paused(replace(state, tripped={**state.tripped, event.trigger: entry.at}), between=True)
        case ev.TriggerCleared():
            return _trigger_cleared(event, state)
        case ev.TriggerArmed():
            return state
        case _:
            assert_never(event)


def _probe_measured(event: ev.ProbeMeasured, state: SessionState) -> SessionState:
    measure = Measure(
        attempt=event.attempt, service=event.service, check=event.check, about=event.about, figures=event.figures
    )
    return replace(state, measures=(*state.measures, measure))


def _monitor_sampled(event: ev.MonitorSampled, state: SessionState, entry: ev.Entry) -> SessionState:
    if event.monitor not in state.runbook.monitors:
        raise KeyError(event.monitor)
    sample = Sample(entry.at, event.value, event.detail, event.took, event.failed)
    monitors = {**state.monitors, event.monitor: add(state.monitors.get(event.monitor, Monitored()), sample)}
    return replace(state, monitors=monitors, triggers=advance_all(state, state.triggers, event))


def _monitors_waiting(event: ev.MonitorsWaiting, state: SessionState, entry: ev.Entry) -> SessionState:
    waiting = MonitorWait(event.host, entry.at)
    changed = {
        name: replace(state.monitors.get(name, Monitored()), waiting=waiting)
        for name in event.monitors
        if name in state.runbook.monitors
    }
    return replace(state, monitors={**state.monitors, **changed})


def _trigger_cleared(event: ev.TriggerCleared, state: SessionState) -> SessionState:
    return replace(state, tripped={name: at for name, at in state.tripped.items() if name != event.trigger})


def _known_flow(state: SessionState, flow: str) -> str:
    """The flow, which everything that is shown of the session asks the runbook for; KeyError where it has none."""
    if flow not in state.runbook.flows:
        raise KeyError(flow)
    return flow
