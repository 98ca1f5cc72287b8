"""Checks by tables what the docker probe makes of answers, without an engine."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.runbooks.probed import filled
from tui.probes.base import ProbeFailed, Reading
from tui.probes.docker.answers import DockerAnswers
from tui.probes.docker.probe import DockerProbe
from tui.runbook.probing.docker import SPEC

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def read(check: str, given: dict[str, Any], **came: Any) -> Reading:
    raw = DockerAnswers(where="/s", seconds=0.01, now=NOW, **came)
    return DockerProbe().interpret(check, filled(SPEC.check(check).parameters, given), raw)


def container(status: str = "running", health: str = "", restarts: int = 0, exit_status: int = 0) -> dict[str, Any]:
    state = {"Status": status, "ExitCode": exit_status, "StartedAt": "2026-11-23T11:00:00.123456789Z"}
    return {
        "State": state | ({"Health": {"Status": health}} if health else {}),
        "RestartCount": restarts,
        "Config": {"Image": "shop:2"},
        "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "9000/tcp": None}},
    }


@pytest.mark.parametrize(
    ("found", "given", "missing", "summary", "oks"),
    [
        ({}, {}, (), "0 of 0 run", []),
        ({"a": container()}, {}, (), "1 of 1 run", []),
        ({"a": container("exited", exit_status=1)}, {}, (), "0 of 1 run", []),
        ({"a": container("exited", exit_status=1)}, {"names": ("a",)}, (), "0 of 1 run", [(False, False)]),
        ({"a": container("restarting")}, {}, (), "0 of 1 run, 1 restarting", [(False, False)]),
        ({"a": container("paused")}, {"names": ("a",)}, (), "0 of 1 run", [(False, False)]),
        ({"a": container(health="healthy")}, {}, (), "1 of 1 run", [(True, False)]),
        ({"a": container(health="starting")}, {}, (), "1 of 1 run", [(False, True)]),
        ({"a": container(health="none")}, {}, (), "1 of 1 run", []),
        ({"a": container(health="unhealthy")}, {}, (), "1 of 1 run, 1 unhealthy", [(False, False)]),
        ({}, {"names": ("a", "b")}, ("a", "b"), "0 of 2 run, missing: a, b", [(False, False)] * 2),
        ({"a": {}}, {"names": ("a",)}, (), "0 of 1 run", [(False, False)]),
    ],
)
def test_containers_in_words(
    found: dict[str, Any], given: dict[str, Any], missing: tuple[str, ...], summary: str, oks: list[tuple[bool, bool]]
) -> None:
    reading = read("containers", given, containers=found, missing=missing)
    assert reading.summary == summary
    assert [(check.ok, check.warning) for check in reading.checks] == oks


def test_a_containers_row() -> None:
    document = read("containers", {}, containers={"a": container(restarts=2), "b": container(restarts=3)}).document
    assert document["restarts"] == 5
    assert document["containers"]["a"] == {
        "state": "running",
        "health": "",
        "restarts": 2,
        "exit": None,
        "image": "shop:2",
        "ports": ["0.0.0.0:8080->80/tcp", "9000/tcp"],
        "started": "2026-11-23T11:00:00",
    }


def test_an_answer_of_another_kind_is_a_verdict() -> None:
    with pytest.raises(ProbeFailed, match="a State of another kind"):
        read("containers", {}, containers={"a": {"State": "running"}})


@pytest.mark.parametrize(
    ("pattern", "lines", "matches", "last"),
    [
        ("", 3, 3, "fatal\x1b[31m: two"),
        ("error", 3, 1, "error: one"),
        ("(?i)FATAL|error", 3, 2, "fatal\x1b[31m: two"),
        ("nothing", 3, 0, ""),
    ],
)
def test_a_logs_lines(pattern: str, lines: int, matches: int, last: str) -> None:
    reading = read("logs", {"name": "a", "pattern": pattern}, log="started\nerror: one\nfatal\x1b[31m: two\n")
    document = reading.document
    assert (document["lines"], document["matches"]) == (lines, matches)
    assert document["last_match"] == last.replace("\x1b", " ")


def stats(**memory: Any) -> dict[str, Any]:
    return {
        "cpu_stats": {"cpu_usage": {"total_usage": 300}, "system_cpu_usage": 3000, "online_cpus": 2},
        "precpu_stats": {"cpu_usage": {"total_usage": 100}, "system_cpu_usage": 1000},
        "memory_stats": {"usage": 500, "limit": 1000, **memory},
    }


@pytest.mark.parametrize(
    ("told", "cpu", "memory", "share"),
    [
        (stats(), 20.0, 500, 50.0),
        (stats(stats={"inactive_file": 100}), 20.0, 400, 40.0),
        (stats(stats={"total_inactive_file": 250}), 20.0, 250, 25.0),
        (stats(limit=0), 20.0, 500, None),
        (stats() | {"precpu_stats": {}}, None, 500, 50.0),
        (stats() | {"cpu_stats": {"cpu_usage": {"total_usage": 1}, "system_cpu_usage": 1000}}, None, 500, 50.0),
        ({}, None, 0, None),
    ],
)
def test_what_a_container_uses(told: dict[str, Any], cpu: float | None, memory: int, share: float | None) -> None:
    document = read("stats", {}, containers={"a": told}).document
    assert (document["cpu"], document["memory"], document["memory_percent"]) == (cpu, memory, share)


def test_what_containers_use_together() -> None:
    document = read("stats", {}, containers={"a": stats(), "b": stats(usage=900)}).document
    assert (document["cpu"], document["memory"], document["memory_percent"]) == (40.0, 1400, 90.0)


@pytest.mark.parametrize(
    ("image", "present", "age"),
    [
        (None, False, None),
        ({"Id": "sha256:a", "Created": "2026-11-23T10:30:00.123456789Z", "Size": 5}, True, 1.5),
        ({"Id": "sha256:a", "Created": "2026-11-23T12:30:00.123456789+02:00", "Size": 5}, True, 1.5),
        ({"Id": "sha256:a", "Created": "2026-11-23T05:30:00-05:00", "Size": 5}, True, 1.5),
        ({"Id": "sha256:a", "Created": "2026-11-23T16:15:00.1+05:45", "Size": 5}, True, 1.5),
        ({"Id": "sha256:a", "Created": "2026-11-23T10:30:00", "Size": 5}, True, 1.5),
        ({"Id": "sha256:a", "Created": "0001-01-01T00:00:00Z", "Size": 5}, True, None),
        ({"Id": "sha256:a", "Created": "0001-01-01T00:00:00+05:00", "Size": 5}, True, None),
        ({"Id": "sha256:a", "Created": "", "Size": 5}, True, None),
        ({"Id": "sha256:a", "RepoDigests": None}, True, None),
    ],
)
def test_an_image_in_words(image: dict[str, Any] | None, present: bool, age: float | None) -> None:
    reading = read("image", {"name": "shop:2"}, image=image)
    assert (reading.document["present"], reading.document["age_hours"]) == (present, age)
    assert reading.checks[0].ok is present


@pytest.mark.parametrize(
    ("told", "started"),
    [
        ("2026-11-23T11:00:00.123456789Z", "2026-11-23T11:00:00"),
        ("2026-11-23T13:00:00.123456789+02:00", "2026-11-23T11:00:00"),
        ("0001-01-01T00:00:00Z", ""),
    ],
)
def test_a_start_is_told_in_utc_whatever_the_offset_it_comes_with(told: str, started: str) -> None:
    found = {"a": {"State": {"Status": "running", "StartedAt": told}}}
    assert read("containers", {}, containers=found).document["containers"]["a"]["started"] == started
