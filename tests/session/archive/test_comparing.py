"""Comparing two sessions step by step."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import UsageError
from tui.execution.workspace import Setup, Workspace
from tui.headless.found import compare_report, step_report
from tui.runbook.reading.load import load
from tui.session.archive.comparing import Compared, ComparedSession, compare, difference, opened
from tui.session.archive.store import Store
from tui.session.outcome import Outcome

STEP = '[[sections.steps]]\nid = "{0}"\ntitle = "Step {0}"\n[[sections.steps.actions]]\nrun = "do {0}"\n'
Night = Callable[..., ComparedSession]


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    clock = FakeClock()

    def made(replies: dict[str, Reply], lengths: dict[str, float] | None = None, steps: str = "abc") -> ComparedSession:
        """A session in which every step is run once; `lengths` are seconds by step."""
        path = tmp_path / "runbook.toml"
        path.write_text(one_section("".join(STEP.format(one) for one in steps), "web"))
        host = FakeTransport({f"do {step}": replies.get(step, Reply(b"same\n")) for step in steps}, name="web")
        host.before_run = lambda command: clock.advance((lengths or {}).get(command.script[-1], 0.5))
        workspace = Workspace(load(path), path.read_text(), Store(tmp_path / "sessions"), {"web": host}, clock)
        conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
        for step in steps:
            conductor.start(step)
            conductor.wait()
        conductor.close()
        clock.advance(3600)
        return opened(workspace.store.find("last"))

    return made


def marks(before: ComparedSession, after: ComparedSession) -> dict[str, str]:
    return {one.step: one.mark for one in compare(before, after)}


def test_what_is_the_same_needs_no_look(night: Night) -> None:
    assert marks(night({}), night({})) == {"a": "", "b": "", "c": ""}


def test_slower_and_faster_by_half_and_a_second(night: Night) -> None:
    before = night({}, {"a": 10, "b": 10, "c": 0.1})
    after = night({}, {"a": 16, "b": 6, "c": 0.9})
    assert marks(before, after) == {"a": "slower", "b": "faster", "c": ""}
    assert [round(one.difference, 1) for one in compare(before, after)] == [6, -4, 0.8]


def test_another_outcome_differs(night: Night) -> None:
    before = night({})
    after = night({"b": Reply(err=b"no\n", outcome=Outcome.exited(2))})
    assert marks(before, after)["b"] == "differs"
    found = next(one for one in compare(before, after) if one.step == "b")
    assert (found.before.outcome, found.after.outcome) == ("succeeded", "failed (exit 2)")
    assert (found.added, found.removed) == (1, 1)


def test_steps_that_only_one_of_them_has(night: Night) -> None:
    before, after = night({}, steps="ab"), night({}, steps="bc")
    assert marks(before, after) == {"b": "", "c": "only after", "a": "only before"}


def test_how_an_output_differs_line_by_line(night: Night) -> None:
    before = night({"a": Reply(b"one\ntwo\nthree\n")})
    after = night({"a": Reply(b"one\n2\nthree\n")})
    lines = difference(before, after, "a")
    assert lines[0] == f"--- {before.directory.id}"
    assert lines[2:] == ["@@ -1,3 +1,3 @@", " one", "-two", "+2", " three"]
    assert difference(before, after, "b") == []


def test_the_table_and_its_totals(night: Night) -> None:
    said: list[str] = []
    compare_report(night({}, {"a": 10}), night({}, {"a": 25}), False, said.append)
    assert "▲  Step a" in said[2]
    assert "+0:15" in said[2]
    assert "slower" in said[2]
    assert said[3] == "commands took 0:11 before, 0:26 after"


def test_as_json(night: Night) -> None:
    said: list[str] = []
    compare_report(night({}, {"a": 10}), night({}, {"a": 25}), True, said.append)
    steps = msgspec.json.decode(said[0])["steps"]
    assert [(one["step"], one["mark"], one["difference"]) for one in steps] == [
        ("a", "slower", 15.0),
        ("b", "", 0.0),
        ("c", "", 0.0),
    ]


def test_one_steps_output_is_printed_without_what_could_steer_a_terminal(night: Night) -> None:
    said: list[str] = []
    step_report(night({}), night({"a": Reply(b"\x1b[2Jgone\n")}), "a", said.append)
    assert "-same" in said
    assert not any("\x1b" in line for line in said)
    said.clear()
    step_report(night({}), night({}), "a", said.append)
    assert said == ["the output is the same"]
    with pytest.raises(UsageError, match="no step 'z'"):
        step_report(night({}), night({}), "z", said.append)


def test_sessions_that_did_nothing_have_nothing_to_compare(night: Night) -> None:
    said: list[str] = []
    compare_report(night({}, steps="a"), night({}, steps="a"), False, said.append)
    assert "Step a" in said[2]
    assert list(compare(night({}, steps="b"), night({}, steps="b")))[0].title == "Step b"
    assert isinstance(list(compare(night({}, steps="b"), night({}, steps="b")))[0], Compared)
