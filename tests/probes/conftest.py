"""Fixtures for tests of probes: the servers they ask, whom TLS trusts, and where they are reached from."""

import pytest

from tests.support.machines.reach import place
from tests.support.servers.certificates import Authority
from tests.support.servers.docker_engine import docker_engine
from tests.support.servers.mariadb import mariadb
from tests.support.servers.postgres import postgres, standby
from tests.support.servers.redis_server import open_redis, redis_server
from tests.support.servers.s3_server import s3_server

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
