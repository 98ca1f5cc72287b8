"""Reads what Celery's commands print, and runs them through a stand-in on this machine and behind sshd."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.runbooks.probed import failure, probed
from tui.probes.base import NoData, ProbeFailed, Ran
from tui.probes.celery import CeleryAnswer, CeleryProbe
from tui.runbook.probing.celery import SPEC
from tui.transports.base import Transport

PING = '{"celery@one": {"ok": "pong"}, "celery@two": {"ok": "pong"}}\n'
ACTIVE = json.dumps({"celery@one": [{"id": "1", "time_start": 990.0}, {"id": "2", "time_start": 950.5}]})
STATS = json.dumps({"celery@one": {"total": {"a.task": 3, "b.task": 4}, "pool": {"processes": [1, 2]}, "uptime": 844}})
NOISE = "\x1b[33mSecurityWarning: running as root\x1b[0m\nThe app was loaded\n"


def answer(out: str, exit: int = 0, err: str = "") -> CeleryAnswer:
    return CeleryAnswer(Ran(exit, out, err), 0.25, 1000.0)


def read(check: str, raw: CeleryAnswer, **given: Any) -> dict[str, Any]:
    return dict(CeleryProbe().interpret(check, {"least": 1, **given}, raw).document)


@pytest.mark.parametrize(
    ("check", "out", "document"),
    [
        ("ping", PING, {"workers": 2, "names": ["celery@one", "celery@two"]}),
        ("ping", NOISE + PING, {"workers": 2, "names": ["celery@one", "celery@two"]}),
        ("active", ACTIVE, {"workers": 1, "tasks": 2, "oldest": 49.5, "by_worker": {"celery@one": 2}}),
        ("active", '{"celery@one": []}', {"workers": 1, "tasks": 0, "oldest": 0.0, "by_worker": {"celery@one": 0}}),
        ("stats", STATS, {"workers": 1, "processed": 7, "processes": 2, "youngest": 844}),
        ("stats", '{"celery@one": {}}', {"workers": 1, "processed": 0, "processes": 0, "youngest": None}),
    ],
)
def test_what_celery_prints_is_read(check: str, out: str, document: dict[str, Any]) -> None:
    assert read(check, answer(out)) == document


def test_too_few_workers_fail_the_check() -> None:
    reading = CeleryProbe().interpret("ping", {"least": 3}, answer(PING))
    assert [(check.expected, check.came, check.ok) for check in reading.checks] == [("at least 3 workers", "2", False)]


def test_a_tasks_result_is_the_last_line() -> None:
    found = read("task", answer("some banner\n42\n"), task="app.add", arguments="[1, 2]")
    assert found == {"result": "42", "seconds": 0.25}


@pytest.mark.parametrize(
    ("raw", "words", "kind"),
    [
        (answer("", 69, "Error: No nodes replied within time constraint"), "no worker answers", ProbeFailed),
        (answer("Error: No nodes replied within time constraint.\n", 1), "no worker answers", ProbeFailed),
        (answer("", 127, "sh: 1: celery: not found"), "there is no celery", NoData),
        (answer("", 1, "kombu.exceptions.OperationalError: [Errno 111] Connection refused"), "refused", ProbeFailed),
        (answer("celery@one: OK\n    pong\n"), "no JSON", ProbeFailed),
        (answer('{"error": "x"}\n'), "no JSON", ProbeFailed),
        (answer("{broken\n"), "no JSON", ProbeFailed),
    ],
)
def test_each_trouble_has_its_own_words(raw: CeleryAnswer, words: str, kind: type[ProbeFailed]) -> None:
    with pytest.raises(kind, match=words) as failed:
        CeleryProbe().interpret("ping", {"least": 1}, raw)
    assert failed.value.hint


@pytest.fixture
def celery(tmp_path: Path) -> str:
    """A program that answers like celery, and keeps what it was called with."""
    program = tmp_path / "celery"
    program.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$*" >> calls\n'
        f"case $* in *inspect*) printf '%s' '{PING.strip()}' ;; *call*) echo id-1 ;; *result*) echo 42 ;; esac\n"
    )
    program.chmod(0o755)
    return str(program)


def test_the_commands_run_in_their_directory_after_what_activates_them(
    celery: str, tmp_path: Path, place: Transport
) -> None:
    settings = {"app": "back end", "command": celery, "directory": str(tmp_path), "activate": "export READY=1"}
    assert probed(CeleryProbe(), SPEC, "ping", settings, {}, place).document["workers"] == 2
    task = probed(CeleryProbe(), SPEC, "task", settings, {"task": "app.add", "arguments": "[1]"}, place)
    assert task.document["result"] == "42"
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[0].startswith("-A back end inspect ping --json --timeout ")
    assert calls[1:] == ["-A back end call --args=[1] app.add", "-A back end result id-1"]


def test_a_directory_that_is_not_there_is_said(celery: str, place: Transport) -> None:
    settings = {"app": "x", "command": celery, "directory": "/no/such"}
    assert failure(CeleryProbe(), SPEC, "ping", settings, {}, place).message
