"""Fixtures of the tests about what several people have of one session."""

from tests.support.team_bucket import bucket, team_server

__all__ = ["bucket", "team_server"]
