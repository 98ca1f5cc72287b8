"""No pattern of a runbook takes longer than its bound, and what lint says of those that might."""

import pytest

from tests.runbook.documents import changed
from tui.execution.judging.captures import capture
from tui.execution.judging.evidence import Output
from tui.execution.judging.expectations import check
from tui.runbook.model import Capture, Expect, Variable
from tui.runbook.patterns import bounded as patterns
from tui.runbook.patterns.backtracking import shape_of
from tui.runbook.patterns.bounded import TooSlow, finditer, fullmatch, search
from tui.runbook.reading.lint import lint_text
from tui.runbook.templates.variables import wrong_value
from tui.session.outcome import Outcome

ENDLESS = r"^([A-Za-z0-9-]+\s?)+$"
TEXT = "a" * 60 + "!"


@pytest.fixture(autouse=True)
def short_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "BOUND", 0.2)


def test_a_pattern_that_would_never_end_hits_its_bound() -> None:
    for match in (search, fullmatch, finditer):
        with pytest.raises(TooSlow, match="took more than"):
            match(ENDLESS, TEXT)


def test_an_expectation_whose_pattern_hits_its_bound_is_not_met_and_the_others_are_judged() -> None:
    expect = Expect(matches=(ENDLESS, "^a+!$"), misses=(ENDLESS,))
    checks = check(expect, Outcome.exited(0), Output(out=TEXT, text=TEXT), 1.0)
    assert [one.ok for one in checks if "/" in one.expected] == [False, True, False]
    assert "took more than" in next(one.came for one in checks if not one.ok)


def test_a_value_and_a_capture_continue_without_the_pattern() -> None:
    assert "took more than" in wrong_value(Variable(prompt="Name", pattern=ENDLESS), TEXT)
    found = capture({"a": Capture(pattern=ENDLESS), "b": Capture(pattern="(a+)")}, TEXT)
    assert (found.missing, found.values) == (("a",), {"b": "a" * 60})


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"(\d+)%", "disk 12%\nram 7%"), (r"^(?P<key>\w+)=(\w+)?", "a=b\nc="), (r"(a|b)+c", "xabc"), ("x*", "axb")],
)
@pytest.mark.parametrize("long", [False, True])
def test_matches_are_those_of_re_at_once_and_in_the_process(pattern: str, text: str, long: bool) -> None:
    import re

    text += "\n" + "." * (patterns.SHORT if long else 0)
    told = [(one.start, one.end, one.text, one.groups) for one in finditer(pattern, text)]
    assert told == [(one.start(), one.end(), one[0], one.groups()) for one in re.finditer(pattern, text, re.MULTILINE)]


@pytest.mark.parametrize(
    "pattern", [ENDLESS, "(a+)+", "(a*)*b", "((a+))+", "(x+x+)+y", "(.*a)+", r"(\d+|\w+)*", "(.*,){12}P"]
)
def test_a_repeated_repetition_is_seen(pattern: str) -> None:
    assert shape_of(pattern).nested


@pytest.mark.parametrize(
    "pattern", [r"(\d+\.)+", "(ab)+", r"[(+)]+*"[:5], r"\(a+\)+", r"(?i)error", r"^(\d{1,3}\.){3}\d+$", "(a+)?"]
)
def test_a_repetition_that_ends_each_time_is_none(pattern: str) -> None:
    assert not shape_of(pattern).nested


def test_lint_names_a_repeated_repetition_wherever_it_stands() -> None:
    text = changed("pattern = 'v\\d+'", "pattern = '(v+)+'")
    assert any("repeats a repetition" in one.message for one in lint_text(text, "r.toml"))
