"""A team's bucket for tests: moto's S3 API behind a door that lets in one request at a time, or none."""

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.support.servers.s3_server import REGION, moto_application, unchecked
from tui.config import BucketPlace
from tui.sharing.bucket import Bucket, BucketKeys

NAME = "team"
LOCKED = "team-locked"
KEYS = BucketKeys("AKIATEAMTEAMTEAMTEAM", "s3cret-of-the-teams-bucket")

Door = Callable[[dict[str, Any]], tuple[str, bytes] | None]
"""What is answered instead of the API's own answer, by a request's WSGI environment; None for the API's own."""


def refusal(status: str, code: str, said: str = "as the test wants") -> tuple[str, bytes]:
    """An error as S3 words it."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{said}</Message></Error>'
    return status, body.encode()


class TeamBucketServer:
    """One server with an empty bucket, and one whose objects can be locked.

    moto compares and writes in two moves, where S3 does both in one: so only one request is let in at a time.
    """

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import MotoRequestHandler
        from werkzeug.serving import make_server

        class Handler(MotoRequestHandler):
            protocol_version = "HTTP/1.1"

            def log(self, *given: Any) -> None:
                pass

        self.door: Door = lambda environ: None
        self.requests: list[tuple[str, str]] = []
        self._one = threading.Lock()
        application = moto_application()

        def guarded(environ: dict[str, Any], start: Any) -> Any:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)  # a client that stops in the middle of it holds up nobody else
            said = self.door(environ)
            self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
            if said is not None:
                start(said[0], [("content-type", "application/xml"), ("content-length", str(len(said[1])))])
                return [said[1]]
            with self._one, unchecked():
                return list(application(environ, start))

        self._server = make_server("127.0.0.1", 0, guarded, threaded=True, request_handler=Handler)
        self.port: int = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def administrator(self) -> Any:
        """A client without conditions of ours."""
        import boto3

        keys = {"aws_access_key_id": "administrator", "aws_secret_access_key": "administrator"}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name=REGION, **keys)

    def place(self, name: str = NAME, **changes: Any) -> BucketPlace:
        return BucketPlace(**{"name": name, "endpoint": self.endpoint, "region": REGION, **changes})

    def bucket(self, name: str = NAME, seconds: float = 10.0, **changes: Any) -> Bucket:
        return Bucket(self.place(name, **changes), KEYS, seconds)

    def make(self, name: str, locked: bool = False) -> None:
        where = {"LocationConstraint": REGION}
        administrator = self.administrator()
        with suppress(administrator.exceptions.BucketAlreadyOwnedByYou):  # moto's buckets are the process's
            administrator.create_bucket(Bucket=name, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=locked)

    @contextmanager
    def answering(self, door: Door) -> Iterator[None]:
        """Answer so for the block."""
        self.door = door
        try:
            yield
        finally:
            self.door = lambda environ: None

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def team_server() -> Iterator[TeamBucketServer]:
    """A server that the whole run shares."""
    server = TeamBucketServer()
    server.make(NAME)
    server.make(LOCKED, locked=True)
    yield server
    server.stop()


@pytest.fixture
def bucket(team_server: TeamBucketServer, request: pytest.FixtureRequest) -> Bucket:
    """A folder of the bucket for one test."""
    return team_server.bucket(prefix=f"t{os.urandom(6).hex()}")
