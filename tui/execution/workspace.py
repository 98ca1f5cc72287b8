"""What a front end works with: the runbook, the sessions on disk, the hosts, and the means to begin a session."""

import getpass
import hashlib
import platform
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

import tui
from tui.errors import RunbookError, UsageError
from tui.execution.preflight import Finding, Report, hosts_needed, preflight, secrets_needed
from tui.execution.redaction import Redactor
from tui.execution.secrets import AskSecret, Secrets
from tui.execution.signing import Signing
from tui.runbook.model import Runbook, Variable
from tui.runbook.variables import defaults, wrong_value
from tui.runbook.window import WindowState, window_state
from tui.session import events as ev
from tui.session.clock import Clock
from tui.session.journal import Journal
from tui.session.store import SessionDirectory, Store, Summary
from tui.transports.base import Transport

if TYPE_CHECKING:
    from tui.execution.conductor import Conductor
    from tui.session.state import SessionState


class Setup(Struct, frozen=True, kw_only=True):
    """What the operator chose before a session begins; `reason` is why it may run outside the window."""

    flow: str
    method: str = ""
    operator: str
    second_operator: str = ""
    variables: Mapping[str, str] = {}
    change: str = ""
    reason: str = ""


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
    ) -> None:
        self.speed = speed
        self._pace = pace
        self._scenario_text = scenario_text
        self.runbook = runbook
        self.text = text
        self.store = store
        self.transports = transports
        self.clock = clock
        self.drill = drill
        self.scenario = scenario
        self.signing = signing or Signing()
        self.redactor = Redactor()
        self.secrets = Secrets(runbook, self.redactor, stand_in="drill-secret" if drill else "")
        self.findings: tuple[Finding, ...] = ()
        self.opened: Callable[[Conductor, SessionDirectory], None] = lambda conductor, directory: None
        """Told of every session that is begun, or gone on with."""

    def operator(self) -> str:
        """Who sits here, as far as the machine knows."""
        try:
            return getpass.getuser()
        except OSError:
            return ""

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
        from tui.execution.choices import defaults_from

        given = self.values(setup)
        wanted = [name for name, one in self.variables(setup.flow).items() if one.default_from and not given.get(name)]
        known = {name: value for name, value in given.items() if value}
        return defaults_from(self.runbook, wanted, known, self.transports, self.secrets, self.clock)

    def preflight(self, setup: Setup, report: Report, ask: AskSecret | None = None) -> tuple[Finding, ...]:
        """Reach every host and secret the session will need; blocks, so it is called on a thread of its own."""
        facts = {**setup.variables, "method": setup.method, "flow": setup.flow}
        hosts = hosts_needed(self.runbook, setup.flow, facts)
        wanted = secrets_needed(self.runbook, setup.flow, facts)
        self.findings = preflight(self.runbook, self.transports, self.secrets, hosts, wanted, report, ask)
        return self.findings

    def begin(self, setup: Setup) -> "Conductor":
        """Begin a session.

        Raises:
            UsageError: the set-up names something that is not in the runbook, or a reason is missing.
            SessionError: the session's directory cannot be written.
        """
        self.check(setup)
        directory, journal = self.store.create(setup.flow, self.text, self.clock, self._scenario_text)
        conductor = self._conductor(directory.attempts, journal, self.runbook)
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
        self.opened(conductor, directory)
        return conductor

    def resume(self, session: str, operator: str) -> "Conductor":
        """Go on with a session that is not finished, as it was left.

        Raises:
            SessionError: it cannot be read, is damaged, or is open elsewhere.
        """
        directory = self.store.find(session)
        journal = Journal.open(directory.journal, self.clock)
        try:
            runbook, state = directory.load()
            runbook = replace(runbook, hosts={**runbook.hosts, **self.runbook.hosts})
            if bool(state.drill) != bool(self.drill):
                what = "a drill" if state.drill else "no drill"
                raise UsageError(f"{directory.id} is {what}", f"open it with `runbook resume {directory.id}`")
        except RunbookError:
            journal.close()
            raise
        conductor = self._conductor(directory.attempts, journal, runbook, state)
        conductor.take_up(operator, platform.node())
        self._watch(conductor)
        conductor.monitors.start()
        self.opened(conductor, directory)
        return conductor

    def look_on(self, session: str, holder: str) -> "Conductor":
        """Show a session that another process writes; nothing can be done in it.

        Raises:
            SessionError: it cannot be read, or is damaged.
        """
        from tui.execution.executor import Executor
        from tui.execution.onlooker import Onlooker, WatchedJournal

        directory = self.store.find(session)
        runbook, _ = directory.load()
        executor = Executor(self.transports, directory.attempts, self.redactor, self.clock)
        return Onlooker(runbook, WatchedJournal(directory.journal, self.clock, holder), executor, self.secrets, holder)

    def sessions(self) -> list[Summary]:
        """Every session on this machine, newest first."""
        return list(self.store.summaries())

    def links(self) -> dict[str, str]:
        """The state of every connection of the runbook's hosts, in words."""
        hosts = self.runbook.hosts.items()
        return {name: self.transports[name].link().value for name, host in hosts if not (host.connection or host.local)}

    def close(self) -> None:
        """Let go of every connection."""
        for transport in set(self.transports.values()):
            transport.close()

    def _watch(self, conductor: "Conductor") -> None:
        """Have every connection's ups and downs recorded."""
        for name, host in self.runbook.hosts.items():
            if not host.connection:
                self.transports[name].watch(partial(conductor.link_changed, name))

    def _conductor(
        self, attempts: Path, journal: Journal, runbook: Runbook, state: "SessionState | None" = None
    ) -> "Conductor":
        """The engine's larger half, imported when a session needs it: the first screen must not wait for it."""
        from tui.execution.conductor import Conductor
        from tui.execution.executor import Executor
        from tui.execution.probing import DrillProber

        executor = Executor(self.transports, attempts, self.redactor, self.clock)
        prober = DrillProber(runbook, self.transports, self.secrets) if self.drill else None
        return Conductor(runbook, journal, executor, self.secrets, state, self.signing, prober, self.speed)

    def values(self, setup: Setup) -> dict[str, str]:
        """The runbook's variables: what the operator gave, else the defaults."""
        return {**defaults(self.runbook.variables, self.clock.now(), setup.flow), **setup.variables}

    def check(self, setup: Setup, begin: bool = True) -> None:
        """Make sure that a set-up fits the runbook; for `begin` also that the window is open or a reason given.

        Raises:
            UsageError: it does not; says which part.
        """
        flow = self.runbook.flows.get(setup.flow)
        if flow is None:
            raise UsageError(f"no flow {setup.flow!r}", f"the runbook has: {', '.join(self.runbook.flows)}")
        if flow.methods and setup.method not in flow.methods:
            raise UsageError(f"flow {setup.flow} needs a method", f"one of: {', '.join(flow.methods)}")
        if not setup.operator.strip():
            raise UsageError("no operator", "say who is doing this; sign-offs carry the name")
        if begin and flow.guarded and not self.window().inside and not self.drill and not setup.reason.strip():
            raise UsageError(f"the window is closed ({self.window().why})", "give a reason; it is recorded")
        values = self.values(setup)
        for name, variable in self.variables(setup.flow).items():
            problem = wrong_value(variable, values.get(name, ""))
            if problem:
                raise UsageError(f"{name}: {problem}", variable.prompt)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
