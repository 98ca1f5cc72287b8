"""Two real hosts behind one ssh_config, and a runbook that can be pointed to either."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runbooks.runbooks import one_section
from tests.support.servers.sshd import Sshd
from tui.cli.wiring import open_workspace
from tui.execution.workspace import Setup

STEPS = """
[[sections.steps]]
id = "mark"
title = "Mark"
[[sections.steps.actions]]
run = "echo $HOME"
[[sections.steps]]
id = "again"
title = "Again"
[[sections.steps.actions]]
run = "echo $HOME"
"""


class Place:
    """Two hosts, and what reaches both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.one, self.two = Sshd(folder / "one"), Sshd(folder / "two")
        self.ssh_config = folder / "ssh_config"
        self.ssh_config.write_text(self.one.config("one") + self.two.config("two"))

    def runbook(self, name: str, target: str, title: str = "Shop", flow: str = "deploy") -> Path:
        path = self.folder / name / "runbook.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(one_section(STEPS, "production", target, title, flow))
        return path

    def begin(self, runbook: Path, hosts: dict[str, str] | None = None, flow: str = "deploy") -> str:
        """Begin a session, run its first step, leave it."""
        workspace = open_workspace(runbook, hosts or {}, self.ssh_config)
        setup = Setup(flow=flow, operator="ana")
        workspace.preflight(setup, lambda row: None)
        conductor = workspace.begin(setup)
        conductor.start("mark")
        conductor.wait()
        conductor.close()
        workspace.close()
        return workspace.store.names()[-1]


@pytest.fixture(scope="module")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("place"))
    yield place
    place.one.stop()
    place.two.stop()


@pytest.fixture
def place(two_hosts: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return two_hosts
