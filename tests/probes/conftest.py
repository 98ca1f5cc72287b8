"""Fixtures for tests of probes: the servers they ask, whom TLS trusts, and where they are reached from."""

import pytest

from tests.support.certificates import Authority
from tests.support.docker_engine import docker_engine
from tests.support.mariadb import mariadb
from tests.support.postgres import postgres, standby
from tests.support.reach import place
from tests.support.redis_server import open_redis, redis_server
from tests.support.s3_server import s3_server

__all__ = [
    "authority",
    "docker_engine",
    "mariadb",
    "open_redis",
    "place",
    "postgres",
    "redis_server",
    "s3_server",
    "standby",
]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that only these tests trust."""
    return Authority(tmp_path_factory.mktemp("authority"))
