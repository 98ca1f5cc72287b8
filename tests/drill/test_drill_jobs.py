"""Checks that a drill's host keeps commands as a real one does, whatever breaks."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness.program import DEVNULL, PROGRAM, begin
from tests.support.harness.waiting import until
from tests.support.runbooks.runbooks import one_section, small
from tui.cli.wiring import drill_workspace, resumed_workspace
from tui.drill.embedded_host import DrillHost, start_drill, transports_for
from tui.drill.jobs import LeftJob
from tui.drill.scenario_files import parse_scenario
from tui.execution.workspace import Setup
from tui.session.journal.journal import read
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import OutputReader
from tui.session.state import StepStatus
from tui.transports.base import CancelToken, Command, Detached, Left, LinkState, Stream, Transport
from tui.transports.jobs.scripts import (
    attach_request,
    clear_request,
    look_request,
    start_request,
    stop_request,
    unwrap_job,
)

SCENARIO = parse_scenario(
    r"""
    format = 1
    title = "A drill"
    facts = { count = "none" }
    rules = [
      { match = "count", output = "was {{ count }}\n2> warned\nto two\n", set.count = "two", exit = 3 },
      { match = '^cat\nand (?P<what>\w+)$', output = "read {{ what }}\n" },
      { match = "hang", output = "so far\n", ending = "hang" },
      { match = "killed", signal = "SEGV" },
      { match = "cut", output = "1\n2\n3\n4\n", pace = "1s", ending = "disconnect" },
      { match = "offline", output = "1\n2\n", pace = "0.2s", ending = "disconnect", offline = "1.5s" },
      { match = "restart", output = "1\n2\n", ending = "restart", pace = "0.2s" },
      { match = "slow", output = "1\n2\n3\n", pace = "3000s" },
    ]
    """,
    "a.toml",
)


@pytest.fixture(scope="module")
def drill() -> Iterator[DrillHost]:
    left = [LeftJob("web", "old/step.1", "slow", 2000.5), LeftJob("web", "old/step.2", "count", 60)]
    with start_drill(SCENARIO, 1.0, left) as host:
        yield host


@pytest.fixture
def web(drill: DrillHost) -> Iterator[Transport]:
    transport = transports_for(small(), drill)["web"]
    yield transport
    transport.close()


def run(
    web: Transport, script: str, key: str, cancel: CancelToken | None = None, **more: Any
) -> tuple[Outcome, str, str]:
    came = {Stream.OUT: b"", Stream.ERR: b""}

    def sink(stream: Stream, data: bytes) -> None:
        came[stream] += data

    command = Command(script=script, key=key, durable=True, **more)
    outcome = web.run(command, sink, cancel or CancelToken())
    return outcome, came[Stream.OUT].decode(), came[Stream.ERR].decode()


def test_a_job_runs_once_and_can_be_followed_from_any_byte(web: Transport) -> None:
    assert run(web, "count", "s/step/1") == (Outcome(OutcomeKind.FAILED, 3), "was two\nto two\n", "warned\n")
    assert run(web, "count", "s/step/1")[1] == "was two\nto two\n"  # asked again, it is not run again
    rest = b""

    def sink(stream: Stream, data: bytes) -> None:
        nonlocal rest
        rest += data

    assert web.rejoin(Left(key="s/step/1", out=8, err=7), sink, CancelToken()) == Outcome(OutcomeKind.FAILED, 3)
    assert rest == b"to two\n"


def test_standard_input_is_the_commands_and_secrets_are_not(web: Transport) -> None:
    command = Command(script="cat", key="s/in/1", durable=True, stdin=b"and more", secrets={"P": "and secret"})
    came: list[bytes] = []
    assert web.run(command, lambda _, data: came.append(data), CancelToken()) == Outcome.exited(0)
    assert came == [b"read more\n"]


def test_a_lost_connection_loses_nothing_of_a_job(web: Transport) -> None:
    links: list[str] = []
    web.listen(lambda link, _: links.append(link.value))
    assert run(web, "cut", "s/cut/1") == (Outcome.exited(0), "1\n2\n3\n4\n", "")
    assert "connection lost" in links


def test_nobody_gets_in_for_a_while_and_a_job_is_still_followed(web: Transport, drill: DrillHost) -> None:
    refused: list[str] = []
    web.listen(lambda link, detail: refused.append(detail) if link is LinkState.DOWN else None)
    begun = time.monotonic()
    assert run(web, "offline", "s/offline/1")[:2] == (Outcome.exited(0), "1\n2\n")
    assert refused
    assert time.monotonic() - begun > 1.5


def test_a_host_that_restarts_leaves_the_outcome_unknown_and_says_so(web: Transport) -> None:
    before = web.connect().boot_id
    outcome, came, _ = run(web, "restart", "s/restart/1")
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "restarted" in outcome.detail
    assert came in ("1\n2\n", "1\n")
    assert web.connect().boot_id != before
    assert web.look("s/restart/1") == "The host was restarted while it ran. It printed 4 bytes."


def test_a_signal_is_told_from_an_exit(web: Transport) -> None:
    assert run(web, "killed", "s/killed/1")[0] == Outcome(OutcomeKind.SIGNALLED, signal="SIGSEGV")


def test_a_cancelled_job_is_gone_and_one_that_is_left_keeps_running(web: Transport) -> None:
    left = CancelToken()
    command = Command(script="hang", key="s/hang/1", durable=True)
    with pytest.raises(Detached):
        web.run(command, lambda _, data: left.leave(), left)
    assert web.look("s/hang/1") == "It is still running (1 processes). It printed 7 bytes."
    assert web.clear("s") == 1
    cancel = CancelToken()
    assert web.rejoin(Left(key="s/hang/1"), lambda _, data: cancel.cancel(), cancel).kind is OutcomeKind.CANCELLED
    assert web.clear("s") == 0
    assert web.look("s/hang/1") == "There is no trace of it on the host."
    assert web.rejoin(Left(key="s/never/1"), lambda _, data: None, CancelToken()).kind is OutcomeKind.UNKNOWN
    assert run(web, "count", "s/never/1")[0].kind is OutcomeKind.UNREACHABLE  # what was given up never starts


def test_what_an_earlier_run_left_is_where_it_would_be_by_now(web: Transport) -> None:
    assert web.look("old/step/1") == "It is still running (1 processes). It printed 4 bytes."
    assert web.look("old/step/2") == "It ended with exit 3. It printed 23 bytes."


def test_every_request_is_understood_as_it_was_meant() -> None:
    command = Command(script="it's $1", directory="/srv", key="s/step/3", secrets={"A": "b"}, stdin=b"x")
    start = unwrap_job(start_request(command, "n1", "boot", 5, 6).request)
    assert start is not None
    assert start.command is not None
    assert (start.kind, start.nonce, start.session, start.job, start.boot_id) == ("start", "n1", "s", "step.3", "boot")
    assert (start.out, start.err, start.secrets, start.command.script) == (5, 6, 1, "it's $1")
    attach = unwrap_job(attach_request("s/step/3", "n2", 7, 8).request)
    assert attach is not None
    assert (attach.kind, attach.job, attach.out, attach.err) == ("attach", "step.3", 7, 8)
    for kind, request in (("stop", stop_request("s/step/3", "n", 5)), ("look", look_request("s/step/3", "n"))):
        asked = unwrap_job(request)
        assert asked is not None
        assert (asked.kind, asked.session, asked.job) == (kind, "s", "step.3")
    cleared = unwrap_job(clear_request("s", "n"))
    assert cleared is not None
    assert (cleared.kind, cleared.session) == ("clear", "s")
    assert unwrap_job("uptime") is None


STEPS = """
[[sections.steps]]
id = "migrate"
title = "Migrate"
mutates = true
danger = "caution"
signoff = "operator"
[[sections.steps.actions]]
run = "migrate"
expect = { contains = ["done"] }
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "version"
expect = { contains = ["new"] }
"""
RUNBOOK = one_section(STEPS, "web", "box", "Shop")
STORM = """
format = 1
title = "Storm"
facts = { live = "old" }
rules = [
  { match = "migrate", output = "begun\\ngoing on\\ndone\\n", pace = "20s", set.live = "new" },
  { match = "version", output = "{{ live }}\\n" },
]
"""


def test_a_rehearsal_whose_program_was_killed_continues_as_production_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runbook.toml").write_text(RUNBOOK)
    (tmp_path / "storm.toml").write_text(STORM)
    (tmp_path / "answers.toml").write_text('operator = "ana"\nconfirm = ["migrate"]\n')
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.chdir(tmp_path)
    command = [*PROGRAM, "drill", str(tmp_path / "storm.toml"), "-f", str(tmp_path / "runbook.toml")]
    command += ["--pace", "10", "--headless", "--flow", "deploy", "--answers", str(tmp_path / "answers.toml")]
    with begin(command, stdout=DEVNULL) as program:

        def begun() -> bool:
            return any(path.read_bytes() == b"begun\n" for path in tmp_path.glob("sessions/*/attempts/0001.out"))

        until(lambda: begun() or program.poll() is not None, "the command has begun")
        os.kill(program.pid, signal.SIGKILL)
    with resumed_workspace("", None, {}, None) as (workspace, session):
        conductor = workspace.resume(session, "ana")
        assert conductor.state.started is not None
        assert conductor.state.started.pace == 10
        conductor.wait()
        attempt = conductor.state.attempts[1]
        assert (attempt.outcome, attempt.good) == (Outcome.exited(0), True)
        conductor.sign("migrate")
        conductor.start("look")
        conductor.wait()
        assert conductor.state.step("look").status is StepStatus.SIGNED
        conductor.close()
        directory = workspace.store.find(session)
    assert OutputReader(directory.attempts, 1).read_lines(0, 9) == [b"begun", b"going on", b"done"]
    assert len([entry for entry in read(directory.journal) if type(entry.event).__name__ == "AttemptStarted"]) == 2


def test_a_host_that_restarted_does_not_restart_again_when_the_drill_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runbook.toml").write_text(RUNBOOK)
    text = STORM.replace(
        "rules = [",
        """rules = [
  { match = "migrate", when = { live = "old" }, output = "begun\\n", ending = "restart", set.live = "half" },""",
    )
    (tmp_path / "storm.toml").write_text(text)
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.chdir(tmp_path)
    with drill_workspace(tmp_path / "runbook.toml", str(tmp_path / "storm.toml"), 1000) as workspace:
        conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
        conductor.start("migrate")
        conductor.wait()
        assert conductor.state.step("migrate").status is StepStatus.UNKNOWN
        conductor.close()
    with resumed_workspace("", None, {}, None) as (workspace, session):
        conductor = workspace.resume(session, "ana")
        conductor.resolve("migrate", succeeded=False, reason="half of it is there")
        conductor.wait()
        conductor.retry("migrate")
        conductor.wait()
        assert conductor.state.step("migrate").status is StepStatus.PASSED
        conductor.close()


def test_one_that_is_made_up_continues_too_when_its_program_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runbook.toml"
    path.write_text(RUNBOOK)
    (tmp_path / "answers.toml").write_text('operator = "ana"\nconfirm = ["migrate"]\n')
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.chdir(tmp_path)
    command = [*PROGRAM, "drill", str(path), "--pace", "0.1", "--headless", "--flow", "deploy"]
    with begin([*command, "--answers", "answers.toml"], stdout=DEVNULL) as program:

        def begun() -> bool:
            return any(b'"attemptstarted"' in one.read_bytes() for one in tmp_path.glob("sessions/*/journal*"))

        until(lambda: begun() or program.poll() is not None, "the command has begun")
        program.kill()
    assert begun()
    with resumed_workspace("", None, {}, None) as (workspace, session):
        conductor = workspace.resume(session, "ana")
        assert conductor.state.attempts[1].durable
        conductor.wait()
        attempt = conductor.state.attempts[1]
        assert (attempt.outcome is not None, attempt.good) == (True, True)
        if not conductor.state.step("migrate").status.settled:
            conductor.sign("migrate")
        conductor.start("look")
        conductor.wait()
        assert conductor.state.step("look").status is StepStatus.SIGNED
        conductor.close()
        directory = workspace.store.find(session)
    assert b"made up" in OutputReader(directory.attempts, 1).read_lines(0, 1)[0]
