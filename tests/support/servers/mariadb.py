"""Runs a real Debian MariaDB for tests, on a port of its own, with files of its own."""

import getpass
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.certificates import Authority
from tests.support.servers.sshd import SBIN, free_port

READY_TIMEOUT = 40.0
PASSWORD = "s3cret-of-the-shop"
SETUP = f"""
CREATE DATABASE shop;
CREATE DATABASE private;
CREATE USER shop@'%' IDENTIFIED BY '{PASSWORD}';
CREATE USER shop@localhost IDENTIFIED BY '{PASSWORD}';
CREATE USER monitor@'%' IDENTIFIED BY '{PASSWORD}';
CREATE USER monitor@localhost IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON shop.* TO shop@'%';
GRANT ALL ON shop.* TO shop@localhost;
GRANT SELECT ON *.* TO monitor@'%';
GRANT SELECT ON *.* TO monitor@localhost;
CREATE TABLE shop.orders (id INT PRIMARY KEY, total DECIMAL(8,2), placed DATETIME, note VARBINARY(20));
INSERT INTO shop.orders VALUES (1, 9.50, '2026-11-01 10:00:00', 'first'), (2, 100, NULL, NULL), (3, 7.25, NULL, x'ff');
CREATE TABLE shop.django_migrations
  (id INT AUTO_INCREMENT PRIMARY KEY, app VARCHAR(99), name VARCHAR(99), applied DATETIME(6));
INSERT INTO shop.django_migrations (app, name, applied) VALUES
  ('authentication', '0001_initial', '2026-01-01 10:00:00'),
  ('coreapp', '0001_initial', '2026-01-01 10:00:01'),
  ('coreapp', '0002_orders', '2026-11-02 03:00:00.5');
FLUSH PRIVILEGES;
"""


class Mariadb:
    """One server; its administrator is `root` over its socket, without a password."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.socket = directory / "s"
        directory.mkdir(parents=True, exist_ok=True)
        user = getpass.getuser()
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={self.data}", f"--user={user}", "--skip-test-db"]
            + ["--auth-root-authentication-method=normal"],
            check=True,
            capture_output=True,
        )
        program = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:{SBIN}")
        if program is None:
            raise RuntimeError("these tests need a real MariaDB: install the package mariadb-server")
        self.port = free_port()
        self.authority = Authority(directory)
        certificate = self.authority.issue("localhost")
        self._process = subprocess.Popen(
            [program, "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}", f"--port={self.port}"]
            + [f"--user={user}", "--bind-address=127.0.0.1", f"--pid-file={directory / 'pid'}"]
            + ["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0"]
            + [f"--ssl-cert={certificate}", f"--ssl-key={certificate}"]
            + ["--skip-name-resolve", "--slow-query-log=1", "--log-output=TABLE", "--long-query-time=0.05"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._ready = threading.Event()
        self._log: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()
        assert self._ready.wait(READY_TIMEOUT), self._log
        assert self._process.poll() is None, self._log
        self.admin(SETUP)

    def admin(self, sql: str) -> str:
        """Run statements as the administrator; with TLS a client reads every authority of this machine, for 60 ms."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", "--skip-ssl", f"--socket={self.socket}", "-uroot", "-N"],
            input=sql,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What a service of a runbook would be told."""
        given = {"host": "127.0.0.1", "port": self.port, "user": "shop", "password": PASSWORD, "database": "shop"}
        return {**given, "tls": "preferred", **changes}

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._log.append(line)
            if "ready for connections" in line:
                self._ready.set()
        self._ready.set()


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mariadb]:
    """A real MariaDB that the whole run shares: tests only read it."""
    server = Mariadb(tmp_path_factory.mktemp("mariadb"))
    yield server
    server.stop()
