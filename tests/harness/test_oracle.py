"""The document's own checks can be run as they stand there beside ours: each is asked, or it is said why it is not."""

from pathlib import Path

import pytest

from tests.bundled.test_bundled_runbook import rows
from tests.support.runbooks.seed import lines
from tests.support.source.oracle import Asked, command, numbers, table, typed, verdict
from tui.runbook.model import Runbook, Step
from tui.runbook.reading.load import load
from tui.runbook.walk import steps_of

CHECKS = (range(110, 192), range(380, 691), range(1106, 1119))
"""Lines of the document in which it checks what is there: before, after, and after a rollback."""
NOT_ASKED = {
    497: "what the login gave is put into TOKEN by the oracle",
    626: "no command: the request that line 391 makes",
    661: "no command: the request that line 395 makes",
    1117: "tail -f never ends",
}

ASKED = table()


@pytest.fixture(scope="module")
def steps() -> dict[str, Step]:
    runbook: Runbook = load(Path(__file__).parents[2] / "runbook.toml")
    return {step.id: step for _, step in steps_of(runbook)}


def test_every_check_of_the_document_is_asked() -> None:
    asked = {number for one in ASKED for number in (*numbers(one.lines), *numbers(one.context))}
    wanted = {row.line for row in rows() if row.kind == "command" and any(row.line in part for part in CHECKS)}
    assert wanted - asked - NOT_ASKED.keys() == set()


def test_it_is_compared_with_actions_of_ours_that_name_the_same_lines(steps: dict[str, Step]) -> None:
    for one in ASKED:
        assert one.ours
        for name in one.ours:
            step, _, action = name.partition("/")
            assert set(numbers(one.lines)) & lines(steps[step].source), (one.lines, name)
            assert steps[step].actions[int(action) - 1].automatic, name
            assert not one.method or steps[step].when.get("method", one.method) == one.method, name


def test_each_stop_and_method_has_what_the_document_checks_there() -> None:
    count = {
        (phase, method): sum(one.is_of(phase, method) for one in ASKED)
        for phase in ("before", "after", "back")
        for method in "ab"
    }
    assert count == {
        **{("before", "a"): 13, ("before", "b"): 13},
        **{("after", "a"): 37, ("after", "b"): 37},
        **{("back", "a"): 2, ("back", "b"): 2},
    }


def test_what_is_typed_is_the_documents() -> None:
    by_lines = {(one.lines, one.method): one for one in ASKED}
    shell = by_lines["445", ""]
    assert command(shell).splitlines() == [
        "cd /var/www/multinotesai",
        "source venv/bin/activate",
        "cd multinotes-backend-llm-model-V2.0/commonai-backend-llm-model-V2.0",
        "python manage.py shell",
    ]
    assert typed(shell).splitlines() == [
        "from django.core.cache import cache",
        "cache.set('test_deploy', 'success', 60)",
        "cache.get('test_deploy')",
        "exit()",
    ]
    assert command(by_lines["157", "a"]) == "docker ps"
    assert "{1..4}" in command(by_lines["557-560", ""])


def asked(**given: object) -> Asked:
    return Asked(lines="1", phase="after", ours=(), **given)  # the fields' types are the table's


@pytest.mark.parametrize(
    ("one", "exit_status", "output", "good"),
    [
        (asked(), 0, "", True),
        (asked(), 3, "", False),
        (asked(exit=(1,), bad=(r"\S",)), 1, "", True),
        (asked(exit=(1,), bad=(r"\S",)), 0, "GET / 502", False),
        (asked(good=("PONG",)), 0, "NOAUTH Authentication required.", False),
        (asked(number=r"(\d+)%", of="largest", at_most=90), 0, "/ 29%\n/boot 91%", False),
        (asked(number=r"Time: ([\d.]+)s", of="average", below=0.5), 0, "Time: 0.7s\nTime: 0.2s", True),
        (asked(number=r"([\d.]+)", below=70), 0, "no number", False),
    ],
)
def test_what_a_person_calls_good(one: Asked, exit_status: int, output: str, good: bool) -> None:
    assert verdict(one, exit_status, output) is good
