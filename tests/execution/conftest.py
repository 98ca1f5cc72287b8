"""What several tests of the engine share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.monitored import Monitored
from tests.support.runbooks.runbooks import SMALL, small
from tui.execution.workspace import Workspace
from tui.session.archive.store import Store
from tui.session.clock import SystemClock

OK = {"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")}


@pytest.fixture
def host() -> FakeTransport:
    """A host of the small runbook that is healthy."""
    return FakeTransport(OK)


@pytest.fixture
def workspace(tmp_path: Path, host: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The small runbook's workspace on that host."""
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    made = Workspace(small(), SMALL, Store(tmp_path / "sessions"), {"web": host, "tools": host}, SystemClock())
    yield made
    made.close()


@pytest.fixture
def monitored(tmp_path: Path) -> Iterator[Monitored]:
    made = Monitored(tmp_path)
    yield made
    if hasattr(made, "conductor"):
        made.conductor.close()
