"""Runs real Debian Redis servers for tests, each on a port of its own, kept in memory only."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.sshd import free_port

READY_TIMEOUT = 20.0
PASSWORD = "s3cret-of-the-cache"


class RedisServer:
    """One server, with a password or without."""

    def __init__(self, directory: Path, *options: str, password: str = "", config: Path | None = None) -> None:
        self.port = free_port()
        self.password = password
        self.socket = directory / "s"
        directory.mkdir(parents=True, exist_ok=True)
        wanted = ["--requirepass", password] if password else []
        self._process = subprocess.Popen(
            [
                "redis-server",
                *([str(config)] if config else []),
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(directory),
            ]
            + ["--unixsocket", str(self.socket), *wanted, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ready = threading.Event()
        self._log: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()
        assert self._ready.wait(READY_TIMEOUT), self._log
        assert self._process.poll() is None, self._log

    def admin(self, *command: str) -> str:
        """Run one command as the administrator."""
        secret = {"REDISCLI_AUTH": self.password} if self.password else {}
        done = subprocess.run(
            ["redis-cli", "-s", str(self.socket), *command],
            env={"PATH": "/usr/bin:/bin", **secret},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What a service of a runbook would be told."""
        return {"host": "127.0.0.1", "port": self.port, "password": self.password, "database": 0, **changes}

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._log.append(line)
            if "Ready to accept connections" in line or "Sentinel ID is" in line:
                self._ready.set()
        self._ready.set()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Redis with a password that the whole run shares."""
    server = RedisServer(tmp_path_factory.mktemp("redis"), password=PASSWORD)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def open_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Redis that wants no password."""
    server = RedisServer(tmp_path_factory.mktemp("open-redis"))
    yield server
    server.stop()
