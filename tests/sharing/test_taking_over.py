"""A session that one machine began is continued by another: what ran is followed, and the first starts nothing more."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.two_machines import (
    Machine,
    begun,
    fetched,
    handed_on,
    leave_the_backup_running,
    taken,
)
from tests.support.machines.two_machines import host as host
from tests.support.machines.two_machines import machine as machine
from tests.support.machines.two_machines import often as often
from tests.support.machines.two_machines import place as place
from tests.support.servers.team_bucket import TeamBucketServer
from tui.cli.main import main
from tui.config import BucketPlace
from tui.errors import SessionHeld, TakenOver
from tui.execution.workspace import Setup
from tui.session.journal.journal import verify
from tui.session.outcome import Outcome
from tui.session.possible.refusals import refusal
from tui.session.state import StepStatus
from tui.sharing import lease as leases
from tui.sharing.bucket import Bucket
from tui.sharing.lease import find
from tui.sharing.team import AlreadyTaken, BucketTeam


def test_a_running_change_is_followed_by_who_takes_over_and_the_first_starts_nothing_more(
    machine: Machine, bucket: Bucket, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    old = begun(laptop, bucket)
    session = str(old.state.facts["session"])
    leave_the_backup_running(old, host)
    assert old.state.epoch == 1
    assert old.shared is not None
    until(lambda: fetched(desk, bucket, session).count == old.state.seq + 1)
    lease = taken(desk, bucket, session, monkeypatch)
    brought = fetched(desk, bucket, session)
    assert brought.apart is not None, "what was here before is kept"
    assert brought.forked == -1
    assert verify(brought.directory.journal).count == old.state.seq + 1
    host.left[host.ran[-1].key] = Reply(b"one\ntwo\n")
    desk.team = AlreadyTaken(session, lease, desk.team)
    new = desk.resume(session, "ben")
    new.wait()
    assert (new.state.epoch, new.state.operator) == (2, "ben")
    backup = new.state.attempts[new.state.step("backup").attempts[-1]]
    assert backup.outcome == Outcome.exited(0)
    desk.reach_again(new)
    new.mask_left()
    assert new.outputs.reader(backup.number).read_lines(0, 5) == [b"one", b"two"]
    assert [fence.epoch for fence in host.fences] == [2]
    # the laptop wakes up
    with pytest.raises(TakenOver, match="this session was taken over by ben on desk"):
        old.holding.renew()  # type: ignore[attr-defined]  # a lease
    assert "taken over by ben on desk" in old.held
    stopping = refusal("cancel", old.situation())
    assert stopping is not None, "what runs is the new holder's"
    assert "nothing is stopped from here any more: this session was taken over by ben on desk" in stopping.message
    old.note("written by an old writer")
    new.note("written by the new one")
    old.close()
    new.close()


def test_who_left_a_session_gets_what_became_of_it_first(
    machine: Machine, bucket: Bucket, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    old = begun(laptop, bucket)
    session = str(old.state.facts["session"])
    old.close()
    again = laptop.resume(session, "ana")
    assert again.state.epoch == 2
    again.close()
    lease = BucketTeam(bucket, desk.store.root, "desk").take_over(session, "ben", None)
    fetched(desk, bucket, session)
    desk.team = AlreadyTaken(session, lease, desk.team)
    new = desk.resume(session, "ben")
    with pytest.raises(SessionHeld, match="ben on desk"):
        laptop.team.resume(session, "ana", 3)  # type: ignore[union-attr]  # it has one
    new.close()
    with pytest.raises(TakenOver, match="ben on desk has had this session since it was left here"):
        laptop.resume(session, "ana")


def test_a_program_that_was_killed_is_no_holder_on_its_own_machine(
    machine: Machine, bucket: Bucket, host: FakeTransport
) -> None:
    laptop = machine("laptop")
    old = begun(laptop, bucket)
    session = str(old.state.facts["session"])
    old.recorder.close()  # as a kill lets go of the journal's lock, and of nothing else
    again = laptop.resume(session, "ana")
    assert again.state.epoch == 2
    again.close()


def test_where_the_bucket_is_away_a_session_is_resumed_and_says_what_nobody_knows(
    machine: Machine, bucket: Bucket, team_server: TeamBucketServer
) -> None:
    from tests.support.servers.team_bucket import refusal

    laptop = machine("laptop")
    old = begun(laptop, bucket)
    session = str(old.state.facts["session"])
    old.close()
    away = refusal("500 Internal Server Error", "InternalError")
    with team_server.answering(lambda environ: away):
        again = laptop.resume(session, "ana")
        assert again.state.epoch == 1
        assert again.shared is not None
        assert again.shared.words.startswith("lease nobody knows whether another person has it")
        again.close()


def test_a_bucket_without_conditions_is_told_as_a_session_begins(
    machine: Machine, bucket: Bucket, team_server: TeamBucketServer
) -> None:
    def deaf(environ: dict[str, object]) -> None:
        environ.pop("HTTP_IF_MATCH", None)

    with team_server.answering(deaf):
        setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
        conductor = machine("laptop").begin(setup)
        until(lambda: conductor.holding.trouble)
        assert conductor.holding.trouble.startswith("is not kept, a session is taken over by hand: team/")
        assert find(bucket, str(conductor.state.facts["session"])) is None
        conductor.close()


class TestTheCommand:
    def run(self, tmp_path: Path, place: BucketPlace, *words: str) -> tuple[int, str]:
        folder = tmp_path / "config/runbook"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f'{name} = "{getattr(place, name)}"' for name in ("name", "endpoint", "region", "prefix")]
        lines += ['access_key = "env:TEAM_ACCESS"', 'secret_key = "env:TEAM_SECRET"']
        (folder / "config.toml").write_text(
            "\n".join(['operator = "cem"\n[share]\nkey = "env:TEAM_KEY"\n[bucket]', *lines])
        )
        environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "RUNBOOK_SESSIONS": str(tmp_path / "desk")}
        run = CliRunner().invoke(main, ["take-over", *words], env=environment)
        return run.exit_code, run.output

    def test_one_that_is_written_is_not_taken(
        self, tmp_path: Path, machine: Machine, bucket: Bucket, place: BucketPlace
    ) -> None:
        old = begun(machine("laptop"), bucket)
        until(lambda: list(bucket.listed("live/")))
        status, said = self.run(tmp_path, place, "last", "--fetch-only", "--from", "ana")
        assert status == SessionHeld.exit_code
        assert "the session is open elsewhere: ana on" in said
        assert re.search(r"their last sign was \d[\d. ]*s ago", said), said
        assert "ask them to leave it, or wait until they have been silent for 60 s" in said
        old.close()

    def test_one_that_is_silent_is_taken_by_who_types_its_holder(
        self, tmp_path: Path, machine: Machine, bucket: Bucket, place: BucketPlace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old, session = handed_on(machine("laptop"), machine("third"), bucket)
        monkeypatch.setattr(leases, "LASTS", -1.0)
        status, said = self.run(tmp_path, place, "last", "--fetch-only", "--from", "bob")
        assert status == 2
        assert "ana on" in said
        assert re.search(r"has been silent for (\d|–)", said), said
        assert "--from ana says whom it is taken from" in said
        status, said = self.run(tmp_path, place, "last", "--fetch-only", "--from", "ana", "--operator", "ben")
        assert status == 0, said
        assert "events, each proved by the one before" in said
        assert f"`runbook resume {session}` continues it here" in said
        assert verify(tmp_path / "desk" / session / "journal.jsonl").count == old.state.seq + 1
        with pytest.raises(TakenOver):
            old.holding.renew()  # type: ignore[attr-defined]  # a lease
        old.close()

    def test_one_that_was_left_needs_no_confirmation(
        self, tmp_path: Path, machine: Machine, bucket: Bucket, place: BucketPlace
    ) -> None:
        old = begun(machine("laptop"), bucket)
        old.close()
        status, said = self.run(tmp_path, place, "last", "--fetch-only")
        assert status == 0, said
        found = find(bucket, str(old.state.facts["session"]))
        assert found is not None
        assert found.text.operator == "cem", "who the settings say it is"

    def test_a_bucket_without_conditions_is_taken_over_by_hand_and_says_so(
        self, tmp_path: Path, machine: Machine, bucket: Bucket, place: BucketPlace, team_server: TeamBucketServer
    ) -> None:
        old = begun(machine("laptop"), bucket)
        until(lambda: list(bucket.listed("live/")))

        def deaf(environ: dict[str, object]) -> None:
            environ.pop("HTTP_IF_NONE_MATCH", None)

        with team_server.answering(deaf):
            status, said = self.run(tmp_path, place, "last", "--fetch-only")
            assert status == 2
            assert "ignores If-None-Match" in said
            assert "--by-hand takes it over" in said
            status, said = self.run(tmp_path, place, "last", "--fetch-only", "--by-hand", "--from", "ana")
            assert status == 0, said
        old.close()


def test_a_step_that_was_started_unheard_of_is_unknown_until_a_person_decides(
    machine: Machine, bucket: Bucket, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    old, session = handed_on(laptop, desk, bucket)
    number = max(old.state.attempts) + 1
    lease = taken(desk, bucket, session, monkeypatch)
    fetched(desk, bucket, session)
    host.begun = (f"backup/{number}",)
    desk.team = AlreadyTaken(session, lease, desk.team)
    new = desk.resume(session, "ben")
    new.wait()
    assert new.state.step("backup").status is StepStatus.UNKNOWN
    old.close()
    new.close()
