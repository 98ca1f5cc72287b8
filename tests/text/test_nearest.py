"""The name that was meant is found, among ten names as difflib finds it, among ten thousand without trying them all."""

import difflib
import random
import re
from pathlib import Path
from typing import Any

import pytest

import tui
from tests.support.runbooks.large import large_text
from tui.errors import RunbookInvalid
from tui.runbook.reading.load import load_text
from tui.text import nearest
from tui.text.nearest import FEW, TRIED, closest

MANY = frozenset(f"{kind}-{number}" for kind in ("stop", "start", "check", "restore") for number in range(2500))


@pytest.mark.parametrize(("wrong", "meant"), [("wbe", "web"), ("frist.id", "first"), ("Here", "here"), ("zzzz", "")])
def test_among_few_the_closest_is_meant(wrong: str, meant: str) -> None:
    assert closest(wrong, ["first", "web", "here", "database"]) == meant


def test_among_none_none_is_meant() -> None:
    assert closest("web", []) == ""
    assert closest("", MANY) == closest("", ["a"]) == ""


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("strat-1204", "start-1204"), ("chek-77", "check-77"), ("check2499", "check-2499"), ("xyz", "")],
)
def test_among_many_too(wrong: str, meant: str) -> None:
    assert closest(wrong, MANY) == meant


def test_a_slip_of_the_hand_is_found_among_many() -> None:
    chance = random.Random(15)
    for name in chance.sample(sorted(MANY), 300):
        at = chance.randrange(1, len(name))
        exchanged = name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
        for slip in (name[:at] + name[at + 1 :], f"{name[:at]}x{name[at:]}", exchanged):
            found = closest(slip, MANY)
            assert slip in MANY or difflib.SequenceMatcher(None, found, slip).ratio() > 0.7, (name, slip, found)


def test_ten_thousand_wrong_names_are_not_each_compared_with_ten_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    real = difflib.get_close_matches

    def counting(wrong: str, names: Any, *rest: Any) -> Any:
        compared.append(len(names))
        return real(wrong, names, *rest)

    monkeypatch.setattr(nearest.difflib, "get_close_matches", counting)
    places = iter(range(10**6))
    text = re.sub(
        r"\nsignoff = ",
        lambda _: f'\nneeded_with = ["setp-{next(places)}", "other-{next(places)}"]\nsignoff = ',
        large_text(500),
    )
    with pytest.raises(RunbookInvalid) as wrong:
        load_text(text, "large.toml")
    assert len(wrong.value.problems) == 1200
    assert 'there is no step "setp-0" (did you mean "step-0"?)' in str(wrong.value.problems[0])
    assert max(compared) <= TRIED < FEW


def test_names_that_differ_by_more_are_found_by_what_few_have() -> None:
    names = MANY | {"migrate-the-database", "purge-the-queue"}
    assert closest("migrating-database", names) == "migrate-the-database"
    assert closest("purge-queues", names) == "purge-the-queue"


def test_nobody_else_looks_for_a_near_name() -> None:
    root = Path(tui.__file__).parent
    assert [one.name for one in root.rglob("*.py") if "get_close_matches" in one.read_text()] == ["nearest.py"]
