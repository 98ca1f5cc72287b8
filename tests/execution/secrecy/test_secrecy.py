"""No secret reaches the screen or the journal: printed, captured, quoted in an error, or left by a crash."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tomli
from msgspec import convert

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import WITHHELD

TOKEN = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0"
CAPTURES = (
    r"{ tag_before = { pattern = '^(v\d+)', optional = true }, token = { pattern = 'token=(\S+)', secret = true } }"
)
TEXT = SMALL.replace("capture = { tag_before = {} }", f"capture = {CAPTURES}")


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport({"uptime": Reply(b"load 0.1\n"), "git describe": Reply(f"token={TOKEN} ttl=5\n".encode())})


@pytest.fixture
def open_workspace(
    tmp_path: Path, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Workspace]]:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    made: list[Workspace] = []

    def make() -> Workspace:
        runbook = convert(tomli.loads(TEXT), Runbook)
        made.append(Workspace(runbook, TEXT, Store(tmp_path / "s"), {"web": host, "tools": host}, SystemClock()))
        return made[-1]

    yield make
    for workspace in made:
        workspace.close()


def begin(workspace: Workspace) -> Conductor:
    setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
    workspace.preflight(setup, lambda row: None)
    return workspace.begin(setup)


def do(conductor: Conductor, step: str) -> None:
    conductor.start(step)
    conductor.wait()


def journal(workspace: Workspace) -> str:
    return workspace.store.find("last").journal.read_text()


def test_a_token_is_not_shown_even_while_the_command_that_prints_it_runs(
    open_workspace: Callable[[], Workspace], host: FakeTransport
) -> None:
    workspace = open_workspace()
    conductor = begin(workspace)
    shown: list[list[bytes]] = []
    printed = threading.Event()
    host.replies["git describe"] = Reply(f"token={TOKEN}\n".encode(), until=printed)
    reader = None
    conductor.start("look")
    while reader is None or not reader.size:
        if 2 in conductor.state.attempts:
            reader = conductor.outputs.reader(2)
    shown.append(reader.read_lines(0, 5))
    printed.set()
    conductor.wait()
    shown.append(reader.read_lines(0, 5))
    assert shown == [[WITHHELD], ["token=•••".encode()]]
    assert TOKEN not in journal(workspace)
    assert conductor.secrets.environment(["token"]) == {"TOKEN": TOKEN}
    conductor.close()


def test_what_an_expectation_quotes_is_redacted_in_state_and_journal(
    open_workspace: Callable[[], Workspace], host: FakeTransport
) -> None:
    workspace = open_workspace()
    conductor = begin(workspace)
    host.replies["uptime"] = Reply(b"using password hunter2-secret\n")
    do(conductor, "look")
    (missed,) = [check for check in conductor.state.attempts[1].checks if not check.ok]
    assert missed.came == "not found; the last line is: using password •••"
    host.replies["dump"] = Reply(b"", Outcome(OutcomeKind.UNKNOWN, detail="lost at hunter2-secret"))
    do(conductor, "backup")
    conductor.note("it said hunter2-secret")
    assert "hunter2" not in journal(workspace)
    assert "lost at •••" in journal(workspace)
    conductor.close()


def test_output_left_by_a_crash_is_withheld_until_its_secret_is_known(
    open_workspace: Callable[[], Workspace],
) -> None:
    first = open_workspace()
    conductor = begin(first)
    conductor.record(ev.StepOpened(step="backup", operator="ana"))
    started = ev.AttemptStarted(attempt=1, step="backup", action=0, host="web", command="dump")
    conductor.record(started)
    (conductor.executor.directory / "0001.out").write_bytes(b"password hunter2-secret\n")
    conductor.close()
    again = open_workspace().resume("last", "ana")
    assert again.outputs.reader(1).read_lines(0, 1) == [WITHHELD]
    again.close()


def test_output_left_by_a_crash_is_shown_masked_where_its_secret_is_known(
    open_workspace: Callable[[], Workspace],
) -> None:
    first = open_workspace()
    conductor = begin(first)
    conductor.record(ev.StepOpened(step="backup", operator="ana"))
    conductor.record(ev.AttemptStarted(attempt=1, step="backup", action=0, host="web", command="dump"))
    (conductor.executor.directory / "0001.out").write_bytes(b"password hunter2-secret\n")
    conductor.close()
    again = first.resume("last", "ana")
    assert again.outputs.reader(1).read_lines(0, 1) == ["password •••".encode()]
    again.close()
