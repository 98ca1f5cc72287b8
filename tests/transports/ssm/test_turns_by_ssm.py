"""Hosts in turn by Systems Manager, under faults of the service and of the hosts: each command runs once."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.servers.ssm_server import SSMServer
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.groups.cells import CellStatus, cells_of
from tui.session.output.output import OutputReader
from tui.session.state import StepStatus, step_by_id
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport
from tui.transports.ssm import channels
from tui.transports.ssm.service import SystemsManager
from tui.transports.ssm.transport import SSMTransport

RUNS = 20 if os.environ.get("RUNBOOK_GROUPS") == "long" else 1
NAMES = tuple(f"i-{number:017x}" for number in (0xA1, 0xB2, 0xC3, 0xD4))
TEXT = """
format = 2
[runbook]
title = "Fleet"
default_host = "here"
[hosts.here]
local = true
[hosts.web]
targets = ["TARGETS"]
engine = "ssm"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["roll"]
[[sections]]
id = "roll"
title = "Update"
each = "web"
batches = ["1", "100%"]
at_once = AT_ONCE
stop_after = STOP_AFTER
[[sections.steps]]
id = "drain"
title = "Drain"
mutates = true
run = "echo drain >>$HOME/did"
[[sections.steps]]
id = "update"
title = "Update"
mutates = true
run = "echo update >>$HOME/did; seq 400; [ ! -e $HOME/fails ] || { rm $HOME/fails; exit 1; }"
"""


class Chance:
    """What goes wrong next, of the service and of the hosts."""

    def __init__(self, server: SSMServer, seed: int) -> None:
        self._server = server
        self._chance = random.Random(f"ssm {seed}")
        self.failing: list[str] = []

    def strike(self) -> None:
        """Let some of it happen from now on."""
        server, chance = self._server, self._chance
        server.twice = chance.random() < 0.5
        server.unanswered, server.throttled = chance.randint(0, 2), chance.randint(0, 2)
        server.not_there_yet = chance.randint(0, 2)
        server.delay = chance.choice((0.0, 0.2))
        for name in NAMES:
            fails = server.instances[name].home / "fails"
            if chance.random() < 0.25 and not fails.exists():
                fails.touch()
                self.failing.append(name)


@contextmanager
def session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, at_once: int, stop_after: int
) -> Iterator[tuple[SSMServer, Conductor]]:
    """A session on the four instances, after its preflight; what the service was asked was as its model has it."""
    server = SSMServer(tmp_path / "instances")
    for name in NAMES:
        server.instance(name)
    for name, value in server.settings().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(channels, "BREATH", 0.2)
    text = text.replace("TARGETS", '", "'.join(NAMES)).replace("AT_ONCE", str(at_once))
    text = text.replace("STOP_AFTER", str(stop_after))
    service = SystemsManager("")
    ways: dict[str, Transport] = {name: SSMTransport(name, name, service=service) for name in NAMES}
    ways["here"] = LocalTransport("here")
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), ways, SystemClock())
    setup = Setup(flow="deploy", operator="ana")
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    try:
        yield server, conductor
    finally:
        conductor.close()
        workspace.close()
        server.stop()
    assert server.wrong == []


def statuses(conductor: Conductor) -> list[CellStatus]:
    return [cell.status for cell in cells_of(conductor.state, step_by_id(conductor.runbook, "roll"), 0)]


def test_one_instance_is_gone_the_service_throttles_and_the_others_are_done_with_all_their_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEXT.replace("seq 400", "seq 12000")  # 60,894 bytes, of which an answer has 24,000
    with session(tmp_path, monkeypatch, text, at_once=3, stop_after=2) as (server, conductor):
        gone = server.instances[NAMES[2]]
        gone.known = False
        server.throttled = 2
        for _ in range(2):
            conductor.start("roll")
            conductor.wait()
        good = [CellStatus.GOOD, CellStatus.GOOD, CellStatus.UNREACHABLE, CellStatus.GOOD]
        assert statuses(conductor) == good
        lost = next(one for one in conductor.state.attempts.values() if one.host == gone.name)
        assert f"Systems Manager does not reach {gone.name}" in str(lost.outcome)
        assert not (gone.home / "did").exists()
        gone.known = True
        conductor.retry("roll")
        conductor.wait()
        assert conductor.state.step("roll").status is StepStatus.SIGNED
        for cell in cells_of(conductor.state, step_by_id(conductor.runbook, "roll"), 1):
            assert (server.instances[cell.host].home / "did").read_text().split() == ["drain", "update"]
            lines = OutputReader(conductor.executor.directory, cell.attempt).read_lines(0, 12_001)
            assert lines == [b"%d" % number for number in range(1, 12_001)]


@pytest.mark.parametrize("seed", range(RUNS))
def test_whatever_the_service_does_each_command_runs_once_for_each_attempt(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    luck = random.Random(f"limits {seed}")
    with session(tmp_path, monkeypatch, TEXT, luck.randint(1, 3), luck.randint(1, 2)) as (server, conductor):
        chance = Chance(server, seed)
        while (status := conductor.state.step("roll").status) is not StepStatus.SIGNED:
            chance.strike()
            (conductor.retry if status is StepStatus.FAILED else conductor.start)("roll")
            conductor.wait()
            ends = [str(one.outcome) for one in conductor.state.attempts.values()]
            assert conductor.state.step("roll").status is not StepStatus.UNKNOWN, ends
        attempts = list(conductor.state.attempts.values())
        for name in NAMES:
            ran = [("drain", "update")[one.action] for one in attempts if one.host == name]
            assert (server.instances[name].home / "did").read_text().split() == ran
            assert [one.good for one in attempts if one.host == name].count(False) == chance.failing.count(name) - (
                server.instances[name].home / "fails"
            ).exists()
        for cell in cells_of(conductor.state, step_by_id(conductor.runbook, "roll"), 1):
            lines = OutputReader(conductor.executor.directory, cell.attempt).read_lines(0, 500)
            assert lines == [b"%d" % number for number in range(1, 401)]
