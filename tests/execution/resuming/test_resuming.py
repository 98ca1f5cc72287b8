"""A session that is left and resumed: durable commands are followed further, checks are made again."""

import threading

import msgspec
import pytest
import tomli
from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL
from tui.errors import HostError, NotNow, SessionError, SessionOver
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.journal.journal import read, verify
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import verify_output
from tui.session.state import StepStatus
from tui.transports.base import Fence


def begin(workspace: Workspace) -> Conductor:
    setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    conductor.start("look")
    conductor.wait()
    return conductor


def leave_the_backup_running(workspace: Workspace, host: FakeTransport) -> str:
    """Begin the backup, and end the program while it runs; returns the job's key."""
    host.replies["backup"] = Reply(b"one\n", until=threading.Event())
    conductor = begin(workspace)
    came = threading.Event()
    host.before_run = lambda command: came.set()
    conductor.start("backup", "yes")
    assert came.wait()
    while conductor.outputs.size(conductor.state.attempts[max(conductor.state.attempts)].number) < 4:
        pass
    conductor.close()
    return host.ran[-1].key


def events(workspace: Workspace) -> list[ev.AnyEvent]:
    return [entry.event for entry in read(workspace.store.find("last").journal)]


def test_a_durable_command_keeps_running_when_the_program_ends_and_is_followed_again(
    workspace: Workspace, host: FakeTransport
) -> None:
    key = leave_the_backup_running(workspace, host)
    assert isinstance(events(workspace)[-1], ev.AttemptStarted)
    host.left[key] = Reply(b"one\ntwo\n", Outcome.exited(0), b"warned\n")
    again = workspace.resume("last", "ana")
    again.wait()
    number = max(again.state.attempts)
    reader = again.outputs.reader(number)
    assert reader.read_lines(0, 9) == [b"one", b"two", b"warned"]
    assert reader.streams_of(0, 3) == ["out", "out", "err"]
    attempt = again.state.attempts[number]
    assert attempt.outcome == Outcome.exited(0)
    assert attempt.sha256 == verify_output(again.executor.directory, number)
    assert sum("backup" in command.script for command in host.ran) == 1
    again.close()
    names = [type(event).__name__ for event in events(workspace)]
    assert names[names.index("SessionResumed") :][:3] == ["SessionResumed", "AttemptRejoined", "AttemptFinished"]
    assert verify(workspace.store.find("last").journal).count == len(names)


def test_a_job_of_which_there_is_no_trace_stops_the_run_and_a_person_decides(
    workspace: Workspace, host: FakeTransport
) -> None:
    key = leave_the_backup_running(workspace, host)
    again = workspace.resume("last", "ben")
    again.wait()
    assert again.state.step("backup").status is StepStatus.UNKNOWN
    attempt = again.state.attempts[again.state.step("backup").attempts[-1]]
    assert again.look(attempt) == host.found
    host.left[key] = Reply(b"one\n", Outcome.exited(0))
    again.rejoin("backup")
    again.wait()
    assert again.state.step("backup").status is not StepStatus.UNKNOWN
    with pytest.raises(NotNow):
        again.rejoin("backup")
    again.close()


def test_a_plain_command_is_not_left_to_itself(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(b"load", until=threading.Event())
    setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
    conductor = workspace.begin(setup)
    came = threading.Event()
    host.before_run = lambda command: came.set()
    conductor.start("look")
    assert came.wait()
    conductor.close()
    last = events(workspace)[-1]
    assert isinstance(last, ev.AttemptFinished)
    assert last.outcome.kind is OutcomeKind.CANCELLED


def test_checks_that_ought_to_hold_still_are_made_again_and_change_nothing(
    workspace: Workspace, host: FakeTransport
) -> None:
    conductor = begin(workspace)
    before = conductor.state.step("look").status
    assert [step.id for step in conductor.rechecks()] == ["look"]
    host.replies["uptime"] = Reply(b"no such command", Outcome.exited(127))
    host.replies["git describe"] = Reply(b"v7\n")
    conductor.recheck(conductor.rechecks())
    conductor.wait()
    state = conductor.state
    again = [attempt for attempt in state.attempts.values() if attempt.again]
    assert [attempt.good for attempt in again] == [False, True]
    assert state.step("look").status is before is StepStatus.SIGNED
    assert state.facts["tag_before"] == "v1", "what was captured then is what the rollback needs"
    conductor.start("backup", "yes")
    conductor.wait()
    assert conductor.rechecks() == [], "a check made before a change need not hold after it"
    conductor.close()


def test_what_jobs_left_on_a_host_goes_when_the_session_ends(workspace: Workspace, host: FakeTransport) -> None:
    conductor = begin(workspace)
    conductor.start("backup", "yes")
    conductor.wait()
    conductor.finish("abandoned")
    conductor.wait()
    conductor.close()
    assert host.cleared == [workspace.store.find("last").id]
    assert events(workspace)[-1] == ev.JobsCleared(host="web", left=0)


def test_a_host_that_is_gone_at_the_end_is_named(workspace: Workspace, host: FakeTransport) -> None:
    def gone(session: str, fence: Fence) -> int:
        raise HostError("web: no route", "try again")

    conductor = begin(workspace)
    conductor.start("backup", "yes")
    conductor.wait()
    host.clear = gone  # type: ignore[method-assign]  # one method of a fake fails
    conductor.finish("abandoned")
    conductor.wait()
    conductor.close()
    assert events(workspace)[-1] == ev.JobsCleared(host="web", problem="web: no route")


@pytest.mark.parametrize(("came", "value"), [(b"v1\n", "v1"), (b"", None)])
def test_what_a_person_says_succeeded_gives_its_values_as_far_as_they_came(
    workspace: Workspace, host: FakeTransport, came: bytes, value: str | None
) -> None:
    host.replies["git describe"] = Reply(came, Outcome(OutcomeKind.UNKNOWN, detail="lost"))
    conductor = begin(workspace)
    conductor.resolve("look", True, "seen on the host")
    conductor.wait()
    now = conductor.state.step("look")
    assert now.status is StepStatus.SIGNED
    assert conductor.state.facts.get("tag_before") == value
    assert (now.notes == ()) is (value is not None)
    conductor.close()


def test_what_comes_next_in_a_step_waits_for_who_resumed_the_session(workspace: Workspace, host: FakeTransport) -> None:
    secrets = 'secrets = ["db_password"]\n'
    text = SMALL.replace(secrets, f'{secrets}[[sections.steps.actions]]\nrun = "wipe"\n')
    workspace.text = text
    workspace.here = replace(workspace.here, runbook=msgspec.convert(tomli.loads(text), Runbook))
    key = leave_the_backup_running(workspace, host)
    host.left[key] = Reply(b"one\n", Outcome.exited(0))
    again = workspace.resume("last", "ben")
    again.wait()
    assert again.state.step("backup").status is StepStatus.RUNNING
    assert not [command for command in host.ran if "wipe" in command.script]
    again.start("backup", "go on")
    again.wait()
    assert [command for command in host.ran if "wipe" in command.script]
    again.close()


def test_a_command_left_running_is_not_looked_for_on_another_machine_until_that_is_agreed(
    workspace: Workspace, host: FakeTransport
) -> None:
    key = leave_the_backup_running(workspace, host)
    host.left[key] = Reply(b"one\ntwo\n", Outcome.exited(0))
    host.name = "another"
    declined = workspace.resume("last", "ana")
    _, elsewhere = workspace.reach_again(declined)
    assert [one.host for one in elsewhere] == ["web"]
    declined.close()
    assert isinstance(events(workspace)[-1], ev.AttemptRejoined), "nothing came of it: it is where it was left"
    again = workspace.resume("last", "ana")
    workspace.reach_again(again)
    assert again.busy
    again.agree()
    again.wait()
    assert again.state.attempts[max(again.state.attempts)].outcome == Outcome.exited(0)
    again.close()


def test_a_finished_session_is_opened_again_only_where_somebody_says_so(workspace: Workspace) -> None:
    conductor = begin(workspace)
    conductor.finish("abandoned")
    conductor.wait()
    conductor.close()
    before = events(workspace)
    with pytest.raises(SessionOver, match=r"is finished: – abandoned .* by ana"):
        workspace.resume("last", "ben")
    assert events(workspace) == before
    again = workspace.resume("last", "ana", reopen=True)
    assert again.state.finished is None
    again.close()


def test_a_session_whose_own_runbook_was_changed_is_refused(workspace: Workspace) -> None:
    begin(workspace).close()
    directory = workspace.store.find("last")
    directory.runbook.write_text(SMALL.replace("dump >", "rm -rf /backups; dump >"))
    before = events(workspace)
    with pytest.raises(SessionError, match="is not the text that the session began with"):
        workspace.resume("last", "ana")
    assert events(workspace) == before


def test_nothing_more_runs_once_a_host_is_another_machine_than_the_journal_names(
    workspace: Workspace, host: FakeTransport
) -> None:
    """The connection was lost, and the address leads to another machine when it is made again."""
    conductor = begin(workspace)
    host.name = "another"
    ran = len(host.ran)
    conductor.start("backup", "yes")
    conductor.wait()
    assert len(host.ran) == ran
    with pytest.raises(NotNow, match="today it is said to be at deploy@another"):
        conductor.start("backup", "yes")
    conductor.close()
    assert [event.target for event in events(workspace) if isinstance(event, ev.HostConnected)] == ["fake.example:22"]
    again = workspace.resume("last", "ana")
    _, elsewhere = workspace.reach_again(again)
    assert [one.host for one in elsewhere] == ["web"]
    again.agree()
    again.start("backup", "yes")
    again.wait()
    assert len(host.ran) > ran
    again.close()
