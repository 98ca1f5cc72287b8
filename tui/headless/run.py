"""Takes a session from its first step to its last without a person, by an answers file."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from tui.errors import AuthenticationRefused, HostsMoved, NotNow
from tui.execution.conductor.conductor import Conductor
from tui.execution.preflight import Finding, RowVerdict
from tui.execution.workspace import Setup, Workspace
from tui.headless.answered_run import AnsweredRun, Exit, Print
from tui.headless.answers import AnswersFile
from tui.headless.waiting.resting import Rest
from tui.runbook.facts import flow_of_kind
from tui.runbook.model import FlowKind
from tui.session.possible.outside import outside_lines
from tui.session.state import SessionState
from tui.session.views.called import result_of
from tui.session.views.rollback import expected_seconds, rollback_plan
from tui.text.amounts import guessed

UNSAID = "no reason was given (headless)"


def run_headless(workspace: Workspace, setup: Setup, answers: AnswersFile, say: Print) -> Exit:
    """Run a whole flow and say what happens, a line a step; the session stays on disk, whatever comes of it."""
    setup = replace(setup, variables={**setup.variables, **workspace.found_out(setup)})
    workspace.check(setup)
    refused = _preflight(workspace, setup, say)
    if refused is not None:
        return refused
    conductor = workspace.begin(setup)
    rolling_back = workspace.runbook.flows[setup.flow].kind is FlowKind.ROLLBACK
    if rolling_back:
        conductor.roll_back(setup.flow, setup.reason or UNSAID)
    return _to_the_end(conductor, answers, say, Rest(conductor, workspace.asking, say))


def run_rollback(
    workspace: Workspace, session: str, operator: str, reason: str, answers: AnswersFile, say: Print, hosts: str = ""
) -> Exit:
    """Roll a session back and say what happens, a line a step.

    Args:
        hosts: which places hold for hosts that are said to be elsewhere today: "session" or "today".

    Raises:
        SessionError: it cannot be taken up.
        NotNow: it has been rolled back already, or the runbook has no rollback flow.
    """
    conductor = workspace.resume(session, operator, hosts, reopen=True)  # a finished one is named to undo it
    state = conductor.state
    flow = flow_of_kind(conductor.runbook, FlowKind.ROLLBACK)
    rows, elsewhere = workspace.reach_again(conductor)
    _tell(rows, say)
    refused = _refused(rows) if flow else None
    if refused is None and elsewhere and hosts != "today":
        conductor.close()
        raise HostsMoved(session, tuple(map(str, elsewhere)))
    if refused is not None:
        conductor.close()
        return refused
    conductor.agree()
    conductor.mask_left()
    if not flow:
        conductor.close()
        raise NotNow("this runbook has no rollback flow", 'write one: kind = "rollback"')
    rest = Rest(conductor, workspace.asking, say)

    def begin() -> None:
        rest()  # a command that was left running is followed to its end first
        conductor.roll_back(flow, reason or UNSAID)
        rest()

    return _to_the_end(conductor, answers, say, rest, None if state.rollback else begin)


def _to_the_end(
    conductor: Conductor, answers: AnswersFile, say: Print, rest: Rest, begin: Callable[[], None] | None = None
) -> Exit:
    try:
        assert conductor.state.started is not None
        say(f"session {conductor.state.started.session}")
        try:
            if begin is not None:
                begin()
            for line in _plan_lines(conductor.state):
                say(line)
            code = AnsweredRun(conductor, answers, say, rest).walk()
        except AuthenticationRefused as error:
            say(f"! {error.told}")
            code = Exit.HOST
        if code is Exit.OK:
            conductor.finish(result_of(conductor.state))
            conductor.wait()
        else:
            say(f"stopped; nothing is run again without a person: runbook resume {conductor.state.started.session}")
        say(f"receipt {conductor.receipt()}")
        return code
    finally:
        conductor.close()


def _plan_lines(state: SessionState) -> list[str]:
    """The plan of a rollback, as it stands before its first step."""
    if state.rollback is None:
        return []
    plan = rollback_plan(state)
    lines = [f"ROLLBACK because {state.rollback.reason}; {guessed(expected_seconds(plan, state))}"]
    lines += outside_lines(state)
    return lines + [f"  {one.need.value:10} {one.step.id}: {one.step.title} ({one.why})" for one in plan]


def _preflight(workspace: Workspace, setup: Setup, say: Print) -> Exit | None:
    return _refused(workspace.preflight(setup, lambda row: _tell([row], say)))


def _tell(rows: Iterable[Finding], say: Print) -> None:
    for row in rows:
        if row.verdict is not RowVerdict.WAITING:
            say(f"  {row.verdict.value:8} {row.kind} {row.name}: {row.detail}")
            if row.hint and row.verdict is RowVerdict.FAILED:
                say(f"           {row.hint}")


def _refused(rows: Iterable[Finding]) -> Exit | None:
    failed = [row for row in rows if row.verdict is RowVerdict.FAILED]
    if not failed:
        return None
    return Exit.HOST if any(row.kind in ("host", "sudo") for row in failed) else Exit.SECRET
