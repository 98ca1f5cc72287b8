"""Runs moto's S3 API for tests on a port of its own, which checks keys, signatures and policies like the real one."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import pytest

BUCKET = "backups"
FORBIDDEN = "private"
REGION = "eu-central-1"
_FOR_US = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{FORBIDDEN}", f"arn:aws:s3:::{FORBIDDEN}/*"]},
    ],
}
_NOT_DELETING = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:PutObject", "s3:ListBucket"], "Resource": "*"},
    ],
}


class _Unchecked:
    """What moto is told is the whole process's: the last of the threads that want it unchecked has it check again."""

    lock = threading.Lock()
    wanted = 0
    otherwise: float = 0.0


@contextmanager
def unchecked() -> Iterator[None]:
    """Have moto look at nobody's key for the block."""
    from moto import settings

    with _Unchecked.lock:
        if not _Unchecked.wanted:
            _Unchecked.otherwise = settings.INITIAL_NO_AUTH_ACTION_COUNT
            settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        _Unchecked.wanted += 1
    try:
        yield
    finally:
        with _Unchecked.lock:
            _Unchecked.wanted -= 1
            if not _Unchecked.wanted:
                settings.INITIAL_NO_AUTH_ACTION_COUNT = _Unchecked.otherwise


def checked() -> None:
    """Have moto look at everybody's key, but for the blocks that want it otherwise."""
    from moto import settings

    with _Unchecked.lock:
        _Unchecked.otherwise = 0
        if not _Unchecked.wanted:
            settings.INITIAL_NO_AUTH_ACTION_COUNT = 0


def moto_application() -> Any:
    """What answers as AWS does; which of its services a host is, is looked up once.

    moto goes through its folder and a list of patterns at each request: a tenth of the time of the tests of buckets.
    """
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    made = DomainDispatcherApplication(create_backend_app)
    made.get_backend_for_host = cache(made.get_backend_for_host)
    return made


class S3Server:
    """One server with two buckets, and a key that may use one of them."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        from moto.moto_server.werkzeug_app import MotoRequestHandler
        from werkzeug.serving import make_server

        class Handler(MotoRequestHandler):
            def log(self, *given: Any) -> None:
                pass

        self.requests: list[tuple[str, str, str]] = []
        application = moto_application()

        def noting(environ: dict[str, Any], start: Any) -> Any:
            self.requests.append((environ["REQUEST_METHOD"], environ["HTTP_HOST"], environ["PATH_INFO"]))
            if "X-Amz-Signature=" in environ["QUERY_STRING"] and "HTTP_AUTHORIZATION" not in environ:
                with self.unchecked():  # moto checks the signatures of headers only
                    return application(environ, start)
            return application(environ, start)

        self._server = make_server("127.0.0.1", 0, noting, threaded=True, request_handler=Handler, ssl_context=context)
        self.port: int = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        if context is None:
            self._prepare()

    def client(self, service: str = "s3") -> Any:
        """The administrator's client."""
        import boto3

        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id="administrator",
            aws_secret_access_key="administrator",
        )

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What a service of a runbook would be told."""
        endpoint = f"http://127.0.0.1:{self.port}"
        return {"endpoint": endpoint, "bucket": BUCKET, "region": REGION, **self.key, **changes}

    def listed(self, bucket: str = BUCKET) -> list[str]:
        """The keys of a bucket."""
        with self.unchecked():
            return [one["Key"] for one in self.client().list_objects_v2(Bucket=bucket).get("Contents", [])]

    @contextmanager
    def unchecked(self) -> Iterator[None]:
        """Let the administrator in for the block."""
        with unchecked():
            yield

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def _prepare(self) -> None:
        """Have the buckets and the keys there, which are the process's: another server of it may have made them."""
        where = {"LocationConstraint": REGION}
        client = self.client()
        with self.unchecked():
            for bucket in (BUCKET, FORBIDDEN):
                with suppress(client.exceptions.BucketAlreadyOwnedByYou):
                    client.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
            self.key = self._user("deployer", _FOR_US)
            self.poor_key = self._user("uploader", _NOT_DELETING)
        checked()

    def _user(self, name: str, policy: dict[str, Any]) -> dict[str, str]:
        iam = self.client("iam")
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 API that the whole run shares."""
    server = S3Server()
    yield server
    server.stop()
