"""The harness's counts: a fixture to keep them, and a failure where there are none.

`RUNBOOK_FAULTS=long` makes every fault (`make test-faults`); without it a run makes a short form of each.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.hostile.faults import Faults
from tests.support.hostile.faults_told import kept

MEMORY = Path("/dev/shm")
LONG_TIMEOUT = 3600
FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the long form the time it needs."""
    if kept(config).long:
        for item in items:
            if FOLDER in item.path.parents:
                item.add_marker(pytest.mark.timeout(LONG_TIMEOUT))


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Iterator[Faults]:
    """Where a test counts its faults; one that counted none has shown nothing and fails."""
    found = kept(request.config)
    before = found.executed
    failed = request.session.testsfailed
    yield found
    if request.session.testsfailed == failed:
        assert found.executed > before, "this test made no faults"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the machine has one: the harness asks for thousands of syncs, not for a disk's speed."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=MEMORY, prefix="runbook-faults-") as made:
        yield Path(made)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a long run that made no faults at all, whatever became of its tests."""
    if kept(session.config).long and not kept(session.config).executed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
