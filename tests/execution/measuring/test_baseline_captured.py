"""A value that says what was there before a change stays, whatever is found when its step is done again later."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import shop
from tests.support.sessions.conducted import conducted
from tui.execution.conductor.conductor import Conductor

TEXT = shop(
    {
        "go": """
  { id = "plan", title = "Plan", actions = [{ run = "plan", capture = { planned = { baseline = true }, seen = {} } }] },
  { id = "order", title = "An order", mutates = true, actions = [{ run = "order" }] },
  { id = "migrate", title = "Migrate", mutates = true, undo = ["reverse"], actions = [{ run = "migrate" }] },
""",
    },
    back="""
  { id = "reverse", title = "Reverse", mutates = true, actions = [{ run = "reverse" }] },
""",
)


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport({"plan": Reply(b"nothing\n")})


@pytest.fixture
def conductor(tmp_path: Path, host: FakeTransport) -> Iterator[Conductor]:
    with conducted(TEXT, tmp_path, {"web": host}) as made:
        yield made


def plan_again(conductor: Conductor, host: FakeTransport, found: str) -> list[str]:
    """Do the step again; returns the warnings of its check."""
    host.replies["plan"] = Reply(f"{found}\n".encode())
    conductor.reopen("plan", "again")
    conductor.start("plan")
    conductor.wait()
    last = conductor.state.attempts[conductor.state.step("plan").attempts[-1]]
    return [f"{check.expected}: {check.came}" for check in last.checks if check.warning]


def test_a_baseline_stays_once_a_change_after_it_has_begun(conductor: Conductor, host: FakeTransport) -> None:
    for step in ("plan", "order"):
        conductor.start(step)
        conductor.wait()
    assert plan_again(conductor, host, "two migrations") == []
    assert conductor.state.facts["planned"] == "two migrations"
    conductor.start("migrate")
    conductor.wait()
    assert plan_again(conductor, host, "nothing") == ["planned as before the change, two migrations: nothing"]
    assert (conductor.state.facts["planned"], conductor.state.facts["seen"]) == ("two migrations", "nothing")
    assert plan_again(conductor, host, "two migrations") == []
