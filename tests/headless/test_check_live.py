"""`runbook check` with real parts: probes of a Redis server through a real sshd, their password in the host's file."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runbooks.runbooks import one_section
from tests.support.servers.redis_server import PASSWORD, RedisServer
from tests.support.servers.sshd import Sshd
from tui.execution.workspace import Setup, Workspace
from tui.headless.tables import check_report
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.clock import SystemClock

STEPS = """
[[sections.steps]]
id = "memory"
title = "Memory"
[[sections.steps.actions]]
probe = { service = "cache", check = "info" }
expect = { numbers = [{ name = "connected_clients", at_least = 1 }], json = { role = "master" } }
[[sections.steps]]
id = "ping"
title = "Ping"
[[sections.steps.actions]]
probe = { service = "cache", check = "ping" }
expect = { numbers = [{ name = "seconds", at_most = 20, unit = "s" }] }
[[sections.steps]]
id = "gone"
title = "Nobody listens"
[[sections.steps.actions]]
probe = { service = "gone", check = "ping" }
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    made = RedisServer(tmp_path / "redis", password=PASSWORD)
    yield made
    made.stop()


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    made = Sshd(tmp_path / "sshd")
    yield made
    made.stop()


def test_real_probes_of_real_services_are_checked_through_ssh(tmp_path: Path, server: RedisServer, sshd: Sshd) -> None:
    environment = tmp_path / "env"
    environment.write_text(f"CACHE_PORT={server.port}\nCACHE_PASSWORD='{PASSWORD}'\n")
    services = f"""
[services.cache]
kind = "redis"
through = "web"
file = "{environment}"
from_file = {{ port = "CACHE_PORT", password = "CACHE_PASSWORD" }}
[services.gone]
kind = "redis"
through = "web"
settings = {{ port = "1" }}
"""
    path = tmp_path / "runbook.toml"
    path.write_text(one_section(STEPS, "web") + services)
    store = Store(tmp_path / "sessions")
    workspace = Workspace(load(path), path.read_text(), store, {"web": sshd.transport()}, SystemClock())
    said: list[str] = []
    try:
        status = check_report(workspace, Setup(flow="deploy", operator="ana"), (), True, said.append)
    finally:
        workspace.close()
    rows = {row["step"]: row for row in json.loads(said[0])}
    assert {name: row["verdict"] for name, row in rows.items()} == {"memory": "ok", "ping": "ok", "gone": "failed"}, (
        said
    )
    assert status == 21
    assert rows["gone"]["came"] == "127.0.0.1 refuses connections on port 1"
    assert rows["gone"]["look"].startswith("does it run?")
    session = store.find("last")
    written = b"".join(file.read_bytes() for file in session.journal.parent.rglob("*") if file.is_file())
    assert b"connected_clients" in written
    assert PASSWORD.encode() not in written
