"""Finished sessions are kept in the team's bucket: whole, without secrets, once, locked where that can be."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.machines.fake_transport import Reply
from tests.support.servers.team_bucket import KEYS, LOCKED, NAME, TeamBucketServer, refusal
from tests.support.sessions.small_session import SECRET, SmallSession
from tests.support.sessions.small_session import small_session as small_session
from tui.cli.main import main
from tui.config import BucketPlace
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.clock import SystemClock
from tui.session.journal.journal import Journal

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def place(team_server: TeamBucketServer, tmp_path: Path) -> BucketPlace:
    return team_server.place(prefix=tmp_path.name)


@pytest.fixture
def finished(small_session: SmallSession, tmp_path: Path) -> SessionDirectory:
    """A session that printed a secret and was finished."""
    small_session.workspace.redactor.add(SECRET)
    small_session.host.replies["uptime"] = Reply(f"load average: 0.1 {SECRET}\n".encode())
    small_session.do("look")
    small_session.conductor.finish("abandoned")
    small_session.conductor.close()
    return small_session.workspace.store.find("last")


@pytest.fixture
def run(tmp_path: Path, place: BucketPlace, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TEAM_ACCESS", KEYS.access_key)
    monkeypatch.setenv("TEAM_SECRET", KEYS.secret_key)

    def made(*words: str, bucket: str = NAME, sessions: str = "sessions") -> tuple[int, str]:
        folder = tmp_path / "config/runbook"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f'{name} = "{getattr(place, name)}"' for name in ("endpoint", "region", "prefix")]
        lines += [f'name = "{bucket}"', 'access_key = "env:TEAM_ACCESS"', 'secret_key = "env:TEAM_SECRET"']
        (folder / "config.toml").write_text("\n".join(["[bucket]", *lines]))
        environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "RUNBOOK_SESSIONS": str(tmp_path / sessions)}
        done = CliRunner().invoke(main, list(words), env=environment)
        return done.exit_code, done.output

    return made


def test_what_is_finished_is_kept_once_and_read_on_another_machine(finished: SessionDirectory, run: Run) -> None:
    status, said = run("archive")
    assert (status, finished.id in said) == (0, True)
    assert "was already in" in run("archive")[1]
    assert finished.id in run("archive", "--list")[1]
    status, said = run("verify", f"archive:{finished.id}", sessions="nothing-here")
    assert status == 0, said
    assert f"{finished.id}: " in said
    status, said = run("export", "archive:last", "--format", "json", sessions="nothing-here")
    assert status == 0, said
    assert json.loads(said)
    assert SECRET not in said


def test_no_secret_is_in_the_bucket(finished: SessionDirectory, run: Run, team_server: TeamBucketServer) -> None:
    run("archive", finished.id)
    client = team_server.administrator()
    for one in client.list_objects_v2(Bucket=NAME)["Contents"]:
        data = client.get_object(Bucket=NAME, Key=one["Key"])["Body"].read()
        plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        assert SECRET.encode() not in plain
        assert SECRET.encode() not in data


def test_a_session_to_which_something_was_added_is_kept_again(finished: SessionDirectory, run: Run) -> None:
    run("archive")
    before = run("archive", "--list")[1]
    journal = Journal.open(finished.journal, SystemClock())
    journal.append(ev.NoteAdded(operator="ana", text="seen again"))
    journal.close()
    assert "✔" in run("archive")[1]
    assert run("archive", "--list")[1] != before
    assert "seen again" in run("export", "archive:last", "--format", "json", sessions="nothing-here")[1]


def test_where_the_bucket_locks_objects_nobody_removes_it(
    finished: SessionDirectory, run: Run, team_server: TeamBucketServer, place: BucketPlace
) -> None:
    status, said = run("archive", "--days", "2", bucket=LOCKED)
    assert (status, "locked until" in said) == (0, True)
    client = team_server.administrator()
    (version,) = client.list_object_versions(Bucket=LOCKED, Prefix=f"{place.prefix}/")["Versions"]
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_object(Bucket=LOCKED, Key=version["Key"], VersionId=version["VersionId"])


def test_a_session_that_is_open_is_kept_only_by_its_name(small_session: SmallSession, run: Run) -> None:
    assert "no session here is finished" in run("archive")[1]
    status, said = run("archive", "last")
    assert (status, "✔" in said) == (0, True)


@pytest.mark.parametrize(
    ("answer", "why"),
    [(refusal("403 Forbidden", "AccessDenied"), "not allowed"), (refusal("503 Slow Down", "SlowDown"), "SlowDown")],
)
def test_a_bucket_that_refuses_says_so_and_the_session_stays(
    finished: SessionDirectory, run: Run, team_server: TeamBucketServer, answer: tuple[str, bytes], why: str
) -> None:
    with team_server.answering(lambda environ: answer):
        status, said = run("archive", "--days", "0")
    assert status != 0
    assert "Traceback" not in said
    assert f"not archived: {finished.id}" in said, said
    assert finished.journal.exists()


def test_wrong_names_and_settings_are_told(finished: SessionDirectory, run: Run, tmp_path: Path) -> None:
    status, said = run("verify", "archive:nothing")
    assert (status, "'nothing' is not a session of the archive" in said) == (6, True), said
    run("archive", "last")
    (tmp_path / "config/runbook/config.toml").write_text("")
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "RUNBOOK_SESSIONS": str(tmp_path / "sessions")}
    done = CliRunner().invoke(main, ["archive"], env=environment)
    assert "the settings name no bucket" in done.output
    assert done.exit_code == 2
