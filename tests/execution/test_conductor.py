import errno
import os
import threading
from collections.abc import Iterator

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tui.errors import JournalUnwritable, NotNow
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.exports.event_words import event_words
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.journal.journal import Disk, read
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus
from tui.session.views.markers import marker_of
from tui.transports.base import LinkState


def begin(workspace: Workspace, method: str = "docker") -> Conductor:
    workspace.preflight(Setup(flow="deploy", method=method, operator="ana"), lambda row: None)
    return workspace.begin(Setup(flow="deploy", method=method, operator="ana", variables={"release": "v2"}))


@pytest.fixture
def conductor(workspace: Workspace) -> Iterator[Conductor]:
    made = begin(workspace)
    yield made
    made.close()


def do(conductor: Conductor, step: str) -> StepStatus:
    conductor.start(step)
    conductor.wait()
    return conductor.state.step(step).status


def journal(workspace: Workspace) -> list[ev.AnyEvent]:
    directory = workspace.store.find("last")
    return [entry.event for entry in read(directory.journal)]


def test_a_read_only_step_runs_checks_captures_and_signs_itself(conductor: Conductor, host: FakeTransport) -> None:
    assert do(conductor, "look") is StepStatus.SIGNED
    assert [command.script for command in host.ran] == ["uptime", "git describe"]
    assert host.ran[0].directory == "/srv/shop"
    assert conductor.state.facts["tag_before"] == "v1"
    assert conductor.state.step("look").operator == "auto"


def test_nothing_runs_before_its_announcement_is_on_disk(
    conductor: Conductor, host: FakeTransport, workspace: Workspace
) -> None:
    announced: list[bool] = []
    host.before_run = lambda command: announced.append(isinstance(journal(workspace)[-1], ev.AttemptStarted))
    do(conductor, "look")
    assert announced == [True, True]


def test_the_journal_folds_to_the_live_state(conductor: Conductor, workspace: Workspace) -> None:
    do(conductor, "look")
    do(conductor, "backup")
    conductor.sign("backup", "size looks right")
    directory = workspace.store.find("last")
    assert fold(conductor.runbook, read(directory.journal)) == conductor.state


def test_a_missed_expectation_stops_the_step_and_retry_continues_from_there(
    conductor: Conductor, host: FakeTransport, workspace: Workspace
) -> None:
    host.replies["uptime"] = [Reply(b"nothing\n"), Reply(b"load average\n")]
    assert do(conductor, "look") is StepStatus.FAILED
    assert [command.script for command in host.ran] == ["uptime"]
    conductor.retry("look")
    conductor.wait()
    assert conductor.state.step("look").status is StepStatus.SIGNED
    assert [command.script for command in host.ran] == ["uptime", "uptime", "git describe"]
    opened = [one for one in read(workspace.store.find("last").journal) if isinstance(one.event, ev.StepOpened)]
    assert [event_words(one.event, conductor.state)[2] for one in opened] == ["started", "retried"]
    assert [marker_of(one, conductor.state).words for one in opened] == ["Look around", "Look around: retried"]
    again = ev.StepOpened(step="look", operator="ana", confirmed="retry", first=True)
    assert event_words(again, conductor.state)[2] == "retried, from its first command"


def test_a_secret_travels_beside_the_command_and_is_nowhere_else(
    conductor: Conductor, host: FakeTransport, workspace: Workspace
) -> None:
    host.replies["dump"] = Reply(b"connecting with hunter2-secret\ndone\n")
    assert do(conductor, "backup") is StepStatus.PASSED
    assert host.ran[-1].secrets == {"DB_PASSWORD": "hunter2-secret"}
    assert "hunter2" not in host.ran[-1].script
    directory = workspace.store.find("last")
    assert "hunter2" not in directory.journal.read_text()
    shown = conductor.outputs.reader(1).read_lines(0, 5)
    assert b"hunter2" not in b"".join(shown)
    assert b"done" in b"".join(shown)


def test_only_a_passed_step_is_signed(conductor: Conductor) -> None:
    with pytest.raises(NotNow, match="Back up: to do"):
        conductor.sign("backup")
    do(conductor, "backup")
    conductor.sign("backup", "checked the size")
    signed = conductor.state.step("backup")
    assert (signed.status, signed.operator, signed.notes) == (StepStatus.SIGNED, "ana", ("checked the size",))


def test_a_two_person_step_needs_somebody_else(conductor: Conductor) -> None:
    do(conductor, "switch-docker")
    for second in ("", "ana", " ana "):
        with pytest.raises(NotNow, match="second person"):
            conductor.sign("switch-docker", second_operator=second)
    conductor.sign("switch-docker", second_operator="ben")
    assert conductor.state.step("switch-docker").second_operator == "ben"


def test_a_skip_needs_a_reason(conductor: Conductor) -> None:
    with pytest.raises(NotNow, match="needs a reason"):
        conductor.skip("backup", "  ")
    conductor.skip("backup", "made at noon")
    assert conductor.state.step("backup").reason == "made at noon"


def test_message_and_question_wait_for_the_operator(conductor: Conductor) -> None:
    assert do(conductor, "announce") is StepStatus.WAITING
    text = conductor.message("notice")
    assert text.startswith("Deploying v2 at ")
    assert text.endswith(", ana")
    with pytest.raises(NotNow, match="does not wait for this"):
        conductor.answer("announce", "0")
    conductor.deliver("notice", "announce", text, "copied")
    conductor.answer("announce", "7")
    assert conductor.state.step("announce").status is StepStatus.FAILED
    conductor.answer("announce", "2")
    assert conductor.state.step("announce").status is StepStatus.SIGNED


def test_cancel_ends_the_running_command_and_says_so(conductor: Conductor, host: FakeTransport) -> None:
    host.replies["uptime"] = Reply(b"load\n", until=threading.Event())
    conductor.start("look")
    with pytest.raises(NotNow, match="a command is running"):
        conductor.start("backup")
    conductor.cancel()
    conductor.wait()
    assert conductor.state.attempts[1].outcome == Outcome(OutcomeKind.CANCELLED)
    assert conductor.state.step("look").status is StepStatus.FAILED


def test_an_unknown_outcome_is_never_retried_by_the_program(conductor: Conductor, host: FakeTransport) -> None:
    host.replies["dump"] = Reply(b"", Outcome(OutcomeKind.UNKNOWN, detail="connection lost"))
    assert do(conductor, "backup") is StepStatus.UNKNOWN
    with pytest.raises(NotNow, match="unknown"):
        conductor.retry("backup")
    conductor.resolve("backup", True, "the file is complete")
    assert conductor.state.step("backup").status is StepStatus.PASSED
    assert len(host.ran) == 1


def test_rollback_offers_the_flow_and_leaves_out_what_does_not_apply(conductor: Conductor) -> None:
    do(conductor, "look")
    do(conductor, "switch-docker")
    conductor.roll_back("rollback", "Error rate above 10%")
    assert conductor.state.next_step().id == "switch-back"
    do(conductor, "switch-back")
    assert conductor.state.step("restart-units").status is StepStatus.NOT_NEEDED
    assert conductor.state.step("restart-units").reason == "only by Manual"
    assert conductor.state.next_step() is None


def test_a_value_not_captured_yet_refuses_the_command_in_words(conductor: Conductor, host: FakeTransport) -> None:
    do(conductor, "switch-docker")
    ran = len(host.ran)
    conductor.roll_back("rollback", "errors")
    assert do(conductor, "switch-back") is StepStatus.FAILED
    outcome = conductor.state.attempts[2].outcome
    assert outcome.kind is OutcomeKind.UNREACHABLE
    assert "tag_before" in outcome.detail
    assert len(host.ran) == ran


def test_resume_continues_where_it_was_and_another_operator_is_a_handover(
    workspace: Workspace, host: FakeTransport
) -> None:
    first = begin(workspace)
    do(first, "look")
    first.close()
    again = workspace.resume("last", "ben")
    assert again.state.step("look").status is StepStatus.SIGNED
    assert again.state.operator == "ben"
    assert isinstance(journal(workspace)[-1], ev.SessionHandedOver)
    again.close()


def test_an_attempt_that_was_running_when_the_program_died_is_unknown(
    workspace: Workspace, host: FakeTransport
) -> None:
    first = begin(workspace)
    first.record(ev.StepOpened(step="backup", operator="ana"))
    first.record(ev.AttemptStarted(attempt=1, step="backup", action=0, host="web", command="dump"))
    first.close()
    again = workspace.resume("last", "ana")
    assert again.state.step("backup").status is StepStatus.UNKNOWN
    assert host.ran == []
    again.close()


def test_a_full_disk_starts_nothing_and_work_continues_when_space_is_back(
    conductor: Conductor, host: FakeTransport, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = FullDisk()
    monkeypatch.setattr(conductor.recorder._journal, "_disk", Disk(write=full.write))
    monkeypatch.setattr("tui.execution.recorder.UNWRITABLE_PAUSE", 0.01)
    full.full = True
    with pytest.raises(JournalUnwritable, match="No space left"):
        conductor.start("look")
    assert host.ran == []
    full.full = False
    host.before_run = lambda command: setattr(full, "full", True)
    conductor.start("look")
    while conductor.trouble is None:
        conductor.wait(0.01)
    assert isinstance(conductor.trouble, JournalUnwritable)
    host.before_run = lambda command: None
    full.full = False
    conductor.wait()
    assert conductor.trouble is None
    assert conductor.state.step("look").status is StepStatus.SIGNED
    directory = workspace.store.find("last")
    assert fold(conductor.runbook, read(directory.journal)) == conductor.state


class FullDisk:
    def __init__(self) -> None:
        self.full = False

    def write(self, fd: int, data: bytes) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(fd, data)


def test_every_listener_hears_every_event_in_order(conductor: Conductor) -> None:
    heard: list[int] = []
    conductor.subscribe(lambda entry, state: heard.append(entry.seq))
    do(conductor, "look")
    assert heard == list(range(heard[0], heard[0] + len(heard)))
    assert len(heard) >= 8


def test_a_lost_connection_and_its_return_are_in_the_journal(
    conductor: Conductor, host: FakeTransport, workspace: Workspace
) -> None:
    host.listener(LinkState.LOST, "no sign of life for 20 s")
    host.listener(LinkState.LOST, "no sign of life for 20 s")
    host.listener(LinkState.CONNECTING, "")
    host.listener(LinkState.UP, "")
    links = [(event.link, event.detail) for event in journal(workspace) if isinstance(event, ev.LinkChanged)]
    assert links == [("connection lost", "no sign of life for 20 s"), ("connected", "")]


def test_a_fault_of_the_program_is_an_unknown_outcome_and_said(
    conductor: Conductor, host: FakeTransport, workspace: Workspace
) -> None:
    def fail(command: object) -> None:
        raise ZeroDivisionError("hunter2-secret")

    host.before_run = fail
    assert do(conductor, "backup") is StepStatus.UNKNOWN
    assert conductor.trouble is not None
    assert "ZeroDivisionError" in conductor.trouble.message
    assert "hunter2" not in conductor.trouble.message
    assert "hunter2" not in workspace.store.find("last").journal.read_text()


def test_a_secret_that_cannot_be_hidden_is_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "abc")
    rows = workspace.preflight(Setup(flow="deploy", method="docker", operator="ana"), lambda row: None)
    assert [row.detail for row in rows if row.kind == "secret"] == [
        "secret db_password is too short to be hidden in output"
    ]
