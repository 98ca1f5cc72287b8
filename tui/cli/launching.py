"""What several commands do with a workspace: set a session up, run it without a screen, or open the terminal UI."""

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.cli.options import chosen_values, pairs
from tui.cli.played import ALL_MADE_UP
from tui.cli.printing import Saying, can_ask, complain, is_terminal, tell
from tui.errors import RunbookError, UsageError

if TYPE_CHECKING:
    from tui.execution.beginning.read_beside import Read
    from tui.execution.workspace import Setup, Workspace
    from tui.headless.answers import AnswersFile
    from tui.replay.stage import ReplayWorkspace
    from tui.session.archive.store import SessionDirectory

SETTINGS = ("flow", "environment", "method", "operator", "values", "change", "reason")
"""The options that say what a session is about."""
NO_SCREEN = "`runbook {} --headless --answers FILE` runs without one"
TERMINAL = "run it in a terminal (over ssh: `ssh -t`)"
KEPT = "`runbook export {}` writes what happened, `runbook search` finds in it"
"""What helps where there is no terminal: to run, to resume a session, to see one again."""


def opened(
    file: Path | None,
    hosts: tuple[str, ...],
    ssh_config: Path | None,
    given: dict[str, Any],
    read: "Read | None" = None,
) -> "Workspace":
    """The workspace for real work, as the options say; `read` waits for a runbook that is being read already."""
    from tui.cli.wiring import open_workspace

    values, never, environment = chosen_values(given), given["ask_never"], given["environment"]
    return open_workspace(file, pairs(hosts, "--host"), ssh_config, values, never, environment, read)


def opened_on_screen(file: Path, hosts: tuple[str, ...], ssh_config: Path | None, given: dict[str, Any]) -> "Workspace":
    """The same for the terminal UI, which is loaded while a process beside this one reads the runbook."""
    from tui.execution.beginning.read_beside import read_beside

    read = read_beside(file)
    load_screens("tui.screens.home.screen")
    return opened(file, hosts, ssh_config, given, read)


def staged_on_screen(directory: "SessionDirectory") -> "ReplayWorkspace":
    """A recorded session for the terminal UI, which is loaded while a process beside this one reads its runbook."""
    from tui.execution.beginning.read_beside import read_beside

    read = read_beside(directory.runbook, of_session=True)
    load_screens("tui.screens.replay.screen")
    from tui.replay.stage import staged

    return staged(directory, read=read)


def load_screens(first: str) -> None:
    """Import what the first screen needs, which is in this module."""
    with loading():
        for name in ("tui.app", first):
            import_module(name)


def make_setup(
    workspace: "Workspace", given: dict[str, Any], kind: str = "deploy", answers: "AnswersFile | None" = None
) -> "Setup":
    """The set-up that the options, then the answers file, then the operator's settings give."""
    from tui.config import load_config
    from tui.execution.workspace import Setup
    from tui.runbook.facts import flow_of_kind, only_flow
    from tui.runbook.model import FlowKind
    from tui.runbook.pointing import wants_environment

    config = load_config()
    chosen = given["environment"] or (answers.environment if answers else "") or workspace.chosen
    rehearsed = workspace.environments[-1:] if workspace.drill else ()  # nothing there is real: it need not be said
    workspace.enter(chosen or "".join(rehearsed))
    if rehearsed and not chosen:
        others = ", ".join(workspace.environments[:-1])
        complain(f"rehearsed as {rehearsed[0]}: --environment NAME rehearses another one ({others})")
    wants_environment(workspace.environments, workspace.environment)
    operator = given["operator"] or (answers.operator if answers else "") or config.operator or workspace.operator()
    flow = given["flow"] or flow_of_kind(workspace.runbook, FlowKind(kind))
    flow = flow or (only_flow(workspace.runbook) if FlowKind(kind) is FlowKind.DEPLOY else "")
    method = given["method"] or (answers.method if answers else "")
    if answers is not None and answers.made_up:
        flow = flow or next(iter(workspace.runbook.flows))
        method = method or _likely_method(workspace, flow)
    return Setup(
        environment=workspace.environment,
        flow=flow,
        method=method,
        operator=operator,
        second_operator=answers.second_operator if answers else "",
        variables={
            **(_made_up_values(workspace) if answers and answers.made_up else {}),
            **workspace.here.settings,
            **(answers.variables if answers else {}),
            **workspace.here.pointed,
            **pairs(given["values"], "--set"),
        },
        change=given["change"] or (answers.change if answers else ""),
        reason=given["reason"] or (answers.reason if answers else ""),
    )


def _likely_method(workspace: "Workspace", flow: str) -> str:
    """The method of a flow that is recommended, else the first; empty where it has none or is not there."""
    known = workspace.runbook.flows.get(flow)
    methods = known.methods if known else ()
    recommended = (name for name in methods if workspace.runbook.methods[name].recommended)
    return next(recommended, next(iter(methods), ""))


def _made_up_values(workspace: "Workspace") -> Mapping[str, str]:
    from tui.drill.made_up.always_answered import made_up_values

    return made_up_values(workspace.runbook)


def ask_on_terminal(workspace: "Workspace") -> None:
    """Let logins, sudo and secrets ask on the terminal, where a person sits there; what is typed is not shown."""
    if can_ask():
        workspace.asking.by(_typed, complain, _as_it_is)
        workspace.secrets.agreements.by(_agreed)


def _as_it_is(call: Callable[[], None]) -> bool:
    """Let another program ask at the terminal; where Ctrl+C is for this thread, it ends that one and not ours."""
    if threading.current_thread() is not threading.main_thread():
        call()
        return True
    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # not SIG_IGN: the other one would inherit that
    try:
        call()
    finally:
        signal.signal(signal.SIGINT, before)
    return True


@contextmanager
def unheard() -> Iterator[None]:
    """Throw away what was typed before a question was seen, and show nothing of what is typed meanwhile."""
    import termios

    descriptor = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(descriptor)
        silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
    except termios.error:  # the terminal has gone: reading says so
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _typed(title: str, lines: Sequence[str]) -> str | None:
    from getpass import getpass

    with unheard():
        complain(title, *lines)
        try:
            return getpass("(not shown; ^d leaves it) ")
        except EOFError:
            return None


def _agreed(title: str, lines: Sequence[str]) -> bool:
    with unheard():
        complain(title, *lines, "type yes to allow it; anything else means no:")
    return sys.stdin.readline().strip().lower() == "yes"


def without_screen(
    workspace: "Workspace", answers: Path | None, dry_run: bool, given: dict[str, Any], kind: str = "deploy"
) -> int:
    """A headless run, or only its plan; returns the exit status."""
    from tui.headless.answers import AnswersFile, read_answers
    from tui.headless.plan import dry_run as plan_of
    from tui.headless.run import run_headless

    read = (
        read_answers(answers, workspace.runbook) if answers else AnswersFile(made_up=workspace.scenario == ALL_MADE_UP)
    )
    if read.made_up and not workspace.drill:
        raise UsageError(f"{answers}: made_up is for drills alone", "take it out; docs/headless.md")
    setup = make_setup(workspace, given, kind, read)
    if dry_run:
        for line in plan_of(workspace, setup):
            tell(line)
        return 0
    ask_on_terminal(workspace)
    say = Saying()
    try:
        return int(run_headless(workspace, setup, read, say))
    finally:
        say.end()


def rollback_without_screen(
    workspace: "Workspace", session: str, answers: Path | None, given: dict[str, Any], hosts: str
) -> int:
    """A headless rollback of a session; returns the exit status."""
    from tui.headless.answers import AnswersFile, read_answers
    from tui.headless.run import run_rollback

    read = read_answers(answers, workspace.runbook) if answers else AnswersFile()
    operator = given["operator"] or read.operator or workspace.operator()
    reason = given["reason"] or read.reason
    ask_on_terminal(workspace)
    say = Saying()
    try:
        return int(run_rollback(workspace, session, operator, reason, read, say, hosts))
    finally:
        say.end()


@contextmanager
def loading() -> Iterator[None]:
    """What is loaded stays: to go through it in search of garbage takes as long as painting the first screen."""
    gc.disable()
    try:
        _import_asyncio()
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()  # all there is counts as old now, and nothing as new
        gc.enable()


def _import_asyncio() -> None:
    """Import it as where Python was built without TLS, which it allows for: OpenSSL is a fortieth of the start.

    Nothing here speaks TLS by way of asyncio; who speaks it otherwise imports `ssl` then, as ever.
    """
    if sys.modules.keys() & {"asyncio", "ssl"} or threading.active_count() > 1:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]  # None: an import of it fails
    try:
        import_module("asyncio")
    finally:
        del sys.modules["ssl"]


def screen(
    workspace: "Workspace",
    session: str = "",
    operator: str = "",
    rolling_back: bool = False,
    hosts: str = "",
    given: dict[str, Any] | None = None,
    *,
    otherwise: str,
) -> Path | None:
    """Open the terminal UI; what it needs is imported here. Returns the runbook to be opened next, if one was chosen.

    Raises:
        UsageError: `given`, what the command line says of a session to be set up, does not fit the runbook.
        RunbookError: there is no terminal; `otherwise` is what can be done then.
    """
    with loading():
        from tui.app import RunbookApp
        from tui.config import load_config
        from tui.execution.workspace import Setup
        from tui.text.logs import silence

    if not is_terminal():
        raise RunbookError("the terminal UI needs a terminal", otherwise)
    setup = None
    if given is not None and any(given[name] for name in SETTINGS):
        setup = Setup(
            flow=given["flow"] or "",
            method=given["method"],
            operator=given["operator"],
            variables=pairs(given["values"], "--set"),
            change=given["change"],
            reason=given["reason"],
        )
        workspace.known(setup)
    silence()
    app = RunbookApp(
        workspace,
        load_config(),
        session=session,
        operator=operator,
        rolling_back=rolling_back,
        hosts=hosts,
        given=setup,
    )
    app.run_until_closed()
    if app.return_code:
        sys.exit(app.return_code)
    return app.following
