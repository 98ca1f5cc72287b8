"""One connection to the team's Redis server: commands in, raw answers out, and what goes wrong in words."""

import ssl
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from tui.errors import UsageError
from tui.sharing.handed_on import ShareFailed

READ = 256 << 10
SECONDS = 5.0
"""What one answer may take."""
WRITTEN = (
    'redis://HOST:PORT/DATABASE, rediss://USER@HOST:PORT with TLS; the password is read by `password = "env:NAME"`'
)
Command = tuple[str | bytes | int, ...]


class RelayAddress(Struct, frozen=True):
    """Where the server is, and how it lets us in; the password is never shown."""

    host: str
    port: int = 6379
    database: int = 0
    user: str = ""
    tls: bool = False
    ca_file: str = ""

    def __str__(self) -> str:
        return f"the relay {self.host}:{self.port}"


def relay_address(url: str, ca_file: str = "") -> RelayAddress:
    """The address that the settings give.

    Raises:
        UsageError: it is none, or has a password in it, which is not repeated.
    """
    parts = urlsplit(url)
    if parts.password is not None:
        raise UsageError("[share] relay has a password in it, where anybody who reads the file sees it", WRITTEN)
    try:
        port, database = parts.port or 6379, int(parts.path.strip("/") or 0)
    except ValueError:
        port, database = 0, 0
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or not 0 < port < 65536:
        raise UsageError(f"[share] relay: {url!r} is not an address of a Redis server", f"write {WRITTEN}")
    return RelayAddress(parts.hostname, port, database, parts.username or "", parts.scheme == "rediss", ca_file)


_loading = threading.Lock()


def _load() -> None:
    """Import the library by one thread at a time: its parts import each other, and two threads would wait for both."""
    with _loading:
        import redis.connection  # noqa: F401 (loaded here, named where it is used)


class Relay:
    """A connection that is made when it is first needed, and again after a failure; of one thread."""

    def __init__(self, address: RelayAddress, password: str = "", seconds: float = SECONDS) -> None:
        self.address = address
        self._password = password
        self._seconds = seconds
        self._connection: Any = None  # the library types it not

    def __repr__(self) -> str:
        return f"Relay({self.address})"

    def ask(self, *command: str | bytes | int, wait: float = 0.0) -> Any:
        """The raw answer to one command, which may wait for `wait` seconds by itself.

        Raises:
            ShareFailed: there is none, or it is a refusal.
        """
        answer = self.many([command], wait)[0]
        if isinstance(answer, Exception):
            raise self._failed(answer) from None
        return answer

    def many(self, commands: list[Command], wait: float = 0.0) -> list[Any]:
        """The raw answers to commands that are sent together; a refusal is among them as an exception.

        Raises:
            ShareFailed: there is no connection.
        """
        _load()
        from redis.exceptions import RedisError, ResponseError

        try:
            connection = self._connected()
            connection.send_packed_command(connection.pack_commands(commands), check_health=False)
            answers: list[Any] = []
            for _ in commands:
                try:
                    answers.append(connection.read_response(timeout=self._seconds + wait))
                except ResponseError as error:
                    answers.append(error)
        except (RedisError, OSError, ValueError) as error:
            self.close()
            raise self._failed(error) from None
        return answers

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it is gone either way
                connection.disconnect()

    def refusal(self, answers: list[Any]) -> ShareFailed | None:
        """What the first refusal among answers says; None where there is none."""
        return next((self._failed(one) for one in answers if isinstance(one, Exception)), None)

    def _connected(self) -> Any:
        if self._connection is None:
            from redis.backoff import NoBackoff
            from redis.connection import Connection, SSLConnection
            from redis.retry import Retry

            address = self.address
            given: dict[str, Any] = {
                "host": address.host,
                "port": address.port,
                "db": address.database,
                "username": address.user or None,
                "password": self._password or None,
                "socket_timeout": self._seconds,
                "socket_connect_timeout": self._seconds,
                "protocol": 2,
                "driver_info": None,
                "socket_read_size": READ,
                "retry": Retry(NoBackoff(), 0),
            }
            if address.tls and address.ca_file:
                given["ssl_ca_certs"] = address.ca_file
            kind: Any = SSLConnection if address.tls else Connection
            made = kind(**given)
            made.connect()
            self._connection = made
        return self._connection

    def _failed(self, error: Exception) -> ShareFailed:
        from redis import exceptions

        from tui.probes.redis.errors import worded

        settings = {
            "host": self.address.host,
            "port": self.address.port,
            "database": self.address.database,
            "user": self.address.user,
            "tls": self.address.tls,
        }
        late = isinstance(error, exceptions.TimeoutError | TimeoutError)
        if isinstance(error.__cause__, ssl.SSLError):
            error = error.__cause__
        if isinstance(error, exceptions.ConnectionError) and "refused" in str(error):
            return ShareFailed(f"{self.address} cannot be reached: connection refused", "is it running there?")
        told = worded(error, settings, self._seconds, late)
        return ShareFailed(
            f"{self.address}: {told.message}", told.hint.replace("the service's", "the setting [share]:")
        )
