"""Puts the engine together for the command line: which runbook, which hosts, which sessions."""

import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.played import scenario_named, taken_up, usual_scenario, with_chance
from tui.cli.surrounding import answered_for, rehearsed, surroundings
from tui.cli.ways import transports_of
from tui.cli.which_runbook import find_runbook, nearest_runbook, rehearsed_runbook, same_runbook
from tui.errors import HostsMoved, UsageError
from tui.sharing.attached import share_sessions

if TYPE_CHECKING:
    from tui.config import Config
    from tui.drill.embedded_host import DrillHost
    from tui.drill.scenario import Scenario
    from tui.execution.beginning.read_beside import Read
    from tui.execution.conductor.by_person.signing import Signing
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.workspace import Workspace
    from tui.session.archive.store import SessionDirectory, Store
    from tui.session.state import SessionState
    from tui.sharing.bucket import Bucket


DRILL_HASTE = 15.0
"""How many times as fast a drill's monitors and triggers run: a trigger's five minutes are twenty seconds there."""


AGREED = "agreed"
"""The file of the state folder that says what runbooks may do on this machine for their secrets."""

MOST_HASTE = 60.0
"""However fast a drill's host answers, its monitors are measured at most this many times as often as in life."""


ARCHIVED = "archive:"
"""Before the id of a session that is read from the archive."""


def sessions_root() -> Path:
    """Where sessions live: below XDG_STATE_HOME, or where the platform keeps such things.

    Raises:
        UsageError: there is no such place.
    """
    from tui.config import state_folder

    given = os.environ.get("RUNBOOK_SESSIONS")
    return Path(given) if given else state_folder() / "sessions"


def agreements_file() -> Path | None:
    """Where it is kept what the operator agreed to; None for a user without a home, who is asked again each time."""
    from tui.config import state_folder
    from tui.errors import UsageError

    try:
        return state_folder() / AGREED
    except UsageError:
        return None


def open_store() -> "Store":
    """The sessions of this machine."""
    from tui.session.archive.store import Store

    return Store(sessions_root())


def open_workspace(
    path: Path | None,
    hosts: Mapping[str, str] | None = None,
    ssh_config: Path | None = None,
    values: Mapping[str, str] | None = None,
    ask_never: bool = False,
    environment: str = "",
    read: "Read | None" = None,
) -> "Workspace":
    """The workspace for real work; with `ask_never` no login asks for anything.

    Args:
        environment: the one of the runbook's environments that is chosen already.
        read: waits for the runbook, where it is being read already.

    Raises:
        UsageError: it has no such environment.
        RunbookInvalid: the runbook cannot be used; every problem is listed.
    """
    from tui.config import load_config
    from tui.execution.secrecy.own_machine import Agreements
    from tui.execution.workspace import Workspace
    from tui.session.clock import SystemClock
    from tui.transports.asking import Asking

    if read is None:
        from tui.runbook.reading.load import load_with_text

        read = partial(load_with_text, find_runbook(path))
    runbook, text = read()
    asking = Asking(never=ask_never)
    reach = partial(transports_of, ssh_config=ssh_config, asking=asking)
    made = Workspace(
        runbook,
        text,
        open_store(),
        {},
        SystemClock(),
        signing=signing_of(load_config()),
        reach=reach,
        surround=partial(surroundings, runbook, hosts or {}, values or {}, reach),
        environment=environment,
    )
    made.asking = asking
    made.secrets.agreements = Agreements(agreements_file(), ask_never)
    made.ssh_config = str(ssh_config.absolute()) if ssh_config else ""
    share_sessions(made)
    return made


def signing_of(config: "Config") -> "Signing":
    """Who signs with which key, and which list says whose key is whose, by the operator's settings."""
    from tui.execution.conductor.by_person.signing import Signing

    listed = Path(config.signers).expanduser() if config.signers else None
    if listed is None:
        return Signing(config.signing)
    from tui.signing.signers import read_signers

    return Signing(config.signing, signers=partial(read_signers, listed))


@contextmanager
def drill_workspace(
    path: Path | None,
    scenario: str,
    pace: float,
    values: Mapping[str, str] | None = None,
    resumed: "SessionState | None" = None,
    seed: int | None = None,
    recorded: "Scenario | None" = None,
    environment: str = "",
) -> "Iterator[Workspace]":
    """The workspace of a rehearsal: every host is the drill's own, on loopback, for as long as the block lasts.

    With the state of a session that is `resumed` its hosts are as that session left them, by the scenario that it
    `recorded`. With a `seed` one of the faults that can be injected strikes, chosen at random.
    """
    from tui.drill.embedded_host import start_drill, transports_for
    from tui.drill.session_scenario import as_kept
    from tui.execution.workspace import Workspace
    from tui.runbook.reading.load import load_with_text
    from tui.session.clock import SystemClock

    clock = SystemClock()
    written, text = load_with_text(rehearsed_runbook(path))
    runbook = answered_for(written, environment, resumed, values or {})
    scenario = scenario or usual_scenario(runbook)
    chance = with_chance(recorded or scenario_named(scenario, runbook), runbook, seed)
    played, left, supposed = taken_up(chance, runbook, resumed, clock.now())
    with start_drill(played, pace, left, supposed) as host:
        workspace = Workspace(
            written,
            text,
            open_store(),
            {},
            clock,
            surround=partial(rehearsed, written, runbook, values or {}, transports_for(runbook, host)),
            environment=environment,
            drill=played.title,
            scenario=str(Path(scenario).absolute()) if Path(scenario).is_file() else scenario,
            speed=min(pace * DRILL_HASTE, MOST_HASTE),
            scenario_text=as_kept(chance),
            pace=0.0 if math.isinf(pace) else pace,
        )
        if resumed is not None and resumed.started is not None:
            workspace.played.add(resumed.started.session)
        try:
            with _striking(workspace, played, host):
                share_sessions(workspace)
                yield workspace
        finally:
            workspace.close()


def _real_second() -> "Signing":
    """Who may answer in a drill that people elsewhere follow, where the settings say whose keys are whose.

    Sign-offs of a drill are by name: nobody's key is asked for them.
    """
    from tui.config import load_config
    from tui.execution.conductor.by_person.signing import Signing

    config = load_config()
    shared = config.share is not None and config.share.drills and bool(config.signers)
    return Signing(signers=signing_of(config).reader if shared else None)


@contextmanager
def _striking(workspace: "Workspace", played: "Scenario", host: "DrillHost") -> "Iterator[None]":
    """Let the scenario's faults strike in every session that is opened, and what it does not answer be made up.

    The second person is played where nobody else can answer.
    """
    from tui.drill.faults import INBOX, FaultRunner
    from tui.drill.made_up.played_second import PlayedSecond
    from tui.drill.made_up.supposing import Supposing

    runners: list[FaultRunner] = []
    workspace.signing = _real_second()

    def opened(conductor: "Conductor", directory: "SessionDirectory") -> None:
        conductor.recorder.subscribe(Supposing(host.suppose).heard)
        if not workspace.signing.vouching:
            PlayedSecond(conductor, played, workspace.pace).start()
        inbox = directory.path / INBOX
        runners.append(FaultRunner(played, conductor.recorder, inbox, host.strike, workspace.clock, workspace.speed))
        runners[-1].start()

    workspace.opened = opened
    try:
        yield
    finally:
        for runner in runners:
            runner.stop()


def correct_values(
    workspace: "Workspace",
    session: str,
    operator: str,
    values: Mapping[str, str],
    reason: str,
    hosts: str,
    say: Callable[[str], None],
) -> None:
    """Put values of an unfinished session right, all of them or none.

    Raises:
        RunbookError: one of them cannot be corrected, no reason is given, or the session is open elsewhere.
    """
    from tui.headless.waiting.resting import Rest

    conductor = workspace.resume(session, operator, hosts)
    try:
        _, elsewhere = workspace.reach_again(conductor)
        if elsewhere and hosts != "today":
            raise HostsMoved(session, tuple(map(str, elsewhere)))
        conductor.agree()
        Rest(conductor, workspace.asking, say)()
        for name, value in values.items():
            conductor.correct(name, value, reason)
    finally:
        conductor.close()


@contextmanager
def resumed_workspace(
    session: str,
    path: Path | None,
    hosts: Mapping[str, str],
    ssh_config: Path | None,
    undoing: bool = False,
    ask_never: bool = False,
) -> "Iterator[tuple[Workspace, str]]":
    """The workspace of an unfinished session, and that session's id; a drill's gets its drill host back.

    Args:
        undoing: it is to be rolled back: where none is named, one whose steps are all done is taken as well, if nobody
            has recorded it as finished.

    Raises:
        SessionError: there is no such session, or none that is unfinished.
    """
    from tui.session.places import runbook_id

    store = open_store()
    directory = store.find(session or _newest_unfinished(store, path, undoing))
    _, state = directory.load()
    if state.drill:
        from tui.drill.session_scenario import scenario_of

        recorded, started = scenario_of(directory, state), state.started
        assert started is not None  # a drill says in its first event that it is one
        pace = started.pace or math.inf
        with drill_workspace(directory.runbook, started.scenario, pace, resumed=state, recorded=recorded) as workspace:
            yield workspace, directory.id
        return
    before = Path(state.started.ssh_config) if state.started and state.started.ssh_config else None
    ssh_config = ssh_config or (before if before and before.is_file() else None)
    chosen = path or same_runbook(runbook_id(state.runbook)) or directory.runbook
    workspace = open_workspace(chosen, hosts, ssh_config, None, ask_never)
    try:
        yield workspace, directory.id
    finally:
        workspace.close()


def _newest_unfinished(store: "Store", path: Path | None, undoing: bool) -> str:
    """The newest unfinished session: of the runbook that is here, where one is.

    Where steps are left in none, the newest of which nobody has recorded that it is finished.

    Raises:
        SessionError: there is none, those of other runbooks are named; or there are some of several environments.
    """
    from tui.errors import SessionError
    from tui.runbook.reading.load import load
    from tui.session.archive.known import KnownSessions
    from tui.session.places import runbook_id

    here = path or nearest_runbook()
    wanted = runbook_id(load(here)) if here is not None else ""
    found: dict[tuple[str, str], str] = {}
    settled: dict[tuple[str, str], str] = {}
    others: list[str] = []
    for one in KnownSessions(store).listed():
        left = one.readable and (not one.finished or (undoing and one.open))
        unrecorded = one.started is not None and one.closed is None
        if not left and (undoing or not unrecorded):
            continue
        of = one.runbook, one.apart
        told = " · ".join(filter(None, (one.title, one.environment)))
        if not wanted or of[0] == wanted:
            (found if left else settled).setdefault(of, f"{one.id} ({told})")
        elif left:
            others.append(f"{one.id} ({told})")
    found = found or settled
    if len(found) == 1:
        return next(iter(found.values())).partition(" ")[0]
    if found:
        kinds = "environments" if wanted else "runbooks or environments"
        words = f"there are unfinished sessions of {len(found)} {kinds}: {', '.join([*found.values()][:5])}"
        raise SessionError(words, "say which: `runbook resume ID`, `runbook rollback ID`")
    words = f"no unfinished session of the runbook {wanted}" if wanted else "no unfinished session"
    hint = f"of other runbooks: {', '.join(others[:5])}; `runbook resume ID` opens one" if others else ""
    raise SessionError(words, hint or "`runbook sessions` lists them all")


def the_bucket() -> "Bucket":
    """The team's bucket.

    Raises:
        UsageError: the settings name none.
    """
    from tui.config import load_config
    from tui.execution.secrecy.redaction import Redactor
    from tui.sharing.team import team_bucket

    bucket = team_bucket(load_config(), Redactor())
    if bucket is None:
        raise UsageError("the settings name no bucket", "[bucket] in config.toml does: docs/configuration.md")
    return bucket


@contextmanager
def opened_anywhere(store: "Store", session: str) -> "Iterator[SessionDirectory]":
    """A session as `opened_session` opens it, or one of the archive: `archive:` and its id.

    Raises:
        SessionError: there is none, or it is damaged.
        BucketError: the bucket does not give it.
    """
    from tui.session.archive.bundle import opened_session

    if not session.startswith(ARCHIVED):
        with opened_session(store, session) as directory:
            yield directory
        return
    from tui.sharing.stored.archived import archived_bundle

    with tempfile.TemporaryDirectory(prefix="runbook-") as folder:
        path = Path(folder) / "session.runbook"
        path.write_bytes(archived_bundle(the_bucket(), session.removeprefix(ARCHIVED)))
        with opened_session(store, str(path)) as directory:
            yield directory
