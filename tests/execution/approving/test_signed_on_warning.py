"""A step that is signed only where a check warned, and checks made at once that stand before a change."""

from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.outcome import Outcome
from tui.session.state import StepStatus

STEPS = """
[[sections.steps]]
id = "log"
title = "Log"
signoff = "on-warning"
actions = [{ run = "tail log", expect = { absent = ["error"], warn = true } }]
[[sections.steps]]
id = "asked"
title = "Asked"
actions = [{ ask = "Is it?" }]
[[sections.steps]]
id = "disk"
title = "Disk"
actions = [{ run = "df -h" }]
[[sections.steps]]
id = "change"
title = "Change"
mutates = true
danger = "caution"
actions = [
  { run = "restart", retry = { times = 2, every = "1s" } },
  { run = "ls", expect = { contains = ["up"] }, retry = { times = 2, every = "0s" } },
]
[[sections.steps]]
id = "behind"
title = "Behind"
actions = [{ run = "uptime" }]
"""


@pytest.mark.parametrize(("printed", "status"), [(b"fine\n", StepStatus.SIGNED), (b"error\n", StepStatus.PASSED)])
def test_the_operator_signs_where_a_check_warned_and_else_nobody(
    tmp_path: Path, printed: bytes, status: StepStatus
) -> None:
    host = FakeTransport({"tail log": Reply(printed)}, "web")
    workspace = made(tmp_path, host)
    conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
    conductor.start("log")
    conductor.wait()
    assert conductor.state.step("log").status is status
    conductor.close()


def test_a_warning_about_an_exit_status_says_what_the_output_says_of_it(tmp_path: Path) -> None:
    """An exit status alone tells a person nothing; that the step is not failed changes nothing in that."""
    host = FakeTransport({"tail log": Reply(b"", Outcome.exited(1), b"tail: cannot open 'slow.log'\n")}, "web")
    steps = STEPS.replace('expect = { absent = ["error"], warn = true }', "expect = { warn = true }")
    workspace = made(tmp_path, host, steps)
    conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
    conductor.start("log")
    conductor.wait()
    (told,) = conductor.state.step("log").checks[0]
    assert (told.came, told.warning) == ("exit status 1: tail: cannot open 'slow.log'", True)
    assert conductor.state.attempts[1].said == ""
    conductor.close()


def test_what_is_made_at_once_stands_before_the_next_change(tmp_path: Path) -> None:
    workspace = made(tmp_path, FakeTransport(name="web"))
    conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
    (section,) = workspace.runbook.sections
    assert [step.id for step in conductor.checks(section)] == ["log", "disk"]
    for step in ("log", "asked", "disk"):
        conductor.skip(step, "not the point")
    assert conductor.checks(section) == []
    conductor.skip("change", "not the point")
    assert [step.id for step in conductor.checks(section)] == ["behind"]
    conductor.close()


def test_in_a_step_that_changes_something_only_what_reads_is_tried_again(tmp_path: Path) -> None:
    host = FakeTransport({"ls": [Reply(b"down\n"), Reply(b"up\n")]}, "web")
    conductor = made(tmp_path, host).begin(Setup(flow="deploy", operator="ana"))
    for step in ("log", "asked", "disk"):
        conductor.skip(step, "not the point")
    conductor.start("change")
    conductor.wait()
    assert [command.script for command in host.ran] == ["restart", "ls", "ls"]
    assert conductor.state.step("change").status is StepStatus.SIGNED
    conductor.close()


def test_lint_doubts_a_signature_that_nothing_asks_for() -> None:
    told = [one.message for one in lint_text(one_section(STEPS.replace("warn = true", "exit = [0]"), "web"), "r.toml")]
    assert "nothing in this step can warn, so nobody ever signs it" in told


def made(folder: Path, host: FakeTransport, steps: str = STEPS) -> Workspace:
    text = one_section(steps, "web")
    return Workspace(load_text(text, "r.toml"), text, Store(folder), {"web": host}, FakeClock())
