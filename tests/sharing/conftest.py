"""Fixtures of the tests about what several people have of one session."""

import pytest

from tests.support.hostile.faults import Faults
from tests.support.hostile.faults_told import kept
from tests.support.servers.team_bucket import bucket, team_server

__all__ = ["bucket", "team_server"]


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Faults:
    """Where the long forms count what they made."""
    return kept(request.config)
