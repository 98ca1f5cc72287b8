import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_transport import FakeTransport, Reply
from tests.support.runbooks import SMALL, small
from tui.errors import UsageError
from tui.execution.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.exports.registry import render
from tui.exports.source import Source, source
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome
from tui.session.store import Store

HOSTILE = b"\x1b]0;title\x07| <script>alert(1)</script> ![x](http://evil) ```\n\xe2\x80\xaereversed\n"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Conductor, Workspace, FakeTransport]]:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    host = FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})
    workspace = Workspace(small(), SMALL, Store(tmp_path / "sessions"), {"web": host, "tools": host}, SystemClock())
    setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    yield conductor, workspace, host
    conductor.close()


def read(workspace: Workspace) -> Source:
    return source(workspace.store.find("last"))


def do(conductor: Conductor, step: str) -> None:
    conductor.start(step)
    conductor.wait(10)


def test_a_post_mortem_starts_from_who_what_how_long_and_what_deviated(
    session: tuple[Conductor, Workspace, FakeTransport],
) -> None:
    conductor, workspace, host = session
    host.replies["uptime"] = [Reply(b"nothing\n"), Reply(b"load\n")]
    do(conductor, "look")
    conductor.retry("look")
    conductor.wait(10)
    conductor.skip("backup", "made at noon")
    conductor.note("the office lost power", "look")
    text = render(read(workspace), "md").decode()
    assert "| look | failed: expected " in text
    assert "| backup | skipped by ana: made at noon |" in text
    assert "note: the office lost power" in text
    assert "- [ ] Backup made" in text
    assert "| ana |" in text
    assert "captured tag\\_before = v1" in text


def test_hostile_output_cannot_become_markup_or_control(
    session: tuple[Conductor, Workspace, FakeTransport],
) -> None:
    conductor, workspace, host = session
    host.replies["dump"] = Reply(HOSTILE, Outcome.exited(1))
    do(conductor, "backup")
    conductor.note("| a cell <b>bold</b> [link](x)")
    text = render(read(workspace), "md").decode()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n````text\n" in text
    assert "\\| a cell \\<b\\>bold\\</b\\> \\[link\\](x)" in text


def test_no_export_has_a_secret(session: tuple[Conductor, Workspace, FakeTransport]) -> None:
    conductor, workspace, host = session
    host.replies["dump"] = Reply(b"password is hunter2-secret\nbase64 aHVudGVyMi1zZWNyZXQ=\n")
    do(conductor, "backup")
    for form in ("md", "json"):
        document = render(read(workspace), form).decode()
        assert "hunter2" not in document
        assert "aHVudGVyMi1zZWNyZXQ" not in document
        assert "•••" in document


def test_json_has_steps_attempts_and_events(session: tuple[Conductor, Workspace, FakeTransport]) -> None:
    conductor, workspace, _ = session
    do(conductor, "look")
    document = json.loads(render(read(workspace), "json"))
    look = document["steps"][0]
    assert (look["id"], look["status"]) == ("look", "signed")
    assert look["attempts"][0]["output"] == ["load average: 0.1"]
    assert look["attempts"][0]["outcome"]["kind"] == "succeeded"
    assert [event["seq"] for event in document["events"]] == list(range(len(document["events"])))


def test_a_session_that_goes_on_is_exported_as_unfinished(
    session: tuple[Conductor, Workspace, FakeTransport],
) -> None:
    _, workspace, _ = session
    assert "| Result | not finished |" in render(read(workspace), "md").decode()


def test_an_unknown_form_is_named(session: tuple[Conductor, Workspace, FakeTransport]) -> None:
    with pytest.raises(UsageError, match="no export 'pdf'"):
        render(read(session[1]), "pdf")
