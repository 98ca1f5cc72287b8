"""Which checks may be made at once."""

from tui.runbook.model import Action, Capture, Step
from tui.runbook.waves import waves


def step(name: str, run: str = "true", capture: str = "", alone: bool = False) -> Step:
    captures = {capture: Capture()} if capture else {}
    return Step(id=name, title=name, alone=alone, actions=(Action(run=run, capture=captures),))


def ids(groups: list[list[Step]]) -> list[list[str]]:
    return [[one.id for one in group] for group in groups]


def test_a_step_waits_for_the_one_that_captures_what_it_needs() -> None:
    steps = [step("use", "kill {{ pid }}"), step("find", capture="pid"), step("other")]
    assert ids(waves([steps[1], steps[0], steps[2]])) == [["find", "other"], ["use"]]


def test_a_step_that_is_to_be_made_alone_comes_after_those_beside_it() -> None:
    steps = [step("load", alone=True), step("a"), step("cpu", alone=True), step("find", capture="pid")]
    assert ids(waves([*steps, step("use", "kill {{ pid }}")])) == [["a", "find"], ["load"], ["cpu"], ["use"]]


def test_steps_that_are_all_made_alone_leave_no_empty_group() -> None:
    assert ids(waves([step("load", alone=True), step("cpu", alone=True)])) == [["load"], ["cpu"]]


def test_no_steps_make_no_groups() -> None:
    assert waves([]) == []
