"""Lets Docker's own client talk through a probe's reach: each connection goes to the engine's own socket."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from docker import APIClient
from docker.errors import DockerException
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool

from tui.probes.base import NoData, ProbeFailed, Reach

MOST_ANSWER = 16 << 20
"""Bytes an answer may have: ten thousand lines of a log have a tenth of it."""
CHUNK = 1 << 16
OLDEST = "1.24"
"""The version of the API that is spoken until the engine has told its own."""
LEAST_WAIT = 0.05
MAY = "everyone who may use the engine is root there: it admits root and the group docker"


class DockerWire:
    """One probe's way to an engine, and the first thing that went wrong on it."""

    def __init__(self, reach: Reach, path: str) -> None:
        self.reach = reach
        self.path = path
        self.failed: ProbeFailed | None = None

    def wait(self) -> float:
        """Seconds that an answer may take now."""
        return max(LEAST_WAIT, self.reach.left)

    def connect(self) -> Any:
        """A socket to the engine; why there is none is kept too, for the library makes something else of it."""
        try:
            sock = self.reach.unix(self.path)
        except ProbeFailed as failed:
            if isinstance(failed, NoData) and "permission" in failed.message:
                failed.hint = "; ".join(filter(None, (MAY, failed.hint)))
            self.failed = failed
            raise
        sock.settimeout(self.wait())
        return sock

    def too_much(self) -> ProbeFailed:
        """The engine answers with more than anybody wants to hold."""
        self.failed = ProbeFailed(f"{self.path} answers with more than {MOST_ANSWER >> 20} MiB", "ask for less")
        return self.failed


class _Connection(UnixHTTPConnection):
    def __init__(self, wire: DockerWire) -> None:
        super().__init__("http+docker://localhost", wire.path, math.ceil(wire.wait()))
        self._wire = wire

    def connect(self) -> None:
        self.sock = self._wire.connect()


class _Pool(UnixHTTPConnectionPool):
    def __init__(self, wire: DockerWire) -> None:
        super().__init__("http+docker://localhost", wire.path, math.ceil(wire.wait()))
        self._wire = wire

    def _new_conn(self) -> Any:
        return _Connection(self._wire)


class _Adapter(UnixHTTPAdapter):
    """The library's adapter for a socket of this machine, with the reach's sockets and with bounded answers."""

    def __init__(self, wire: DockerWire) -> None:
        super().__init__(f"http+unix://{wire.path}", math.ceil(wire.wait()))
        self._wire = wire
        self._pool = _Pool(wire)

    def get_connection(self, url: Any, proxies: Any = None) -> Any:
        return self._pool

    def send(self, request: requests.PreparedRequest, *given: Any, **more: Any) -> requests.Response:
        more.update(stream=True, timeout=self._wire.wait())
        answer = super().send(request, **more)
        body = bytearray()
        for chunk in answer.iter_content(CHUNK):
            body += chunk
            if len(body) > MOST_ANSWER:
                raise self._wire.too_much()
        answer._content = bytes(body)  # where the library looks for what it has read
        return answer

    def close(self) -> None:
        self._pool.close()
        super().close()


class _Client(APIClient):
    """The library's client, made without its own constructor.

    That one reads the operator's ~/.docker/config.json and sends the headers found there, tokens among them, to every
    engine; and a file that it cannot read would be told as a fault of the engine.
    """

    def __init__(self, wire: DockerWire) -> None:
        requests.Session.__init__(self)
        self.trust_env = False  # no proxies of the environment, no .netrc
        self.headers["User-Agent"] = "runbook"
        self.base_url = "http+docker://localhost"
        self.timeout = math.ceil(wire.wait())
        self.credstore_env = None
        self._general_configs: dict[str, Any] = {}
        self._version = OLDEST
        self._custom_adapter = _Adapter(wire)  # what the library looks adapters up in
        self.adapters.clear()  # an answer that redirects leads nowhere else
        self.mount("http+docker://", self._custom_adapter)


@contextmanager
def connected(wire: DockerWire) -> Iterator[APIClient]:
    """A client of the engine, which speaks the version that the engine speaks."""
    client = _Client(wire)
    try:
        version = client.version(api_version=False)
        if not isinstance(version, dict) or not isinstance(version.get("ApiVersion"), str):
            raise DockerException("no ApiVersion")
        client._version = version["ApiVersion"]
        yield client
    finally:
        client.close()
