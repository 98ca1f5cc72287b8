"""Hosts in turn by Systems Manager, under random faults of the service and of the hosts: each command runs once."""

import os
import random
from pathlib import Path

import pytest

from tests.support.ssm_server import SSMServer
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.groups.cells import cells_of
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

    def number(self, most: int) -> int:
        """From 1 to `most`."""
        return self._chance.randint(1, most)

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


@pytest.mark.parametrize("seed", range(RUNS))
def test_whatever_the_service_does_each_command_runs_once_for_each_attempt(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SSMServer(tmp_path / "instances")
    for name in NAMES:
        server.instance(name)
    for name, value in server.settings().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(channels, "BREATH", 0.05)
    chance = Chance(server, seed)
    text = TEXT.replace("TARGETS", '", "'.join(NAMES)).replace("AT_ONCE", str(chance.number(3)))
    text = text.replace("STOP_AFTER", str(chance.number(2)))
    service = SystemsManager("")
    ways: dict[str, Transport] = {name: SSMTransport(name, name, patience=1.0, service=service) for name in NAMES}
    ways["here"] = LocalTransport("here")
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), ways, SystemClock())
    setup = Setup(flow="deploy", operator="ana")
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    try:
        while (status := conductor.state.step("roll").status) is not StepStatus.SIGNED:
            chance.strike()
            (conductor.retry if status is StepStatus.FAILED else conductor.start)("roll")
            conductor.wait()
            assert conductor.state.step("roll").status is not StepStatus.UNKNOWN
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
    finally:
        conductor.close()
        workspace.close()
        server.stop()
    assert server.wrong == []
