"""Sends one HTTP request over a Reach, HTTP/2 where the server offers it, and measures its parts.

Only this module knows httpx and httpcore; a probe imports it when there is something to send.
"""

import logging
import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from msgspec import Struct
from msgspec.structs import replace

from tui.probes.base import NoData, ProbeFailed, Reach
from tui.probes.dialling import Dialled
from tui.probes.site import Site, SiteAddress

LIMIT = 5_000_000
"""Bytes of a body that are read."""

MOST_REDIRECTS = 5

PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)

for _name in ("httpx", "httpcore", "hpack"):  # they log headers, tokens among them
    logging.getLogger(_name).setLevel(logging.WARNING)


class HttpRequest(Struct, frozen=True, kw_only=True):
    """A request: `body` has httpx's own names (content, json, data, files)."""

    method: str
    path: str
    headers: dict[str, str] = {}
    body: dict[str, Any] = {}
    follow: bool = False


class HttpAnswer(Struct, frozen=True, kw_only=True):
    """What was received, and how long each part took; `body` ends at LIMIT where it was not `complete`."""

    place: str
    status: int
    protocol: str
    type: str
    body: bytes
    complete: bool
    location: str = ""
    redirects: int = 0
    seconds: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0


def send(reach: Reach, site: Site, asked: HttpRequest) -> HttpAnswer:
    """Send it and follow where it leads on the same host; the times of all hops are added up.

    Another host is not followed to: an answer must not choose which machines behind the tunnel are asked.
    """
    url = _url(site.address, site.host, site.address.path + asked.path)
    seen = [url]
    began = time.monotonic()
    answer = _once(reach, site, asked, url)
    while asked.follow and answer.status in _REDIRECTS and answer.location:
        target = _next(url, answer.location, answer.place, seen)
        if urlsplit(target).hostname != urlsplit(url).hostname:
            break
        url = target
        seen.append(url)
        after = _once(reach, _leading(site, url), asked, url)
        answer = replace(
            after,
            redirects=len(seen) - 1,
            connect=answer.connect + after.connect,
            tls=answer.tls + after.tls,
            first_byte=answer.first_byte + after.first_byte,
        )
    return replace(answer, seconds=time.monotonic() - began)


def _url(address: SiteAddress, host: str, path: str) -> str:
    name = host or address.host
    name = f"[{name}]" if ":" in name and not name.startswith("[") and name.count(":") > 1 else name
    port = "" if host or address.port == PORTS[address.scheme] else f":{address.port}"
    return f"{address.scheme}://{name}{port}{path}"


def _next(url: str, location: str, place: str, seen: list[str]) -> str:
    """Where a redirect leads; ProbeFailed where it is not followed."""
    target = ""
    try:
        target = urljoin(url, location).partition("#")[0]
        parts = urlsplit(target)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host = "", ""
    if scheme not in PORTS or not host:
        raise ProbeFailed(
            f"{place} redirects to something that is not an address: {location[:100]!r}", "look at its redirects"
        )
    if target in seen:
        way = " → ".join([*(urlsplit(one).path for one in seen), urlsplit(target).path])
        raise ProbeFailed(
            f"{place} redirects in a loop: {way}", "look at its redirects, and at what it takes for HTTPS"
        )
    if len(seen) > MOST_REDIRECTS:
        raise ProbeFailed(f"{place} redirects more than {MOST_REDIRECTS} times", "ask for the page it leads to")
    if url.startswith("https:") and scheme == "http":
        raise ProbeFailed(f"{place} redirects from https to http", "look at its redirects: they give up TLS")
    return target


def _leading(site: Site, url: str) -> Site:
    """The site at the address that a redirect leads to; its own port where it goes by another name than its address."""
    parts, here = urlsplit(url), site.address
    port = parts.port or PORTS[parts.scheme]
    if site.host and parts.scheme == here.scheme and parts.port is None:
        port = here.port
    return replace(site, address=SiteAddress(parts.scheme, here.host, port))


class _Stream(httpcore.NetworkStream):
    """A dialled socket as httpcore wants it; the deadline is the reach's, so httpcore's own timeouts are left out."""

    def __init__(self, dialled: Dialled) -> None:
        self.dialled = dialled
        self.answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self.dialled.receive(max_bytes)
        self.answered = self.answered or bool(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self.dialled.send(buffer)

    def close(self) -> None:
        self.dialled.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self.dialled.prove(ssl_context, server_hostname or "")
        return self

    def get_extra_info(self, info: str) -> Any:
        return self.dialled.tls if info == "ssl_object" else None


class _Way(httpcore.NetworkBackend):
    """Gives httpcore a stream to the site's own address, whatever name the request is for."""

    def __init__(self, reach: Reach, address: SiteAddress) -> None:
        self._reach = reach
        self._address = address
        self.stream: _Stream | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self.stream = _Stream(Dialled(self._reach, self._address.host, self._address.port))
        return self.stream


class _Phases:
    """What httpcore traces of a request: how long each phase took, and when it ended."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self._began: dict[str, float] = {}

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore with events as `connection.connect_tcp.started` and `http11.receive_….complete`."""
        phase, _, what = event.partition(".")[2].rpartition(".")
        now = time.monotonic()
        if what == "started":
            self._began[phase] = now
        elif phase in self._began:
            self.took[phase], self.ended[phase] = now - self._began[phase], now


def _request(site: Site, asked: HttpRequest, url: str, phases: _Phases) -> httpcore.Request:
    headers = {"Accept-Encoding": "identity", "User-Agent": "runbook", **asked.headers}
    try:
        request = httpx.Request(asked.method, url, headers=headers, **asked.body)
        content = request.read()
    except (httpx.InvalidURL, UnicodeError):
        raise NoData("`url` and `path` make no address that can be asked for", "look at both") from None
    address = request.url
    target = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
    extensions = {"sni_hostname": site.name, "trace": phases.trace}
    return httpcore.Request(asked.method, target, headers=request.headers.raw, content=content, extensions=extensions)


def _once(reach: Reach, site: Site, asked: HttpRequest, url: str) -> HttpAnswer:
    """Send one request; again over another connection where the server says that it took none on the first.

    A server that loads its configuration ends connections so, also those that were just opened.
    """
    try:
        return _asked(reach, site, asked, url)
    except _NotTaken:
        try:
            return _asked(reach, site, asked, url)
        except _NotTaken as again:
            raise _broken(again.place, silent=True, got=False) from None


class _NotTaken(Exception):
    """The server ended the connection before it took the request (GOAWAY, RFC 9113, 6.8), which may be sent again."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def _asked(reach: Reach, site: Site, asked: HttpRequest, url: str) -> HttpAnswer:
    phases = _Phases()
    request = _request(site, asked, url, phases)
    way, place = _Way(reach, site.address), site.address.place
    began, got = time.monotonic(), False
    try:
        with httpcore.ConnectionPool(ssl_context=site.context, http2=True, network_backend=way) as pool:
            response = pool.handle_request(request)
            got = True
            if way.stream:
                way.stream.dialled.waiting_for = "the rest of the answer"
            body, complete = _body(response)
            if complete and way.stream and way.stream.dialled.cut:
                raise _cut(place)
    except httpcore.ProtocolError as error:
        if not got and _went_away(error):
            raise _NotTaken(place) from None
        silent = way.stream is None or not way.stream.answered
        raise _broken(place, silent, got) from None
    connect, tls = phases.took.get("connect_tcp", 0.0), phases.took.get("start_tls", 0.0)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    if "content-encoding" in headers:
        body, complete = _inflated(body, complete, headers["content-encoding"], place)
    version = response.extensions.get("http_version", b"").decode("latin-1")
    return HttpAnswer(
        place=place,
        status=response.status,
        protocol=version,
        type=headers.get("content-type", "").partition(";")[0].strip().lower()[:100],
        body=body,
        complete=complete,
        location=headers.get("location", "")[:2000],
        connect=connect,
        tls=tls,
        first_byte=phases.ended["receive_response_headers"] - began - connect - tls,
    )


def _went_away(error: httpcore.ProtocolError) -> bool:
    """Whether it was the end of a connection on which the server took no request at all, and says no error of it."""
    said = error.args[0] if error.args else None
    return getattr(said, "last_stream_id", None) == 0 and getattr(said, "error_code", None) == 0


def _body(response: httpcore.Response) -> tuple[bytes, bool]:
    """The body as far as LIMIT, and whether that was all of it."""
    body = bytearray()
    try:
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > LIMIT:
                return bytes(body[:LIMIT]), False
    finally:
        response.close()
    return bytes(body), True


def _inflated(body: bytes, complete: bool, encoding: str, place: str) -> tuple[bytes, bool]:
    """The body of a server that compresses unasked, no further than LIMIT."""
    inflater = zlib.decompressobj(wbits=47)  # gzip or zlib, whichever it is
    try:
        plain = inflater.decompress(body, LIMIT + 1)
    except zlib.error:
        said = f"{place} sends a body encoded as {encoding[:30]!r}, which was not asked for"
        raise ProbeFailed(said, "look at the server's compression settings") from None
    return plain[:LIMIT], complete and len(plain) <= LIMIT


def _cut(place: str) -> ProbeFailed:
    """The words for a body without a length, which ends where its connection does, on one that ended without TLS's end.

    A body that says its length, or comes in chunks, does not need it.
    """
    return ProbeFailed(
        f"the answer of {place} was cut: its connection ended without TLS's close_notify, and the answer has no length",
        "look at the server's error log, and at proxies in between; a server that always does so should send a length",
    )


def _broken(place: str, silent: bool, got: bool) -> ProbeFailed:
    """The words for a server that does not keep to HTTP: that said nothing, or broke off once its answer was begun."""
    if got:
        return ProbeFailed(f"{place} broke off in the middle of its answer", "look at the server's error log")
    if silent:
        return ProbeFailed(
            f"{place} closed the connection without an answer", "look at the server's error log: it may be restarting"
        )
    return ProbeFailed(f"{place} does not answer in HTTP", "is this its port, and should the address begin with https?")
