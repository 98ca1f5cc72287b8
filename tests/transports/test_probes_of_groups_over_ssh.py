"""Probes of a group of real sshds, through the connection of each: one that is gone is a host that was not reached."""

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support.machines.fleet import of_group, statuses
from tests.support.servers.sshd import Sshd
from tui.cli.wiring import open_workspace
from tui.execution.workspace import Setup
from tui.session.groups.cells import CellStatus
from tui.session.state import StepStatus, step_by_id
from tui.session.views.verdicts import row_of

TEXT = of_group(
    ["box[1:3]"],
    """title = "S"
[[sections.steps]]
id = "room"
title = "Room"
probe = { service = "machine", check = "disk", with = { path = "/", warning = 100 } }
stop_after = 3
[[sections.steps]]
id = "site"
title = "Site"
probe = { service = "site", check = "get", with = { path = "/{{ host }}" } }
stop_after = 3
expect = { json = { status = 200 } }
""",
    group="box",
    local=True,
    more="""[services.machine]
kind = "host"
through = "box"
[services.site]
kind = "http"
through = "box"
settings = { url = "http://127.0.0.1:PORT" }
""",
)
NAMES = ("box1", "box2", "box3")


class Asked(HTTPServer):
    """A site that is there, but for one of its pages; `paths` are those that were asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.paths: list[str] = []


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Asked)
        self.server.paths.append(self.path)
        self.send_response(503 if self.path == "/box2" else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, Sshd]]:
    """Three servers, each with a key and a home of its own."""
    made = {name: Sshd(tmp_path / name) for name in NAMES}
    yield made
    for one in made.values():
        one.stop()


@pytest.fixture
def site() -> Iterator[Asked]:
    """The site that each host has at its own loopback address."""
    server = Asked()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_is_asked_over_its_own_connection(tmp_path: Path, servers: dict[str, Sshd], site: Asked) -> None:
    (tmp_path / "runbook.toml").write_text(TEXT.replace("PORT", str(site.server_port)))
    config = tmp_path / "ssh_config"
    config.write_text("".join(one.config(name) for name, one in servers.items()))
    with closing(open_workspace(tmp_path / "runbook.toml", None, config)) as workspace:
        setup = Setup(flow="deploy", operator="ana")
        workspace.preflight(setup, lambda row: None)
        conductor = workspace.begin(setup)
        conductor.start("room")
        conductor.wait()
        assert conductor.state.step("room").status is StepStatus.SIGNED
        assert {measure.figures["fullest"] > 0 for measure in conductor.state.measures} == {True}
        conductor.start("site")
        conductor.wait()
        assert sorted(site.paths) == [f"/{name}" for name in NAMES]
        row = row_of(conductor.state, "s", step_by_id(conductor.runbook, "site"))
        assert row.came.startswith("1 failed, 2 good; box2: ")
        servers["box3"].stop()
        conductor.reopen("room", "again")
        conductor.start("room")
        conductor.wait()
        found = statuses(conductor, "room", 0)
        assert found == {"box1": CellStatus.GOOD, "box2": CellStatus.GOOD, "box3": CellStatus.UNREACHABLE}
        conductor.close()
