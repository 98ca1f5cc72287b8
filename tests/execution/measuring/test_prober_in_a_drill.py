"""In a drill the scenario answers a probe, and nothing is asked of a real service."""

import json
from collections.abc import Callable

import pytest

from tests.execution.measuring.test_prober import FOUND, THREADS, FakeProbe, do, kept
from tests.execution.measuring.test_prober import begin as begin
from tests.execution.measuring.test_prober import probe as probe
from tests.support.machines.fake_transport import FakeTransport, Reply
from tui.execution.conductor.conductor import Conductor
from tui.session.outcome import Outcome
from tui.session.state import StepStatus


@pytest.mark.parametrize(
    ("reply", "status", "said"),
    [
        (Reply(json.dumps(FOUND | {"summary": "calm"}).encode()), StepStatus.SIGNED, "answered: calm\n"),
        (Reply(err=b"it refuses; look", outcome=Outcome.exited(1)), StepStatus.FAILED, "failed: it refuses"),
        (Reply(err=b"no answer", outcome=Outcome.exited(127)), StepStatus.FAILED, "no data: no answer\n"),
        (Reply(b"[1]"), StepStatus.FAILED, "no data: the scenario's answer"),
        (Reply(b"nonsense"), StepStatus.FAILED, "no data: the scenario's answer"),
    ],
)
def test_a_drills_scenario_answers_probes(
    begin: Callable[..., Conductor], probe: FakeProbe, reply: Reply, status: StepStatus, said: str
) -> None:
    host = FakeTransport({"probe database: threads": reply}, name="web")
    conductor = begin(THREADS, drill="Calm", host=host)
    assert do(conductor, "threads") is status
    assert kept(conductor).startswith(said)
    assert probe.settings == []


LOGIN = """
[[sections.steps]]
id = "login"
title = "Login"
[[sections.steps.actions]]
probe = { service = "database", check = "query", with = { sql = "SELECT 1" } }
capture = { token = { json = "access", secret = true } }
[[sections.steps]]
id = "order"
title = "Order"
[[sections.steps.actions]]
run = "order"
secrets = ["token"]
"""


def test_a_drills_scenario_gives_a_probes_secrets_and_nobody_sees_them(begin: Callable[..., Conductor]) -> None:
    answer = {"rows": 1, "summary": "in", "secrets": {"access": "tok-4711-secret"}}
    host = FakeTransport({"probe database: query": Reply(json.dumps(answer).encode())}, name="web")
    conductor = begin(LOGIN, drill="Calm", host=host)
    assert do(conductor, "login") is StepStatus.SIGNED
    do(conductor, "order")
    assert host.ran[-1].secrets["TOKEN"] == "tok-4711-secret"
    everything = b"".join(
        file.read_bytes() for file in conductor.executor.directory.parent.rglob("*") if file.is_file()
    )
    assert b"tok-4711-secret" not in everything
