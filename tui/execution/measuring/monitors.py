"""Measures the runbook's monitors beside the session, again and again, and says when a trigger trips."""

import threading
from collections.abc import Mapping

from msgspec.structs import replace

from tui import threads
from tui.errors import JournalUnwritable, RunbookError
from tui.execution.commands import prepare
from tui.execution.epochs.holding import Alone, Holding
from tui.execution.judging.evidence import value_of
from tui.execution.measuring.prober import Prober, units_of
from tui.execution.measuring.worst_host import Measurement, measured_on, worst_of
from tui.execution.recorder import Recorder
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.facts import connection_of, host_named, may_hold
from tui.runbook.groups.members import monitored_hosts
from tui.runbook.model import Action, Monitor, Number, Runbook, seconds
from tui.runbook.patterns.bounded import TooSlow
from tui.session import events as ev
from tui.session.clock import Clock
from tui.session.groups.cells import values_at
from tui.session.samples import TriggerState, finite, limits
from tui.session.state import CONNECTED, SessionState
from tui.text.sanitise import plain, sanitise
from tui.transports.base import CancelToken, GivingWay, Stream, Transport

AT_ONCE = 2
"""Monitors measured at once, so that the commands keep their share of the connection."""

STAGGER = 0.4
"""Seconds between the first samples, so that they do not come in one burst."""

ANSWERED = ("http",)
"""Kinds whose figures are of one answer: how fast a maintenance page or a 502 comes says nothing of the release."""

AGAIN = 0.5
"""Seconds after which a monitor is asked again that gave way to what a person runs."""

WAITS = 3.0
"""Seconds after which it is said of a monitor that is due and has no channel that it waits for one."""

TOLD = 5.0
"""Seconds between two times that it is said at least: many monitors have one record together."""

TICK = 0.25
"""Seconds slept at most between two looks at the clock."""

NO_ANSWER = 1
"""The exit status of a probe of what refuses, breaks off or does not answer; one that cannot be made has none."""

MOST = 1 << 18
"""Bytes of a monitor's output that are looked at."""


class MonitorRunner:
    """Measures the monitors of one session; nothing waits for it.

    `speed` is how much faster than life a drill's time runs.
    """

    def __init__(
        self,
        recorder: Recorder,
        transports: Mapping[str, Transport],
        prober: Prober,
        secrets: Secrets,
        clock: Clock,
        speed: float = 1.0,
    ) -> None:
        self._recorder = recorder
        self._transports = transports
        self._prober = prober
        self._secrets = secrets
        self._clock = clock
        self._speed = speed
        self.holding: Holding = Alone()
        """Whose session it is: once another person has it, they measure."""
        self._stop = CancelToken()
        self._pool = threads.pool("monitor", AT_ONCE)
        self._under_way: dict[str, GivingWay] = {}
        self._due: dict[str, float] = {}
        self._again: dict[str, float] = {}
        """When what gave way is asked again, which is due still."""
        self._gave_way: dict[str, float] = {}
        """Since when what gave way, and has not been measured since, has been due."""
        self._told: set[str] = set()
        self._tell_after = float("-inf")
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to measure, if there is anything to measure and it has not begun yet."""
        if self._recorder.runbook.monitors and self._thread is None:
            self._thread = threads.start("monitors", self._schedule)

    def stop(self) -> None:
        """End it; a measurement that is under way is cancelled, and nobody waits for it."""
        self._stop.cancel()
        with self._lock:
            for token in self._under_way.values():
                token.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _schedule(self) -> None:
        """Begin what is due, what has been due for longest first; what gave way is due still, and asked again soon."""
        monitors = self._recorder.runbook.monitors
        begun = self._clock.monotonic()
        self._due = {name: begun + STAGGER * place for place, name in enumerate(monitors)}
        while not self._stop.cancelled:
            if self.holding.lost is not None:
                self.stop()
                return
            now = self._clock.monotonic()
            for name in sorted(monitors, key=self._due.__getitem__):
                if self._due[name] > now:
                    break
                if self._again.get(name, now) <= now:
                    self._begin(name, monitors[name])
            self._tell_waiting(now)
            if self._stop.wait(min(max(self._next() - self._clock.monotonic(), 0.02), TICK)):
                return

    def _tell_waiting(self, now: float) -> None:
        """Record which monitors have waited for a channel for long, each once until it is measured again."""
        with self._lock:
            late = {name for name, due in self._gave_way.items() if now - due >= WAITS}
            late -= self._told
            if not late or now < self._tell_after or self._recorder.state.finished is not None:
                return
            self._told |= late
            self._tell_after = now + TOLD
            hosts: dict[str, list[str]] = {}
            for name in sorted(late):
                host = connection_to(self._recorder.runbook, self._recorder.runbook.monitors[name])
                hosts.setdefault(host, []).append(name)
            try:
                for host, names in hosts.items():
                    self._recorder.record(ev.MonitorsWaiting(host=host, monitors=tuple(names)))
            except JournalUnwritable as error:
                self._recorder.trouble = error

    def _next(self) -> float:
        """When the next look is due."""
        with self._lock:
            waits = [max(due, self._again.get(name, due)) for name, due in self._due.items()]
        return min(waits)

    def _every(self, monitor: Monitor) -> float:
        return max(0.25, seconds(monitor.every) / self._speed)

    def _begin(self, name: str, monitor: Monitor) -> None:
        state, now = self._recorder.state, self._clock.monotonic()
        before, self._due[name] = self._due[name], max(self._due[name] + self._every(monitor), now)
        if state.finished or state.started is None or not may_hold(monitor.when, state.facts):
            return
        token = GivingWay()
        with self._lock:
            self._again.pop(name, None)
            if name in self._under_way:
                return  # the last one has not come back: a second would only queue up behind it
            self._under_way[name] = token
        try:
            self._pool.submit(self._sample, name, monitor, token, before)
        except RuntimeError:  # it was stopped meanwhile
            with self._lock:
                self._under_way.pop(name, None)

    def _sample(self, name: str, monitor: Monitor, token: GivingWay, due: float) -> None:
        try:
            before, begun = self._recorder.state, self._clock.monotonic()
            made = self.measure(name, token)
            took = self._clock.monotonic() - begun
            if token.gave_way:  # what a person runs needed the channel: that says nothing of what is measured
                with self._lock:
                    self._due[name], self._again[name] = due, self._clock.monotonic() + AGAIN
                    self._gave_way.setdefault(name, due)
                return
            if cut := cut_off(before, self._recorder.state, monitor):
                made = Measurement(None, f"the connection to {cut} was down meanwhile")
            if not self._stop.cancelled and self._recorder.state.finished is None:
                self._keep(name, made, took)
        except JournalUnwritable as error:
            self._recorder.trouble = error
        finally:
            with self._lock:
                self._under_way.pop(name, None)

    def measure(self, name: str, cancel: CancelToken | None = None) -> Measurement:
        """One measurement; on a group that of its worst host. Blocks for the monitor's timeout at most."""
        monitor, token = self._recorder.runbook.monitors[name], cancel or self._stop
        hosts = monitored_hosts(self._recorder.runbook, monitor)
        if not hosts:
            return self._on_host(monitor, "", token)

        def measure(host: str, of_host: CancelToken) -> Measurement:
            return self._on_member(monitor, host, of_host)

        found = measured_on(hosts, seconds(monitor.timeout), measure, token)
        return worst_of(found, limits(self._recorder.runbook, name))

    def _on_member(self, monitor: Monitor, host: str, cancel: CancelToken) -> Measurement:
        """The figure of one host of a group; none where its connection is down, or was meanwhile."""
        before = self._recorder.state
        way = connection_of(self._recorder.runbook, host)
        if was_down(before, before, way):
            return Measurement(None, "the connection is down")
        made = self._on_host(monitor, host, cancel)
        return Measurement(None, "the connection was down") if was_down(before, self._recorder.state, way) else made

    def _on_host(self, monitor: Monitor, member: str, cancel: CancelToken) -> Measurement:
        """Args: member: the host of a group that is measured; empty where the monitor has one figure."""
        values = {**self._recorder.values(), **values_at(self._recorder.state.facts, member)}
        try:
            if monitor.probe is not None:
                return self._by_probe(monitor, values, cancel)
            return self._by_command(replace(monitor, on=member or monitor.on), values, cancel)
        except RunbookError as error:
            return Measurement(None, error.message)

    def _by_probe(self, monitor: Monitor, values: Mapping[str, str], cancel: CancelToken) -> Measurement:
        assert monitor.probe is not None
        within = seconds(monitor.timeout)
        made = self._prober.measure(monitor.probe, values, within, lambda stream, data: None, cancel)
        value = made.figures.get(monitor.number.name)
        failed = next((check.came for check in made.checks if not check.ok and not check.warning), "")
        service = self._recorder.runbook.services[monitor.probe.service]
        answers = service.kind in ANSWERED
        if value is not None and not (failed and answers):
            return Measurement(finite(value))
        detail = failed or made.outcome.detail or f"no {monitor.number.name} in what was found"
        if not answers or made.outcome.exit_status != NO_ANSWER:
            return Measurement(None, detail)
        timed = units_of(service, monitor.probe).get(monitor.number.name) == "s"
        return Measurement(within if value is None and timed else None, detail, failed=True)

    def _by_command(self, monitor: Monitor, values: Mapping[str, str], cancel: CancelToken) -> Measurement:
        runbook = self._recorder.runbook
        action = Action(
            run=monitor.run, on=monitor.on, secrets=monitor.secrets, timeout=monitor.timeout, errexit=monitor.errexit
        )
        command = prepare(runbook, action, values, self._secrets, "monitor")
        out, err = bytearray(), bytearray()

        def keep(stream: Stream, data: bytes) -> None:
            kept = out if stream is Stream.OUT else err
            kept.extend(data[: max(0, MOST - len(kept))])

        host = host_named(runbook, monitor.on)
        outcome = self._transports[host].run(command, keep, cancel)
        if outcome.exit_status != 0:
            said = plain(bytes(err)).strip().rpartition("\n")[2]
            return Measurement(None, sanitise(said or str(outcome), 120))
        text = plain(bytes(out))
        try:
            value = value_of(monitor.number, text)
            of = value_of(Number(pattern=monitor.share_of), text) if monitor.share_of else 0.0
        except TooSlow as error:
            return Measurement(None, error.message)
        if isinstance(value, float):
            return Measurement(finite(value), of=max(of, 0.0) if isinstance(of, float) else 0.0)
        return Measurement(None, f"no number in what it printed: {sanitise(value or text.strip(), 80) or 'nothing'}")

    def _keep(self, name: str, made: Measurement, took: float) -> None:
        """Record a sample, and what follows from it for the triggers."""
        with self._lock:
            self._gave_way.pop(name, None)
            self._told.discard(name)
            before = self._recorder.state
            clock = self._clock.monotonic() * self._speed
            self._recorder.record(
                ev.MonitorSampled(
                    monitor=name,
                    value=made.value,
                    detail=made.detail,
                    clock=round(clock, 3),
                    took=round(took, 3),
                    failed=made.failed,
                    of=made.of,
                )
            )
            for event in crossings(before, self._recorder.state, name):
                self._recorder.record(event)


def connection_to(runbook: Runbook, monitor: Monitor) -> str:
    """The host whose connection a monitor uses; empty for what is reached from this machine."""
    if monitor.probe is None:
        through = host_named(runbook, monitor.on)
    else:
        through = runbook.services[monitor.probe.service].through
    return connection_of(runbook, through) if through else ""


def cut_off(before: SessionState, after: SessionState, monitor: Monitor) -> str:
    """The host to which the way was not up all the time a monitor was measured; empty where it was.

    How long an answer took says nothing of a site then. What is reached from this machine has no connection of its own:
    that the connections to all hosts were down shows that the way from here was cut.
    """
    runbook = after.runbook
    if monitored_hosts(runbook, monitor):
        return ""  # each of its hosts was looked after by itself
    through = connection_to(runbook, monitor)
    reached = [name for name in after.hosts if not runbook.hosts[name].local]
    hosts = [through] if through else reached
    return ", ".join(hosts) if hosts and all(was_down(before, after, host) for host in hosts) else ""


def was_down(before: SessionState, after: SessionState, host: str) -> bool:
    """Whether the connection to a host was down before or after, or lost in between."""
    down = any(state.links.get(host, CONNECTED) != CONNECTED for state in (before, after))
    return down or before.links_at.get(host) != after.links_at.get(host)


def crossings(before: SessionState, after: SessionState, monitor: str) -> list[ev.AnyEvent]:
    """What a sample of a monitor changed for its triggers: armed, tripped or cleared.

    Whether one proposes the rollback is taken from the journal, not from its time beyond the bound: that begins again
    in a resumed session.
    """
    found: list[ev.AnyEvent] = []
    value, detail = after.monitors[monitor].value, after.monitors[monitor].detail
    for name, trigger in after.runbook.triggers.items():
        if trigger.monitor != monitor or value is None:
            continue
        earlier, later = before.triggers.get(name, TriggerState()), after.triggers.get(name, TriggerState())
        if later.armed and not earlier.armed:
            found.append(ev.TriggerArmed(trigger=name, monitor=monitor, value=value, detail=detail))
        proposes = name in before.tripped
        if later.tripped and not proposes:
            found.append(
                ev.TriggerTripped(
                    trigger=name, monitor=monitor, value=value, dwell=round(later.beyond, 3), detail=detail
                )
            )
        if (earlier.armed or proposes) and not later.armed:
            found.append(ev.TriggerCleared(trigger=name, monitor=monitor, value=value, detail=detail))
    return found
