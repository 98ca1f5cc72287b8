"""Typed checks of services; a new kind is a module here, its words in `runbook.probing`, and a line below."""

from importlib import import_module
from typing import Any

from tui.probes.base import Probe

PROBES = {
    "mysql": "MysqlProbe",
    "redis": "RedisProbe",
    "s3": "S3Probe",
    "docker": "DockerProbe",
    "http": "HttpProbe",
    "websocket": "WebsocketProbe",
    "tls": "TlsProbe",
    "celery": "CeleryProbe",
    "host": "HostProbe",
}


def probe_of(kind: str) -> Probe[Any]:
    """The probe of a kind that the loader has let pass, imported when it is first used."""
    made: Probe[Any] = getattr(import_module(f"tui.probes.{kind}"), PROBES[kind])()
    return made
