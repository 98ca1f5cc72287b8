"""A failed step is matched with the known trouble it looks like, by its service and its words, or with none."""

from pathlib import Path
from typing import Any

import pytest
import tomli
from msgspec import convert

from tests.support.runbooks.bundled_runbook import bundled_runbook
from tui.runbook.described.probes import words_of
from tui.runbook.model import Runbook
from tui.runbook.reading.lint import lint_text
from tui.session.state import action_at, step_by_id
from tui.session.views.symptoms import UNKNOWN, Subject, matching

TROUBLES: list[dict[str, Any]] = tomli.loads((Path(__file__).parents[2] / "data" / "troubles.toml").read_text())[
    "trouble"
]
PLAIN = """
format = 1
[runbook]
title = "T"
default_host = "h"
[hosts.h]
target = "h"
[services.shop]
kind = "http"
[services.bucket]
kind = "s3"
[flows.deploy]
title = "D"
kind = "deploy"
sections = []
"""


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return bundled_runbook()


def subject(runbook: Runbook, trouble: dict[str, Any]) -> Subject:
    if service := trouble.get("service", ""):
        assert service in runbook.services
        return Subject(service=service)
    action = action_at(step_by_id(runbook, trouble["step"]), trouble.get("action", 0))
    if action.probe:
        return Subject(service=action.probe.service, command=words_of(runbook, action.probe, {}))
    return Subject(command=action.run or "")


def named(one: dict[str, Any]) -> str:
    where = one.get("step") or one["service"]
    return f"{where}: {' '.join(one['said'].split())[:50]}"


def test_the_table_has_texts_of_the_whole_stack(runbook: Runbook) -> None:
    assert len(TROUBLES) >= 60
    assert len({one["said"] for one in TROUBLES}) >= 60
    assert {one.get("issue", "") for one in TROUBLES} == {"", *(issue.id for issue in runbook.troubleshooting)}


@pytest.mark.parametrize("trouble", TROUBLES, ids=named)
def test_a_real_failure_names_its_trouble_or_none(runbook: Runbook, trouble: dict[str, Any]) -> None:
    found = matching(runbook, trouble["said"], subject(runbook, trouble))
    assert (found[0].issue.id if found else "") == trouble.get("issue", "")


@pytest.mark.parametrize("service", ["bucket", "server", "containers"])
@pytest.mark.parametrize(
    "said",
    [
        "failed: 10.0.0.5 refuses connections on port 9000 → is it running?",
        "failed: 10.0.0.5 does not answer within 20 s",
        "failed: 10.0.0.5 closed the connection before it answered",
        "Connection refused",
        "timed out",
        "HTTP 502",
        "HTTP 503",
    ],
)
def test_what_any_service_says_is_no_trouble_of_another(runbook: Runbook, service: str, said: str) -> None:
    assert matching(runbook, said, Subject(service=service)) == []


def test_nothing_is_named_for_a_step_that_says_nothing_known(runbook: Runbook) -> None:
    assert matching(runbook, "everything is as it should be\n") == []


@pytest.mark.parametrize("word", [":8000 ", "Table ", "pip install ", "PermissionError", "celery.service - "])
def test_one_endless_line_is_looked_through_at_its_ends(runbook: Runbook, word: str) -> None:
    about = Subject(command="pip install -r requirements.txt")
    endless = word * 100_000
    assert matching(runbook, endless, about) == []
    assert matching(runbook, endless + "No matching distribution found", about)[0].issue.id == "not-starting"


def small(*issues: str) -> Runbook:
    """A runbook with these troubles."""
    return convert(tomli.loads("sections = []\n" + PLAIN + "".join(issues)), Runbook)


def issue(name: str, more: str) -> str:
    return f'[[troubleshooting]]\nid = "{name}"\ntitle = "{name.title()}"\nsymptoms = ["s"]\n{more}\n'


SIGN = "[[troubleshooting.signs]]\n"


def test_a_sign_counts_where_its_service_or_its_command_failed() -> None:
    made = small(issue("slow", SIGN + "services = ['shop']\ncommands = ['^curl ']\npatterns = ['timed out']"))

    def found(about: Subject) -> list[str]:
        return [match.issue.id for match in matching(made, "it timed out", about)]

    assert found(Subject(service="shop")) == ["slow"]
    assert found(Subject(command="curl -sS https://shop.example/")) == ["slow"]
    assert found(Subject(service="bucket")) == []
    assert found(Subject(command="aws s3 ls")) == []
    assert found(Subject(command="echo curl ")) == []
    assert found(UNKNOWN) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (SIGN + "services = ['shpo']\npatterns = ['x']", 'there is no service "shpo"'),
        (SIGN + "services = ['shop']\npatterns = []", "a sign without patterns is never found"),
        (SIGN + "patterns = ['x']", "this sign belongs to no service and to no command"),
        (SIGN + "services = ['shop']\npatterns = ['(']", '"(" is not a regular expression'),
        (SIGN + "commands = ['(']\npatterns = ['x']", '"(" is not a regular expression'),
        ("patterns = ['Connection refused']", "fits the failures of any service"),
        ("patterns = ['(?i)timed out']", "fits the failures of any service"),
        ("patterns = ['does not answer within']", "fits the failures of any service"),
        ("patterns = ['error']", "fits the failures of any service"),
    ],
)
def test_lint_names_words_that_can_never_or_always_be_found(more: str, words: str) -> None:
    text = "sections = []\n" + PLAIN + issue("slow", more)
    assert any(words in str(problem) for problem in lint_text(text, "runbook.toml")), lint_text(text, "runbook.toml")


def test_more_patterns_count_more_and_the_end_counts_more() -> None:
    made = small(
        issue("one", "patterns = ['alpha', 'beta']"),
        issue("two", "patterns = ['gamma']"),
        issue("three", "patterns = ['delta']"),
    )
    found = [match.issue.id for match in matching(made, "delta alpha beta gamma")]
    assert found == ["one", "two", "three"]


def test_a_match_has_the_words_it_was_found_by_and_the_line_of_the_output_they_are_in() -> None:
    made = small(issue("disk", "patterns = ['no space']"))
    text = "begun\n  /dev/vda1: no space left  \nexit status 0: exit status 1: /dev/vda1: no space left\n"
    (found,) = matching(made, text)
    assert (found.words, found.line, found.attempt) == ("no space", "/dev/vda1: no space left", 0)
