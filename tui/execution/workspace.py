"""What a front end works with: the runbook, the sessions on disk, the hosts, and the means to begin a session."""

import hashlib
import platform
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

import tui
from tui.errors import HostsMoved, RunbookError, SessionError, SessionOver, UsageError
from tui.execution.beginning.chosen import Setup as Setup
from tui.execution.beginning.chosen import fits, names_what_is_there
from tui.execution.commands import values_of
from tui.execution.conductor.by_person.signing import Signing
from tui.execution.connections import Connections
from tui.execution.preflight import Finding, Report, preflight, wanted_of
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import AskSecret, Secrets
from tui.people import login_name
from tui.runbook.model import Runbook, Variable
from tui.runbook.templates.told_titles import titled
from tui.runbook.templates.variables import defaults
from tui.runbook.window import WindowState, window_state
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store, Summary
from tui.session.clock import Clock
from tui.session.journal.journal import Journal
from tui.session.places import Moved, moved, placed, places_of, reached_elsewhere, runbook_id, session_places
from tui.session.views.called import session_called
from tui.transports.asking import Asking
from tui.transports.base import Transport

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.conductor.onlooker import Onlooker
    from tui.session.state import SessionState


class Workspace:
    """Everything a front end needs, made by the composition root.

    `drill` is the scenario's title in a rehearsal, `speed` how much faster than life its monitors' time runs,
    `pace` its commands' (0: at once), `scenario_text` what each of its sessions keeps of the scenario.
    """

    replaying = False
    """Whether it is a session long past, in which nothing can be done."""

    def __init__(
        self,
        runbook: Runbook,
        text: str,
        store: Store,
        transports: Mapping[str, Transport],
        clock: Clock,
        drill: str = "",
        scenario: str = "",
        signing: Signing | None = None,
        speed: float = 1.0,
        scenario_text: str = "",
        pace: float = 1.0,
        reach: Callable[[Runbook], Mapping[str, Transport]] | None = None,
        said: frozenset[str] = frozenset(),
    ) -> None:
        """Args:
        reach: makes the transports to a runbook's hosts; needed by a session whose hosts this workspace has elsewhere.
        said: the hosts whose place the operator's options or settings name, whatever the runbook says.
        """
        self._reach = reach
        self._said = said
        self.ssh_config = ""
        """The file that was given as ssh's -F."""
        self.pointed: Mapping[str, str] = {}
        """The variables that the directories say to which hosts were pointed; they hold before any setting does."""
        self.speed = speed
        self._pace = pace
        self._scenario_text = scenario_text
        self.runbook = titled(runbook, {})
        self.text = text
        self.store = store
        self.transports = transports
        self.clock = self.today = clock
        """`today` is the time where the operator sits, also while a session long past is seen at its own."""
        self.drill = drill
        self.scenario = scenario
        self.signing = signing or Signing()
        self._opened: set[Transport] = set()
        self.connections = Connections(runbook, transports)
        """Those of the session that is open, or would be."""
        self.redactor = Redactor()
        self.asking = Asking()
        """Who is asked for what a login needs typed."""
        self.secrets = Secrets(runbook, self.redactor, stand_in="drill-secret" if drill else "")
        self.played: set[str] = set()
        """The sessions whose past a drill's host knows."""
        self.findings: tuple[Finding, ...] = ()
        self.opened: Callable[[Conductor, SessionDirectory], None] = lambda conductor, directory: None
        """Told of every session that is begun, or gone on with."""

    def operator(self) -> str:
        """Who sits here, as far as the machine knows."""
        return login_name()

    @property
    def names(self) -> frozenset[str]:
        """What the runbook gives a name to: written as it is there, also where a sentence begins with it."""
        runbook = self.runbook
        steps = (step for section in runbook.sections for step in section.steps)
        captured = (name for step in steps for action in step.actions for name in action.capture)
        return frozenset((*runbook.hosts, *runbook.variables, *runbook.secrets, *runbook.services, *captured))

    def window(self, now: datetime | None = None) -> WindowState:
        """The deployment window at this moment."""
        return window_state(self.runbook.window, now or self.clock.now())

    def variables(self, flow: str) -> dict[str, Variable]:
        """The variables the operator is asked for in this flow."""
        return {
            name: variable
            for name, variable in self.runbook.variables.items()
            if variable.ask and (not variable.flows or flow in variable.flows)
        }

    def found_out(self, setup: Setup) -> dict[str, str]:
        """What the hosts say of the variables that a set-up leaves open and that can be asked of them; blocks."""
        from tui.execution.beginning.offered_values import defaults_from

        given = self.values(setup)
        wanted = [name for name, one in self.variables(setup.flow).items() if one.default_from and not given.get(name)]
        known = {name: value for name, value in given.items() if value}
        return defaults_from(self.runbook, wanted, known, self.transports, self.secrets, self.clock)

    def preflight(
        self, setup: Setup, report: Report, ask: AskSecret | None = None, reading: bool = False
    ) -> tuple[Finding, ...]:
        """Reach every host and secret the session will need; blocks, so it is called on a thread of its own.

        Args:
            reading: only steps that change nothing will be done.
        """
        facts = {**setup.variables, "method": setup.method, "flow": setup.flow}
        wanted = wanted_of(self.runbook, setup.flow, facts, reading, bool(self.drill))
        self.secrets.know(self.values(setup))
        with self.asking.invited():
            self.findings = preflight(self.runbook, self.transports, self.secrets, wanted, report, ask, self.asking)
        return self.findings

    def begin(self, setup: Setup) -> "Conductor":
        """Begin a session.

        Raises:
            UsageError: the set-up names something that is not in the runbook, or a reason is missing.
            SessionError: the session's directory cannot be written.
        """
        self.check(setup)
        directory, journal = self.store.create(setup.flow, self.text, self.clock, self._scenario_text)
        conductor = self._conductor(directory.attempts, journal, self.runbook, self.transports)
        conductor.record(
            ev.SessionStarted(
                session=directory.id,
                flow=setup.flow,
                method=setup.method,
                operator=setup.operator,
                second_operator=setup.second_operator,
                title=self.runbook.runbook.title,
                runbook_hash=_hash(self.text),
                variables=self.values(setup),
                targets={name: host.target or host.connection or "local" for name, host in self.runbook.hosts.items()},
                runbook=runbook_id(self.runbook),
                places=places_of(self.runbook),
                ssh_config=self.ssh_config,
                change=setup.change,
                reason=setup.reason,
                drill=self.drill,
                scenario=self.scenario,
                scenario_hash=_hash(self._scenario_text) if self._scenario_text else "",
                pace=self._pace,
                program=f"runbook {tui.__version__}",
            )
        )
        for finding in self.findings:
            if finding.event is not None:
                conductor.record(finding.event)
        self._watch(conductor)
        conductor.monitors.start()
        self.played.add(directory.id)
        self.opened(conductor, directory)
        return conductor

    def resume(self, session: str, operator: str, hosts: str = "", reopen: bool = False) -> "Conductor":
        """Resume a session as it was left, on the hosts that its journal names.

        Args:
            hosts: which places hold where something else is said today: "session" or "today"; "" asks.
            reopen: whether a finished one is opened again.

        Raises:
            SessionOver: it is finished, and not to be opened again.
            SessionError: it cannot be read, is damaged, is open elsewhere, or is another runbook's.
            HostsMoved: something else is said of its hosts today, and nobody has said which holds.
        """
        directory = self.store.find(session)
        journal = Journal.open(directory.journal, self.clock)
        try:
            runbook, state = directory.load()
            self._fits(directory, state)
            if state.finished is not None and not reopen:
                raise SessionOver(directory.id, ended(state))
            places, today = session_places(state), {} if self.drill else self._today(runbook)
            differing = moved(places, today)
            if differing and hosts not in ("session", "today"):
                raise HostsMoved(directory.id, tuple(map(str, differing)))
        except RunbookError:
            journal.close()
            raise
        chosen = {one.host: today[one.host] for one in differing} if hosts == "today" else {}
        runbook = placed(runbook, {**places, **chosen}) if not self.drill else self._drilled(runbook)
        conductor = self._conductor(directory.attempts, journal, runbook, self._ways(runbook), state)
        for name, place in chosen.items():
            by = operator or state.operator
            conductor.record(ev.HostMoved(host=name, before=places[name], place=place, operator=by))
        conductor.take_up(operator, platform.node())
        self._watch(conductor)
        self.opened(conductor, directory)
        return conductor

    def _fits(self, directory: SessionDirectory, state: "SessionState") -> None:
        """Make sure that a session may be opened here: a drill in a drill, and by its own runbook and text alone."""
        session = directory.id
        if bool(state.drill) != bool(self.drill):
            what = "a drill" if state.drill else "no drill"
            raise UsageError(f"{session} is {what}", f"open it with `runbook resume {session}`")
        if self.drill and session not in self.played:
            hint = f"leave, then: runbook resume {session}"
            raise UsageError(f"{session} is another drill, with a host of its own", hint)
        own, here = runbook_id(state.runbook), runbook_id(self.runbook)
        if own != here:
            what = f"{session} belongs to the runbook {state.runbook.runbook.title} ({own}), not to {here}"
            raise SessionError(what, f"leave, then: runbook resume {session}")
        if state.started is None:
            raise SessionError(f"{session} was cut off before it began", "begin a new one")
        if hashlib.sha256(directory.runbook.read_bytes()).hexdigest() != state.started.runbook_hash:
            what = f"{directory.runbook} is not the text that the session began with"
            raise SessionError(what, "restore it from a copy: its commands may be other ones")

    def _today(self, runbook: Runbook) -> dict[str, ev.Place]:
        """Where hosts are said to be today: by option or setting, or by a runbook that was changed since."""
        frozen = places_of(runbook)
        here = places_of(self.runbook)
        return {
            name: here[name] for name in frozen if name in here and (name in self._said or here[name] != frozen[name])
        }

    def _drilled(self, runbook: Runbook) -> Runbook:
        return replace(runbook, hosts={**runbook.hosts, **self.runbook.hosts})

    def _ways(self, runbook: Runbook) -> Mapping[str, Transport]:
        """The ways to the hosts of a session's runbook: those there are, where all lead to the same places."""
        if self._reach is None or places_of(runbook) == places_of(self.runbook):
            return self.transports
        return self._reach(runbook)

    def reach_again(
        self, conductor: "Conductor", ask: AskSecret | None = None
    ) -> tuple[tuple[Finding, ...], list[Moved]]:
        """Reach the hosts and secrets of a session that was resumed, and measure its monitors from then on; blocks.

        Returns:
            What was found, recorded in the session; and the hosts that lead elsewhere than before, of which nothing
            is recorded until the operator has agreed (`conductor.agree`).
        """
        started = conductor.state.started
        assert started is not None  # a session that was resumed has begun
        facts = {**conductor.state.fixed_facts()}
        wanted = wanted_of(conductor.runbook, started.flow, facts, drill=bool(self.drill))
        ways, secrets = conductor.executor.transports, conductor.secrets
        secrets.know(values_of(conductor.runbook, facts, self.clock.now()))
        with self.asking.invited():
            found = preflight(conductor.runbook, ways, secrets, wanted, lambda row: None, ask, self.asking)
        events = [row.event for row in found if row.event is not None]
        known = conductor.state.hosts
        elsewhere = [
            other for event in events if event.host in known and (other := reached_elsewhere(known[event.host], event))
        ]
        if self.drill:  # its host is made each time, at another port
            elsewhere = []
        if not conductor.state.finished:
            conductor.reached(events, elsewhere)
        return found, elsewhere

    def look_on(self, session: str, holder: str) -> "Onlooker":
        """Show a session that another process writes; nothing can be done in it.

        Raises:
            SessionError: it cannot be read, or is damaged.
        """
        from tui.execution.conductor.onlooker import Onlooker
        from tui.execution.outputs import Outputs

        directory = self.store.find(session)
        runbook, _ = directory.load()
        return Onlooker(runbook, directory.journal, Outputs(directory.attempts, self.redactor), self.clock, holder)

    def sessions(self) -> list[Summary]:
        """Every session on this machine, newest first."""
        return list(self.store.summaries())

    def close(self) -> None:
        """Let go of every connection."""
        for transport in {*self.transports.values(), *self._opened}:
            transport.close()

    def _watch(self, conductor: "Conductor") -> None:
        """Have every connection's ups and downs recorded."""
        for name, host in conductor.runbook.hosts.items():
            if not host.connection:
                conductor.executor.transports[name].listen(partial(conductor.link_changed, name))

    def _conductor(
        self,
        attempts: Path,
        journal: Journal,
        runbook: Runbook,
        ways: Mapping[str, Transport],
        state: "SessionState | None" = None,
    ) -> "Conductor":
        """The engine's larger half, imported when a session needs it: the first screen must not wait for it."""
        from tui.execution.conductor.conductor import Conductor
        from tui.execution.conductor.executor import Executor
        from tui.execution.measuring.prober import DrillProber

        self._opened.update(ways.values())
        self.connections = Connections(runbook, ways)
        secrets = self.secrets if state is None else self.secrets.of(runbook)
        executor = Executor(ways, attempts, self.redactor, self.clock)
        prober = DrillProber(runbook, ways, secrets) if self.drill else None
        return Conductor(runbook, journal, executor, secrets, state, self.signing, prober, self.speed)

    def values(self, setup: Setup) -> dict[str, str]:
        """The runbook's variables: what the operator gave, else the defaults."""
        return {**defaults(self.runbook.variables, self.clock.now(), setup.flow), **setup.variables}

    def known(self, setup: Setup) -> None:
        """Make sure that a set-up that is not complete yet names only what the runbook has.

        Raises:
            UsageError: it names something else.
        """
        names_what_is_there(self.runbook, setup)

    def check(self, setup: Setup, begin: bool = True) -> None:
        """Make sure that a set-up fits the runbook; for `begin` also that the window is open or a reason given.

        Raises:
            UsageError: it does not; says which part.
        """
        closed = "" if not begin or self.drill or self.window().inside else self.window().why
        fits(self.runbook, setup, self.variables(setup.flow), self.values(setup), closed)


def ended(state: "SessionState") -> str:
    """How a session ended, in words; empty where it has not."""
    if state.finished is None:
        return ""
    at = f" {state.finished_at:%Y-%m-%d %H:%M} UTC" if state.finished_at else ""
    return f"{session_called(state)}{at} by {state.finished.operator}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
