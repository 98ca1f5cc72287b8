"""A session that went over a group, host by host: exported and replayed, every attempt has its host."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fleet import FAILED, TURNS, begun, fleet
from tui.exports.registry import write
from tui.replay import recorded
from tui.replay.recorded import RecordedSession
from tui.session.archive.store import SessionDirectory, Store
from tui.session.folding.fold import fold
from tui.session.groups.batches import batch_begun
from tui.session.groups.left_open import left_open
from tui.session.journal.journal import read
from tui.session.state import step_by_id


@pytest.fixture
def session(tmp_path: Path) -> Iterator[SessionDirectory]:
    """A session that stopped in its second batch, with one host left in the middle."""
    hosts = fleet()
    hosts["web03"].replies["install"] = FAILED
    with begun(tmp_path, hosts, text=TURNS) as conductor:
        for _ in range(2):
            conductor.start("roll")
            conductor.wait()
        assert conductor.state.started is not None
        yield Store(tmp_path / "sessions").find(conductor.state.started.session)


def exported(session: SessionDirectory, form: str) -> str:
    """The session in one form."""
    file = io.BytesIO()
    write(session, form, file)
    return file.getvalue().decode()


@pytest.mark.parametrize("form", ["md", "html"])
def test_people_read_which_host_was_left_first_and_where_each_command_ran(session: SessionDirectory, form: str) -> None:
    text = exported(session, form)
    first, failed = text.index("left in the middle: Drain done"), text.index("failed: exit status 1")
    assert first < failed
    assert text[:first].endswith("web03: ")
    for name in ("web01", "web02", "web03"):
        assert f"install {name}" in text
    assert "install web04" not in text


def test_the_timeline_and_the_markers_say_on_which_host_it_was_not_as_expected(session: SessionDirectory) -> None:
    assert "web03: exit status 1: no room" in exported(session, "md")
    assert "web03: exit status 1: no room" in exported(session, "cast")


def test_programs_read_it_attempt_by_attempt(session: SessionDirectory) -> None:
    found = json.loads(exported(session, "json"))
    (step,) = (one for one in found["steps"] if one["id"] == "roll")
    assert [one["host"] for one in step["attempts"]] == ["web01"] * 4 + ["web02"] * 4 + ["web03"] * 2
    assert (found["deviations"][0]["kind"], found["deviations"][0]["host"]) == ("left in the middle", "web03")


def test_every_moment_of_it_is_replayed_as_it_was(
    session: SessionDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "SPACING", 5)
    entries = list(read(session.journal))
    made = RecordedSession(session, tmp_path / "cache")
    made.index()
    try:
        step = step_by_id(made.runbook, "roll")
        seen = [made.after(entry.seq).state for entry in reversed(entries)][::-1]  # backwards, as a person seeks
        begun_then = [batch_begun(state, step) for state in seen]
        batches = [batch.number if batch is not None else 0 for batch in begun_then]
        last = seen[-1]
        assert sorted(batches) == batches
        assert set(batches) == {0, 1, 2}
        assert last == fold(made.runbook, entries)
        assert [left.host for left in left_open(last)] == ["web03"]
    finally:
        made.close()
