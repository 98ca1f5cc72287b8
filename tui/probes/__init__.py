"""Typed checks of services; a new kind is a module here, its words in `runbook.probing`, and a line below."""

import threading
from importlib import import_module
from typing import Any

from msgspec import Struct

from tui.probes.base import ProbeKind
from tui.text.logs import silence


class Made(Struct, frozen=True):
    """Where a kind's probe is: its class in the module of its name, and the modules that it imports when it works."""

    name: str
    imports: tuple[str, ...] = ()


PROBES = {
    "mysql": Made("MysqlProbe", ("pymysql",)),
    "redis": Made("RedisProbe", ("redis",)),
    "s3": Made("S3Probe", ("tui.probes.s3.wire", "boto3")),
    "docker": Made("DockerProbe", ("tui.probes.docker.wire",)),
    "http": Made("HttpProbe", ("tui.probes.http.wire",)),
    "websocket": Made("WebsocketProbe", ("websockets.client", "websockets.exceptions", "websockets.uri")),
    "tls": Made("TlsProbe"),
    "celery": Made("CeleryProbe"),
    "host": Made("HostProbe"),
}

_importing = threading.Lock()


def probe_of(kind: str) -> ProbeKind[Any]:
    """The probe of a kind that the loader has let pass; what it needs is imported when it is first used.

    One thread imports at a time: a library whose parts import each other, redis for one, cannot be imported by two
    threads that begin at different parts of it. Python then breaks the deadlock with an ImportError.
    """
    silence()
    made = PROBES[kind]
    with _importing:
        module = import_module(f"tui.probes.{kind}")
        for name in made.imports:
            import_module(name)
    probe: ProbeKind[Any] = getattr(module, made.name)()
    return probe
