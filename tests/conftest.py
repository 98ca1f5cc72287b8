"""Fixtures that several folders of tests share."""

from collections.abc import Iterator

import pytest

from tests.support import faults_told
from tests.support.sshd import Sshd


def pytest_configure(config: pytest.Config) -> None:
    """Have the fault harness speak at the end of a run, in the process that speaks."""
    config.pluginmanager.register(faults_told)


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A real sshd that the whole run shares; a test that harms one makes its own."""
    server = Sshd(tmp_path_factory.mktemp("sshd") / "shared")
    yield server
    server.stop()
