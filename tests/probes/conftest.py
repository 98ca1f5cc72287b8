"""Fixtures for tests of probes: the servers they ask, and where they are reached from."""

from tests.support.mariadb import mariadb
from tests.support.reach import place
from tests.support.redis_server import open_redis, redis_server

__all__ = ["mariadb", "open_redis", "place", "redis_server"]
