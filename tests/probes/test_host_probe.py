"""Reads what hosts really print, and asks this one; each fact file has a command's output and what it means."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.runbooks.probed import failure, probed
from tui.probes.base import ProbeFailed, Ran
from tui.probes.host.probe import COMMANDS, HostAnswer, HostProbe
from tui.runbook.probing.host import SPEC
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

FACTS = Path(__file__).parent.parent / "data/facts"
CHECKS = ("disk", "memory", "load", "cpu", "services", "ports", "versions", "clock")


@pytest.mark.parametrize("file", sorted(FACTS.glob("*.json")), ids=lambda file: file.stem)
def test_what_a_host_prints_is_read(file: Path) -> None:
    fact = json.loads(file.read_text())
    reading = HostProbe().interpret(fact["check"], fact["given"], HostAnswer(Ran(0, fact["output"], ""), fact["at"]))
    assert reading.document == fact["document"]
    assert all(check.ok for check in reading.checks) is fact["ok"]
    assert set(reading.document) == {field.name for field in SPEC.check(fact["check"]).fields}


def test_every_check_has_a_command_and_a_fact() -> None:
    assert {check.name for check in SPEC.checks} == set(COMMANDS) == set(CHECKS)
    assert {json.loads(file.read_text())["check"] for file in FACTS.glob("*.json")} == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("text", ["", "not what it is\n", "<html>502</html>\n", "1\n" * 50])
def test_what_is_not_known_is_a_failure_in_words_or_a_reading(check: str, text: str) -> None:
    given = {"units": ("a",), "ports": ("1",), "commands": ("x",), "exclude": (), "warning": 1}
    with suppress(ProbeFailed):  # anything else is a fault
        HostProbe().interpret(check, given, HostAnswer(Ran(0, text, ""), 0.0))


@pytest.mark.parametrize(
    ("check", "given"),
    [
        ("disk", {"path": "/"}),
        ("memory", {}),
        ("load", {"warning": 1000}),
        ("cpu", {}),
        ("versions", {"commands": ("sh", "python3")}),
        ("clock", {}),
    ],
)
def test_this_host_and_one_behind_sshd_are_asked(check: str, given: dict[str, Any], place: Transport) -> None:
    reading = probed(HostProbe(), SPEC, check, {}, given, place)
    assert reading.summary


def test_a_port_that_is_listened_on_is_found(place: Transport) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        reading = probed(HostProbe(), SPEC, "ports", {}, {"ports": (port, "1")}, place)
    assert reading.document == {"listening": [port], "missing": ["1"]}
    assert not reading.checks[0].ok


def test_a_path_that_is_not_there_is_said(place: Transport) -> None:
    assert "no such file" in failure(HostProbe(), SPEC, "disk", {}, {"path": "/no/such place"}, place).message.lower()


def test_a_units_name_cannot_become_a_command() -> None:
    local = LocalTransport("here")
    failed = failure(HostProbe(), SPEC, "services", {}, {"units": ("$(touch /tmp/runbook-injected)",)}, local)
    assert failed.message
    assert not Path("/tmp/runbook-injected").exists()
