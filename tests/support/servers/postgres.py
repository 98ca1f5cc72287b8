"""Runs a real Debian PostgreSQL for tests, and standby servers of it, on ports and with files of their own."""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.certificates import Authority
from tests.support.servers.sshd import free_port

READY_TIMEOUT = 60.0
PASSWORD = "s3cret-of-the-shop"
PROGRAMS = Path("/usr/lib/postgresql")
SETUP = f"""
CREATE DATABASE shop;
CREATE DATABASE private;
REVOKE CONNECT ON DATABASE private FROM PUBLIC;
CREATE ROLE shop LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE monitor LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_monitor;
CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE one LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0;
CREATE ROLE follower LOGIN REPLICATION PASSWORD '{PASSWORD}';
"""
TABLES = """
CREATE TABLE orders (id int PRIMARY KEY, total numeric(8,2), placed timestamp, note bytea);
INSERT INTO orders VALUES (1, 9.50, '2026-11-01 10:00:00', 'first'), (2, 100, NULL, NULL), (3, 7.25, NULL, 'x');
CREATE TABLE hidden (id int);
CREATE TABLE django_migrations (id serial PRIMARY KEY, app text, name text, applied timestamptz);
INSERT INTO django_migrations (app, name, applied) VALUES
  ('authentication', '0001_initial', '2026-01-01 10:00:00Z'),
  ('coreapp', '0001_initial', '2026-01-01 10:00:01Z'),
  ('coreapp', '0002_orders', '2026-11-02 03:00:00.5Z');
GRANT ALL ON orders, django_migrations TO shop;
GRANT ALL ON SEQUENCE django_migrations_id_seq TO shop;
"""


def program(name: str) -> str:
    """A program of the newest PostgreSQL that is installed."""
    found = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("these tests need a real PostgreSQL: install the package postgresql")
    return str(found[-1])


class Postgres:
    """One server; it refuses to be root, so that root starts it as the user `postgres` of Debian's package."""

    def __init__(self, follows: "Postgres | None" = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="runbook-postgres-"))
        self.data = self.directory / "data"
        self.port = free_port()
        self.socket = self.directory / f".s.PGSQL.{self.port}"
        self.authority = Authority(self.directory)
        self._certificate = self.authority.issue("localhost")
        self._certificate.chmod(0o600)
        self._user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        if os.geteuid() == 0:
            owner = pwd.getpwnam(self._user)
            for path in (self.directory, *self.directory.iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        if follows is None:
            self._do(
                "initdb", "-D", str(self.data), "-U", "postgres", "--auth=scram-sha-256", "--auth-local=trust", "-N"
            )
        else:
            source = f"host={follows.directory} port={follows.port} user=follower application_name=second"
            self._do("pg_basebackup", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "-d", source)
        self._process = self._started()
        if follows is None:
            self.admin(SETUP)
            self.admin(TABLES, "shop")

    def _as(self, *command: str) -> list[str]:
        drop = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"]
        return [*(drop if os.geteuid() == 0 else ()), *command]

    def _do(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            self._as(program(name), *arguments), capture_output=True, text=True, check=False, cwd=self.directory
        )
        assert done.returncode == 0, done.stderr

    def _started(self) -> "subprocess.Popen[bytes]":
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.directory,
            "fsync": "off",
            "ssl": "on",
            "ssl_cert_file": self._certificate,
            "ssl_key_file": self._certificate,
            "max_connections": 20,
            "max_prepared_transactions": 2,
            "lc_messages": "C",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = (self.directory / "log").open("wb")
        process = subprocess.Popen(
            self._as(program("postgres"), "-D", str(self.data), *options),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.directory,
        )
        deadline = time.monotonic() + READY_TIMEOUT
        while not self._answers():
            assert process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < deadline, (self.directory / "log").read_text()
            time.sleep(0.05)
        return process

    def _answers(self) -> bool:
        asked = [program("pg_isready"), "-q", "-h", str(self.directory), "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    def admin(self, sql: str, database: str = "postgres") -> str:
        """Run statements as the administrator."""
        asked = [program("psql"), "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h", str(self.directory)]
        done = subprocess.run(
            [*asked, "-p", str(self.port), "-U", "postgres", "-d", database],
            input=sql,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def held(self, sql: str, database: str = "shop") -> "subprocess.Popen[str]":
        """A client that runs statements and stays, until its standard input is closed."""
        asked = [program("psql"), "-X", "-q", "-t", "-A", "-h", str(self.directory), "-p", str(self.port)]
        client = subprocess.Popen(
            [*asked, "-U", "postgres", "-d", database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert client.stdin
        assert client.stdout
        client.stdin.write(f"{sql}\n\\echo there\n")
        client.stdin.flush()
        while client.stdout.readline().strip() != "there":
            assert client.poll() is None
        return client

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What a service of a runbook would be told."""
        given = {"host": "127.0.0.1", "port": self.port, "user": "shop", "password": PASSWORD, "database": "shop"}
        return {**given, "tls": "preferred", **changes}

    def stop(self) -> None:
        """End it, and take its files away."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL that the whole run shares: tests only read it."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def standby(postgres: Postgres) -> Iterator[Postgres]:
    """A standby server of it."""
    server = Postgres(postgres)
    yield server
    server.stop()
