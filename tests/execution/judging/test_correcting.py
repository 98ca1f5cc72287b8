"""A value of an open session is put right: recorded, used from then on, and still right after a resume."""

from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import NotNow, UsageError
from tui.execution.workspace import Setup, Workspace
from tui.exports.registry import render
from tui.exports.source import source
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.events import ValueCorrected
from tui.session.journal.journal import read

STEPS = """
[[sections.steps]]
id = "a"
title = "A"
[[sections.steps.actions]]
run = "echo {{ site }}"
[[sections.steps]]
id = "b"
title = "B"
when = { kind = "large" }
[[sections.steps.actions]]
run = "echo large"
"""
VARIABLES = """
[variables.site]
prompt = "The site"
default = "wrong"
pattern = "[a-z]+"
ask = false
[variables.kind]
prompt = "The kind"
default = "small"
choices = ["small", "large"]
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    path = tmp_path / "runbook.toml"
    path.write_text(one_section(STEPS, "web") + VARIABLES)
    host = FakeTransport({"echo right": Reply(b"right\n"), "echo large": Reply(b"large\n")}, name="web")
    return Workspace(load(path), path.read_text(), Store(tmp_path / "home"), {"web": host}, FakeClock())


def test_a_corrected_value_is_used_from_then_on_and_after_a_resume(workspace: Workspace) -> None:
    conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
    conductor.correct("site", "right", "typed wrongly")
    conductor.correct("kind", "large", "it is")
    session = workspace.store.names()[-1]
    conductor.close()
    conductor = workspace.resume(session, "ana")
    assert conductor.values()["site"] == "right"
    assert [step.id for _, step in conductor.state.plan()] == ["a", "b"]
    conductor.start("a")
    conductor.wait()
    conductor.close()
    assert conductor.state.attempts[1].command == "echo right"
    directory = workspace.store.find(session)
    [event, _] = [one.event for one in read(directory.journal) if isinstance(one.event, ValueCorrected)]
    assert event == ValueCorrected(name="site", value="right", before="wrong", operator="ana", reason="typed wrongly")
    assert "corrected site from 'wrong' to 'right': typed wrongly" in render(source(directory), "md").decode()


@pytest.mark.parametrize(
    ("name", "value", "reason", "words"),
    [
        ("site", "WRONG", "x", "does not match"),
        ("site", "", "x", "a value is needed"),
        ("kind", "huge", "x", "is not one of small, large"),
        ("operator", "ben", "x", "no value 'operator'"),
        ("site", "right", " ", "needs a reason"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_recorded(
    workspace: Workspace, name: str, value: str, reason: str, words: str
) -> None:
    conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
    with pytest.raises((UsageError, NotNow), match=words):
        conductor.correct(name, value, reason)
    assert not conductor.state.corrected
    conductor.close()
