"""What others of the team have finished is listed, searched and counted here: what is proved, and nothing waits."""

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.sharing.test_drill_taken_over import RUNBOOK, STEP
from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport
from tests.support.machines.two_machines import Machine, begun
from tests.support.machines.two_machines import host as host
from tests.support.machines.two_machines import machine as machine
from tests.support.machines.two_machines import often as often
from tests.support.machines.two_machines import place as place
from tests.support.servers.team_bucket import TeamBucketServer, refusal
from tests.support.sessions.shared_session import KEY
from tui.cli.main import main
from tui.cli.wiring import drill_workspace
from tui.config import BucketPlace, Config
from tui.execution.secrecy.redaction import Redactor
from tui.execution.workspace import Setup, Workspace
from tui.headless import session_list
from tui.screens.home.gathering import Gathered
from tui.session.archive.history import KNOWN, alike, history_of_all, read_history
from tui.session.archive.store import SessionDirectory, Store
from tui.sharing import fetching
from tui.sharing.bucket import Bucket
from tui.sharing.fetching import last_beat
from tui.sharing.means import team_memory
from tui.sharing.seals import Seals
from tui.sharing.stored import team_memory as memories
from tui.sharing.stored.bucket_feed import BucketFeed
from tui.sharing.stored.team_memory import TeamMemory


def finished(workspace: Workspace, bucket: Bucket) -> str:
    """A session that was finished on a machine and is in the bucket, whole; its id."""
    conductor = begun(workspace, bucket)
    session = str(conductor.state.facts["session"])
    conductor.finish("abandoned", "the weather")
    conductor.wait()
    conductor.close()
    until(lambda: last_beat(BucketFeed(bucket, session), Seals(KEY, session)).over)
    return session


def remembered(bucket: Bucket, store: Store) -> TeamMemory:
    memory = TeamMemory(bucket, lambda session: Seals(KEY, session), store)
    memory.fetch()
    return memory


def test_what_others_finished_is_here_once_and_what_they_have_open_is_not(
    machine: Machine, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    session = finished(laptop, bucket)
    still = begun(machine("third"), bucket)
    memory = remembered(bucket, desk.store)
    assert desk.store.of_team().names() == [session]
    assert (memory.seen.words, memory.seen.here) == ("", 1)
    assert desk.store.names() == [], "they are not this machine's own"
    brought: list[str] = []
    monkeypatch.setattr(memories, "fetched_into", lambda *given: brought.append(given))
    again = remembered(bucket, desk.store)
    assert (again.seen.here, brought) == (1, []), "nothing is fetched twice"
    assert memory.fetch() == memory.fetch(), "within a minute nobody is asked again"
    assert remembered(bucket, laptop.store).seen.of == 0, "one's own are here already"
    still.close()


def test_what_nobody_of_the_team_wrote_does_not_count(
    machine: Machine, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", 1.0)
    laptop, desk = machine("laptop"), machine("desk")
    session = finished(laptop, bucket)
    (lines, *_) = [one.key for one in bucket.listed(f"sessions/{session}/journal/")]
    data = bucket.get(lines).data
    for forged in (data.replace(b'"ana"', b'"eve"'), data.replace(b"look", b"took")):
        assert forged != data
        bucket.put(lines, forged)
        memories_of = remembered(bucket, desk.store)
        assert desk.store.of_team().names() == []
        assert memories_of.seen.words.startswith("0 of the team's 1 newest sessions are here: ")
    bucket.put(lines, data)
    beat = bucket.get(f"live/{session}").data
    bucket.put(f"live/{session}", Seals("another key of thirty-two characters", session).sealed("beat", "", beat[64:]))
    assert remembered(bucket, desk.store).seen.of == 0
    bucket.put(f"live/{session}", beat)
    assert remembered(bucket, desk.store).seen.here == 1


def test_a_bucket_that_is_away_leaves_what_is_known_and_says_so(
    machine: Machine, bucket: Bucket, team_server: TeamBucketServer
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    session = finished(laptop, bucket)
    remembered(bucket, desk.store)
    away = refusal("403 Forbidden", "AccessDenied")
    with team_server.answering(lambda environ: away):
        assert "forbids this key to list objects" in remembered(bucket, desk.store).seen.words
    assert desk.store.of_team().names() == [session]
    shutil.rmtree(desk.store.of_team().root)
    assert remembered(bucket, desk.store).seen.here == 1, "it is a cache"


def test_how_long_steps_took_elsewhere_says_what_is_usual_here(machine: Machine, bucket: Bucket) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    for _ in range(KNOWN):
        finished(laptop, bucket)
    here = begun(desk, bucket)
    assert read_history(desk.store).usual(alike(here.state)) == {}
    assert desk.store.fetch_others is not None, "the settings share sessions"
    assert history_of_all(desk.store).usual(alike(here.state))["look"].count == KNOWN
    assert read_history(desk.store).usual(alike(here.state))["look"].count == KNOWN, "it is kept"
    here.close()


def test_home_lists_them_and_what_they_owe_is_theirs(machine: Machine, bucket: Bucket, host: FakeTransport) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    session = finished(laptop, bucket)
    gathered = Gathered(desk.store, desk.text)
    gathered.read(0, lambda: None)
    assert [one.id for one in gathered.found or ()] == [session]
    (one,) = gathered.found or ()
    assert one.reason.startswith("by ana")
    assert one.owes == ()
    own = finished(desk, bucket)
    gathered.read(0, lambda: None)
    listed = [one.id for one in gathered.found or ()]
    assert listed == sorted((own, session), reverse=True), "the newest first; both may be of one second"


def test_without_a_bucket_or_a_key_nothing_is_asked(machine: Machine, place: BucketPlace, tmp_path: Path) -> None:
    assert team_memory(Store(tmp_path), Config(), Redactor()) is None
    assert team_memory(Store(tmp_path), Config(bucket=place), Redactor()) is None


def test_what_is_fetched_is_in_no_list_before_it_is_whole_and_nobody_else_removes_it(
    machine: Machine, bucket: Bucket, team_server: TeamBucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, desk, empty = machine("laptop"), machine("desk"), team_server.bucket(prefix="nobody-s")
    session, seen = finished(laptop, bucket), list[list[str]]()
    fetched_into = memories.fetched_into

    def fetched(directory: SessionDirectory, *given: Any) -> Any:
        came = fetched_into(directory, *given)
        seen.append(desk.store.of_team().names())
        remembered(empty, desk.store)
        assert directory.journal.exists(), "another program looked, and found nothing of the team"
        return came

    monkeypatch.setattr(memories, "fetched_into", fetched)
    assert remembered(bucket, desk.store).seen.here == 1
    assert seen == [[]]
    left = desk.store.of_team().root / ".fetching-by-a-program-that-was-ended"
    left.mkdir()
    os.utime(left, (0, 0))
    shutil.rmtree(desk.store.of_team().root / session)
    assert remembered(bucket, desk.store).seen.here == 1
    assert not left.exists()


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands wait for all that the bucket has, however busy the machine is."""
    monkeypatch.setattr(session_list, "PATIENCE", 600.0)


@pytest.mark.usefixtures("_patient")
class TestTheCommands:
    def run(self, tmp_path: Path, place: BucketPlace | None, *words: str) -> tuple[int, str]:
        folder = tmp_path / "config/runbook"
        folder.mkdir(parents=True, exist_ok=True)
        lines = ['[share]\nkey = "env:TEAM_KEY"\ndrills = true\n[bucket]']
        lines += [f'{name} = "{getattr(place, name)}"' for name in ("name", "endpoint", "region", "prefix") if place]
        lines += ['access_key = "env:TEAM_ACCESS"', 'secret_key = "env:TEAM_SECRET"']
        (folder / "config.toml").write_text("\n".join(lines) if place else "")
        environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "RUNBOOK_SESSIONS": str(tmp_path / "desk")}
        run = CliRunner().invoke(main, [*words], env=environment)
        return run.exit_code, run.output

    def test_sessions_and_search_and_export_have_them(
        self, tmp_path: Path, machine: Machine, bucket: Bucket, place: BucketPlace
    ) -> None:
        session = finished(machine("laptop"), bucket)
        assert session not in self.run(tmp_path, place, "sessions")[1]
        status, said = self.run(tmp_path, place, "sessions", "--team")
        assert (status, session in said) == (0, True), said
        status, said = self.run(tmp_path, place, "search", "--team", "load average")
        assert (status, session in said) == (0, True), said
        assert self.run(tmp_path, place, "search", "load average")[0] == 1
        status, said = self.run(tmp_path, place, "export", session, "--format", "md")
        assert (status, "the weather" in said) == (0, True), said
        status, said = self.run(tmp_path, place, "verify", session)
        assert (status, "whole" in said) == (0, True), said
        status, said = self.run(tmp_path, place, "resume", session)
        assert status != 0, "it is a copy: nobody continues it"

    def test_two_of_them_are_compared(
        self, tmp_path: Path, machine: Machine, bucket: Bucket, place: BucketPlace
    ) -> None:
        before, after = finished(machine("laptop"), bucket), finished(machine("third"), bucket)
        assert self.run(tmp_path, place, "compare", before, after)[0] != 0, "they are not here yet"
        assert self.run(tmp_path, place, "sessions", "--team")[0] == 0
        status, said = self.run(tmp_path, place, "compare", before, after)
        assert status == 0, said
        assert all(word in said for word in (before, after, "Look around")), said

    def test_the_drills_table_has_the_rehearsals_of_others(
        self, tmp_path: Path, bucket: Bucket, place: BucketPlace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.run(tmp_path, place, "drills") == (0, "no drills yet: `runbook drill`\n")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "laptop"))
        (tmp_path / "runbook.toml").write_text(RUNBOOK + STEP.format("one"))
        with drill_workspace(tmp_path / "runbook.toml", "made-up", float("inf")) as laptop:
            rehearsed = laptop.begin(Setup(flow="deploy", operator="ana"))
            session = str(rehearsed.state.facts["session"])
            rehearsed.finish("abandoned", "lunch")
            rehearsed.wait()
            rehearsed.close()
            until(lambda: last_beat(BucketFeed(bucket, session), Seals(KEY, session)).over)
        assert session not in self.run(tmp_path, place, "drills")[1]
        status, said = self.run(tmp_path, place, "drills", "--team")
        assert (status, session in said, " ana " in said) == (0, True, True), said
        status, said = self.run(tmp_path, place, "drills", "--team", "--json")
        (one,) = msgspec.json.decode(said)
        assert (one["session"], one["operator"]) == (session, "ana")
        status, said = self.run(tmp_path, place, "drills", session)
        assert (status, "no fault struck in it" in said) == (0, True), said
        gathered = Gathered(Store(tmp_path / "desk"), RUNBOOK)
        gathered.read(0, lambda: None)
        (seen,) = gathered.found or ()
        assert (seen.id, bool(seen.scenario)) == (session, True), "Home's table counts it"

    def test_without_a_bucket_it_is_said(self, tmp_path: Path) -> None:
        status, said = self.run(tmp_path, None, "sessions", "--team")
        assert (status, "do not say where the team's sessions are" in said) == (2, True), said
