"""What was written two or three times is in one place, and says the same to each that asks."""

import ast
import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.support.source.source_trees import nodes
from tui.drill.scenario import Rule, Scenario
from tui.drill.world import answer
from tui.runbook.facts import holds
from tui.session.outcome import Outcome, OutcomeKind


def test_the_host_whose_connection_is_used_is_found_in_one_place() -> None:
    loops = [file for file, node in nodes(ast.While, words=(".connection",)) if ".connection" in ast.unparse(node)]
    assert loops == ["runbook/facts.py", "runbook/reading/declarations.py"]  # the first one finds a circle


def test_one_place_tells_when_a_command_that_should_outlive_its_connection_runs_without_that() -> None:
    caught = [
        file
        for file, node in nodes(ast.ExceptHandler, words=("except Refused",))
        if "Refused" in ast.unparse(node.type or node)
    ]
    assert caught == ["transports/jobs/job.py"]


@pytest.mark.parametrize("wanted", ["", ("", "other"), "other"])
def test_a_fact_that_is_missing_holds_neither_in_a_session_nor_in_a_drill(wanted: str | tuple[str, ...]) -> None:
    scenario = Scenario(format=1, title="One rule", text="", rules=(Rule(match="ask", when={"missing": wanted}),))
    assert not holds({"missing": wanted}, {})
    assert not answer(scenario, "ask", {}, datetime(2026, 1, 1, tzinfo=UTC)).answered


def test_only_a_command_whose_host_was_not_reached_never_started() -> None:
    assert [kind for kind in OutcomeKind if Outcome(kind).never_started] == [OutcomeKind.UNREACHABLE]
    asked = [file for file, node in nodes(ast.FunctionDef, words=("never_started",)) if "never_started" in node.name]
    assert sorted(asked) == ["session/outcome.py", "session/state.py"]


def test_each_act_is_written_once_whatever_screens_have_it() -> None:
    calls = [node for _, node in nodes(ast.Call, words=("Act(",)) if ast.unparse(node.func) == "Act"]
    written = Counter(tuple(ast.unparse(one) for one in call.args[1:5]) for call in calls)
    assert len(written) > 80
    assert [act for act, count in written.items() if count > 1] == []


def written(words: str) -> list[str]:
    """The modules that have these words in a text of theirs."""
    return [
        file
        for file, node in nodes(ast.Constant, words=(words,))
        if isinstance(node.value, str) and words in node.value
    ]


@pytest.mark.parametrize(
    ("words", "module"),
    [("did you mean", "text/nearest.py"), ("not started: ", "execution/conductor/executor.py")],
)
def test_what_is_said_in_several_places_is_written_in_one(words: str, module: str) -> None:
    assert written(words) == [module]


def test_the_host_of_what_names_none_is_found_in_one_place() -> None:
    chosen = [file for file, node in nodes(ast.BoolOp, words=("default_host",)) if "default_host" in ast.unparse(node)]
    assert chosen == ["runbook/facts.py"]


def test_a_part_of_a_screen_that_is_used_twice_is_named_once() -> None:
    """By Textual's `getters`: a name that has a type, where a text may name a part that is not there."""
    asked = Counter(
        (file, ast.unparse(call.args[0]))
        for file, call in nodes(ast.Call, words=("self.query_one(",))
        if ast.unparse(call.func) == "self.query_one" and re.match(r"[A-Z']", ast.unparse(call.args[0]))
    )
    assert [place for place, count in asked.items() if count > 1] == []


def test_no_module_gives_one_name_to_two_things() -> None:
    twice = []
    for file, module in nodes(ast.Module):
        assigned = [target for node in module.body if isinstance(node, ast.Assign) for target in node.targets]
        names = Counter(target.id for target in assigned if isinstance(target, ast.Name))
        names.update(node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef))
        twice += [f"{file}: {name}" for name, count in names.items() if count > 1]
    assert twice == [], "the second takes the place of the first, where that is used as well"
