"""`runbook check`: at once, as a table or JSON, again and again, and with an exit status."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import HostError
from tui.execution.workspace import Setup, Workspace
from tui.headless.tables import check_report, checked
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.views.verdicts import CheckRow
from tui.transports.base import Command

STEPS = "".join(
    f"""
[[sections.steps]]
id = "{name}"
title = "Check {name}"
[[sections.steps.actions]]
run = "{name}"
reads = true
"""
    for name in ("one", "two", "three", "four")
)
LATER = """
[[sections.steps]]
id = "login"
title = "Log in"
[[sections.steps.actions]]
run = "log in"
reads = true
capture = { who = {} }
[[sections.steps]]
id = "use"
title = "Use it"
[[sections.steps.actions]]
run = "use {{ who }}"
reads = true
"""
SETUP = Setup(flow="deploy", operator="ana")


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport(name="web")


@pytest.fixture
def make(tmp_path: Path, host: FakeTransport) -> Callable[[str], Workspace]:
    def made(steps: str) -> Workspace:
        path = tmp_path / "runbook.toml"
        path.write_text(one_section(steps, "web"))
        runbook = load(path)
        return Workspace(runbook, path.read_text(), Store(tmp_path / "sessions"), {"web": host}, FakeClock())

    return made


def test_checks_run_at_once(make: Callable[[str], Workspace], host: FakeTransport) -> None:
    gate = threading.Barrier(4)

    def before(command: Command) -> None:
        if command.script in ("one", "two", "three", "four"):
            gate.wait()  # passes only when all four have come

    host.before_run = before
    said: list[str] = []
    assert check_report(make(STEPS), SETUP, (), False, said.append) == 0
    assert [line.split()[-1] for line in said if "Check" in line] or said
    assert "4 ok, 0 warning, 0 failed, 0 no data" in said[-1]


def test_what_needs_a_captured_value_waits_for_it(make: Callable[[str], Workspace], host: FakeTransport) -> None:
    host.replies["log in"] = Reply(b"ana\n")
    assert check_report(make(LATER + STEPS), SETUP, (), True, lambda line: None) == 0
    scripts = [command.script for command in host.ran]
    assert scripts.index("use ana") > scripts.index("log in")


def test_rows_are_in_the_runbooks_order_and_say_what_came(
    make: Callable[[str], Workspace], host: FakeTransport
) -> None:
    host.replies["two"] = Reply(b"", Outcome.exited(1))
    host.replies["three"] = Reply(outcome=Outcome(OutcomeKind.TIMED_OUT, detail="after 2 s"))
    said: list[str] = []
    assert check_report(make(STEPS), SETUP, (), True, said.append) == 21
    rows = json.loads("\n".join(said))
    assert [(row["step"], row["verdict"]) for row in rows] == [
        ("one", "ok"),
        ("two", "failed"),
        ("three", "no data"),
        ("four", "ok"),
    ]
    assert rows[1]["expected"] == "exit status 0"
    assert rows[1]["came"] == "exit status 1"
    assert rows[2]["came"] == "after 2 s"


def test_a_host_that_cannot_be_reached_is_no_data_and_no_stop(
    make: Callable[[str], Workspace], host: FakeTransport
) -> None:
    host.refuses = HostError("web does not answer", "look at its network")
    for name in ("one", "two", "three", "four"):
        host.replies[name] = Reply(outcome=Outcome(OutcomeKind.UNREACHABLE, detail="web does not answer"))
    said: list[str] = []
    assert check_report(make(STEPS), SETUP, (), False, said.append) == 22
    assert "0 ok, 0 warning, 0 failed, 4 no data" in said[-1]
    assert said[-3:-1] == ["✖ host web: web does not answer", "  → look at its network"]


def test_watching_checks_again_in_the_same_session_until_interrupted(
    make: Callable[[str], Workspace], host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[float] = []

    def pause(seconds: float) -> None:
        rounds.append(seconds)
        host.replies["one"] = Reply(outcome=Outcome.exited(1))
        if len(rounds) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("tui.headless.tables.time.sleep", pause)
    workspace = make(STEPS)
    said: list[str] = []
    assert check_report(workspace, SETUP, (), False, said.append, watch=30.0) == 21
    assert rounds == [30.0, 30.0]
    assert [line for line in said if " ok, " in line][0].endswith("4 ok, 0 warning, 0 failed, 0 no data")
    assert len(workspace.store.names()) == 1


def test_a_hint_is_said_as_it_is() -> None:
    """Most hints say themselves what to do with them: "look at its log"."""
    row = CheckRow(section="s", step="s", title="Site", verdict="failed", look="look at its log")
    assert "  Site: look at its log" in checked([row], False, FakeClock().now())
