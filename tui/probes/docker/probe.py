"""Asks a Docker engine, through its API socket, for its containers, their logs and figures, and its images."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from tui import threads
from tui.probes.base import Given, NoData, ProbeFailed, Reach, Reading
from tui.probes.docker.answers import READERS, DockerAnswers, Document
from tui.probes.docker.errors import worded

AT_ONCE = 8
"""Requests made at a time: the engine takes over a second for the figures of each container."""
MOST_LINES = 10_000


class DockerProbe:
    """The docker kind; see Probe."""

    kind = "docker"

    def fetch(self, check: str, settings: Given, given: Given, reach: Reach) -> DockerAnswers:
        """Ask the engine; see Probe."""
        _understood(check, given)
        from tui.probes.docker import wire as docker_wire  # it imports the library

        path, allowed = str(settings["socket"]), reach.left
        wire = docker_wire.DockerWire(reach, path)
        ask = {"containers": _containers, "logs": _logs, "stats": _stats, "image": _image}[check]
        try:
            started = time.monotonic()
            with docker_wire.connected(wire) as client:
                answers = ask(client, given, DockerAnswers(where=path, seconds=0, now=datetime.now(UTC)))
            return replace(answers, seconds=round(time.monotonic() - started, 4))
        except ProbeFailed:
            raise
        except Exception as error:  # whatever a library makes of bytes that are not an engine's
            late = TimeoutError() if not reach.left else error
            raise (wire.failed or worded(late, path, allowed, str(given.get("name") or ""))) from None

    def interpret(self, check: str, given: Given, raw: DockerAnswers) -> Reading:
        """What the answers mean; see Probe."""
        return READERS[check](given, raw)


def _understood(check: str, given: Given) -> None:
    if check != "logs":
        return
    if not 1 <= given["tail"] <= MOST_LINES or given["tail"] != int(given["tail"]):
        raise NoData(f"{given['tail']:g} lines cannot be asked for", f"`tail` is a whole number from 1 to {MOST_LINES}")
    try:
        re.compile(str(given["pattern"]))
    except re.error as error:
        raise NoData(f"the pattern cannot be used: {error}", "`pattern` is a regular expression") from None


def _containers(client: Any, given: Given, answers: DockerAnswers) -> DockerAnswers:
    names = given["names"] or _names(client, running=False)
    found = _each(client.inspect_container, names)
    missing = tuple(name for name in given["names"] if name not in found)
    return replace(answers, containers=found, missing=missing, version=str(client.version()["Version"]))


def _logs(client: Any, given: Given, answers: DockerAnswers) -> DockerAnswers:
    told = client.logs(given["name"], stdout=True, stderr=True, tail=int(given["tail"]))
    return replace(answers, log=told.decode(errors="replace"))


def _stats(client: Any, given: Given, answers: DockerAnswers) -> DockerAnswers:
    names = given["names"] or _names(client, running=True)
    found = _each(lambda name: client.stats(name, stream=False), names)
    return replace(answers, containers=found, missing=tuple(name for name in given["names"] if name not in found))


def _image(client: Any, given: Given, answers: DockerAnswers) -> DockerAnswers:
    from docker.errors import NotFound

    try:
        return replace(answers, image=_document(client.inspect_image(given["name"])))
    except NotFound:
        return answers


def _names(client: Any, running: bool) -> tuple[str, ...]:
    return tuple(str(container["Names"][0]).removeprefix("/") for container in client.containers(all=not running))


def _each(ask: Callable[[str], Any], names: tuple[str, ...]) -> dict[str, Document]:
    """What the engine tells of each of these; one that is gone, or never was, is left out."""
    from docker.errors import NotFound

    def told(name: str) -> Document | None:
        try:
            return _document(ask(name))
        except NotFound:
            return None

    with threads.pool("docker", min(AT_ONCE, len(names))) as pool:
        answers = list(pool.map(told, names))
    return {name: answer for name, answer in zip(names, answers, strict=True) if answer is not None}


def _document(told: Any) -> Document:
    if not isinstance(told, dict):
        raise ValueError("the engine's answer is not a document")
    return told
