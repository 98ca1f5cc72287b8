"""Lets boto3 talk through a probe's reach: it signs for the real name, and each connection is the reach's."""

import os
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Protocol

import botocore.httpsession
import botocore.session
from botocore.awsrequest import (
    AWSConnection,
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnectionPool,
    AWSRequest,
)
from botocore.config import Config
from botocore.configprovider import ConstantProvider
from botocore.handlers import add_expect_header
from botocore.loaders import Loader
from urllib3.connection import HTTPConnection

from tui.probes import tls_trust
from tui.probes.base import Given, ProbeFailed, Socket
from tui.probes.databases import flag

MOST_ANSWER = 8 << 20
"""Bytes an answer may have: a page of a thousand objects has a tenth of it."""
CHUNK = 1 << 16
LEAST_WAIT = 0.05
_PAGES = (b"<!doctype html", b"<html")
_FILES = {"config_file": os.devnull, "credentials_file": os.devnull}
_loading = threading.Lock()


class Sockets(Protocol):
    """Where a wire's sockets come from, and how many seconds an answer may take: of a probe's reach no more is used."""

    @property
    def left(self) -> float:
        """Seconds until nothing is waited for any more."""

    def tcp(self, host: str, port: int) -> Socket:
        """A socket connected to host:port.

        Raises:
            ProbeFailed: there is none.
        """


class S3Wire:
    """One probe's way to an S3 API: its sockets, whom they trust, and the first thing that went wrong on them.

    `reserve` seconds of the time that is left are kept back, for what must be done after a failure; `left_behind` says
    what that could not undo, and `clock` is the Date that the server told last.
    """

    def __init__(self, reach: Sockets, ca_file: str) -> None:
        self.reach = reach
        self.reserve = 0.0
        self.failed: ProbeFailed | None = None
        self.left_behind = ""
        self.clock = ""
        self._context = tls_trust.context(ca_file, of="s3")

    def wait(self) -> float:
        """Seconds that one answer may take now."""
        return max(LEAST_WAIT, self.reach.left - self.reserve)

    def connect(self, host: str, port: int, tls: bool) -> Socket:
        """A socket to a server, which has proved its name under TLS.

        Raises:
            ProbeFailed: there is none; it is kept in `failed` too, for the library makes something else of it.
        """
        place = f"{host}:{port}"
        try:
            sock = self.reach.tcp(host, port)
            sock.settimeout(self.wait())
            if not tls:
                return sock
            try:
                # Of a duplicate: the reach keeps its own end, by which it ends the socket at the deadline.
                return self._context.wrap_socket(sock.dup(), server_hostname=host)
            except ssl.SSLError as error:
                raise tls_trust.refusal(error, place, host) from None
        except ProbeFailed as failed:
            self.failed = failed
            raise


def client(settings: Given, wire: S3Wire) -> Any:
    """A boto3 client of the settings' bucket; it asks once, and nobody but the wire's reach."""
    endpoint = str(settings.get("endpoint") or "") or None
    in_path = flag(settings, "path_style") if settings.get("path_style") not in (None, "") else endpoint is not None
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if in_path else "virtual"},
        retries={"total_max_attempts": 1, "mode": "standard"},
        proxies={},
        user_agent="runbook",  # and not this machine's system and its Python
        ignore_configured_endpoint_urls=True,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _loading:  # the library reads its descriptions of services in ways that threads must not share
        made = _library().client(
            "s3",
            region_name=str(settings["region"]),
            endpoint_url=endpoint,
            aws_access_key_id=str(settings["access_key"]),
            aws_secret_access_key=str(settings["secret_key"]),
            aws_session_token=str(settings.get("session_token") or "") or None,
            config=config,
        )
    made.meta.events.unregister("before-call.s3", add_expect_header)  # a second's wait where a server knows no 100
    made._endpoint.http_session = S3Session(wire)  # no setting of the client leads there
    return made


@cache
def _library() -> Any:
    """The library with its descriptions of services, which take longer to read than a bucket to ask.

    The operator's own AWS settings are not the service's: every variable of the library is cut off from the environment
    and from files, so that none of them chooses another host, another trust, more attempts or a monitor to tell.
    """
    import boto3

    session = botocore.session.Session(session_vars=unset(botocore.session.Session.SESSION_VARIABLES))
    session.get_component("config_store").set_config_provider("s3", ConstantProvider(value=None))
    own = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    session.register_component("data_loader", own)  # not ~/.aws/models
    return boto3.session.Session(botocore_session=session)


def unset(variables: Mapping[str, tuple[Any, Any, Any, Any]]) -> dict[str, tuple[None, None, Any, Any]]:
    """The library's variables, each at its default and with no place to be read from."""
    return {name: (None, None, _FILES.get(name, one[2]), one[3]) for name, one in variables.items()}


class S3Session(botocore.httpsession.URLLib3Session):  # type: ignore[misc]  # the library has no types
    """The library's session, over the wire's sockets and with bounded answers."""

    def __init__(self, wire: S3Wire) -> None:
        super().__init__(timeout=wire.wait())
        self._wire = wire
        self._manager.pool_classes_by_scheme = {"http": _plain_pool(wire), "https": _secure_pool(wire)}

    def send(self, request: Any, xml: bool = True) -> Any:
        """Send a request and read its answer, unless the caller wants to stream it."""
        streams, request.stream_output = request.stream_output, True
        answer = super().send(request)
        self._wire.clock = answer.headers.get("date", "") or self._wire.clock
        if streams:
            return answer
        body = b""
        for chunk in pieces(answer):
            body += chunk
            if len(body) > MOST_ANSWER:
                raise self._not_s3(f"answers with more than {MOST_ANSWER >> 20} MiB")
        if body[:64].lstrip().lower().startswith(_PAGES):
            raise self._not_s3("answers with a web page")
        if xml and body.strip() and not body.lstrip().startswith((b"<", b"\xef\xbb\xbf<")):
            raise self._not_s3("answers with something else than XML")
        answer._content = body
        return answer

    def fetch(self, url: str) -> tuple[int, bytes]:
        """The status and body that anybody gets from this address, who has no credentials but those in it."""
        answer = self.send(AWSRequest("GET", url).prepare(), xml=False)
        return answer.status_code, answer.content

    def _not_s3(self, what: str) -> ProbeFailed:
        hint = "is `endpoint` the address of the S3 API, and not that of its console or of a proxy before it?"
        self._wire.failed = ProbeFailed(f"the endpoint {what}: this is not an S3 API", hint)
        return self._wire.failed


def pieces(answer: Any) -> Iterator[bytes]:
    """The body of an answer, piece by piece."""
    yield from answer.raw.stream(CHUNK)


@contextmanager
def closing(client: Any) -> Iterator[Any]:
    """Let go of the client's sockets at the end."""
    try:
        yield client
    finally:
        with suppress(Exception):  # nothing is left to be told
            client._endpoint.http_session.close()


def _timed(wire: S3Wire) -> type:
    """What both kinds of connection have: an answer may take what is left at the time."""

    class Timed:
        def getresponse(self, *given: Any, **more: Any) -> Any:
            self.timeout = wire.wait()
            return super().getresponse(*given, **more)  # type: ignore[misc]  # the class beside it has that

    return Timed


def _plain_pool(wire: S3Wire) -> type:
    class Plain(_timed(wire), AWSHTTPConnection):  # type: ignore[misc]  # the library has no types
        def _new_conn(self) -> Socket:
            return wire.connect(self._dns_host, self.port, tls=False)

    class Pool(AWSHTTPConnectionPool):  # type: ignore[misc]  # the library has no types
        ConnectionCls = Plain

    return Pool


def _secure_pool(wire: S3Wire) -> type:
    class Secure(_timed(wire), AWSConnection, HTTPConnection):  # type: ignore[misc]  # the library has no types
        """TLS is the wire's: the library's own would trust others and say less."""

        default_port = 443  # type: ignore[misc]  # as in the library's own

        def __init__(self, *given: Any, **more: Any) -> None:
            known = {"host", "port", "timeout", "source_address", "blocksize", "socket_options", "proxy"}
            super().__init__(*given, **{name: value for name, value in more.items() if name in known})

        def _new_conn(self) -> Socket:
            return wire.connect(self._dns_host, self.port, tls=True)

    class Pool(AWSHTTPSConnectionPool):  # type: ignore[misc]  # the library has no types
        ConnectionCls = Secure

        def _validate_conn(self, conn: Any) -> None:
            if conn.is_closed:
                conn.connect()

    return Pool
