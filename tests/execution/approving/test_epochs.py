"""A session that people share: each start says in which epoch it is made, and who lost it starts nothing more."""

import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL, small
from tui.errors import NotNow, TakenOver
from tui.execution.conductor.conductor import Conductor
from tui.execution.epochs.holding import Alone, Holding
from tui.execution.workspace import Setup, Workspace
from tui.screens.rolling_back import may_roll_back
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.session.possible.refusals import ACTING, refusal
from tui.session.state import StepStatus, step_by_id
from tui.transports.base import Fence

LOST = TakenOver("this session was taken over by ben on desk", "follow it, or ask them for it")


class CountedTeam:
    """Gives each session, each time it is begun or resumed, the next epoch."""

    def __init__(self) -> None:
        self.epoch = 0
        self.given: list[Alone] = []

    def begin(self, session: str, operator: str) -> Holding:
        return self._next(operator)

    def resume(self, session: str, operator: str, epoch: int) -> Holding:
        assert epoch == self.epoch
        return self._next(operator)

    def _next(self, operator: str) -> Alone:
        self.epoch += 1
        self.given.append(Alone(self.epoch, operator))
        return self.given[-1]


@pytest.fixture
def team(workspace: Workspace) -> CountedTeam:
    workspace.team = CountedTeam()
    return workspace.team


def begun(workspace: Workspace) -> Conductor:
    setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    conductor.start("look")
    conductor.wait()
    return conductor


def test_without_people_who_share_it_nothing_carries_an_epoch(workspace: Workspace, host: FakeTransport) -> None:
    conductor = begun(workspace)
    conductor.start("backup", "yes")
    conductor.wait()
    assert {command.fence for command in host.ran} == {Fence()}
    assert conductor.state.epoch == 0
    conductor.close()
    assert (host.fences, workspace.resume("last", "ana").state.epoch) == ([], 0)


def test_a_change_carries_the_epoch_and_what_only_looks_does_not(
    workspace: Workspace, host: FakeTransport, team: CountedTeam
) -> None:
    conductor = begun(workspace)
    conductor.start("backup", "yes")
    conductor.wait()
    assert [command.fence.epoch for command in host.ran if not command.durable] == [0] * (len(host.ran) - 1)
    assert host.ran[-1].fence == Fence(1, "ana")
    assert conductor.state.epoch == 1
    conductor.close()


def test_who_lost_the_session_starts_no_change_and_is_told_why(
    workspace: Workspace, host: FakeTransport, team: CountedTeam
) -> None:
    conductor = begun(workspace)
    before = len(host.ran)

    def lost() -> None:
        raise LOST

    team.given[-1].sure = lost  # type: ignore[method-assign]  # a lease that finds out as it asks
    conductor.start("backup", "yes")
    conductor.wait()
    assert len(host.ran) == before
    outcome = conductor.state.attempts[max(conductor.state.attempts)].outcome
    assert outcome is not None
    assert str(outcome) == f"{NOT_RUN}: this session was taken over by ben on desk"
    assert outcome.fenced
    assert conductor.held == LOST.message
    with pytest.raises(NotNow, match="taken over by ben"):
        conductor.start("look")
    conductor.close()


def test_who_lost_the_session_is_offered_nothing_that_changes_it(
    workspace: Workspace, host: FakeTransport, team: CountedTeam
) -> None:
    conductor = begun(workspace)
    conductor.start("backup", "yes")
    conductor.wait()
    assert may_roll_back(conductor)
    team.given[-1].lose(LOST)
    assert not may_roll_back(conductor)
    for act in ACTING - {"note", "cancel"}:
        refused = refusal(act, conductor.situation(step_by_id(conductor.runbook, "backup")))
        assert refused is not None, act
        assert "taken over by ben" in refused.message, act
        assert refused.hint == LOST.hint
    with pytest.raises(NotNow, match="taken over by ben"):
        conductor.roll_back("rollback", "it does not answer")
    assert conductor.state.rollback is None
    conductor.close()


def test_who_lost_the_session_sends_no_message(workspace: Workspace, host: FakeTransport, team: CountedTeam) -> None:
    conductor = begun(workspace)
    before = len(host.ran)
    team.given[-1].lose(LOST)
    with pytest.raises(TakenOver, match="taken over by ben"):
        conductor.deliver("notice", "", "Deploying v2", "sent")
    assert len(host.ran) == before
    conductor.close()


REFUSAL = Outcome(OutcomeKind.UNREACHABLE, detail=f"{NOT_RUN}: ben took this session over at 02:14", fenced=True)


def test_a_host_refuses_a_message_too(tmp_path: Path, host: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    runbook = small()
    sent = replace(runbook.messages["notice"], send="notify")
    runbook = replace(runbook, messages={"notice": sent})
    workspace = Workspace(runbook, SMALL, Store(tmp_path / "sessions"), {"web": host, "tools": host}, SystemClock())
    workspace.team = CountedTeam()
    conductor = begun(workspace)
    conductor.deliver("notice", "", "Deploying v2", "sent")
    assert host.ran[-1].fence == Fence(1, "ana")
    host.replies["notify"] = Reply(outcome=REFUSAL)
    with pytest.raises(TakenOver, match="ben took this session over at 02:14"):
        conductor.deliver("notice", "", "Deploying v2", "sent")
    assert conductor.held == "ben took this session over at 02:14"
    conductor.close()


def test_who_lost_it_without_a_word_removes_nothing_on_a_host(
    workspace: Workspace, host: FakeTransport, team: CountedTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    conductor = begun(workspace)
    conductor.start("backup", "yes")
    conductor.wait()

    def refuse(session: str, fence: Fence) -> int:
        assert fence == Fence(1, "ana")
        raise LOST

    monkeypatch.setattr(host, "clear", refuse)
    conductor.finish("abandoned")
    conductor.wait()
    cleared = [entry.event for entry in _entries(conductor) if isinstance(entry.event, ev.JobsCleared)]
    assert [one.problem for one in cleared] == [LOST.message]
    assert conductor.held == LOST.message
    conductor.close()


def test_a_host_that_refuses_ends_it_for_the_whole_session(
    workspace: Workspace, host: FakeTransport, team: CountedTeam
) -> None:
    conductor = begun(workspace)
    host.replies["backup"] = Reply(outcome=REFUSAL)
    conductor.start("backup", "yes")
    conductor.wait()
    assert conductor.held == "ben took this session over at 02:14"
    with pytest.raises(NotNow, match="ben took this session over at 02:14"):
        conductor.retry("backup")
    conductor.close()


class TestTakingOver:
    def test_the_hosts_are_fenced_before_anything_else(
        self, workspace: Workspace, host: FakeTransport, team: CountedTeam
    ) -> None:
        begun(workspace).close()
        again = workspace.resume("last", "ben")
        assert host.fences == [Fence(2, "ben")]
        assert again.state.epoch == 2
        again.close()

    def test_what_was_started_and_is_not_in_the_journal_is_unknown_and_a_person_decides(
        self, workspace: Workspace, host: FakeTransport, team: CountedTeam
    ) -> None:
        conductor = begun(workspace)
        number = max(conductor.state.attempts) + 1
        conductor.close()
        host.begun = ("look/1", f"backup/{number}")
        host.found = "It ended with exit 0. It printed 17 bytes."
        again = workspace.resume("last", "ben")
        again.wait()
        assert again.state.step("backup").status is StepStatus.UNKNOWN
        outcome = again.state.attempts[number].outcome
        assert outcome is not None
        assert outcome.detail == (
            "who had the session before started it; what they wrote of it did not arrive."
            " It ended with exit 0. It printed 17 bytes."
        )
        host.left[f"{again.state.facts['session']}/backup/{number}"] = Reply(b"saved\n")
        before = len(host.ran)
        again.rejoin("backup")
        again.wait()
        assert again.state.step("backup").status is not StepStatus.UNKNOWN
        assert len(host.ran) == before, "it is followed, and not run a second time"
        again.close()

    def test_after_a_running_command_that_is_followed(
        self, workspace: Workspace, host: FakeTransport, team: CountedTeam
    ) -> None:
        conductor = begun(workspace)
        host.replies["backup"] = Reply(b"one\n", until=threading.Event())
        came = threading.Event()
        host.before_run = lambda command: came.set()
        conductor.start("backup", "yes")
        assert came.wait()
        number = max(conductor.state.attempts)
        conductor.close()
        host.left[host.ran[-1].key] = Reply(b"one\ntwo\n")
        host.begun = (f"backup/{number}", f"unheard-of/{number + 1}")
        again = workspace.resume("last", "ben")
        again.wait()
        again.worker.close()
        assert again.state.attempts[number].outcome == Outcome.exited(0)
        notes = [entry.event for entry in _entries(again) if isinstance(entry.event, ev.NoteAdded)]
        assert [note.text for note in notes] == [
            f"unheard-of, attempt {number + 1} on web: who had the session before started it; what they wrote of it did"
            " not arrive; look there before you continue"
        ]
        again.close()


def _entries(conductor: Conductor) -> list[ev.Entry]:
    from tui.session.journal.journal import read

    return list(read(Path(conductor.executor.directory).parent / "journal.jsonl"))
