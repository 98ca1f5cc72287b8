"""A session of the small runbook on a host that answers what a test wants, to be exported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL, small
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.exports.source import Source, source
from tui.session.archive.store import Store
from tui.session.clock import SystemClock

SECRET = "hunter2-secret"


class SmallSession:
    """The session, and the host it runs on."""

    def __init__(self, folder: Path) -> None:
        self.host = FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})
        hosts = {"web": self.host, "tools": self.host}
        self.workspace = Workspace(small(), SMALL, Store(folder), hosts, SystemClock())
        setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
        self.workspace.preflight(setup, lambda row: None)
        self.conductor: Conductor = self.workspace.begin(setup)

    def do(self, step: str) -> None:
        """Do a step to its end."""
        self.conductor.start(step)
        self.conductor.wait()

    def read(self) -> Source:
        """The session as an export reads it."""
        return source(self.workspace.store.find("last"))


@pytest.fixture
def small_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallSession]:
    """A session that has begun and in which nothing was done; its secret is in the environment."""
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    made = SmallSession(tmp_path / "sessions")
    yield made
    made.conductor.close()
