"""A drill plays each host of a group by itself: its own name, its own faults, also where its answers are made up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.machines.fleet import FLEET, TURNS
from tui.cli.wiring import drill_workspace
from tui.execution.workspace import Setup
from tui.headless.answered_run import Exit
from tui.headless.answers import AnswersFile
from tui.headless.run import run_headless
from tui.runbook.groups.ranges import MOST
from tui.session.groups.cells import CellStatus, cells_of
from tui.session.state import StepStatus, step_by_id
from tui.transports.sockets import FILES, SPARE

SCENARIO = """
format = 1
title = "One host is full"
[facts]
full = "yes"
[hosts.web02]
hostname = "the-full-one"
[[rules]]
match = "cat version"
output = "v-{{ host }}"
[[rules]]
match = "^install"
on = ["web02"]
when = { full = "yes" }
exit = 28
output = "2> no space on {{ hostname }}"
set = { full = "no" }
[[rules]]
match = "^install v-(?P<of>web\\\\d+) (?P<on>web\\\\d+)$"
output = "{{ of }} on {{ on }}"
"""


@pytest.fixture
def runbook(tmp_path: Path) -> Path:
    """The runbook of the fleet as a file."""
    path = tmp_path / "runbook.toml"
    path.write_text(FLEET.replace("AT_ONCE", "2").replace("STOP_AFTER", "1"))
    return path


def test_a_scenario_has_one_host_fail_and_a_retry_takes_the_rest(tmp_path: Path, runbook: Path) -> None:
    (tmp_path / "full.toml").write_text(SCENARIO)
    with drill_workspace(runbook, str(tmp_path / "full.toml"), float("inf")) as workspace:
        setup = Setup(flow="deploy", operator="ana")
        workspace.preflight(setup, lambda row: None)
        conductor = workspace.begin(setup)
        conductor.start("update")
        conductor.wait()
        step = step_by_id(conductor.runbook, "update")
        cells = {cell.host: cell for cell in cells_of(conductor.state, step, 1)}
        assert conductor.state.step("update").status is StepStatus.FAILED
        assert cells["web02"].status is CellStatus.FAILED
        assert conductor.state.attempts[cells["web02"].attempt].said == "no space on the-full-one"
        conductor.retry("update")
        conductor.wait()
        assert conductor.state.step("update").status is StepStatus.SIGNED
        assert {cell.status for cell in cells_of(conductor.state, step, 1)} == {CellStatus.GOOD}
        ran = [one.host for one in conductor.state.attempts.values() if one.action == 1]
        assert sorted(ran) == ["web01", "web02", "web02", "web03", "web04", "web05", "web06"]
        conductor.close()


def test_without_a_scenario_the_answer_of_every_host_is_made_up(runbook: Path) -> None:
    said: list[str] = []
    with drill_workspace(runbook, "made-up", float("inf")) as workspace:
        made_up = AnswersFile(made_up=True)
        assert run_headless(workspace, Setup(flow="deploy", operator="ana"), made_up, said.append) is Exit.OK
    assert any("update: Update all" in line and line.startswith("✔") for line in said), said


def test_a_drill_plays_as_many_hosts_as_a_group_may_have(tmp_path: Path) -> None:
    hosts = MOST if os.environ.get("RUNBOOK_GROUPS") == "long" else 30
    path = tmp_path / "runbook.toml"
    text = FLEET.replace("AT_ONCE", "40").replace("STOP_AFTER", "1")
    path.write_text(text.replace("web[01:06]", f"web[1:{hosts}]"))
    with drill_workspace(path, "made-up", float("inf")) as workspace:
        setup = Setup(flow="deploy", operator="ana")
        workspace.preflight(setup, lambda row: None)
        conductor = workspace.begin(setup)
        conductor.start("update")
        conductor.wait()
        for place in (0, 1):
            cells = cells_of(conductor.state, step_by_id(conductor.runbook, "update"), place)
            assert [cell.status for cell in cells] == [CellStatus.GOOD] * hosts
        conductor.close()


def test_where_the_shell_allows_few_open_files_there_are_more_for_many_hosts() -> None:
    script = "import resource; from tui.transports.sockets import room_for; room_for(1000); "
    script += "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    for most in (6000, 2000):
        command = f"ulimit -Sn 256; ulimit -Hn {most}; exec {sys.executable} -c '{script}'"
        said = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
        assert said == f"{min(most, 1000 * FILES + SPARE)} {most}\n"


@pytest.mark.parametrize("soak", ["", "10m"])
def test_without_a_screen_every_batch_is_begun(tmp_path: Path, soak: str) -> None:
    path, said = tmp_path / "runbook.toml", list[str]()
    text = TURNS.replace("AT_ONCE", f'2\nsoak = "{soak}"' if soak else "2").replace("STOP_AFTER", "1")
    path.write_text(text)
    with drill_workspace(path, "made-up", float("inf")) as workspace:
        made_up = AnswersFile(made_up=True)
        assert run_headless(workspace, Setup(flow="deploy", operator="ana"), made_up, said.append) is Exit.OK
    assert any("roll: Update web" in line and line.startswith("✔") for line in said), said
