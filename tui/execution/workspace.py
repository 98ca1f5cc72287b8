"""What a front end works with: the runbook, the sessions on disk, the hosts, and the means to begin a session."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui.errors import HostsMoved, RunbookError, SessionOver
from tui.execution.beginning.chosen import Setup as Setup
from tui.execution.beginning.chosen import fits, hosts_are_known, is_here, names_what_is_there
from tui.execution.beginning.surroundings import Surround, Surroundings, by_itself
from tui.execution.conductor.by_person.signing import Signing
from tui.execution.connections import Connections
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import AskSecret, Secrets
from tui.people import login_name
from tui.runbook.facts import given_names
from tui.runbook.model import Runbook, Variable
from tui.runbook.pointing import chosen_fact, environment_names, known_environment, plain_name
from tui.runbook.templates.told_titles import titled
from tui.runbook.templates.variables import defaults
from tui.runbook.window import WindowState, window_state
from tui.transports.asking import Asking

if TYPE_CHECKING:  # most is imported when a session is begun or resumed: the first screen does not wait for it
    from tui.execution.beginning.differing import Differing
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.conductor.onlooker import Onlooker
    from tui.execution.epochs.holding import Holding, Team
    from tui.execution.preflight import Finding, Report
    from tui.execution.viewer import Viewer
    from tui.session.archive.store import SessionDirectory, Store
    from tui.session.clock import Clock
    from tui.session.journal.journal import Journal
    from tui.session.places import Moved
    from tui.session.state import SessionState
    from tui.transports.base import Transport


class Workspace:
    """Everything a front end needs, made by the composition root.

    `drill` is the scenario's title in a rehearsal, `speed` how much faster than life its monitors' time runs,
    `pace` its commands' (0: at once), `scenario_text` what each of its sessions keeps of the scenario.
    """

    replaying = False  # a session long past
    team: "Team | None" = None  # those who share sessions, where anybody does
    followed: "Viewer | None" = None  # shown at once, where nothing else can be done: another machine writes it
    ssh_config = ""  # the file that was given as ssh's -F
    others: Callable[[], Sequence[Path]] = tuple  # looks for the folder's other runbooks, which may be opened instead
    environment = chosen = ""
    """Which of the runbook's environments it is, "" while none is; `chosen` is the one chosen when it was opened."""

    def __init__(
        self,
        runbook: Runbook,
        text: str,
        store: "Store",
        transports: "Mapping[str, Transport]",
        clock: "Clock",
        drill: str = "",
        scenario: str = "",
        signing: Signing | None = None,
        speed: float = 1.0,
        scenario_text: str = "",
        pace: float = 1.0,
        reach: "Callable[[Runbook], Mapping[str, Transport]] | None" = None,
        surround: Surround | None = None,
        environment: str = "",
    ) -> None:
        """Args: reach: makes the ways to a session's hosts elsewhere. surround: what an environment has by settings."""
        self._reach = reach
        self._surround = surround or partial(by_itself, runbook, transports)
        self.here = self._around("")
        self._surroundings = {"": self.here}
        self.written = plain = self.here.runbook  # before an environment is chosen
        self._plain, self.environments = plain_name(plain), environment_names(plain)
        self.speed = speed
        self.pace = pace
        self.scenario_text = scenario_text
        self.text = text
        self.store = store
        self.clock = self.today = clock  # `today` is the operator's, also while a session long past is seen
        self.drill = drill
        self.scenario = scenario
        self.signing = signing or Signing()
        self._opened: set[Transport] = set()
        self.connections = Connections(self.runbook, self.transports)
        """Those of the session that is open, or would be."""
        self.redactor = Redactor()
        self.asking = Asking()  # who is asked for what a login needs typed
        self.secrets = Secrets(self.runbook, self.redactor, stand_in="drill-secret" if drill else "")
        self.played: set[str] = set()  # the sessions whose past a drill's host knows
        self.findings: tuple[Finding, ...] = ()
        # told of every session that is begun, or resumed
        self.opened: Callable[[Conductor, SessionDirectory], None] = lambda conductor, directory: None
        if environment or len(self.environments) == 1:
            self.enter(environment or self.environments[0], chosen=True)

    @property
    def runbook(self) -> Runbook:
        """The runbook with the hosts and values that it has here, and with what is known by now in its titles."""
        return self.here.runbook

    @property
    def transports(self) -> "Mapping[str, Transport]":
        """The ways to the hosts."""
        return self.here.transports

    def enter(self, environment: str, chosen: bool = False) -> None:
        """Have the hosts and values of an environment from now on; "" for none chosen.

        Args:
            chosen: the operator said so before there was a session: each one that is set up begins with it.

        Raises:
            UsageError: the runbook does not have it.
        """
        known_environment(self.environments, environment)
        if environment != self.environment:
            key = self._key(environment)
            self._go(environment, self._surroundings.get(key) or self._around(key))
            self.findings = ()
        if chosen:
            self.chosen = environment

    def _go(self, environment: str, here: Surroundings) -> None:
        self.environment, self.here = environment, here
        self._surroundings[self._key(environment)] = here
        self._opened.update(self.transports.values())
        self.connections = Connections(self.runbook, self.transports)
        self.secrets = self.secrets.elsewhere(self.runbook)

    def _around(self, key: str) -> Surroundings:
        found = self._surround(key)
        return replace(found, runbook=titled(found.runbook, {}))

    @property
    def apart(self) -> str:
        """The environment as a journal has it: empty for the runbook's own, and while none is chosen."""
        return self._key(self.environment)

    def _key(self, environment: str) -> str:
        return "" if environment == self._plain else environment

    def operator(self) -> str:
        """Who sits here, as far as the machine knows."""
        return login_name()

    @property
    def names(self) -> frozenset[str]:
        """What the runbook gives a name to: a sentence that begins with it leaves it as it is."""
        return given_names(self.runbook)

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
        from tui.execution.beginning.offered_values import OfferedValues

        given = self.values(setup)
        wanted = [name for name, one in self.variables(setup.flow).items() if one.default_from and not given.get(name)]
        known = {name: value for name, value in given.items() if value}
        return OfferedValues(self.runbook, self.transports, self.secrets, self.clock).defaults(wanted, known)

    def preflight(
        self, setup: Setup, report: "Report", ask: AskSecret | None = None, reading: bool = False
    ) -> "tuple[Finding, ...]":
        """Reach every host and secret the session will need; blocks, so it is called on a thread of its own.

        Args:
            reading: only steps that change nothing will be done.
        """
        from tui.execution.beginning.listed_hosts import relisted
        from tui.execution.preflight import preflight, wanted_of

        is_here(setup, self.environments, self.environment)
        before = self.here
        here, rows = relisted(before, self._reach, report, bool(self.drill))
        if here is not before is self.here:
            self._go(self.environment, here)
        secrets = self.secrets
        facts = {**setup.variables, "method": setup.method, "flow": setup.flow, **chosen_fact(self.environment)}
        wanted = wanted_of(here.runbook, setup.flow, facts, reading, bool(self.drill))
        secrets.know(self.values(setup))
        with self.asking.invited():
            found = (*rows, *preflight(here.runbook, here.transports, secrets, wanted, report, ask, self.asking))
        if here is self.here:  # else another environment was chosen meanwhile: nothing of this one is of the session
            self.findings = found
        return found

    def begin(self, setup: Setup) -> "Conductor":
        """Begin a session.

        Raises:
            UsageError: the set-up names something that is not in the runbook, or a reason is missing.
            SessionError: the session's directory cannot be written.
        """
        from tui.execution.beginning.first_event import first_event
        from tui.execution.epochs.holding import begun

        self.check(setup)
        directory, journal = self.store.create(setup.flow, self.text, self.clock, self.scenario_text)
        holding = begun(self.team, directory.id, setup.operator)
        conductor = self._conductor(directory.attempts, journal, self.runbook, self.transports, holding)
        conductor.record(
            replace(
                first_event(directory.id, setup, self.runbook, self.text, self.scenario_text),
                variables=self.values(setup),
                environment=self.apart,
                settings=self.here.settings,
                ssh_config=self.ssh_config,
                drill=self.drill,
                scenario=self.scenario,
                pace=self.pace,
                epoch=holding.fence.epoch,
            )
        )
        for finding in self.findings:
            if finding.event is not None:
                conductor.record(finding.event)
        self._record_links(conductor)
        conductor.monitors.start()
        self.played.add(directory.id)
        self.opened(conductor, directory)
        return conductor

    def resume(self, session: str, operator: str, hosts: str = "", reopen: bool = False) -> "Conductor":
        """Resume a session as it was left, on the hosts that its journal names.

        Args:
            hosts: which places and values hold where something else is said today: "session" or "today"; "" asks.
            reopen: whether a finished one is opened again.

        Raises:
            SessionOver: it is finished, and not to be opened again.
            SessionError: it cannot be read, is damaged, is open elsewhere, or is another runbook's.
            HostsMoved: something else is said of its hosts or values today, and nobody has said which holds.
        """
        import platform

        from tui.execution.beginning.belonging import belongs, ended
        from tui.execution.beginning.differing import Differing
        from tui.execution.epochs.holding import resumed
        from tui.session.journal.journal import Journal
        from tui.session.places import on_hosts_of, placed, session_places

        directory = self.store.find(session)
        journal = Journal.open(directory.journal, self.clock)
        try:
            runbook, state = directory.load()
            belongs(directory, state, self.runbook, self.drill, self.played)
            if state.finished is not None and not reopen:
                raise SessionOver(directory.id, ended(state))
            other = self._differing(runbook, state)
            if hosts not in ("session", "today") and (told := other.lines(state)):
                raise HostsMoved(directory.id, told)
            holding = resumed(self.team, directory.id, operator or state.operator, state.epoch)
        except RunbookError:
            journal.close()
            raise
        other = other if hosts == "today" else Differing()
        places = {**session_places(state), **other.places}
        runbook = on_hosts_of(runbook, self.runbook) if self.drill else placed(runbook, places)
        conductor = self._conductor(directory.attempts, journal, runbook, self._ways(runbook), holding, state)
        for event in other.events(state, operator or state.operator):
            conductor.record(event)
        self.asking.invite()  # of the two that reach a host now, one asks
        conductor.take_up(operator, platform.node())
        self._record_links(conductor)
        self.opened(conductor, directory)
        return conductor

    def _differing(self, runbook: Runbook, state: "SessionState") -> "Differing":
        """What is said otherwise today: by option or setting, or by a runbook that was changed since.

        An environment that the runbook of today does not have any more says nothing.
        """
        from tui.execution.beginning.differing import Differing, differing

        environment = state.started.environment if state.started else ""
        if environment and environment not in self.environments:
            return Differing()
        self.enter(environment or (self._plain if self.environments else ""))
        return Differing() if self.drill else differing(runbook, state, self.here)

    def _ways(self, runbook: Runbook) -> "Mapping[str, Transport]":
        """The ways to the hosts of a session's runbook: those there are, where all lead to the same places."""
        from tui.session.places import places_of

        same = self._reach is None or places_of(runbook) == places_of(self.runbook)
        return self.transports if same or self._reach is None else self._reach(runbook)

    def reach_again(
        self, conductor: "Conductor", ask: AskSecret | None = None
    ) -> "tuple[tuple[Finding, ...], list[Moved]]":
        """Reach the hosts and secrets of a session that was resumed, and measure its monitors from then on; blocks.

        Returns:
            What was found, recorded in the session; and the hosts that lead elsewhere than before, of which nothing
            is recorded until the operator has agreed (`conductor.agree`).
        """
        from tui.execution.commands import values_of
        from tui.execution.preflight import preflight, wanted_of
        from tui.session.places import all_elsewhere

        started = conductor.state.started
        assert started is not None  # a session that was resumed has begun
        facts = {**conductor.state.fixed_facts()}
        wanted = wanted_of(conductor.runbook, started.flow, facts, drill=bool(self.drill))
        ways, secrets = conductor.executor.transports, conductor.secrets
        secrets.know(values_of(conductor.runbook, facts, self.clock.now()))
        with self.asking.invited(again=False):  # a command that is followed again may have asked already
            found = preflight(conductor.runbook, ways, secrets, wanted, lambda row: None, ask, self.asking)
        events = [row.event for row in found if row.event is not None]
        elsewhere = [] if self.drill else all_elsewhere(conductor.state, events)  # a drill's is made at another port
        if not conductor.state.finished:
            conductor.reached(events, elsewhere)
        return found, elsewhere

    def look_on(self, session: str, holder: str) -> "Onlooker":
        """Show a session that another process writes; nothing can be done in it.

        Raises:
            SessionError: it cannot be read, or is damaged.
        """
        from tui.execution.conductor.onlooker import onlooker_of

        return onlooker_of(self.store.find(session), self.redactor, self.clock, holder)

    def close(self) -> None:
        """Let go of every connection."""
        for transport in {*self.transports.values(), *self._opened}:
            transport.close()

    def _record_links(self, conductor: "Conductor") -> None:
        """Have every connection's ups and downs recorded."""
        for name, host in conductor.runbook.hosts.items():
            if not (host.connection or host.group):
                conductor.executor.transports[name].listen(partial(conductor.link_changed, name))

    def _conductor(
        self,
        attempts: Path,
        journal: "Journal",
        runbook: Runbook,
        ways: "Mapping[str, Transport]",
        holding: "Holding",
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
        return Conductor(runbook, journal, executor, secrets, state, self.signing, prober, self.speed, holding)

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
        is_here(setup, self.environments, self.environment)
        if begin:
            hosts_are_known(self.runbook)
        closed = "" if not begin or self.drill or self.window().inside else self.window().why
        fits(self.runbook, setup, self.variables(setup.flow), self.values(setup), closed)
