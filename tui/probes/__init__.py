"""Typed checks of services; a new kind is a module or a folder here, its words in `runbook.probing`, a line below."""

import threading
from importlib import import_module
from typing import Any

from msgspec import Struct

from tui.probes.base import NoData, ProbeKind
from tui.text.logs import silence


class Made(Struct, frozen=True):
    """Where a kind's probe is: its module below this folder, its class, and what it imports when it works."""

    module: str
    name: str
    imports: tuple[str, ...] = ()
    extra: str = ""
    """The extra of this package that brings its library, where one does not come with it."""


PROBES = {
    "mysql": Made("mysql.probe", "MysqlProbe", ("pymysql",)),
    "postgres": Made("postgres.probe", "PostgresProbe", ("psycopg",), "postgres"),
    "redis": Made("redis.probe", "RedisProbe", ("redis",)),
    "s3": Made("s3.probe", "S3Probe", ("tui.probes.s3.wire", "boto3")),
    "docker": Made("docker.probe", "DockerProbe", ("tui.probes.docker.wire",)),
    "http": Made("http.probe", "HttpProbe", ("tui.probes.http.wire",)),
    "websocket": Made("websocket", "WebsocketProbe", ("websockets.client", "websockets.exceptions", "websockets.uri")),
    "tls": Made("tls", "TlsProbe"),
    "celery": Made("celery", "CeleryProbe"),
    "kubernetes": Made("kubernetes.probe", "KubernetesProbe"),
    "host": Made("host.probe", "HostProbe"),
}

_importing = threading.Lock()


def probe_of(kind: str) -> ProbeKind[Any]:
    """The probe of a kind that the loader has let pass; what it needs is imported when it is first used.

    Raises:
        NoData: its library comes with an extra of this package, which is not installed.

    One thread imports at a time: a library whose parts import each other, redis for one, cannot be imported by two
    threads that begin at different parts of it. Python then breaks the deadlock with an ImportError.
    """
    silence()
    made = PROBES[kind]
    with _importing:
        module = import_module(f"tui.probes.{made.module}")
        for name in made.imports:
            try:
                import_module(name)
            except ImportError:
                if not made.extra:
                    raise
                raise NoData(
                    f"{kind} is asked by the library {name}, which is not installed here",
                    f"install it: pip install 'runbook-tui[{made.extra}]'",
                ) from None
    probe: ProbeKind[Any] = getattr(module, made.name)()
    return probe
